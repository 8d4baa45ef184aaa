"""What every command has: where the server is, who asks, and how answers are shown."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import httpx

    from carillon.client import Carillon
    from carillon.tokens import Keeper

F = TypeVar("F", bound=Callable[..., Any])

URL, TOKEN = "CARILLON_URL", "CARILLON_TOKEN"
HERE = "http://127.0.0.1:8000"


@dataclass
class Setup:
    """``url``: None unless it was given as an option. ``transport``: the network, unless said."""

    url: str | None = None
    as_json: bool = False
    transport: "httpx.BaseTransport | None" = None

    @property
    def address(self) -> str:
        """As said; or else where somebody logged in last."""
        from carillon.cli.keeping import last_address

        return self.url or os.environ.get(URL) or last_address() or HERE

    def connect(self) -> "Carillon":
        """With the token of the environment, or the session that is kept for this address."""
        from carillon.cli.keeping import FileKeeper

        token = os.environ.get(TOKEN)
        return self.open(token=token) if token else self.open(keeper=FileKeeper(self.address))

    def open(self, *, token: str | None = None, keeper: "Keeper | None" = None) -> "Carillon":
        from carillon.client import Carillon

        return Carillon(self.address, token=token, keeper=keeper, transport=self.transport)


def common_options(command: F) -> F:
    """--url and --json, at the command or before it."""
    url = click.option(
        "--url", metavar="URL", expose_value=False, callback=_url, help=f"Or {URL} says it."
    )
    as_json = click.option(
        "--json", "as_json", is_flag=True, expose_value=False, callback=_json, help="For programs."
    )
    return url(as_json(command))


pass_setup = click.make_pass_decorator(Setup, ensure=True)


def _url(ctx: click.Context, _: click.Parameter, url: str | None) -> None:
    if url is not None:
        ctx.ensure_object(Setup).url = url


def _json(ctx: click.Context, _: click.Parameter, as_json: bool) -> None:
    if as_json:
        ctx.ensure_object(Setup).as_json = True
