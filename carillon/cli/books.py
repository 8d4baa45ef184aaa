"""The books, and the messages that they count."""

from collections.abc import Mapping

import click

from carillon.cli import times
from carillon.cli.output import first, show_fields, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.client import Carillon
from carillon.models.statistics import MailingStatistics, Status


@click.command()
@click.argument("mailing", type=int, required=False)
@click.option("--limit", default=20, show_default=True, help="Of all mailings, so many; 0: all.")
@common_options
@pass_setup
def statistics(setup: Setup, mailing: int | None, limit: int) -> None:
    """Show the books of MAILING zone by zone, or of all mailings, newest first."""
    with setup.connect() as carillon:
        if mailing is None:
            _show_all(setup, carillon, limit)
            return
        books = carillon.mailings.statistics(mailing)
    if setup.as_json:
        show_json(books)
    else:
        _show(books)


@click.command()
@click.argument("mailing", type=int)
@click.option("--status", type=click.Choice([status.value for status in Status]))
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def messages(setup: Setup, mailing: int, status: str | None, limit: int) -> None:
    """List the messages of MAILING; whose zone has not opened has none yet."""
    with setup.connect() as carillon:
        found = first(carillon.mailings.messages(mailing, status=status), limit)
        if setup.as_json:
            for message in found:
                show_json(message)
            return
        rows = [
            (
                *(one.id, one.client_id, one.phone, one.status, one.reason, one.attempts),
                times.both(one.sent_at, one.timezone),
            )
            for one in found
        ]
    show_table(("ID", "CLIENT", "PHONE", "STATUS", "REASON", "CALLS", "SENT"), rows)


def _show(books: MailingStatistics) -> None:
    show_fields(
        [
            ("state", books.state),
            ("audience", books.audience),
            *((status, count) for status, count in books.by_status.items() if count),
            ("in flight", books.in_flight),
            ("rate", f"{books.rate_per_second:.1f} a second"),
            ("first sent", times.utc(books.first_sent_at)),
            ("last sent", times.utc(books.last_sent_at)),
        ]
    )
    rows = [
        (
            zone.timezone,
            zone.audience,
            times.both(zone.opens_at, zone.timezone),
            times.in_zone(zone.closes_at, zone.timezone),
            counts_told(zone.by_status),
            zone.reason,
        )
        for zone in books.by_zone
    ]
    show_table(("ZONE", "AUDIENCE", "OPENS", "CLOSES", "BY STATUS", "REASON"), rows)


def _show_all(setup: Setup, carillon: Carillon, limit: int) -> None:
    overview = carillon.statistics.overview(limit=1)
    found = first(carillon.statistics.mailings(), limit)
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    total = overview.total
    rows = [
        *(
            (one.mailing_id, one.name, one.state, one.audience, counts_told(one.by_status))
            for one in found
        ),
        ("all", None, None, total.audience, counts_told(total.by_status)),
    ]
    show_table(("MAILING", "NAME", "STATE", "AUDIENCE", "BY STATUS"), rows)


def counts_told(by_status: Mapping[Status, int]) -> str:
    return ", ".join(f"{status} {count}" for status, count in by_status.items() if count)


COMMANDS = {"statistics": statistics, "messages": messages}
