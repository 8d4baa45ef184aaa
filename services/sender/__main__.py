"""``python -m services.sender [migrate [up|pre|down] | retell | gates]``"""

from services.sender.settings import Settings
from services.sender.wiring import make_app, retell_ledger, take_gates
from shared.runtime.service import main

if __name__ == "__main__":
    main("sender", Settings, make_app, {"retell": retell_ledger, "gates": take_gates})
