"""Who would get it when, and who would not."""

from collections.abc import Iterator
from typing import Any

import click

from carillon.cli import times
from carillon.cli.mailing_options import body_of, mailing_options
from carillon.cli.output import cell, show_fields, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.plans import Plan, SampleText, TextSize, ZonePlan

_HEADS = (
    "ZONE",
    "CLIENTS",
    "GET IT",
    "OPENS AND CLOSES THERE",
    "OPENS IN UTC",
    "EXPECTED",
    "MISSED",
)


@click.command()
@click.argument("mailing", type=int, required=False)
@mailing_options
@click.option("--client", "client_id", type=int, help="Whose text is shown.")
@common_options
@pass_setup
def preview(setup: Setup, /, mailing: int | None, client_id: int | None, **options: Any) -> None:
    """Show the plan of MAILING, or of one written as options as for `mailings create`.

    Per zone: who gets it when by their own clock, who is left out and why; what it costs. Nothing
    is sent.
    """
    body = body_of(options)
    if (mailing is None) is not bool(body):
        raise click.UsageError("Say which MAILING, or write one as options; not both.")
    with setup.connect() as carillon:
        if mailing is None:
            plan = carillon.mailings.preview(client_id=client_id, **body)
        else:
            plan = carillon.mailings.plan(mailing, client_id=client_id)
    if setup.as_json:
        show_json(plan)
    else:
        _show(plan)


def _show(plan: Plan) -> None:
    show_table(_HEADS, map(zone_row, plan.by_zone))
    for line in clock_lines(plan):
        click.echo(line)
    click.echo()
    show_fields(summary(plan))
    for sample in plan.samples:
        click.echo(sample_told(sample))


def zone_row(zone: ZonePlan) -> tuple[Any, ...]:
    expected = times.in_zone(zone.expected_end, zone.timezone)
    missed = f"{zone.missed} ({zone.reason})" if zone.missed and zone.reason else zone.missed
    return (
        zone.timezone,
        zone.clients,
        zone.reached,
        times.hours(zone.opens_at_local, zone.closes_at_local),
        times.utc(zone.opens_at),
        expected and f"by {expected}",
        missed,
    )


def clock_lines(plan: Plan) -> Iterator[str]:
    for zone in plan.by_zone:
        if zone.clock_change is not None:
            yield f"{zone.timezone}: {zone.clock_change.explanation}"


def summary(plan: Plan) -> list[tuple[str, Any]]:
    left_out = [f"{count} {why.replace('_', ' ')}" for why, count in plan.left_out.items() if count]
    is_old = "" if plan.up_to_date else " (the latest changes are not counted yet)"
    about = "about " if plan.cost.estimated else ""
    return [
        ("audience", f"{plan.audience}{is_old}"),
        ("get it", plan.reached),
        ("left out", ", ".join(left_out) or "nobody"),
        ("begins", times.utc(plan.first_opens_at)),
        ("ends", times.utc(plan.expected_end)),
        ("rate", f"{plan.rate.per_second:g} a second ({plan.rate.basis})"),
        ("text", text_told(plan.text)),
        ("lacking", ", ".join(f"{name}: {count}" for name, count in plan.text.missing.items())),
        ("cost", f"{plan.cost.messages} messages, {about}{plan.cost.parts} SMS"),
    ]


def text_told(size: TextSize) -> str | None:
    if size.parts is None:
        return None
    longest = size.longest_parts or size.parts
    most = f", at most {longest}" if longest > size.parts else ""
    return f"{size.characters} characters in {size.encoding}, {size.parts} SMS{most}"


def sample_told(sample: SampleText) -> str:
    if sample.text is None:
        return f"client {sample.client_id}: left out, lacks {sample.missing}"
    return f"client {sample.client_id}: {cell(sample.text)}"


COMMANDS = {"preview": preview}
