"""Rounds of turns: urgent ones first, as far as there is room, nobody twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.replays import within
from services.scheduler.domain.returned import Client
from services.scheduler.domain.turns import Advance, OpenWave, Picked
from services.scheduler.domain.waves import Phase
from services.scheduler.handlers.emission import TURNS_IN_A_ROUND, Emitter, Round
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.returning import Returns
from services.scheduler.ports import Batch, Fate, Held, Member
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.domain.templates import Recipient
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOMEBODY = Recipient(phone="79990001122", timezone="UTC", operator_code="999")
DAY: dict[str, Any] = {"starts_at": NOON - timedelta(hours=2), "ends_at": NOON + timedelta(hours=2)}


@dataclass
class House:
    """A store, an outlet, a queue and clocks, all in memory. ``clients``: how many of each mailing
    have not been taken; ``returned``: messages of each that came back, ``apart`` those with a
    deadline of their own."""

    clients: dict[int, int] = field(default_factory=dict)
    returned: dict[int, list[Member]] = field(default_factory=dict)
    apart: dict[tuple[int, datetime], list[Member]] = field(default_factory=dict)
    mailings: dict[int, MailingChanged] = field(default_factory=dict)
    room: dict[bool, int] = field(default_factory=lambda: {True: 1_000, False: 1_000})
    sent: list[SendMessages] = field(default_factory=list)
    told: list[DeliveryEvents] = field(default_factory=list)
    taken_back: list[Member] = field(default_factory=list)
    waiting: list[Batch] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    instant: datetime = NOON
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.publishing = Publishing(self, self, self, per_envelope=100)
        returns = Returns(self, self.publishing, self)
        self.emitter = Emitter(
            self, self.publishing, returns, self, self, monotonic=lambda: self.seconds
        )

    def launch(self, number: int, clients: int = 0, **facts: Any) -> None:
        self.mailings[number] = mailing(number, **(DAY | facts))
        self.clients[number] = clients

    def now(self) -> datetime:
        return self.instant

    def commands(self) -> list[int]:
        """The mailing of each command, in order."""
        return [envelope.mailing_id for envelope in self.sent for _ in envelope.commands]

    # the store

    async def mailings_in(self, phase: Phase) -> list[MailingChanged]:
        state = "cancelled" if phase is Phase.SETTLING else "scheduled"
        return [m for n, m in self.mailings.items() if self.clients[n] and m.state == state]

    async def holding(self, now: datetime) -> list[Held]:
        plain = [Held(self.mailings[n]) for n, held in self.returned.items() if held]
        return plain + [
            Held(within(self.mailings[n], ends_at), ends_at)
            for (n, ends_at), held in self.apart.items()
            if held
        ]

    async def waves_in(self, mailing_id: int, phase: Phase, now: datetime) -> list[OpenWave]:
        return [OpenWave("UTC", 0, self.clients[mailing_id], None, "why")]

    async def pick(
        self, mailing: MailingChanged, waves: Sequence[OpenWave], limit: int
    ) -> list[Picked]:
        count = min(limit, self.clients[mailing.mailing_id])
        return [
            Picked("UTC", number, 1, "79990001122", number in self.blocked, SOMEBODY)
            for number in range(count)
        ]

    async def write(
        self,
        mailing: MailingChanged,
        phase: Phase,
        fates: Mapping[Fate, Sequence[Picked]],
        done: Sequence[Advance],
        now: datetime,
    ) -> list[Batch]:
        self.clients[mailing.mailing_id] -= sum(map(len, fates.values()))
        return [
            Batch(1, mailing, fate, [member(p.client_id, text=p.text) for p in picked], now)
            for fate, picked in fates.items()
            if picked
        ]

    async def unpublished(
        self, now: datetime, written_before: datetime | None = None
    ) -> list[Batch]:
        return [b for b in self.waiting if written_before is None or b.written_at <= written_before]

    async def published(self, batch: Batch) -> None:
        self.waiting = [each for each in self.waiting if each is not batch]

    async def take_back(self, batch: Batch, members: Sequence[Member], now: datetime) -> None:
        self.taken_back.extend(members)

    async def hold(self, returned: DeliveryEvents, due_at: Sequence[datetime]) -> None:
        raise AssertionError("nothing comes back while these tests run")

    async def members(self, held: Held, now: datetime, limit: int) -> list[Member]:
        return self._of(held)[:limit]

    def _of(self, held: Held) -> list[Member]:
        number = held.mailing.mailing_id
        return self.apart[number, held.ends_at] if held.ends_at else self.returned[number]

    async def emit_again(
        self,
        held: Held,
        fate: Fate,
        members: Sequence[Member],
        due_at: datetime | None,
        now: datetime,
    ) -> Batch | None:
        ids = {member.message_id for member in members}
        waiting = self._of(held)
        waiting[:] = [each for each in waiting if each.message_id not in ids]
        return Batch(1, held.mailing, fate, members, now)

    # the broker

    async def envelopes(self, *, urgent: bool) -> int:
        return self.room[urgent]

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        self.room[urgent] -= len(envelopes)
        self.sent.extend(envelopes)

    async def tell(self, message: Message) -> None:
        assert isinstance(message, DeliveryEvents)
        self.told.append(message)


def member(number: int, zone: str = "UTC", **facts: Any) -> Member:
    client = Client(deleted=False, zone=zone, operator_code="999", tags=())
    facts = {"dispatch": 1} | facts
    return Member(number, number, 1, "79990001122", "UTC", client=client, **facts)


@pytest.fixture
def house() -> House:
    return House()


async def test_when_nothing_is_open_there_is_nothing_to_do(house: House) -> None:
    assert await house.emitter.emit_round() is Round.NOTHING


async def test_urgent_mailings_go_first_and_in_their_own_lane(house: House) -> None:
    house.launch(1, 500_000, priority="bulk")
    house.launch(2, 10, priority="urgent")
    assert await house.emitter.emit_round() is Round.DONE
    assert house.commands()[:11] == [2] * 10 + [1]
    assert (house.room[True], house.room[False]) == (999, 1_000 - TURNS_IN_A_ROUND * 10)


async def test_senders_with_enough_to_do_get_no_more(house: House) -> None:
    house.launch(1, 500_000)
    house.room[False] = 3
    assert await house.emitter.emit_round() is Round.DONE
    assert len(house.commands()) == 300
    assert await house.emitter.emit_round() is Round.HELD_BACK
    assert len(house.commands()) == 300


async def test_small_mailings_are_served_within_one_round(house: House) -> None:
    house.launch(1, 500_000)
    for number in range(2, TURNS_IN_A_ROUND + 1):
        house.launch(number, 5)
    await house.emitter.emit_round()
    assert set(house.commands()) == set(range(1, TURNS_IN_A_ROUND + 1))


async def test_a_mailing_at_its_rate_waits_without_holding_up_another(house: House) -> None:
    house.launch(1, 500_000, rate_per_second=10)
    assert await house.emitter.emit_round() is Round.DONE
    assert house.commands() == [1, 1]
    assert await house.emitter.emit_round() is Round.PACED
    house.launch(2, 7)
    assert await house.emitter.emit_round() is Round.DONE
    house.seconds = 1.0
    await house.emitter.emit_round()
    assert house.commands() == [1] * 2 + [2] * 7 + [1] * 10


async def test_those_that_came_back_go_first_and_keep_to_the_rate(house: House) -> None:
    house.launch(1, 500_000, rate_per_second=25)
    house.returned[1] = [member(n, dispatch=2) for n in range(3)]
    await house.emitter.emit_round()
    dispatches = [command.dispatch for envelope in house.sent for command in envelope.commands]
    assert dispatches == [2, 2, 2, 1, 1]


@pytest.mark.parametrize("text", ["Hi", "Hi {{ phone }}"])
async def test_whoever_is_blocked_is_left_out_and_the_others_are_not(
    house: House, text: str
) -> None:
    house.launch(1, 5, text=text)
    house.blocked = {0, 3}
    assert await house.emitter.emit_round() is Round.DONE
    assert [c.client_id for e in house.sent for c in e.commands] == [1, 2, 4]
    [told] = [told for told in house.told if told.kind == "suppressed"]
    assert [(event.client_id, event.reason) for event in told.events] == [
        (0, "blocked"),
        (3, "blocked"),
    ]


async def test_a_mailing_to_nobody_but_the_blocked_sends_nothing(house: House) -> None:
    house.launch(1, 2)
    house.blocked = {0, 1}
    await house.emitter.emit_round()
    assert not house.sent
    assert [(told.kind, len(told.events)) for told in house.told] == [("suppressed", 2)]


async def test_who_was_blocked_while_under_way_is_left_out(house: House) -> None:
    house.launch(1, 0)
    back = member(7, dispatch=2)
    house.returned[1] = [back._replace(client=replace(back.client, blocked=True))]
    await house.emitter.emit_round()
    assert not house.sent
    [told] = house.told
    assert (told.kind, told.events[0].reason, told.events[0].dispatch) == (
        "suppressed",
        "blocked",
        2,
    )


async def test_who_was_blocked_when_a_call_may_have_been_accepted_is_unknown(house: House) -> None:
    house.launch(1, 0)
    back = member(7, dispatch=2, text="Hi")
    house.returned[1] = [back._replace(client=replace(back.client, blocked=True))]
    await house.emitter.emit_round()
    assert [(told.kind, told.events[0].reason) for told in house.told] == [("unknown", "blocked")]


async def test_who_will_never_be_sent_to_needs_no_room(house: House) -> None:
    house.launch(1, 30, state="cancelled")
    house.returned[1] = [member(99)]
    house.room = {True: 0, False: 0}
    assert await house.emitter.settle_round()
    assert [(told.kind, len(told.events)) for told in house.told] == [
        ("cancelled", 30),
        ("cancelled", 1),
    ]
    assert not house.sent


def left_over(*members: Member, written_at: datetime, **facts: Any) -> Batch:
    return Batch(1, mailing(1, **(DAY | facts)), Fate("queued"), members, written_at)


async def test_a_batch_of_this_opening_is_published_again(house: House) -> None:
    house.waiting = [left_over(member(1), written_at=NOON - timedelta(hours=1))]
    await house.publishing.recover()
    assert house.commands() == [1]
    assert [len(told.events) for told in house.told] == [1]
    assert not house.waiting
    assert not house.taken_back


async def test_a_batch_of_yesterdays_opening_may_be_late_for_todays(house: House) -> None:
    window = {"from": "10:00", "to": "20:00"}
    yesterday = NOON - timedelta(days=1)
    house.waiting = [left_over(member(1), written_at=yesterday, starts_at=yesterday, window=window)]
    await house.publishing.recover()
    assert not house.sent
    assert not house.told
    assert house.taken_back == [member(1)]
    assert not house.waiting


async def test_only_those_whose_window_has_closed_are_taken_back(house: House) -> None:
    window = {"from": "10:00", "to": "20:00"}
    asleep = member(2, zone="Asia/Tokyo")  # 21:00
    house.waiting = [left_over(member(1), asleep, written_at=NOON, window=window)]
    await house.publishing.recover()
    assert [c.client_id for e in house.sent for c in e.commands] == [1]
    assert [event.client_id for told in house.told for event in told.events] == [1]
    assert house.taken_back == [asleep]
