"""Events about messages, many at a time. The id of one is (message_id, dispatch, attempt, kind)."""

from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import AwareDatetime, Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema

from shared.contracts.base import Message, Part
from shared.contracts.columns import Column, Columns, as_object, by_columns
from shared.contracts.commands import Grounds
from shared.contracts.statuses import Status

Kind = Literal[
    "planned",
    "queued",
    "retrying",
    "returned",
    "sent",
    "failed",
    "unknown",
    "expired",
    "suppressed",
    "cancelled",
]

# Within one attempt a status only moves to a greater step.
STEP: dict[Kind, int] = {
    "planned": 0,
    "queued": 1,
    "retrying": 2,
    "returned": 3,
    "sent": 4,
    "failed": 4,
    "unknown": 4,
    "expired": 4,
    "suppressed": 4,
    "cancelled": 4,
}

# As many as there are messages, and heard by stats alone: these travel by columns.
IN_COLUMNS = frozenset[Kind]({"queued", "sent"})

# What a message's status is once the event has happened; the other kinds are statuses themselves.
_STATUS: dict[Kind, Status] = {
    kind: Status.PLANNED if kind == "returned" else Status(kind) for kind in STEP
}


def status_after(kind: Kind) -> Status:
    """A returned message is planned again: the scheduler decides what becomes of it."""
    return _STATUS[kind]


class DeliveryEvent(NamedTuple):
    """What happened to one message.

    ``attempt`` is 0 for what the scheduler did, else the call (from 1) the event is about; a
    ``returned`` may name a call that never started. ``reason`` is a word from a closed list (a
    failure class, a policy's reason, ``window_passed``, ``gate_closed``, …), ``detail`` a sentence
    without anything personal. The gate's revisions of a ``returned`` say what the scheduler must
    have seen before it may emit the message anew.

    An event about a call says by which of its message's ``grounds`` the call was made, and the
    hash of the text. A ``returned`` of which some call may have been accepted has ``uncertain``
    set and the ``text`` of that call with it: if there is another, it must say the same.
    """

    message_id: int
    mailing_id: int
    client_id: int
    timezone: str
    dispatch: int
    kind: Kind
    at: AwareDatetime
    attempt: int = 0
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    latency_ms: int | None = None
    next_attempt_at: AwareDatetime | None = None
    mailing_revision: int | None = None
    client_revision: int | None = None
    grounds: int | None = None
    text_sha256: str | None = None
    uncertain: bool = False
    text: str | None = None

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return as_object(cls, handler)


class DeliveryEvents(Message):
    """Events of one kind, so that the routing key can name it.

    ``grounds`` are written once and named by their place: many events share the same.
    """

    kind: Kind
    grounds: tuple[Grounds, ...] = ()
    events: tuple[DeliveryEvent, ...]

    @property
    def key(self) -> str:
        return f"delivery.{self.kind}"

    def grounds_of(self, event: DeliveryEvent) -> Grounds | None:
        return None if event.grounds is None else self.grounds[event.grounds]

    def encode(self) -> bytes:
        """Without the fields that are empty: half of an event's, in what is the most of all."""
        if self.kind in IN_COLUMNS and self.events:
            return EventsInColumns.of(self).encode()
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Reads them by columns, too: both come the same way."""
        read = _EITHER.validate_json(body)
        events = read.rows() if isinstance(read, EventsInColumns) else read.events
        return cls(kind=read.kind, grounds=read.grounds, events=events)


class EventColumns(Columns):
    """As in ``DeliveryEvent``; the kind is the message's."""

    mailing_id: Column[int]
    client_id: Column[int]
    timezone: Column[str]
    dispatch: Column[int]
    at: Column[AwareDatetime]
    attempt: Column[int] = 0
    reason: Column[str | None] = None
    detail: Column[str | None] = None
    http_status: Column[int | None] = None
    latency_ms: Column[int | None] = None
    next_attempt_at: Column[AwareDatetime | None] = None
    mailing_revision: Column[int | None] = None
    client_revision: Column[int | None] = None
    grounds: Column[int | None] = None
    text_sha256: Column[str | None] = None
    uncertain: Column[bool] = False
    text: Column[str | None] = None


class EventsInColumns(Message):
    """The second version of ``DeliveryEvents``: the events by columns."""

    version: Literal[2] = 2  # type: ignore[assignment]

    kind: Kind
    grounds: tuple[Grounds, ...] = ()
    events: EventColumns

    @property
    def key(self) -> str:
        return f"delivery.{self.kind}"

    @classmethod
    def of(cls, message: DeliveryEvents) -> Self:
        """There are events in it."""
        events = by_columns(message.events)
        return cls.model_validate({**message.__dict__, "version": 2, "events": events})

    def encode(self) -> bytes:
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    def rows(self) -> tuple[DeliveryEvent, ...]:
        return self.events.rows(DeliveryEvent, kind=self.kind)


_EITHER: TypeAdapter[DeliveryEvents | EventsInColumns] = TypeAdapter(
    Annotated[DeliveryEvents | EventsInColumns, Field(discriminator="version")]
)


class InFlight(Part):
    mailing_id: int
    calls: int


class CallsInFlight(Message):
    """How many calls a sender has under way, per mailing; forgotten when not renewed for 3 s."""

    routing_key: ClassVar[str] = "delivery.in_flight"

    sender: str
    at: AwareDatetime
    mailings: tuple[InFlight, ...]


class MessagesForgotten(Message):
    """The scheduler has lost the mailing's rows, and made its plan anew from the senders' ledger.

    Messages with ids below ``born_before`` of which no sender has told anything are gone: nothing
    of theirs is on its way any more, and whoever had one is planned for again.
    """

    routing_key: ClassVar[str] = "delivery.forgotten"

    mailing_id: int
    born_before: int


class MessagesClosed(Message):
    """Neither scheduler nor senders have a row of this mailing any more: its books stay as they
    are, whatever is still told of its messages."""

    routing_key: ClassVar[str] = "delivery.closed"

    mailing_id: int
