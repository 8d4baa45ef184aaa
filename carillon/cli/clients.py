"""The directory."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from carillon.cli import times
from carillon.cli.output import (
    file_or_stdout,
    first,
    output_option,
    show_fields,
    show_json,
    show_table,
)
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.client import Carillon
from carillon.errors import NotFound
from carillon.models.clients import Client, ClientSort

F = TypeVar("F", bound=Callable[..., Any])

_KINDS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


@click.group()
def clients() -> None:
    """List, get, add, change, delete, erase and export clients."""


def _filters(command: F) -> F:
    guessed = click.option("--guessed/--given", "timezone_guessed", default=None, help="The zone.")
    command = guessed(command)
    for name in ("--timezone", "--operator-code", "--tag", "--phone"):
        command = click.option(name)(command)
    return command


def _fields(command: F) -> F:
    command = click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE")(
        command
    )
    command = click.option("--tag", "tags", multiple=True, help="Again for each.")(command)
    for name in ("--operator-code", "--email", "--name"):
        command = click.option(name)(command)
    return command


@clients.command("list")
@_filters
@click.option("--sort", type=click.Choice([sort.value for sort in ClientSort]))
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, /, limit: int, **filters: Any) -> None:
    """By id unless sorted otherwise; filters given together must all match."""
    with setup.connect() as carillon:
        found = first(carillon.clients.list(**filters), limit)
        if setup.as_json:
            for client in found:
                show_json(client)
            return
        rows = [
            (one.id, one.phone, one.timezone, one.operator_code, one.tags, one.name)
            for one in found
        ]
    show_table(("ID", "PHONE", "TIMEZONE", "CODE", "TAGS", "NAME"), rows)


@clients.command("get")
@click.argument("client")
@common_options
@pass_setup
def get(setup: Setup, client: str) -> None:
    """CLIENT is an id, or a phone that begins with +."""
    with setup.connect() as carillon:
        _show(setup, carillon.clients.get(client_id(carillon, client)))


@clients.command("add")
@click.option("--phone", required=True)
@click.option("--timezone", help="Europe/Moscow, or UTC+3.")
@click.option("--guess-timezone", is_flag=True, help="From the number, without --timezone.")
@_fields
@common_options
@pass_setup
def add(setup: Setup, /, phone: str, guess_timezone: bool, **fields: Any) -> None:
    """Add a client."""
    with setup.connect() as carillon:
        guess: Any = {"guess_timezone": True} if guess_timezone else {}
        made = carillon.clients.create(phone=phone, **guess, **_given(fields))
    _show(setup, made)


@clients.command("change")
@click.argument("client")
@click.option("--phone")
@click.option("--timezone")
@_fields
@common_options
@pass_setup
def change(setup: Setup, /, client: str, **fields: Any) -> None:
    """What is not given stays; tags and attributes are replaced as a whole, and "" clears."""
    given: Any = {name: None if value == "" else value for name, value in _given(fields).items()}
    with setup.connect() as carillon:
        _show(setup, carillon.clients.change(client_id(carillon, client), **given))


@clients.command("delete")
@click.argument("client")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_setup
def delete(setup: Setup, client: str, yes: bool) -> None:
    """Everything personal is wiped."""
    with setup.connect() as carillon:
        wanted = client_id(carillon, client)
        if not yes:
            click.confirm(f"Delete client {wanted} for good?", abort=True, err=True)
        carillon.clients.delete(wanted)


@clients.command("export")
@_filters
@click.option("--format", "kind", type=click.Choice(list(_KINDS)), default="csv")
@output_option
@common_options
@pass_setup
def export(setup: Setup, /, kind: Any, output: Path | None, **filters: Any) -> None:
    """Write clients so that `carillon import` reads them."""
    kind = "ndjson" if setup.as_json else kind
    with setup.connect() as carillon:
        carillon.clients.export(file_or_stdout(output, _KINDS[kind]), format=kind, **filters)


@clients.command("data")
@click.argument("client")
@output_option
@common_options
@pass_setup
def data(setup: Setup, client: str, output: Path | None) -> None:
    """Write all that is held about CLIENT, as one JSON document."""
    with setup.connect() as carillon:
        held = carillon.clients.data(client_id(carillon, client))
    told = held.model_dump_json(by_alias=True, indent=None if setup.as_json else 2)
    if output is None:
        click.echo(told)
    else:
        output.write_text(f"{told}\n", encoding="utf-8")


@clients.command("erase")
@click.argument("client")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_setup
def erase(setup: Setup, client: str, yes: bool) -> None:
    """As delete, and what names CLIENT in passing goes too."""
    with setup.connect() as carillon:
        wanted = client_id(carillon, client)
        if not yes:
            click.confirm(f"Erase client {wanted} for good?", abort=True, err=True)
        erased = carillon.clients.erase(wanted)
    if setup.as_json:
        show_json(erased)
        return
    click.echo(
        f"Client {erased.client_id} is erased; errors of {erased.imports} imports told of them, and"
        f" {len(erased.parked)} parked messages."
    )


def client_id(carillon: Carillon, named: str) -> int:
    """Raises NotFound when nobody has the phone."""
    if not named.startswith("+"):
        return _number(named)
    for client in carillon.clients.list(phone=named):
        return client.id
    raise NotFound(f"No client has the phone {named}.", status=404)


def _number(named: str) -> int:
    if not named.isdecimal():
        raise click.BadParameter("An id is a number; a phone begins with +.")
    return int(named)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    if "attributes" in given:
        given["attributes"] = dict(map(_attribute, given["attributes"]))
    return given


def _attribute(written: str) -> tuple[str, Any]:
    """A number, true, false and null are what they are in JSON; anything else is a text."""
    name, is_there, value = written.partition("=")
    if not is_there:
        raise click.BadParameter(f"{written!r} is not NAME=VALUE.")
    try:
        read = json.loads(value)
    except ValueError:
        return name, value
    return name, value if isinstance(read, list | dict) else read


def _show(setup: Setup, client: Client) -> None:
    if setup.as_json:
        show_json(client)
        return
    apart = {"attributes", "tags", "created_at", "updated_at", "timezone_guessed"}
    fields = client.model_dump(exclude=apart)
    if client.timezone_guessed:
        fields["timezone"] += " (guessed)"
    attributes = {f"attributes.{name}": value for name, value in client.attributes.items()}
    dates = {"created": times.utc(client.created_at), "updated": times.utc(client.updated_at)}
    shown = fields | {"tags": ", ".join(client.tags)} | attributes | dates
    show_fields(shown.items())


COMMANDS = {"clients": clients}
