"""Mailings: what they say, to whom, when."""

from typing import Any

import click

from carillon.cli import times
from carillon.cli.mailing_options import body_of, mailing_options
from carillon.cli.output import first, show_fields, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.mailings import Mailing, MailingState, Window


@click.group()
def mailings() -> None:
    """List, show, create, edit, clone and delete mailings."""


@mailings.command("list")
@click.option("--state", type=click.Choice([state.value for state in MailingState]))
@click.option("--department", "department_id", type=int)
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, state: str | None, department_id: int | None, limit: int) -> None:
    """Newest first."""
    with setup.connect() as carillon:
        pages = carillon.mailings.list(state=state, department_id=department_id)
        found = first(pages, limit)
        if setup.as_json:
            for mailing in found:
                show_json(mailing)
            return
        rows = [
            (one.id, one.state, one.revision, one.name, times.utc(one.starts_at), one.text[:40])
            for one in found
        ]
    show_table(("ID", "STATE", "REVISION", "NAME", "STARTS", "TEXT"), rows)


@mailings.command("show")
@click.argument("mailing", type=int)
@common_options
@pass_setup
def show(setup: Setup, mailing: int) -> None:
    """Everything that is set."""
    with setup.connect() as carillon:
        show_mailing(setup, carillon.mailings.get(mailing))


@mailings.command("create")
@mailing_options
@click.option("--launch", is_flag=True, help="Launch it at once; else it is a draft.")
@common_options
@pass_setup
def create(setup: Setup, /, launch: bool, **options: Any) -> None:
    """Make a mailing of --text, --starts-at and --ends-at, or of --body."""
    body = body_of(options)
    with setup.connect() as carillon:
        show_mailing(setup, carillon.mailings.create(**body | {"draft": not launch}))


@mailings.command("edit")
@click.argument("mailing", type=int)
@mailing_options
@common_options
@pass_setup
def edit(setup: Setup, /, mailing: int, **options: Any) -> None:
    """What is not given stays. It holds for everybody not yet sent to."""
    changes = body_of(options)
    if not changes:
        raise click.UsageError("Say what is to change.")
    with setup.connect() as carillon:
        show_mailing(setup, carillon.mailings.change(mailing, **changes))


@mailings.command("clone")
@click.argument("mailing", type=int)
@mailing_options
@common_options
@pass_setup
def clone(setup: Setup, /, mailing: int, **options: Any) -> None:
    """A draft of the same, with what is given changed."""
    with setup.connect() as carillon:
        show_mailing(setup, carillon.mailings.clone(mailing, **body_of(options)))


@mailings.command("delete")
@click.argument("mailing", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@pass_setup
def delete(setup: Setup, mailing: int, yes: bool) -> None:
    """Cancelled, and out of the list; its history is kept."""
    if not yes:
        click.confirm(f"Delete mailing {mailing}?", abort=True, err=True)
    with setup.connect() as carillon:
        carillon.mailings.delete(mailing)


@click.command("test-send")
@click.argument("mailing", type=int)
@click.argument("phones", nargs=-1, required=True)
@click.option("--client", "client_id", type=int, help="Whose values the text takes.")
@common_options
@pass_setup
def test_send(setup: Setup, mailing: int, phones: tuple[str, ...], client_id: int | None) -> None:
    """Send a mailing's text to PHONES, at once; it is in nobody's books."""
    with setup.connect() as carillon:
        sent = carillon.mailings.test_send(mailing, phones, client_id=client_id)
    if setup.as_json:
        show_json(sent)
        return
    rows = [(one.message_id, one.phone, one.encoding, one.parts, one.text) for one in sent.messages]
    show_table(("MESSAGE", "PHONE", "ENCODING", "PARTS", "TEXT"), rows)


def show_mailing(setup: Setup, mailing: Mailing) -> None:
    if setup.as_json:
        show_json(mailing)
        return
    rate = mailing.rate_per_second
    show_fields(
        [
            ("id", mailing.id),
            ("name", mailing.name),
            ("state", mailing.state),
            ("revision", mailing.revision),
            ("starts", times.utc(mailing.starts_at)),
            ("ends", times.utc(mailing.ends_at)),
            ("window", window_told(mailing.window)),
            ("holidays", ", ".join(map(str, mailing.holidays))),
            ("to", _who(mailing)),
            ("audience", mailing.audience),
            ("priority", mailing.priority),
            ("channel", mailing.channel),
            ("rate", None if rate is None else f"{rate:g} a second"),
            ("lateness", mailing.max_lateness and f"at most {mailing.max_lateness} minutes"),
            ("department", mailing.department_id),
            ("launched", times.utc(mailing.launched_at)),
            ("started", times.utc(mailing.started_at)),
            ("finished", times.utc(mailing.finished_at)),
            ("text", mailing.text),
        ]
    )


def window_told(window: Window | None) -> str | None:
    if window is None:
        return None
    days = f" on {', '.join(window.days)}" if window.days else ""
    return f"{window.from_} to {window.to}{days}, by each client's clock"


def _who(mailing: Mailing) -> str:
    named = {
        "tags": mailing.filter.tags,
        "operator codes": mailing.filter.operator_codes,
    }
    told = [f"{name} {', '.join(values)}" for name, values in named.items() if values]
    return " and ".join(told) or "everybody"


COMMANDS = {"mailings": mailings, "test-send": test_send}
