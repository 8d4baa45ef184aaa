"""`python -m deploy.docker up|down|rebuild|reset|status`: `make up` where there is Docker.

It is plain `docker compose`, and tells at the end where everything answers. The secrets stay in
the volumes of the containers (see deploy/docker/hand_out.py), so both ways of starting agree.
"""

import argparse
import os
import subprocess
import sys

from deploy.addresses import Addresses
from deploy.secret_values import SERVICES
from deploy.variables import ROOT, given_variables

HOME = ROOT / ".carillon"
DEFAULT_SIMULATOR_PORT = 8090  # as in docker-compose.yml


def compose(*arguments: str) -> int:
    """Run docker compose, which reads `.env` itself; its exit status."""
    return subprocess.run(["docker", "compose", *arguments], cwd=ROOT, check=False).returncode


def up() -> int:
    status = compose("up", "--build", "--wait")
    if status != 0:
        print("Carillon did not start: see `docker compose logs`.", file=sys.stderr)
        return status
    status = end_deploy()
    if status != 0:
        return status
    password = {"API_ADMIN_PASSWORD": show_secret("API_ADMIN_PASSWORD")}
    addresses = Addresses.of(given_variables(ROOT, os.environ) | password, DEFAULT_SIMULATOR_PORT)
    HOME.mkdir(exist_ok=True)
    addresses.write(HOME / "addresses.env")
    addresses.tell("Logs        docker compose logs")
    return 0


def end_deploy() -> int:
    """Apply the migrations that wait until the last old process is gone; an exit status."""
    once = ("run", "--rm", "--no-deps", "-T")
    return max(compose(*once, f"migrate-{name}", "migrate", "up") for name in SERVICES)


def show_secret(name: str) -> str:
    """A secret in force, whether it was given or made at random."""
    command = ["docker", "compose", "run", "--rm", "--no-deps", "-T", "secrets", "show", name]
    return subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def down() -> int:
    return compose("down")


def reset() -> int:
    status = compose("down", "--volumes")
    (HOME / "addresses.env").unlink(missing_ok=True)
    print("Its data is dropped.")
    return status


def rebuild() -> int:
    """Make the scheduler's copy of the directory anew from the api."""
    step = ("python", "-m", "services.scheduler", "rebuild")
    return compose("run", "--rm", "--no-deps", "-T", "scheduler", *step)


def status() -> int:
    return compose("ps", "--all")


def main() -> int:
    actions = {"up": up, "down": down, "rebuild": rebuild, "reset": reset, "status": status}
    parser = argparse.ArgumentParser(prog="python -m deploy.docker", description=__doc__)
    parser.add_argument("command", choices=sorted(actions))
    return actions[parser.parse_args().command]()


if __name__ == "__main__":
    sys.exit(main())
