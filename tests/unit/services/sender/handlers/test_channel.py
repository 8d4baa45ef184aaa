"""A channel at work on ports in memory: order, patience, and what happens when things are away."""

import asyncio
from datetime import timedelta
from itertools import count
from time import monotonic

import pytest

from services.sender.domain.breaker import Breaker, Fault
from services.sender.domain.failures import (
    Accepted,
    ConnectionFailed,
    Result,
    ServerError,
    Throttled,
)
from services.sender.domain.verdicts import GateState
from services.sender.handlers import claiming
from services.sender.handlers.calling import Calling
from tests.unit.services.sender.fakes import (
    MAILING,
    START,
    FakeLink,
    FakeProvider,
    command,
    until,
)
from tests.unit.services.sender.handlers.channel import Channel

AWAY = ConnectionError("away")


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("DATABASE_PAUSE", "BLOCKED_PAUSE", "PAUSE_AFTER_BUG", "REVIEW_EVERY"):
        monkeypatch.setattr(claiming, pause, 0.01)


async def test_envelope_is_acknowledged_when_all_is_published() -> None:
    async with Channel().running() as channel:
        receipt = channel.put(*(command() for _ in range(25)))
        await until(lambda: receipt.acked)
    assert len(channel.provider.calls) == len(set(channel.provider.calls)) == 25
    assert set(channel.outbox.keys()) == {"sent"}


async def test_claims_take_many_at_once() -> None:
    async with Channel(concurrency=50).running() as channel:
        receipt = channel.put(*(command() for _ in range(100)))
        await until(lambda: receipt.acked)
    assert len(channel.ledger.claims) <= 5


async def test_never_more_calls_than_slots() -> None:
    channel = Channel(concurrency=4)
    channel.provider.open.clear()
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(10)))
        await until(lambda: len(channel.provider.calls) == 4)
        await asyncio.sleep(0.05)
        assert len(channel.provider.calls) == 4
        assert channel.sender.calls_by_mailing() == {MAILING: 4}
        channel.provider.open.set()
        await until(lambda: receipt.acked)


async def test_events_are_published_before_retries_and_grouped() -> None:
    channel = Channel(provider=FakeProvider(lambda _: ServerError()), failures=100)
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(5)))
        await until(lambda: receipt.acked)
    (first, _), (second, envelope) = channel.outbox.log
    assert (first, second) == ("retrying", "retry.5")
    assert [each.attempt for each in envelope.commands] == [2] * 5
    assert envelope.text == "The bells ring"


async def test_outcomes_wait_for_the_broker() -> None:
    channel = Channel()
    channel.outbox.failing = AWAY
    async with channel.running():
        one = command()
        receipt = channel.put(one)
        await until(lambda: channel.state_of(one) == "sent")
        await asyncio.sleep(0.1)
        assert not receipt.acked
        channel.outbox.failing = None
        await until(lambda: receipt.acked)
    assert [event.kind for event in channel.outbox.events_of(one.message_id)] == ["sent"]


async def test_outcomes_wait_for_the_database() -> None:
    channel = Channel()
    channel.provider.open.clear()
    async with channel.running():
        one = command()
        receipt = channel.put(one)
        await until(lambda: len(channel.provider.calls) == 1)
        channel.ledger.failing = AWAY
        channel.provider.open.set()
        await asyncio.sleep(0.1)
        assert channel.outbox.log == []
        channel.ledger.failing = None
        await until(lambda: receipt.acked)
    assert channel.provider.calls == [one.message_id]


async def test_commands_wait_for_the_database() -> None:
    channel = Channel()
    channel.ledger.failing = AWAY
    async with channel.running():
        receipt = channel.put(command(), command())
        await asyncio.sleep(0.05)
        assert channel.provider.calls == []
        channel.ledger.failing = None
        await until(lambda: receipt.acked)
    assert len(channel.provider.calls) == 2


async def test_envelope_that_cannot_be_claimed_goes_back() -> None:
    channel = Channel()
    channel.ledger.failing = ValueError("a bug")
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(30)))
        await until(lambda: receipt.given_back)
        channel.ledger.failing = None
        after = channel.put(command())
        await until(lambda: after.acked)
    assert len(channel.provider.calls) == 1
    assert not receipt.acked


async def test_copy_waits_until_the_first_is_settled() -> None:
    channel = Channel()
    channel.provider.open.clear()
    async with channel.running():
        one = command()
        first, copy = channel.put(one), channel.put(one, one)
        await until(lambda: len(channel.provider.calls) == 1)
        await asyncio.sleep(0.05)
        channel.provider.open.set()
        await until(lambda: first.acked and copy.acked)
    assert channel.provider.calls == [one.message_id]
    events = channel.outbox.events_of(one.message_id)
    assert len({(e.dispatch, e.attempt, e.kind, e.at) for e in events}) == 1


async def test_nothing_begins_without_the_link() -> None:
    channel = Channel(link=FakeLink(up=False))
    async with channel.running():
        receipt = channel.put(command())
        await asyncio.sleep(0.05)
        assert channel.provider.calls == channel.ledger.claims == []
        channel.link.up = True
        await until(lambda: receipt.acked)


async def test_dead_envelopes_are_forgotten() -> None:
    channel = Channel(link=FakeLink(up=False))
    async with channel.running():
        channel.put(command()).alive = False
        living = channel.put(command())
        channel.link.up = True
        await until(lambda: living.acked)
    assert len(channel.provider.calls) == 1


async def test_too_many_outcomes_on_their_way_out_hold_calls_back() -> None:
    channel = Channel(concurrency=5, backlog=10)
    channel.outbox.failing = AWAY
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(100)))
        await asyncio.sleep(0.2)
        assert 10 <= len(channel.provider.calls) <= 15
        channel.outbox.failing = None
        await until(lambda: receipt.acked)


async def test_open_breaker_holds_commands_and_probes_one_by_one() -> None:
    channel = Channel(provider=FakeProvider(lambda _: ConnectionFailed()), concurrency=3)
    async with channel.running():
        channel.put(*(command() for _ in range(50)))
        await asyncio.sleep(0.3)
        during = len(channel.provider.calls)
        assert 4 <= during <= 12
        channel.provider.answer = lambda _: Accepted()
        await until(lambda: channel.receipts[0].acked)
    assert len(channel.provider.calls) == 50


async def test_many_senders_probe_the_less_often_each() -> None:
    down = FakeProvider(lambda _: ConnectionFailed())
    channel = Channel(provider=down, concurrency=3, link=FakeLink(senders=400))
    async with channel.running():
        channel.put(*(command() for _ in range(50)))
        await asyncio.sleep(0.3)
        assert len(channel.provider.calls) == 3


async def test_held_commands_return_when_their_time_is_over() -> None:
    channel = Channel(provider=FakeProvider(lambda _: ConnectionFailed()), concurrency=3)
    async with channel.running():
        some = [command() for _ in range(20)]
        receipt = channel.put(*some)
        await until(lambda: len(channel.provider.calls) >= 3)
        channel.rows.clock.instant = START + timedelta(hours=2)
        await until(lambda: receipt.acked)
    ends = [channel.outbox.events_of(each.message_id)[-1] for each in some]
    assert [end.reason for end in ends].count("window_closed") >= 10


async def test_held_commands_return_when_a_gate_closes() -> None:
    channel = Channel(provider=FakeProvider(lambda _: ConnectionFailed()), concurrency=3)
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(20)))
        await until(lambda: len(channel.provider.calls) >= 3)
        channel.rows.gates["mailing", MAILING] = GateState(1, closed=True)
        await until(lambda: receipt.acked)
    assert channel.outbox.keys().count("returned") > 0


async def test_rate_holds_commands_unclaimed_and_they_return_when_their_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    channel = Channel(concurrency=10)
    calling = channel.sender._calling
    calling._throttle._pace.cut(monotonic(), 5.0)
    asked: list[int] = []

    def allows() -> int:
        asked.append(Calling.allows(calling))
        return asked[-1]

    monkeypatch.setattr(calling, "allows", allows)
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(50)))
        await until(lambda: len(channel.provider.calls) >= 2)
        assert len(asked) <= 5  # it sleeps until there is something to claim
        assert sum(channel.ledger.claims) <= 5
        channel.rows.clock.instant = START + timedelta(hours=2)
        await until(lambda: receipt.acked)
    assert len(channel.provider.calls) <= 5
    assert channel.outbox.keys().count("returned") > 0


async def test_channel_waits_as_told_where_most_is_refused() -> None:
    channel = Channel(provider=FakeProvider(lambda _: Throttled(retry_after=0.3)), concurrency=3)
    async with channel.running():
        channel.put(*(command() for _ in range(50)))
        await until(lambda: len(channel.provider.calls) == 3)
        await asyncio.sleep(0.1)
        assert len(channel.provider.calls) == 3
        await until(lambda: len(channel.provider.calls) == 6)


async def test_one_refusal_among_many_puts_off_its_message_only() -> None:
    numbers = count()

    def every_fiftieth(_: int) -> Result:
        return Throttled(retry_after=20.0) if next(numbers) % 50 == 49 else Accepted()

    channel = Channel(provider=FakeProvider(every_fiftieth), concurrency=3)
    async with channel.running():
        receipt = channel.put(*(command() for _ in range(100)))
        await until(lambda: receipt.acked, patience=3.0)
    assert channel.outbox.keys().count("retry.30") == 2
    assert len(channel.provider.calls) == 100


async def test_call_that_hung_through_an_outage_uses_up_no_attempt() -> None:
    channel = Channel(concurrency=4, failures=3)
    channel.provider.open.clear()
    async with channel.running():
        hung = command()
        channel.put(hung)
        await until(lambda: len(channel.provider.calls) == 1)
        calling = channel.sender._calling
        down = Breaker(calling._breaker.rules, fault=Fault.FAILING, since=monotonic())
        calling._breaker = down.after(Accepted(), monotonic(), monotonic())  # and back again
        channel.provider.answer = lambda _: ServerError()
        channel.provider.open.set()
        await until(lambda: bool(channel.outbox.events_of(hung.message_id)))
    (_, envelope) = next(entry for entry in channel.outbox.log if entry[0].startswith("retry."))
    assert [each.attempt for each in envelope.commands] == [1]


async def test_stop_ends_calls_and_gives_back_the_rest() -> None:
    channel = Channel(concurrency=2)
    channel.provider.open.clear()
    async with channel.running():
        done, begun, waiting = channel.put(command()), None, None
        begun = channel.put(command(), command())
        waiting = channel.put(command())
        await until(lambda: len(channel.provider.calls) == 2)
        stopping = asyncio.create_task(channel.sender.stop(patience=5.0))
        await asyncio.sleep(0.02)
        channel.provider.open.set()
        await stopping
    assert (done.acked, begun.given_back, waiting.given_back) == (True, True, True)
    assert len(channel.provider.calls) == 2
    assert len(channel.outbox.log) > 0


async def test_stop_does_not_wait_for_ever() -> None:
    channel = Channel()
    channel.provider.open.clear()
    async with channel.running():
        receipt = channel.put(command())
        await until(lambda: len(channel.provider.calls) == 1)
        await channel.sender.stop(patience=0.05)
        assert receipt.given_back
        channel.provider.open.set()


async def test_bug_in_a_call_leaves_an_unknown_outcome() -> None:
    def broken(_: int) -> Result:
        raise KeyError("a bug")

    channel = Channel(provider=FakeProvider(broken))
    async with channel.running():
        one = command()
        receipt = channel.put(one)
        await until(lambda: receipt.acked)
    (event,) = channel.outbox.events_of(one.message_id)
    assert (event.kind, event.reason) == ("retrying", "outcome_unknown")
