"""What receipts do to any books. Subclasses bring the ``world``."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import strategies as st

from services.stats.domain.books import audience
from services.stats.handlers import (
    WaitingReceipts,
    mailing_emitted,
    messages_closed,
    messages_forgotten,
    receipts_given,
)
from shared.contracts.delivery import DeliveryEvent, Kind, MessagesClosed, MessagesForgotten
from shared.contracts.receipts import Outcome, Receipt
from shared.contracts.statuses import ENDS, Status
from shared.contracts.trials import NO_MAILING
from tests.unit.services.stats.examples import START, event, given_receipts, receipt
from tests.unit.services.stats.suite import NewWorld, World, emitted

SECOND = timedelta(seconds=1)
DELIVERED, UNDELIVERED = {Status.DELIVERED: 1}, {Status.UNDELIVERED: 1}


async def bring(world: World, *receipts: Receipt) -> None:
    await receipts_given(world.ports, given_receipts(*receipts))


async def look(world: World) -> None:
    await WaitingReceipts(world.ports).look()


class ReceiptsSuite:
    @pytest.mark.parametrize("end", ["sent", "unknown", "failed"])
    @pytest.mark.parametrize("status", ["delivered", "undelivered"])
    async def test_a_receipt_says_what_became_of_a_message(
        self, world: World, end: Kind, status: Outcome
    ) -> None:
        await world.hear(event("queued"), event(end, reason="timeout", http_status=504))
        await bring(world, receipt(1, status, reason="absent"))
        assert await world.by_status() == {Status(status): 1}
        story = await world.reports.message(1)
        assert story is not None
        assert story.receipt is not None
        assert (story.receipt.status, story.receipt.reason) == (Status(status), "absent")
        assert (story.receipt.provider, story.receipt.at) == ("sms", START + 4 * SECOND)
        standing = story.standing
        assert (standing.reason, standing.http_status) == ("absent", None)
        assert standing.updated_at == START + 4 * SECOND

    async def test_one_that_comes_first_counts_when_its_message_is_heard_of(
        self, world: World
    ) -> None:
        await bring(world, receipt(1), receipt(2, "undelivered"))
        await look(world)
        assert await world.by_status() == {}
        await world.hear(event("queued"), event("queued", 2))
        await look(world)
        assert await world.by_status() == {Status.DELIVERED: 1, Status.QUEUED: 1}
        await world.hear(event("sent"), event("sent", 2))
        await look(world)
        assert await world.by_status() == {Status.DELIVERED: 1, Status.UNDELIVERED: 1}
        assert (await world.reports.mailing(7)).first_sent_at == START

    async def test_nothing_takes_back_that_it_was_delivered(self, world: World) -> None:
        await world.hear(event("queued"), event("unknown"))
        await bring(world, receipt())
        await world.hear(event("queued", dispatch=2), event("sent", dispatch=2), event("sent"))
        await world.hear(event("failed", dispatch=3))
        assert await world.by_status() == DELIVERED
        story = await world.reports.message(1)
        assert story is not None
        assert (story.standing.dispatch, story.standing.sent_at) == (3, START)

    async def test_of_what_is_told_again_nothing_changes(self, world: World) -> None:
        heard = [event("queued"), event("sent")]
        await world.hear(*heard)
        await bring(world, receipt(1, "undelivered", reason="absent"))
        before = (await world.by_status(), await world.messages())
        await world.hear(*heard)
        await bring(world, receipt(1, "undelivered", reason="absent"))
        await bring(world, receipt(1, "undelivered", reason="older", at=START))
        assert (await world.by_status(), await world.messages()) == before

    async def test_delivered_outweighs_undelivered_whenever_it_was(self, world: World) -> None:
        await world.hear(event("sent"), event("sent", 2))
        await bring(world, receipt(1, "undelivered"), receipt(2, at=START))
        await bring(world, receipt(1, at=START), receipt(2, "undelivered"))
        assert await world.by_status() == {Status.DELIVERED: 2}

    async def test_the_latest_of_several_undelivered_has_the_reason(self, world: World) -> None:
        await world.hear(event("sent"))
        for reason, at in (("later", 9), ("first", 4)):
            await bring(world, receipt(1, "undelivered", reason=reason, at=START + at * SECOND))
        [line] = await world.messages()
        assert line.standing.reason == "later"

    async def test_another_dispatch_after_undelivered_is_another_story(self, world: World) -> None:
        await world.hear(event("sent"))
        lost = receipt(1, "undelivered")
        await bring(world, lost)
        await world.hear(event("queued", dispatch=2))
        await bring(world, lost)
        assert await world.by_status() == {Status.QUEUED: 1}
        await world.hear(event("sent", dispatch=2))
        await bring(world, lost)
        assert await world.by_status() == {Status.SENT: 1}
        await bring(world, receipt(1, "undelivered", at=START + 9 * SECOND))
        assert await world.by_status() == UNDELIVERED

    @pytest.mark.parametrize("end", ["expired", "suppressed", "cancelled"])
    async def test_who_was_never_called_is_not_undelivered(self, world: World, end: Kind) -> None:
        await world.hear(event(end))
        await bring(world, receipt(1, "undelivered"))
        await look(world)
        assert await world.by_status() == {Status(end): 1}

    async def test_a_mailing_that_has_finished_stays_so(self, world: World) -> None:
        await world.hear(event("sent"), event("unknown", 2))
        await mailing_emitted(world.ports, emitted(messages=2))
        await bring(world, receipt(1), receipt(2))
        assert len(world.announcer.announced) == 1
        assert await world.by_status() == {Status.DELIVERED: 2}

    async def test_a_receipt_may_bring_the_end(self, world: World) -> None:
        await world.hear(event("queued"))
        await mailing_emitted(world.ports, emitted(messages=1))
        assert not world.announcer.announced
        await bring(world, receipt())
        assert len(world.announcer.announced) == 1

    async def test_one_of_a_trial_is_in_nobodys_books(self, world: World) -> None:
        await world.hear(event("sent", mailing_id=NO_MAILING))
        await bring(world, receipt())
        assert audience(await world.reports.everything()) == 0
        story = await world.reports.message(1)
        assert story is not None
        assert story.standing.status is Status.DELIVERED

    async def test_a_message_of_a_lost_plan_takes_its_receipt_up_again(self, world: World) -> None:
        await world.hear(event("queued"))
        await bring(world, receipt())
        await messages_forgotten(world.ports, MessagesForgotten(mailing_id=7, born_before=5))
        assert await world.by_status() == {}
        await world.hear(event("sent"))
        await look(world)
        assert await world.by_status() == DELIVERED

    async def test_books_that_are_closed_stay_as_they_are(self, world: World) -> None:
        await world.hear(event("sent"))
        await messages_closed(world.ports, MessagesClosed(mailing_id=7))
        await bring(world, receipt())
        await look(world)
        assert await world.by_status() == {Status.SENT: 1}

    async def test_those_who_are_delivered_are_listed_and_are_no_dead_letters(
        self, world: World
    ) -> None:
        await world.hear(event("sent"), event("unknown", 2), event("failed", 3))
        await bring(world, receipt(1), receipt(2), receipt(3, "undelivered"))
        lines = await world.reports.messages(7, Status.DELIVERED, 0, 10)
        assert [line.standing.message_id for line in lines] == [1, 2]
        assert await world.dead_letters.named([1, 2, 3]) == []


async def same_end_with_receipts(
    new_world: NewWorld, heard: list[DeliveryEvent], data: st.DataObject
) -> None:
    """Events and receipts in one order and in another, some of both again."""
    ids = sorted({each.message_id for each in heard})
    outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["delivered", "undelivered"])
    brought = [
        receipt(id_, data.draw(outcomes), at=START + data.draw(st.integers(0, 9)) * SECOND)
        for id_ in data.draw(st.lists(st.sampled_from([*ids, 99]), max_size=6))
    ]
    ordered = sorted(set(heard), key=lambda each: (each.dispatch, each.attempt))
    first = await _ended(await new_world(), [*ordered, *brought])
    shuffled: list[DeliveryEvent | Receipt] = data.draw(st.permutations([*heard, *brought]))
    assert await _ended(await new_world(), shuffled) == first


async def _ended(world: World, told: Iterable[DeliveryEvent | Receipt]) -> object:
    for one in told:
        await (bring(world, one) if isinstance(one, Receipt) else world.hear(one))
    await look(world)
    lines = [line for of in (1, 2) for line in await world.messages(of)]
    standings = [line.standing for line in lines]
    delivered = [one for one in standings if one.status is Status.DELIVERED]
    assert all(one.status in ENDS for one in delivered)
    return standings, await world.by_status(1), await world.by_status(2)
