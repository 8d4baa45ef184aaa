"""Gives the processes of services a clock that can be set, as if each service had hosts of its own.

Python imports this by itself when its folder is on PYTHONPATH. The process becomes, under the same
number, one in whose eyes the system's clock is off by what a file says (libfaketime): whatever
reads the time in it, ours or a library's, sees that. Monotonic time goes on as it does.
"""

import os
import sys

FOLDER, LIBRARY = "CLOCKS_FOLDER", "CLOCKS_LIBRARY"


def _moved(service: str) -> dict[str, str]:
    return {
        "LD_PRELOAD": os.environ[LIBRARY],
        "FAKETIME_TIMESTAMP_FILE": f"{os.environ[FOLDER]}/{service}",
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _become_moved() -> None:
    _python, *arguments = sys.orig_argv
    if len(arguments) != 2 or not arguments[1].startswith("services."):
        return
    if "LD_PRELOAD" not in os.environ:
        service = arguments[1].removeprefix("services.")
        environment = {**os.environ, **_moved(service)}
        os.execve(sys.executable, sys.orig_argv, environment)  # noqa: S606 - this very program


if FOLDER in os.environ:
    _become_moved()
