"""The common shape of what travels on the broker."""

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A piece of a message: frozen, and tolerant of fields that a later producer adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(Part):
    """One message on the broker. ``version`` rises when an old consumer could misread it."""

    routing_key: ClassVar[str]

    version: Literal[1] = 1

    @property
    def key(self) -> str:
        return self.routing_key

    def encode(self) -> bytes:
        return self.model_dump_json(by_alias=True).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises pydantic.ValidationError on anything that is not this message and version."""
        return cls.model_validate_json(body)
