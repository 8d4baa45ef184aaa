"""Webhooks, for an administrator."""

import click

from carillon.bodies import WebhookFields
from carillon.cli import times
from carillon.cli.output import first, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.webhooks import Delivery, DeliveryState, EventType

_EVENTS = click.Choice([event.value for event in EventType])
_STATES = click.Choice([state.value for state in DeliveryState])


@click.group()
def webhooks() -> None:
    """Subscribe to events; see what was delivered, and send it again."""


@webhooks.command("list")
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def list_(setup: Setup, limit: int) -> None:
    """All of them, by id."""
    with setup.connect() as carillon:
        found = list(first(carillon.webhooks.list(), limit))
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    rows = [
        (
            *(one.id, one.name, one.url, one.events),
            *(one.disabled_because or "enabled", times.utc(one.failing_since)),
        )
        for one in found
    ]
    show_table(("ID", "NAME", "URL", "EVENTS", "STATE", "FAILING SINCE"), rows)


@webhooks.command("create")
@click.argument("name")
@click.argument("receiver")
@click.option(
    "--event", "events", multiple=True, required=True, type=_EVENTS, help="Again for each."
)
@click.option("--department", type=int, help="Only of mailings of this department.")
@click.option("--mailing", type=int, help="Only of this mailing.")
@common_options
@pass_setup
def create(
    setup: Setup,
    name: str,
    receiver: str,
    events: tuple[str, ...],
    department: int | None,
    mailing: int | None,
) -> None:
    """Have events sent to RECEIVER, a URL.

    Prints the secret that signs them: this once, and alone on its line.
    """
    kinds = [EventType(event) for event in events]
    fields: WebhookFields = {"name": name, "url": receiver, "events": kinds}
    if department is not None:
        fields["department_id"] = department
    if mailing is not None:
        fields["mailing_id"] = mailing
    with setup.connect() as carillon:
        made = carillon.webhooks.create(**fields)
    if setup.as_json:
        show_json(made)
    else:
        click.echo(f"Webhook {made.id} is there.", err=True)
        click.echo(made.secret)


@webhooks.command("enable")
@click.argument("webhook", type=int)
@common_options
@pass_setup
def enable(setup: Setup, webhook: int) -> None:
    """Send to it again, from now on."""
    with setup.connect() as carillon:
        changed = carillon.webhooks.change(webhook, enabled=True)
    if setup.as_json:
        show_json(changed)


@webhooks.command("disable")
@click.argument("webhook", type=int)
@common_options
@pass_setup
def disable(setup: Setup, webhook: int) -> None:
    """Send nothing more; what waits is dropped."""
    with setup.connect() as carillon:
        changed = carillon.webhooks.change(webhook, enabled=False)
    if setup.as_json:
        show_json(changed)


@webhooks.command("remove")
@click.argument("webhook", type=int)
@common_options
@pass_setup
def remove(setup: Setup, webhook: int) -> None:
    """With its log."""
    with setup.connect() as carillon:
        carillon.webhooks.delete(webhook)


@webhooks.command("rotate")
@click.argument("webhook", type=int)
@click.option("--hours", default=24, show_default=True, help="So long the old one signs, too.")
@common_options
@pass_setup
def rotate(setup: Setup, webhook: int, hours: int) -> None:
    """Print a new secret: this once, and alone on its line."""
    with setup.connect() as carillon:
        made = carillon.webhooks.rotate_secret(webhook, old_good_for_hours=hours)
    if setup.as_json:
        show_json(made)
    else:
        click.echo(made.secret)


@webhooks.command("test")
@click.argument("webhook", type=int)
@common_options
@pass_setup
def test(setup: Setup, webhook: int) -> None:
    """Send a ping; `deliveries` tells what became of it."""
    with setup.connect() as carillon:
        _tell(setup, carillon.webhooks.test(webhook))


@webhooks.command("deliveries")
@click.argument("webhook", type=int)
@click.option("--state", type=_STATES)
@click.option("--limit", default=50, show_default=True, help="At most so many; 0: all.")
@common_options
@pass_setup
def deliveries(setup: Setup, webhook: int, state: str | None, limit: int) -> None:
    """What was sent, or is to be; newest first."""
    with setup.connect() as carillon:
        found = list(first(carillon.webhooks.deliveries(webhook, state=state), limit))
    if setup.as_json:
        for one in found:
            show_json(one)
        return
    rows = [
        (
            *(one.id, one.state, one.events, one.types, one.attempts, one.status_code, one.error),
            *(times.utc(one.last_attempt_at), times.utc(one.next_attempt_at)),
        )
        for one in found
    ]
    heads = ("ID", "STATE", "EVENTS", "TYPES", "ATTEMPTS", "HTTP", "ERROR", "LAST", "NEXT")
    show_table(heads, rows)


@webhooks.command("replay")
@click.argument("webhook", type=int)
@click.argument("delivery", type=int)
@common_options
@pass_setup
def replay(setup: Setup, webhook: int, delivery: int) -> None:
    """Send the same once more, under the same ids."""
    with setup.connect() as carillon:
        _tell(setup, carillon.webhooks.replay(webhook, delivery))


def _tell(setup: Setup, delivery: Delivery) -> None:
    if setup.as_json:
        show_json(delivery)
    else:
        click.echo(f"Delivery {delivery.id} is on its way.")


COMMANDS = {"webhooks": webhooks}
