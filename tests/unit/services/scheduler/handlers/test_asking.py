"""Rounds of questions: told once more first, then asked page by page, while nobody is behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.retold import Row
from services.scheduler.domain.unheard import ANSWERED_WITHIN, Unheard
from services.scheduler.handlers import asking
from services.scheduler.handlers.asking import Asking
from shared.contracts.base import Message
from shared.contracts.commands import LONG_OVER, SendMessages
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingFinished
from shared.runtime.broker import PublishFailed
from tests.support.examples import mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def message(client_id: int, state: str = "queued", **facts: Any) -> Row:
    row = Row(100 + client_id, 1, client_id, "UTC", 1, state, None, None, None, NOON, None)
    return replace(row, **facts)


@dataclass
class House:
    """A store of one mailing, the broker and a clock."""

    rows: list[Row]
    unheard: Unheard | None = field(default_factory=lambda: Unheard(mailing(1), NOON))
    quiet: bool = True
    away: bool = False
    told_again: int = 0
    sent: list[SendMessages] = field(default_factory=list)
    told: list[DeliveryEvents] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    instant: datetime = NOON

    def __post_init__(self) -> None:
        self.asking = Asking(self, self, self, self, patience=HOUR, per_envelope=2)

    def now(self) -> datetime:
        return self.instant

    async def is_quiet(self) -> bool:
        return self.quiet

    async def finished(self, mailing_id: int, revision: int) -> None:
        self.ends.append((mailing_id, revision))

    async def follow(self, now: datetime) -> list[Unheard]:
        return [self.unheard] if self.unheard else []

    async def tell_again(self, mailing: MailingChanged, now: datetime) -> None:
        self.told_again += 1
        self._note(asks=1, asked_at=now)

    async def page(self, mailing_id: int, after: int, limit: int) -> Sequence[Row]:
        return [row for row in self.rows if row.client_id > after][:limit]

    async def asked(self, mailing: MailingChanged, after: int) -> None:
        self._note(after=after)

    async def asked_all(self, mailing: MailingChanged, now: datetime) -> None:
        assert self.unheard is not None
        self._note(after=None, asks=self.unheard.asks + 1, asked_at=now)

    def _note(self, **facts: Any) -> None:
        assert self.unheard is not None
        self.unheard = replace(self.unheard, **facts)

    async def tell(self, message: Message) -> None:
        assert isinstance(message, DeliveryEvents)
        self.told.append(message)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        raise AssertionError("a question is no command")

    async def ask(self, questions: Sequence[SendMessages]) -> None:
        if self.away:
            raise PublishFailed("carillon.send")
        self.sent.extend(questions)

    def asked_after(self) -> list[int]:
        return [command.client_id for each in self.sent for command in each.commands]

    async def all_rounds(self) -> int:
        """Goes on as long as there is something to do; how many rounds that were."""
        rounds = 0
        while await self.asking.ask_round():
            rounds += 1
        return rounds


async def told_once(rows: list[Row]) -> House:
    """It is time to ask: the end was told once more, and there was no answer."""
    house = House(rows, instant=NOON + HOUR)
    assert await house.asking.ask_round()
    house.instant += ANSWERED_WITHIN
    return house


async def test_stats_is_told_before_anybody_is_asked() -> None:
    house = House([message(1)], instant=NOON + HOUR)
    assert await house.all_rounds() == 1
    assert (house.told_again, house.sent) == (1, [])


async def test_everybody_whose_end_is_not_known_is_asked_after_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "PAGE", 3)
    house = await told_once([message(n) for n in range(1, 9)])
    assert await house.all_rounds() == 4  # three pages, and the look behind the last
    assert house.asked_after() == list(range(1, 9))
    assert [len(each.commands) for each in house.sent] == [2, 1, 2, 1, 2]
    house.instant += HOUR
    await house.all_rounds()
    assert len(house.asked_after()) == 16


async def test_a_question_carries_nothing_to_call_by() -> None:
    house = await told_once([message(1, timezone="Asia/Tokyo", dispatch=3)])
    await house.all_rounds()
    [question] = house.sent
    assert (question.question, question.not_after, question.text) == (True, LONG_OVER, "")
    assert (question.timezone, question.grounds) == ("Asia/Tokyo", None)
    [command] = question.commands
    assert (command.message_id, command.dispatch, command.address) == (101, 3, "")


async def test_what_was_told_of_them_is_told_again() -> None:
    rows = [
        message(1),
        message(2, "ended", ended_as="expired", reason="window_passed"),
        message(3, "ended", ended_as="cancelled"),
    ]
    house = await told_once(rows)
    await house.all_rounds()
    assert house.asked_after() == [1]
    told = {each.kind: [(e.client_id, e.reason) for e in each.events] for each in house.told}
    assert told == {
        "queued": [(1, None)],
        "expired": [(2, "window_passed")],
        "cancelled": [(3, None)],
    }


async def test_while_somebody_is_behind_nobody_is_asked() -> None:
    house = await told_once([message(1)])
    house.quiet = False
    assert not await house.asking.ask_round()
    assert not house.sent


async def test_a_page_that_was_not_confirmed_is_asked_again() -> None:
    house = await told_once([message(1)])
    house.away = True
    with pytest.raises(PublishFailed):
        await house.asking.ask_round()
    house.away = False
    await house.all_rounds()
    assert house.asked_after() == [1]


async def test_a_mailing_that_has_finished_is_noted() -> None:
    house = House([], None)
    await house.asking.on_finished(MailingFinished(mailing_id=7, revision=2, at=NOON))
    assert house.ends == [(7, 2)]
    assert not await house.asking.ask_round()
