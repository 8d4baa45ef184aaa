"""Events about clients. They carry whole states, many at a time: an import is a few of them."""

from typing import ClassVar, Self

from pydantic import Field, JsonValue, model_validator

from shared.contracts.base import Message, Part


class ClientState(Part):
    """A client as of ``revision``, which rises with every change of this client.

    A tombstone has ``deleted`` set and nothing personal in it. Who is ``blocked`` is sent nothing.
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
    blocked: bool = False


class ClientsChanged(Message):
    """These clients are now so. Older revisions than the one known are ignored.

    ``position`` rises from one of these to the next, so that whoever has applied one can say how
    far it has come.
    """

    routing_key: ClassVar[str] = "client.changed"

    position: int | None = None
    clients: tuple[ClientState, ...]


class ClientKind(Part):
    """What a mailing's filter and its zones can tell apart."""

    timezone: str
    operator_code: str
    tags: tuple[str, ...] = ()


class ClientsAdded(Message):
    """Clients that are new, at revision 1, without attributes; column by column, as an import adds
    thousands at a time.

    In every column the same place is the same client; ``kind_of`` is the place of theirs among the
    kinds. ``emails`` and ``names`` are null when nobody has one. Whoever knows a client already
    ignores what is told of them here. ``position`` as in ClientsChanged, and counted with it.
    """

    routing_key: ClassVar[str] = "client.added"

    position: int | None = None
    kinds: tuple[ClientKind, ...]
    ids: tuple[int, ...]
    phones: tuple[str, ...]
    kind_of: tuple[int, ...]
    emails: tuple[str | None, ...] | None = None
    names: tuple[str | None, ...] | None = None

    @model_validator(mode="after")
    def _columns_match(self) -> Self:
        columns = (self.phones, self.kind_of, self.emails, self.names)
        if any(column is not None and len(column) != len(self.ids) for column in columns):
            raise ValueError("the columns differ in length")
        if self.ids and not 0 <= min(self.kind_of) <= max(self.kind_of) < len(self.kinds):
            raise ValueError("a client's kind is not told")
        return self

    def states(self) -> tuple[ClientState, ...]:
        """The same, client by client."""
        nobody = (None,) * len(self.ids)
        columns = (self.ids, self.phones, self.kind_of, self.emails or nobody, self.names or nobody)
        return tuple(
            ClientState(
                id=id_, revision=1, phone=phone, email=email, name=name, **dict(self.kinds[kind])
            )
            for id_, phone, kind, email, name in zip(*columns, strict=True)
        )
