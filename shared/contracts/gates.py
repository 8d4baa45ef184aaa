"""Gates stop what is already on its way. They have a lane and a queue of their own."""

from typing import ClassVar, Literal

from shared.contracts.base import Message, Part


class Gate(Part):
    """A gate of one mailing or one client; it changes only to a higher revision.

    Closed, it stops commands of its revision and below; open, those below its own: they
    carry what is no longer true.
    """

    kind: Literal["mailing", "client"]
    id: int
    revision: int
    closed: bool


class GatesChanged(Message):
    routing_key: ClassVar[str] = "gate.changed"

    gates: tuple[Gate, ...]
