"""Imports, followed to their end."""

import time
from pathlib import Path

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
@click.option("--no-wait", is_flag=True, help="Only hand the file over.")
@common_options
@pass_setup
def import_(setup: Setup, file: Path, kind: str | None, strict: bool, no_wait: bool) -> None:
    """Import clients from FILE: CSV or NDJSON (.csv, .ndjson, .jsonl), or one of them and .gz.

    New clients are added, others changed, known by their phone. A wrong row is told, with its
    reason, and stops nothing else.
    """
    with setup.connect() as carillon:
        accepted = _hand_over(carillon, file, kind)
        done = None if no_wait else _follow(carillon, accepted.id)
    if done is None:
        _tell_accepted(setup, accepted)
        return
    _tell(setup, done)
    if done.state is ImportState.FAILED or (strict and done.rows_rejected):
        raise SystemExit(1)


def _hand_over(carillon: Carillon, file: Path, kind: str | None) -> ImportAccepted:
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
        return carillon.imports.upload(upload)


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


COMMANDS = {"import": import_}
