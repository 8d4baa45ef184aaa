"""A client of Carillon: what the API has, as typed methods.

    from carillon import Carillon

    with Carillon("https://carillon.example.com", token="carillon_…") as carillon:
        for client in carillon.clients.list(tag="vip"):
            print(client.phone)

``AsyncCarillon`` has the same methods, to be awaited. docs/client.md tells the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carillon.client import AsyncCarillon, Carillon
    from carillon.errors import (
        CarillonError,
        Changed,
        Conflict,
        Forbidden,
        Invalid,
        NotFound,
        NotReachable,
        Refused,
        TooLarge,
        TooManyTries,
        Unauthorized,
        Unavailable,
        Unreadable,
    )
    from carillon.tokens import Keeper, Tokens

_HOMES = {
    "carillon.client": ("AsyncCarillon", "Carillon"),
    "carillon.errors": (
        *("CarillonError", "Changed", "Conflict", "Forbidden", "Invalid", "NotFound"),
        *("NotReachable", "Refused", "TooLarge", "TooManyTries", "Unauthorized", "Unavailable"),
        "Unreadable",
    ),
    "carillon.tokens": ("Keeper", "Tokens"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AsyncCarillon",
    "Carillon",
    "CarillonError",
    "Changed",
    "Conflict",
    "Forbidden",
    "Invalid",
    "Keeper",
    "NotFound",
    "NotReachable",
    "Refused",
    "Tokens",
    "TooLarge",
    "TooManyTries",
    "Unauthorized",
    "Unavailable",
    "Unreadable",
]


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: the command line shows its help without any of it."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
