"""The desk: what failed, or may have."""

from typing import Any

import click

from carillon.cli import times
from carillon.cli.output import first, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.dead_letters import DeadStatus, Outcome

_STATUSES = click.Choice([status.value for status in DeadStatus])


@click.group("dead-letters")
def dead_letters() -> None:
    """See what failed, send it again, say what became of it."""


@dead_letters.command("list")
@click.argument("mailing", type=int, required=False)
@click.option("--status", type=_STATUSES)
@click.option("--reason")
@click.option("--limit", default=50, show_default=True, help="At most so many groups; 0: all.")
@common_options
@pass_setup
def list_(
    setup: Setup, mailing: int | None, status: str | None, reason: str | None, limit: int
) -> None:
    """By cause, of MAILING or of all."""
    with setup.connect() as carillon:
        groups = carillon.dead_letters.list(mailing_id=mailing, status=status, reason=reason)
        found = list(first(groups, limit))
    if setup.as_json:
        for group in found:
            show_json(group)
        return
    rows = [
        (
            *(one.messages, one.mailing_id, one.status, one.reason, one.http_status),
            *(times.utc(one.last_at), one.sample.message_id, one.detail, one.id),
        )
        for one in found
    ]
    heads = (
        "MESSAGES",
        "MAILING",
        "STATUS",
        "REASON",
        "HTTP",
        "LAST",
        "SUCH AS",
        "DETAIL",
        "GROUP",
    )
    show_table(heads, rows)


@dead_letters.command("replay")
@click.option("--group", help="What `list` names so.")
@click.option("--mailing", "mailing_id", type=int)
@click.option("--status", type=_STATUSES, help="With --mailing: only what ended so.")
@click.option("--message", "message_ids", type=int, multiple=True, help="Again for each.")
@click.option("--parked", type=int, multiple=True, help="What nobody could read, by its id.")
@click.option("--ends-at", help="A deadline of their own, written as the mailing's.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@common_options
@pass_setup
def replay(setup: Setup, /, dry_run: bool, **choice: Any) -> None:
    """Send once more, each under its own id, by the mailing as it is now."""
    given: Any = {name: value for name, value in choice.items() if value}
    if not given.keys() & {"group", "mailing_id", "message_ids", "parked"}:
        raise click.UsageError("Say what: --group, --mailing, --message or --parked.")
    with setup.connect() as carillon:
        done = carillon.dead_letters.replay(**given, dry_run=dry_run)
    _tell(setup, done, "would be sent again" if dry_run else "are sent again")


@dead_letters.command("resolve")
@click.argument("became", type=click.Choice(["sent", "failed"]))
@click.argument("messages", type=int, nargs=-1, required=True)
@common_options
@pass_setup
def resolve(setup: Setup, became: Any, messages: tuple[int, ...]) -> None:
    """Say that MESSAGES, which are unknown, were sent, or have failed."""
    with setup.connect() as carillon:
        done = carillon.dead_letters.resolve(messages, became)
    _tell(setup, done, f"are {became} from now on")


@dead_letters.command("parked")
@click.option("--queue")
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def parked(setup: Setup, queue: str | None, limit: int) -> None:
    """What nobody could read, newest first."""
    with setup.connect() as carillon:
        found = list(first(carillon.dead_letters.parked(queue=queue), limit))
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    rows = [
        (
            one.id,
            one.state,
            one.queue,
            one.routing_key,
            one.why,
            one.bytes,
            times.utc(one.parked_at),
        )
        for one in found
    ]
    show_table(("ID", "STATE", "QUEUE", "ROUTING KEY", "WHY", "BYTES", "PARKED"), rows)


def _tell(setup: Setup, done: Outcome, what: str) -> None:
    if setup.as_json:
        show_json(done)
        return
    click.echo(f"{done.messages} messages {what}.")
    for share in done.mailings:
        click.echo(
            f"  mailing {share.mailing_id}: {share.messages} messages, revision {share.revision}"
        )
    for skipped in done.skipped:
        click.echo(f"  skipped {skipped.message_id or skipped.parked_id}: {skipped.reason}")
    if done.left:
        click.echo(f"{done.left} more are left: ask again.")


COMMANDS = {"dead-letters": dead_letters}
