"""Trials: the text of a mailing, in whatever state, to a few numbers, to see how it looks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.api.domain.clients import Client
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.mailings import Mailing
from shared.contracts.statuses import Status
from shared.contracts.trials import Trial, TrialsRequested
from shared.domain.sms import SmsSize, sms_size
from shared.domain.templates import MissingVariable, Recipient, TooLong, template

MOST_PHONES = 10
# Whoever tries a text is waiting for it; one that comes much later only puzzles.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TrialText:
    """What one number is going to get, and with whose values: a client's, or nobody's."""

    phone: str
    text: str
    client_id: int | None

    @property
    def size(self) -> SmsSize:
        return sms_size(self.text)


@dataclass(frozen=True, slots=True)
class TrialRecord:
    """What is kept of a trial, so that its message can be followed.

    ``phone`` is None once the client whose number it was has been deleted.
    """

    id: int
    mailing_id: int
    revision: int
    client_id: int | None
    phone: str | None
    requested_at: datetime
    requested_by: int | None


def trial_texts(text: str, phones: Iterable[str], clients: Mapping[str, Client]) -> list[TrialText]:
    """The text for each phone, once, with the values of the client given for it.

    Raises Invalid when a client lacks what the text needs, or nobody is there who could have it.
    """
    unique = dict.fromkeys(phones)
    return [_trial_text(text, phone, clients.get(phone)) for phone in unique]


def records(
    mailing: Mailing, ids: Sequence[int], texts: Sequence[TrialText], by: int | None, now: datetime
) -> list[TrialRecord]:
    return [
        TrialRecord(id_, mailing.id, mailing.revision, one.client_id, one.phone, now, by)
        for id_, one in zip(ids, texts, strict=True)
    ]


def request(
    mailing: Mailing, ids: Sequence[int], texts: Sequence[TrialText], now: datetime
) -> TrialsRequested:
    return TrialsRequested(
        channel=mailing.spec.channel,
        requested_at=now,
        not_after=now + PATIENCE,
        trials=tuple(
            Trial(message_id=id_, address=one.phone, text=one.text)
            for id_, one in zip(ids, texts, strict=True)
        ),
    )


def not_heard_of(trial: TrialRecord) -> dict[str, Any]:
    """The message of a trial that is still on its way to the scheduler, in the JSON of stats."""
    nothing = dict.fromkeys(("reason", "detail", "sent_at", "next_attempt_at", "receipt"))
    return nothing | {
        "id": trial.id,
        "timezone": "UTC",
        "status": Status.PLANNED,
        "dispatch": 1,
        "updated_at": trial.requested_at.isoformat().replace("+00:00", "Z"),
        "attempts": [],
    }


def _trial_text(text: str, phone: str, client: Client | None) -> TrialText:
    try:
        rendered = template(text).render(_recipient(phone, client))
    except MissingVariable as missing:
        raise Invalid(FieldFault("client_id", _lacks(missing, phone, client))) from None
    except TooLong:
        whose = "nobody's" if client is None else f"client {client.id}'s"
        reason = f"With {whose} values the text is longer than any may be."
        raise Invalid(FieldFault("client_id", reason)) from None
    return TrialText(phone, rendered, None if client is None else client.id)


def _lacks(missing: MissingVariable, phone: str, client: Client | None) -> str:
    if client is not None:
        return f"Client {client.id}: {missing}"
    return (
        f"The text needs {missing.variable}, and {phone} is no client's: give the client whose"
        " values to take."
    )


def _recipient(phone: str, client: Client | None) -> Recipient:
    if client is None:
        return Recipient(phone=phone)
    known = client.profile
    return Recipient(
        name=known.name,
        phone=known.phone,
        email=known.email,
        timezone=known.timezone,
        operator_code=known.operator_code,
        tags=known.tags,
        attributes=known.attributes,
    )
