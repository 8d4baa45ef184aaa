"""Who is sent nothing."""

from carillon.models.base import Instant, Model, Words


class BlockSource(Words):
    """Who wanted it: a person of the company, or the client, who answered STOP."""

    PERSON = "person"
    STOP = "stop"


class Block(Model):
    id: int
    client_id: int
    source: BlockSource
    reason: str | None
    created_at: Instant
    created_by: int | None
