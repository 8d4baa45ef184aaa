"""``python -m services.scheduler [migrate [up|pre|down] | rebuild | retell]``"""

from services.scheduler.settings import Settings
from services.scheduler.wiring import make_app, rebuild_all, retell_record
from shared.runtime.service import main

if __name__ == "__main__":
    main("scheduler", Settings, make_app, {"rebuild": rebuild_all, "retell": retell_record})
