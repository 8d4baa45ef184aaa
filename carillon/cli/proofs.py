"""Why, and what exactly happened."""

from typing import Any

import click

from carillon.cli import times
from carillon.cli.clients import client_id
from carillon.cli.output import show_fields, show_json, show_table
from carillon.cli.setup import Setup, common_options, pass_setup
from carillon.models.statistics import Attempt, Explanation, Proof

_MARKS = {True: "yes", False: "no", None: "-"}
_CALLS = ("CALL", "OUTCOME", "BEGAN", "WINDOW", "MS", "HTTP", "DETAIL")


@click.command()
@click.argument("client")
@click.argument("mailing", type=int)
@common_options
@pass_setup
def explain(setup: Setup, client: str, mailing: int) -> None:
    """Say why CLIENT got MAILING, will get it, or does not.

    CLIENT is an id, or a phone that begins with +.
    """
    with setup.connect() as carillon:
        told = carillon.clients.explain(client_id(carillon, client), mailing)
    if setup.as_json:
        show_json(told)
    else:
        _show_explanation(told)


@click.command()
@click.argument("message", type=int)
@common_options
@pass_setup
def message(setup: Setup, message: int) -> None:
    """Show every call of MESSAGE: the hours that were allowed, by which clock, the answer."""
    with setup.connect() as carillon:
        proof = carillon.messages.get(message)
    if setup.as_json:
        show_json(proof)
    else:
        _show_proof(proof)


def _show_explanation(told: Explanation) -> None:
    click.echo(told.explanation)
    show_fields(
        [
            ("verdict", told.verdict),
            ("status", told.status),
            ("reason", told.reason),
            ("expected", times.both(told.expected_at, told.timezone)),
            ("opens", times.both(told.opens_at, told.timezone)),
            ("closes", times.both(told.closes_at, told.timezone)),
            ("message", told.message_id),
        ]
    )
    rows = [(one.check, _MARKS[one.passed], one.detail) for one in told.checks]
    show_table(("CHECK", "PASSED", "DETAIL"), rows)


def _show_proof(proof: Proof) -> None:
    show_fields(
        [
            ("message", proof.id),
            ("mailing", f"{proof.mailing_id} {proof.mailing_name or ''}"),
            ("client", f"{proof.client_id or ''} {proof.phone or ''} {proof.name or ''}"),
            ("zone", proof.timezone),
            ("status", proof.status),
            ("reason", proof.reason),
            ("detail", proof.detail),
            ("sent", times.both(proof.sent_at, proof.timezone)),
            ("receipt", _receipt(proof)),
            ("next call", times.both(proof.next_attempt_at, proof.timezone)),
            ("template", proof.template),
        ]
    )
    show_table(_CALLS, [call_row(one, proof.timezone) for one in proof.attempts])


def _receipt(proof: Proof) -> str | None:
    told = proof.receipt
    if told is None:
        return None
    why = f", {told.reason}" if told.reason else ""
    return f"{told.status}{why}, {times.both(told.at, proof.timezone)} ({told.provider})"


def call_row(one: Attempt, timezone: str) -> tuple[Any, ...]:
    window = one.window
    allowed = window and times.hours(window.opens_at_local, window.closes_at_local)
    return (
        f"{one.dispatch}.{one.attempt}",
        one.outcome,
        times.both(one.started_at or one.answered_at, timezone),
        allowed,
        one.latency_ms,
        one.http_status,
        one.detail or one.reason,
    )


COMMANDS = {"explain": explain, "message": message}
