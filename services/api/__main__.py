"""``python -m services.api`` serves; ``python -m services.api migrate [up|pre|down]`` migrates."""

from services.api.settings import ApiSettings
from services.api.wiring import make_app
from shared.runtime.service import main

if __name__ == "__main__":
    # Every required field comes from the environment.
    main("api", ApiSettings, make_app)
