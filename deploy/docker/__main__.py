"""`python -m deploy.docker up|down|reset|status`: what `make up` does where there is Docker.

It adds to plain `docker compose` that the secrets lie in a file here, so that the login can be
printed, and that everything is said once at the end.
"""

import argparse
import os
import subprocess
import sys

from deploy.addresses import Addresses
from deploy.variables import ROOT, read_variables

HOME = ROOT / ".carillon"
DEFAULT_SIMULATOR_PORT = 8090  # as in docker-compose.yml


def compose(*arguments: str) -> int:
    """Run docker compose with our secrets and `.env`; its exit status."""
    files = [HOME / "secrets.env", ROOT / ".env"]
    given = [part for file in files if file.exists() for part in ("--env-file", str(file))]
    return subprocess.run(
        ["docker", "compose", *given, *arguments], cwd=ROOT, check=False
    ).returncode


def up() -> int:
    variables = read_variables(ROOT, HOME, os.environ)
    status = compose("up", "--build", "--wait")
    if status != 0:
        print("Carillon did not start: see `docker compose logs`.", file=sys.stderr)
        return status
    addresses = Addresses.of(variables, DEFAULT_SIMULATOR_PORT)
    addresses.write(HOME / "addresses.env")
    addresses.tell("Logs        docker compose logs")
    return 0


def down() -> int:
    return compose("down")


def reset() -> int:
    status = compose("down", "--volumes")
    for name in ("secrets.env", "addresses.env"):
        (HOME / name).unlink(missing_ok=True)
    print("Its data is dropped.")
    return status


def status() -> int:
    return compose("ps", "--all")


def main() -> int:
    actions = {"up": up, "down": down, "reset": reset, "status": status}
    parser = argparse.ArgumentParser(prog="python -m deploy.docker", description=__doc__)
    parser.add_argument("command", choices=sorted(actions))
    return actions[parser.parse_args().command]()


if __name__ == "__main__":
    sys.exit(main())
