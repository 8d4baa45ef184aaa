"""`python -m deploy.local up|down|backup|restore|rebuild|retell|reset|status|install`.

Carillon on this machine, without containers.

`install` only sees to it that the servers' programs are there.
"""

import argparse
import os
import sys
from pathlib import Path

from deploy.local.commands import Run
from deploy.local.packages import MissingPackageError, ensure_servers_installed
from deploy.local.supervisor import Supervisor
from deploy.variables import ROOT, read_variables


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    choices = ["up", "down", "backup", "restore", "rebuild", "retell", "reset", "status"]
    parser.add_argument("command", choices=[*choices, "install", "supervise"])
    command = parser.parse_args().command
    if command == "install":
        return install()
    home = Path(os.environ.get("CARILLON_DATA") or ROOT / ".carillon").resolve()
    variables = read_variables(ROOT, home, os.environ)
    if command == "supervise":
        return Supervisor(home, variables).run()
    run = Run(home, variables)
    actions = {
        "up": run.up,
        "down": run.down,
        "backup": run.backup,
        "restore": run.restore,
        "rebuild": run.rebuild,
        "retell": run.retell,
        "reset": run.reset,
        "status": run.status,
    }
    return actions[command]()


def install() -> int:
    try:
        ensure_servers_installed()
    except MissingPackageError as missing:
        print(missing, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
