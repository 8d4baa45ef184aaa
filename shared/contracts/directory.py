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
    """These clients are now so. Older revisions than the one known are ignored."""

    routing_key: ClassVar[str] = "client.changed"

    clients: tuple[ClientState, ...]
