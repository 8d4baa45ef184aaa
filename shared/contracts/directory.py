"""Events about clients. They carry whole states, many at a time: an import is a few of them."""

from typing import ClassVar

from pydantic import Field, JsonValue

from shared.contracts.base import Message, Part


class ClientState(Part):
    """A client as of ``revision``, which rises with every change of this client.

    A tombstone has ``deleted`` set and nothing personal in it.
    """

    id: int
    revision: int
    deleted: bool = False
    phone: str = ""
    operator_code: str = ""
    timezone: str = ""
    tags: tuple[str, ...] = ()
    email: str | None = None
    name: str | None = None
    attributes: dict[str, JsonValue] = Field(default_factory=dict)


class ClientsChanged(Message):
    """These clients are now so. Older revisions than the one known are ignored.

    ``position`` rises from one of these to the next, so that whoever has applied one can say how
    far it has come.
    """

    routing_key: ClassVar[str] = "client.changed"

    position: int | None = None
    clients: tuple[ClientState, ...]
