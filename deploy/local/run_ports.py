"""The ports of one run: chosen once, kept while nobody else takes them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.ports import free_ports, is_free


def keep_ports(file: Path, names: list[str]) -> dict[str, int]:
    """A port for each name: the one of the last run where it is still free, else another.

    The same URL after a restart is a courtesy to whoever has a console open; nothing relies
    on it.
    """
    ports = choose(names, read_ports(file), is_free, free_ports)
    file.write_text(json.dumps(ports, indent=1) + "\n")
    return ports


def choose(
    names: list[str],
    last: Mapping[str, int],
    usable: Callable[[int], bool],
    fresh: Callable[[int], list[int]],
) -> dict[str, int]:
    """Pure but for what `usable` and `fresh` look up."""
    kept = {name: last[name] for name in names if name in last and usable(last[name])}
    missing = [name for name in names if name not in kept]
    return kept | dict(zip(missing, fresh(len(missing)), strict=True))


def read_ports(file: Path) -> dict[str, int]:
    """The ports chosen last; none if nothing was ever started."""
    try:
        found = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): int(port) for name, port in found.items()}
