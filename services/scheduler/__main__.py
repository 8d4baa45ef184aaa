"""``python -m services.scheduler [migrate [up|pre|down] | rebuild | retell | shut | forget]``"""

from services.scheduler.settings import Settings
from services.scheduler.wiring import (
    forget_everything,
    make_app,
    rebuild_all,
    retell_record,
    shut_waves,
)
from shared.runtime.service import main

if __name__ == "__main__":
    commands = {
        "rebuild": rebuild_all,
        "retell": retell_record,
        "shut": shut_waves,
        "forget": forget_everything,
    }
    main("scheduler", Settings, make_app, commands)
