"""The JSON of all that is held about one client, and of an erasure."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.audit import Entry
from services.api.domain.trials import TrialRecord
from services.api.entrypoints.http.blocks_models import BlockView
from services.api.entrypoints.http.clients_models import ClientView
from services.api.entrypoints.http.common import Instant
from services.api.entrypoints.http.messages_models import MessageProof
from services.api.handlers.client_data import Erased, Held


class TestSendView(BaseModel):
    """A test message to the client's number."""

    message_id: int
    mailing_id: int
    requested_at: Instant

    @classmethod
    def of(cls, trial: TrialRecord) -> "TestSendView":
        return cls(
            message_id=trial.id, mailing_id=trial.mailing_id, requested_at=trial.requested_at
        )


class DeedView(BaseModel):
    """What was done to the client's record; by whom is the audit's to tell."""

    at: Instant
    action: str
    facts: dict[str, JsonValue]

    @classmethod
    def of(cls, entry: Entry) -> "DeedView":
        return cls(at=entry.at, action=entry.action, facts=entry.facts)


class ClientDataView(BaseModel):
    """Everything that is held about one client. From which file they came is not kept."""

    taken_at: Instant
    client: ClientView
    blocks: list[BlockView]
    test_sends: list[TestSendView]
    messages: list[MessageProof] = Field(
        description="Each with its attempts and the local time of each; test messages too."
    )
    deeds: list[DeedView]

    @classmethod
    def of(cls, held: Held) -> "ClientDataView":
        return cls(
            taken_at=held.taken_at,
            client=ClientView.of(held.client),
            blocks=list(map(BlockView.of, held.blocks)),
            test_sends=list(map(TestSendView.of, held.trials)),
            messages=[MessageProof.model_validate(one) for one in held.messages],
            deeds=list(map(DeedView.of, held.deeds)),
        )


class ErasedView(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"client_id": 12, "at": "2027-03-01T09:30:00Z", "imports": 1, "parked": [3]}
            ]
        }
    )

    client_id: int
    at: Instant
    imports: int = Field(description="Imports whose errors named the client, and no longer do.")
    parked: list[int] = Field(
        description="Parked messages that named the client, and were thrown away: whatever else"
        " they told is lost too."
    )

    @classmethod
    def of(cls, erased: Erased) -> "ErasedView":
        return cls(
            client_id=erased.client_id,
            at=erased.at,
            imports=erased.imports,
            parked=list(erased.parked),
        )
