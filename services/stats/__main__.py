"""``python -m services.stats`` serves; ``… migrate [up|pre|down]`` migrates its database."""

from services.stats.settings import Settings
from services.stats.wiring import make_app
from shared.runtime.service import main

main("stats", Settings, make_app)
