"""A mailing, written as options: their names, and the body that they come to."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TextIO, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Body = dict[str, Any]

_HOURS = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
_PLAIN = ("text", "name", "starts_at", "ends_at", "max_lateness", "priority", "channel")

_OPTIONS = (
    click.option("--body", type=click.File(encoding="utf-8"), help="A file of JSON, or -."),
    click.option("--text", help='May name what is known: {{ name|default("friend") }}.'),
    click.option("--text-file", type=click.File(encoding="utf-8"), help="The text, from a file."),
    click.option("--name", help="Your own note."),
    click.option("--starts-at", help="2027-03-01T00:00, with an offset unless --local."),
    click.option("--ends-at"),
    click.option(
        "--local/--absolute", default=None, help="By each client's own clock, or at once."
    ),
    click.option("--window", metavar="10:00-20:00", help="Local hours of contact."),
    click.option("--days", metavar="mon,tue", help="Days on which the window opens."),
    click.option("--tag", "tags", multiple=True, help="Who; again for each, any of them matches."),
    click.option("--operator-code", "operator_codes", multiple=True),
    click.option("--everybody", is_flag=True, help="No filter."),
    click.option("--audience", type=click.Choice(["live", "frozen"])),
    click.option("--max-lateness", type=int, metavar="MINUTES"),
    click.option("--holiday", "holidays", multiple=True, metavar="YYYY-MM-DD"),
    click.option("--priority", type=click.Choice(["urgent", "normal", "bulk"])),
    click.option("--rate", "rate_per_second", type=float, help="Messages a second."),
    click.option("--channel"),
    click.option("--department", "department_id", type=int),
    click.option("--set", "raw", multiple=True, metavar="FIELD=JSON", help="Such as window=null."),
)


def mailing_options(command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def body_of(options: Mapping[str, Any]) -> Body:
    """What was given, over what the file says. Raises UsageError."""
    body = _read(options["body"]) if options["body"] else {}
    text_file: TextIO | None = options["text_file"]
    if text_file is not None:
        body["text"] = text_file.read().rstrip("\n")
    plain = (*_PLAIN, "audience", "rate_per_second", "department_id")
    body |= {name: options[name] for name in plain if options[name] is not None}
    if options["local"] is not None:
        body["timing"] = "local" if options["local"] else "absolute"
    if options["holidays"]:
        body["holidays"] = list(options["holidays"])
    body |= _window(options["window"], options["days"], body.get("window"))
    body |= _filter(options)
    return body | dict(map(_raw, options["raw"]))


def _window(hours: str | None, days: str | None, before: Body | None) -> Body:
    if hours is None and days is None:
        return {}
    window = dict(before or {})
    if hours is not None:
        match = _HOURS.fullmatch(hours.strip())
        if match is None:
            raise click.UsageError(f"--window {hours}: hours are written 10:00-20:00.")
        window |= {"from": match[1].zfill(5), "to": match[2].zfill(5)}
    if days is not None:
        window["days"] = [day.strip() for day in days.split(",")]
    if "from" not in window:
        raise click.UsageError("--days goes with --window.")
    return {"window": window}


def _filter(options: Mapping[str, Any]) -> Body:
    given = {name: list(options[name]) for name in ("tags", "operator_codes") if options[name]}
    if options["everybody"]:
        if given:
            raise click.UsageError("--everybody goes with neither --tag nor --operator-code.")
        return {"filter": None}
    return {"filter": given} if given else {}


def _read(file: TextIO) -> Body:
    try:
        body = json.load(file)
    except ValueError as error:
        raise click.UsageError(f"--body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise click.UsageError("--body is no JSON object.")
    return body


def _raw(written: str) -> tuple[str, Any]:
    name, _, value = written.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        raise click.UsageError(f"--set {written}: it is FIELD=JSON.") from None
