"""All that is held about one client, and what an erasure took away."""

from pydantic import JsonValue

from carillon.models.base import Instant, Model
from carillon.models.clients import Client
from carillon.models.policies import Block
from carillon.models.statistics import Proof


class TestSend(Model):
    """A test message to the client's number."""

    message_id: int
    mailing_id: int
    requested_at: Instant


class DeedDone(Model):
    """What was done to the client's record."""

    at: Instant
    action: str
    facts: dict[str, JsonValue]


class ClientData(Model):
    taken_at: Instant
    client: Client
    blocks: list[Block]
    test_sends: list[TestSend]
    messages: list[Proof]
    deeds: list[DeedDone]


class Erased(Model):
    """``imports``: whose errors named the client; ``parked``: messages that did, thrown away."""

    client_id: int
    at: Instant
    imports: int
    parked: list[int]
