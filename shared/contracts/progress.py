"""Events about the progress of a mailing as a whole."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from shared.contracts.base import Message, Part


class WaveState(Part):
    """One zone's part of a mailing, as of ``seq``, which rises with every change of the wave.

    ``size`` counts its clients; those without a row yet stand in the books under ``rest``. When
    the wave's emission has ended, ``size`` is the number of its rows.
    """

    timezone: str
    seq: int
    size: int
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    rest: Literal["waiting", "expired", "cancelled"] = "waiting"
    reason: str | None = None


class WavesPlanned(Message):
    """These waves are now so: all of them at launch, later the ones that changed."""

    routing_key: ClassVar[str] = "progress.planned"

    mailing_id: int
    revision: int
    waves: tuple[WaveState, ...]


class MailingStarted(Message):
    """The first wave has opened."""

    routing_key: ClassVar[str] = "progress.started"

    mailing_id: int
    revision: int
    at: AwareDatetime


class MailingEmitted(Message):
    """Every wave has ended its emission; the mailing has this many messages in all.

    ``dispatches``: the sum of all their dispatches, where messages that had ended were brought
    back: they are at an end in the books until what became of them since is heard of.
    """

    routing_key: ClassVar[str] = "progress.emitted"

    mailing_id: int
    revision: int
    messages: int
    dispatches: int | None = None


class MailingFinished(Message):
    """As many messages are at an end as were emitted."""

    routing_key: ClassVar[str] = "progress.finished"

    mailing_id: int
    revision: int
    at: AwareDatetime
