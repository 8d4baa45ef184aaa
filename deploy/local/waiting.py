"""Waiting for a server to answer, with a limit."""

import time
from collections.abc import Callable


class ServerDidNotStartError(Exception):
    """A private server was started but does not answer; its log says why."""


def wait_until(condition: Callable[[], bool], limit: float, pause: float = 0.05) -> bool:
    """Ask `condition` until it holds or `limit` seconds are over; returns whether it held."""
    until = time.monotonic() + limit
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True
