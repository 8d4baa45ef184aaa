"""What is seen of tries to log in: those that are granted, refused and held back."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter

from services.api.domain.failures import TooManyTries
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

LOGINS = Counter(
    "carillon_api_logins_total",
    "Tries to log in: granted, refused, or held back at a door (here, account, address)",
    ["result"],
)


@contextmanager
def watched() -> Iterator[None]:
    """Counts and logs whoever is held back at a door, under whatever name they came."""
    try:
        yield
    except TooManyTries as wait:
        LOGINS.labels(result=f"held_{wait.door}").inc()
        log.warning("Too many tries to log in", extra=facts("login_held", door=wait.door))
        raise
