"""The directory."""

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO, TypeVar

import click

from carillon.cli import times
from carillon.cli.output import first, show_fields, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.client import Carillon
from carillon.errors import NotFound
from carillon.models.clients import Client

F = TypeVar("F", bound=Callable[..., Any])

_COLUMNS = ("phone", "timezone", "operator_code", "tags", "email", "name")


@click.group()
def clients() -> None:
    """List, get, add, change, delete and export clients."""


def _filters(command: F) -> F:
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
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, /, limit: int, **filters: str | None) -> None:
    """By id; filters given together must all match."""
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
@click.option("--timezone", required=True, help="Europe/Moscow, or UTC+3.")
@_fields
@common_options
@pass_setup
def add(setup: Setup, /, phone: str, timezone: str, **fields: Any) -> None:
    """Add a client."""
    with setup.connect() as carillon:
        made = carillon.clients.create(phone=phone, timezone=timezone, **_given(fields))
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
@click.option("--format", "kind", type=click.Choice(["csv", "ndjson"]), default="csv")
@click.option("-o", "--output", type=click.File("w", encoding="utf-8", lazy=True), default="-")
@common_options
@pass_setup
def export(setup: Setup, /, kind: str, output: TextIO, **filters: str | None) -> None:
    """Write clients so that `carillon import` reads them."""
    write = _write_csv if kind == "csv" and not setup.as_json else _write_ndjson
    with setup.connect() as carillon:
        write(carillon.clients.list(**filters).sized(500), output)


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
    fields = client.model_dump(exclude={"attributes", "tags", "created_at", "updated_at"})
    attributes = {f"attributes.{name}": value for name, value in client.attributes.items()}
    dates = {"created": times.utc(client.created_at), "updated": times.utc(client.updated_at)}
    shown = fields | {"tags": ", ".join(client.tags)} | attributes | dates
    show_fields(shown.items())


def _write_csv(found: Iterable[Client], output: TextIO) -> None:
    """With a column for every attribute that any of them has: so they are put by, on disk, until
    the last one is known."""
    names: set[str] = set()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as kept:
        for client in found:
            names.update(client.attributes)
            kept.write(f"{client.model_dump_json()}\n")
        kept.seek(0)
        _write_rows(map(Client.model_validate_json, kept), sorted(names), output)


def _write_rows(everybody: Iterable[Client], names: Sequence[str], output: TextIO) -> None:
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow([*_COLUMNS, *(f"attributes.{name}" for name in names)])
    for client in everybody:
        own = client.model_dump(include=set(_COLUMNS)) | {"tags": ";".join(client.tags)}
        values = [own[name] for name in _COLUMNS]
        writer.writerow(values + [_in_csv(client.attributes.get(name)) for name in names])


def _in_csv(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool) else value


def _write_ndjson(found: Iterable[Client], output: TextIO) -> None:
    for client in found:
        own = client.model_dump(include={*_COLUMNS, "attributes"}, exclude_none=True)
        output.write(json.dumps(own, ensure_ascii=False) + "\n")


COMMANDS = {"clients": clients}
