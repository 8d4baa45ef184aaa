"""The sentences that a person reads when they ask why."""

from datetime import datetime

from shared.domain.zones import UnknownZone, zone_info

_REASONS = {
    "window_passed": "No hours were left in which the mailing may reach the client's time zone.",
    "too_late": "It was too late to begin in the client's time zone: the mailing's max_lateness"
    " leaves no window.",
    "rate": "The rate of sending was too low to reach everybody before the window closed.",
    "unknown_zone": "The time zone of the client is in no edition of the tz database that we know.",
    "zone_changed": "The client moved into a time zone whose clients had been taken already.",
    "client_deleted": "The client was deleted.",
    "blocked": "The client is blocked, and is sent nothing.",
    "not_in_audience": "The client does not match the mailing's filter any more.",
    "mailing_cancelled": "The mailing was cancelled before it was sent to the client.",
    "template_variable_missing": "The text names something that is not known of the client.",
    "text_too_long": "With the client's values the text would be too long.",
    "bad_template": "The text of the mailing cannot be read as a template.",
    "connection_failed": "The provider could not be reached.",
    "outcome_unknown": "The provider did not answer, and may have accepted the message.",
    "throttled": "The provider asked for a slower pace.",
    "server_error": "The provider had an error of its own.",
    "rejected": "The provider rejected the message.",
    "text_changed": "A call may have been accepted with a text that the mailing has no more, and it"
    " may only be repeated word for word.",
    "resolved": "A person found out and said so.",
    "unheard": "No sender knew of the message when the scheduler asked after it.",
    "unauthorized": "The provider refused our credentials.",
}


def because(reason: str | None, detail: str | None = None) -> str:
    """Why, as one or two sentences; nothing when nobody knows."""
    sentences = [_REASONS.get(reason, f"The reason is {reason}.") if reason else "", detail or ""]
    return " ".join(sentence for sentence in sentences if sentence)


def clock(instant: datetime, timezone: str | None) -> str:
    """``on 2026-10-25 at 10:00 (Europe/Berlin)``; in UTC for a zone that is not known."""
    local = local_time(instant, timezone)
    shown, zone = (instant, "UTC") if local is None else (local, timezone)
    return f"on {shown:%Y-%m-%d} at {shown:%H:%M} ({zone})"


def local_time(instant: datetime | None, timezone: str | None) -> datetime | None:
    if instant is None or timezone is None:
        return None
    try:
        return instant.astimezone(zone_info(timezone))
    except UnknownZone:
        return None
