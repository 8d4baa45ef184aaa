"""Imports, followed to their end."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from carillon.cli.meters import meter
from carillon.cli.output import show_json
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.client import Carillon
from carillon.models.clients import Import, ImportAccepted, ImportState
from carillon.uploads import of_path

_EVERY = 0.3  # seconds between two looks at an import
_KINDS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "kind", type=click.Choice(list(_KINDS)), help="If its name hides it.")
@click.option("--strict", is_flag=True, help="Exit with 1 if any row was rejected.")
@click.option("--dry-run", is_flag=True, help="Check and count; write nothing.")
@click.option("--map", "pairs", multiple=True, metavar="NAME=FIELD", help="Again for each column.")
@click.option("--delimiter", type=click.Choice(["comma", "semicolon", "tab"]))
@click.option("--guess-timezone", is_flag=True, help="From the number, where the file has none.")
@click.option(
    "--default-timezone", metavar="ZONE", help="Where the number does not tell it either."
)
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="All of them, here."
)
@click.option("--no-wait", is_flag=True, help="Only hand the file over.")
@common_options
@pass_setup
def import_(
    setup: Setup,
    /,
    file: Path,
    kind: str | None,
    strict: bool,
    errors: Path | None,
    no_wait: bool,
    **options: Any,
) -> None:
    """Import clients from FILE: CSV or NDJSON (.csv, .ndjson, .jsonl), or one of them and .gz.

    New clients are added, others changed, known by their phone. A wrong row is told, with its
    reason, and stops nothing else. A column that is named otherwise is mapped: --map Phone=phone.
    """
    with setup.connect() as carillon:
        accepted = _hand_over(carillon, file, kind, _options(**options))
        done = None if no_wait else _follow(carillon, accepted.id)
        if done is not None and errors is not None:
            carillon.imports.errors(done.id, errors)
    if done is None:
        _tell_accepted(setup, accepted)
        return
    _tell(setup, done)
    if done.state is ImportState.FAILED or (strict and done.rows_rejected):
        raise SystemExit(1)


def _options(
    dry_run: bool, pairs: Sequence[str], guess_timezone: bool, **more: Any
) -> dict[str, Any]:
    columns = dict(map(_pair, pairs))
    flags = {"dry_run": dry_run or None, "guess_timezone": guess_timezone or None}
    return {**flags, "columns": columns or None, **more}


def _pair(written: str) -> tuple[str, str]:
    name, is_there, field = written.rpartition("=")
    if not is_there:
        raise click.BadParameter(f"{written!r} is not NAME=FIELD.")
    return name, field


def _hand_over(
    carillon: Carillon, file: Path, kind: str | None, options: Mapping[str, Any]
) -> ImportAccepted:
    total = file.stat().st_size
    with meter("Sending, bytes") as show:
        read = 0

        def count(more: int) -> None:
            nonlocal read
            read += more
            show(read, total)

        try:
            upload = of_path(file, None if kind is None else _KINDS[kind], count)
        except ValueError as error:
            raise click.UsageError(f"{error} Or say --format.") from None
        return carillon.imports.upload(upload, **options)


def _follow(carillon: Carillon, import_id: int) -> Import:
    with meter("Rows") as show:
        while (found := carillon.imports.get(import_id)).state is ImportState.RUNNING:
            show(found.rows_read, None)
            time.sleep(_EVERY)
    return found


def _tell_accepted(setup: Setup, accepted: ImportAccepted) -> None:
    if setup.as_json:
        show_json(accepted)
    else:
        click.echo(f"Import {accepted.id} is under way.")


def _tell(setup: Setup, done: Import) -> None:
    if setup.as_json:
        show_json(done)
        return
    for error in done.errors:
        field = f" {error.field}:" if error.field else ""
        click.echo(f"row {error.row}:{field} {error.reason}", err=True)
    untold = done.rows_rejected - len(done.errors)
    if untold > 0:
        click.echo(f"… and {untold} more", err=True)
    click.echo(
        f"Import {done.id} {done.state}: {done.rows_accepted} of {done.rows_read} rows accepted,"
        f" {done.rows_rejected} rejected."
    )
    if done.dry_run:
        click.echo(f"Written is nothing: {done.added} would be added, {done.changed} changed.")


COMMANDS = {"import": import_}
