"""`python -m deploy.docker up|down|backup|restore|rebuild|retell|reset|status`.

`make up`, and the others, where there is Docker. It is plain `docker compose`, and tells at the end
where everything answers. The secrets stay in the volumes of the containers (see
deploy/docker/hand_out.py), so both ways of starting agree.
"""

import argparse
import os
import subprocess
import sys

from deploy.addresses import Addresses
from deploy.backups import BackupError, asked_for, backup, new_folder, restore
from deploy.docker.backups import DockerPlace
from deploy.secret_values import SERVICES
from deploy.variables import ROOT, given_variables

HOME = ROOT / ".carillon"
DEFAULT_SIMULATOR_PORT = 8090  # as in docker-compose.yml
RETELLERS = ("scheduler", "sender")  # in this order, see services/scheduler/handlers/retelling.py


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


def run_in(container: str, *step: str) -> int:
    """Run a step once, in a container of its own; its exit status."""
    return compose("run", "--rm", "--no-deps", "-T", container, *step)


def end_deploy() -> int:
    """Apply the migrations that wait until the last old process is gone; an exit status."""
    return max(run_in(f"migrate-{name}", "migrate", "up") for name in SERVICES)


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
    """Make anew what the scheduler knows, from api and senders."""
    return run_in("scheduler", "python", "-m", "services.scheduler", "rebuild")


def retell() -> int:
    """Make the books of stats anew from what scheduler and senders know."""
    steps = (run_in(name, "python", "-m", f"services.{name}", "retell") for name in RETELLERS)
    return next((status for status in steps if status != 0), 0)


def back_up() -> int:
    """Dump every service's database into a new folder; an exit status."""
    folder = new_folder(HOME / "backups")
    try:
        backup(DockerPlace(), folder)
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Backed up to {folder.relative_to(ROOT)}")
    return 0


def bring_back() -> int:
    """Restore the databases that were asked for, and see to what follows; an exit status."""
    try:
        folder, services = asked_for(ROOT)
        restore(DockerPlace(), folder, services)
    except BackupError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Restored {', '.join(services)} from {folder}")
    return 0


def status() -> int:
    return compose("ps", "--all")


def main() -> int:
    actions = {
        "up": up,
        "down": down,
        "backup": back_up,
        "restore": bring_back,
        "rebuild": rebuild,
        "retell": retell,
        "reset": reset,
        "status": status,
    }
    parser = argparse.ArgumentParser(prog="python -m deploy.docker", description=__doc__)
    parser.add_argument("command", choices=sorted(actions))
    return actions[parser.parse_args().command]()


if __name__ == "__main__":
    sys.exit(main())
