"""What a call says, and what is looked at between its claim and its beginning."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import pytest

from services.sender.domain.failures import ServerError
from services.sender.domain.verdicts import GateState
from services.sender.domain.work import Work, unpack
from services.sender.handlers import claiming
from tests.unit.services.sender.fakes import (
    LEASE,
    MAILING,
    FakeProvider,
    MemoryLedger,
    command,
    grounds,
    parcel,
    until,
)
from tests.unit.services.sender.handlers.channel import Channel


async def test_each_call_says_its_own_text() -> None:
    channel = Channel()
    async with channel.running():
        own, shared = command(text="To you alone"), command()
        receipt = channel.put(own, shared)
        await until(lambda: receipt.acked)
    assert channel.provider.texts == {
        own.message_id: "To you alone",
        shared.message_id: "The bells ring",
    }


async def test_retries_keep_their_texts_and_their_grounds() -> None:
    channel = Channel(provider=FakeProvider(lambda _: ServerError()), failures=100)
    async with channel.running():
        first = channel.put(command(text="To you alone"), grounds=grounds())
        second = channel.put(command(), grounds=grounds(text_revision=2))
        await until(lambda: first.acked and second.acked)
    retries = [message for key, message in channel.outbox.log if key == "retry.5"]
    assert [retry.grounds.text_revision for retry in retries] == [1, 2]
    assert [retry.commands[0].text for retry in retries] == ["To you alone", None]


async def test_a_gate_stops_what_a_silent_sender_may_have_sent_and_says_so() -> None:
    channel = Channel()
    theirs = MemoryLedger(channel.rows, holder="silent")
    one = command()
    await theirs.claim(unpack(parcel(one)))
    channel.rows.clock.instant += LEASE * 2
    channel.rows.gates["mailing", MAILING] = GateState(2, closed=False)
    async with channel.running():
        receipt = channel.put(one, grounds=grounds())
        await until(lambda: receipt.acked)
    (event,) = channel.outbox.events_of(one.message_id)
    assert (event.kind, event.reason) == ("returned", "gate_moved")
    assert (event.uncertain, event.text) == (True, "The bells ring")
    assert channel.provider.calls == []


class SlowLedger(MemoryLedger):
    """``meanwhile`` happens between a claim and the moment its sender hears of it."""

    meanwhile: Callable[[], None]

    async def claim(self, works: Sequence[Work]) -> Mapping[int, bool]:
        claimed = await super().claim(works)
        self.meanwhile()
        await asyncio.sleep(2 * claiming.FRESH)
        return claimed


def slow(channel: Channel, meanwhile: Callable[[], None]) -> Channel:
    ledger = SlowLedger(channel.rows)
    ledger.meanwhile = meanwhile
    channel.use(ledger)
    return channel


@pytest.fixture
def stale_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "FRESH", 0.01)


@pytest.mark.usefixtures("stale_at_once")
async def test_a_gate_that_closes_during_a_slow_claim_stops_it() -> None:
    channel = Channel()
    closed = GateState(1, closed=True)
    slow(channel, lambda: channel.rows.gates.update({("mailing", MAILING): closed}))
    async with channel.running():
        some = [command() for _ in range(3)]
        receipt = channel.put(*some)
        await until(lambda: receipt.acked)
    assert channel.provider.calls == []
    events = [channel.outbox.events_of(each.message_id) for each in some]
    assert [event.reason for (event,) in events] == ["gate_closed"] * 3


@pytest.mark.usefixtures("stale_at_once")
async def test_a_slow_claim_alone_stops_nothing() -> None:
    channel = slow(Channel(concurrency=2), lambda: None)
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(6)))
        await until(lambda: receipt.acked)
    assert len(channel.provider.calls) == len(set(channel.provider.calls)) == 6


@pytest.mark.usefixtures("stale_at_once")
async def test_a_link_lost_during_a_slow_claim_holds_its_calls_back() -> None:
    channel = Channel()
    slow(channel, lambda: setattr(channel.link, "up", False))
    async with channel.running():
        receipt = channel.put(command())
        await asyncio.sleep(0.1)
        assert channel.provider.calls == []
        channel.ledger.meanwhile = lambda: None  # type: ignore[attr-defined]
        channel.link.up = True
        await until(lambda: receipt.acked)
