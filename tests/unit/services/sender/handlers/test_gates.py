import pytest

from services.sender.adapters.link import BrokerLink
from services.sender.domain.verdicts import GateState
from services.sender.handlers.gates import message_handlers
from shared.contracts.gates import Gate, GatesChanged
from tests.unit.services.sender.fakes import MemoryGates, Rows

GATES = GatesChanged(gates=(Gate(kind="client", id=1, revision=2, closed=True),))


async def test_gates_are_stored() -> None:
    rows = Rows()
    await message_handlers(MemoryGates(rows), BrokerLink())[GatesChanged](GATES)
    assert rows.gates == {("client", 1): GateState(2, closed=True)}


async def test_gate_that_was_not_stored_leaves_distrust_until_one_is() -> None:
    class Failing(MemoryGates):
        failing = True

        async def store(self, gates: object) -> None:
            if self.failing:
                raise ConnectionError("away")

    link, gates = BrokerLink(), Failing(Rows())
    handle = message_handlers(gates, link)[GatesChanged]
    with pytest.raises(ConnectionError):
        await handle(GATES)
    assert link.distrusts_gates()
    gates.failing = False
    await handle(GATES)
    assert not link.distrusts_gates()
