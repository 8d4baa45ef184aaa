"""Trials: a mailing's text to a few numbers, at once, to see how it looks. In nobody's books."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.base import Message, Part

# Trials belong to no mailing and to no client: no gate stops them, no books count them.
NO_MAILING = 0
NO_CLIENT = 0


class Trial(Part):
    """One message; its id is given out by the api, so that whoever asked can follow it."""

    message_id: int
    address: str
    text: str


class TrialsRequested(Message):
    """Send these as soon as possible, and not at or after ``not_after``."""

    routing_key: ClassVar[str] = "trial.requested"

    channel: str = "sms"
    requested_at: AwareDatetime
    not_after: AwareDatetime
    trials: tuple[Trial, ...]
