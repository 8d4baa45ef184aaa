"""Blocks: clients who are sent nothing, whatever is planned for them.

A block is of the whole client, in the whole company. Who makes one is told by its source: a person
here, or the client, who answered a message with STOP.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.api.domain.clients import Client


class Source(StrEnum):
    PERSON = "person"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class NewBlock:
    """``reason``: a person's words; ``created_by``: None when no user made it; ``since``: when it
    was wished for, if not now."""

    client_id: int
    source: Source
    reason: str | None = None
    created_by: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Block:
    id: int
    client_id: int
    source: Source
    reason: str | None
    created_by: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BlockFilter:
    client_id: int | None = None
    source: Source | None = None


def blocked(client: Client, now: datetime) -> Client:
    return _with_block(client, now, blocked=True)


def unblocked(client: Client, now: datetime) -> Client:
    return _with_block(client, now, blocked=False)


def _with_block(client: Client, now: datetime, *, blocked: bool) -> Client:
    """Others must hear of it, so it is another revision."""
    return client._replace(revision=client.revision + 1, blocked=blocked, updated_at=now)
