"""``python -m services.api [migrate [up|pre|down] | leap]``

``leap`` makes a restored database fit for what the others have seen since (docs/operations.md).
"""

from services.api.settings import ApiSettings
from services.api.wiring import leap_ahead, make_app
from shared.runtime.service import main

if __name__ == "__main__":
    # Every required field comes from the environment.
    main("api", ApiSettings, make_app, {"leap": leap_ahead})
