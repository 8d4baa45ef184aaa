"""What is true of any store of dead letters. Subclasses bring the ``world``."""

from datetime import timedelta
from typing import Any

from services.stats.domain.dead_letters import Cause, Wanted
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.statuses import Status
from tests.unit.services.stats.examples import START, event
from tests.unit.services.stats.suite import World

SHA256 = "ab" * 32
LATER = START + timedelta(seconds=90)
EVERYTHING = Wanted()


def failed(message_id: int, **fields: Any) -> DeliveryEvent:
    defaults = {
        "reason": "rejected",
        "detail": "The provider refused the message. (HTTP 400)",
        "http_status": 400,
        "latency_ms": 40,
        "text_sha256": SHA256,
    }
    return event("failed", message_id, **{**defaults, **fields})


def unknown(message_id: int, **fields: Any) -> DeliveryEvent:
    defaults = {"reason": "outcome_unknown", "text_sha256": SHA256}
    return event("unknown", message_id, **{**defaults, **fields})


class DeadLettersSuite:
    async def test_nothing_failed(self, world: World) -> None:
        await world.hear(event("sent"), event("queued", 2), event("expired", 3))
        assert await world.dead_letters.groups(EVERYTHING, None, 10) == []
        assert await world.dead_letters.letters(EVERYTHING, 0, 10) == []
        assert await world.dead_letters.named([1, 2, 3, 404]) == []

    async def test_messages_of_one_cause_are_a_group(self, world: World) -> None:
        await world.hear(failed(1), failed(2, at=LATER), failed(3), failed(4, http_status=404))
        first, second = await world.dead_letters.groups(EVERYTHING, None, 10)
        assert first.cause == Cause(7, Status.FAILED, "rejected", 400, failed(1).detail)
        assert (first.messages, first.first_at, first.last_at) == (3, START, LATER)
        assert first.sample.message_id == 3
        assert (second.cause.http_status, second.messages) == (404, 1)

    async def test_the_sample_tells_of_the_last_call(self, world: World) -> None:
        await world.hear(
            event("retrying", latency_ms=7, http_status=503, text_sha256="cd" * 32),
            failed(1, attempt=2, at=LATER),
        )
        [group] = await world.dead_letters.groups(EVERYTHING, None, 10)
        sample = group.sample
        assert (sample.dispatch, sample.attempt, sample.at) == (1, 2, LATER)
        assert (sample.http_status, sample.latency_ms, sample.text_sha256) == (400, 40, SHA256)

    async def test_the_last_call_of_one_that_was_ended_after_it_came_back(
        self, world: World
    ) -> None:
        called = event("returned", latency_ms=30, text_sha256=SHA256, uncertain=True, text="Hello")
        uncalled = event("returned", dispatch=2)
        ended = unknown(
            1, dispatch=3, attempt=0, at=LATER, reason="window_passed", text_sha256=None
        )
        await world.hear(called, uncalled, ended)
        [group] = await world.dead_letters.groups(EVERYTHING, None, 10)
        assert group.cause == Cause(7, Status.UNKNOWN, "window_passed", None, None)
        assert (group.sample.dispatch, group.sample.attempt, group.sample.latency_ms) == (1, 1, 30)
        [letter] = await world.dead_letters.letters(EVERYTHING, 0, 10)
        assert (letter.dispatch, letter.text_sha256) == (3, SHA256)

    async def test_a_message_that_was_never_called(self, world: World) -> None:
        await world.hear(event("failed", attempt=0, dispatch=2, reason="resolved", at=LATER))
        [group] = await world.dead_letters.groups(EVERYTHING, None, 10)
        assert (group.sample.dispatch, group.sample.attempt, group.sample.at) == (2, 0, LATER)
        assert (group.sample.latency_ms, group.sample.text_sha256) == (None, None)

    async def test_groups_by_page_and_those_of_the_newest_mailing_first(self, world: World) -> None:
        await world.hear(
            failed(1),
            failed(2, http_status=None),
            failed(3, detail=None),
            failed(4, reason=None),
            unknown(5),
            failed(6, mailing_id=9),
            failed(7, mailing_id=8),
        )
        whole = await world.dead_letters.groups(EVERYTHING, None, 10)
        assert [group.sample.message_id for group in whole] == [6, 7, 4, 2, 3, 1, 5]
        paged: list[Any] = []
        while page := await world.dead_letters.groups(
            EVERYTHING, paged[-1].cause if paged else None, 2
        ):
            paged += page
        assert paged == list(whole)

    async def test_groups_that_are_wanted(self, world: World) -> None:
        await world.hear(failed(1), unknown(2), failed(3, mailing_id=8), failed(4, reason="x"))

        async def sizes(wanted: Wanted) -> list[int]:
            return [
                group.sample.message_id
                for group in await world.dead_letters.groups(wanted, None, 10)
            ]

        assert await sizes(Wanted(mailing_id=7)) == [1, 4, 2]
        assert await sizes(Wanted(status=Status.UNKNOWN)) == [2]
        assert await sizes(Wanted(mailing_id=7, status=Status.FAILED, reason="x")) == [4]

    async def test_a_group_has_no_members_whose_value_is_another(self, world: World) -> None:
        """None is a value of a group's name, and any value where only some names are given."""
        await world.hear(unknown(1), unknown(2, http_status=502), unknown(3, detail="Why."))
        bare = Cause(7, Status.UNKNOWN, "outcome_unknown", None, None)
        ids = [each.message_id for each in await world.dead_letters.letters(bare, 0, 10)]
        assert ids == [1]
        wanted = Wanted(7, Status.UNKNOWN, "outcome_unknown")
        ids = [each.message_id for each in await world.dead_letters.letters(wanted, 0, 10)]
        assert ids == [1, 2, 3]

    async def test_letters_by_page(self, world: World) -> None:
        await world.hear(*(failed(n) for n in range(1, 6)), event("sent", 6))
        first = await world.dead_letters.letters(Wanted(mailing_id=7), 0, 3)
        rest = await world.dead_letters.letters(Wanted(mailing_id=7), 3, 3)
        assert [each.message_id for each in first] == [1, 2, 3]
        assert [each.message_id for each in rest] == [4, 5]
        [group] = await world.dead_letters.groups(EVERYTHING, None, 10)
        of_group = await world.dead_letters.letters(group.cause, 3, 10)
        assert [each.message_id for each in of_group] == [4, 5]

    async def test_messages_by_name(self, world: World) -> None:
        await world.hear(failed(1), unknown(2, dispatch=2), event("sent", 3), failed(4))
        named = await world.dead_letters.named({2, 1, 3, 404})
        assert [each.message_id for each in named] == [1, 2]
        assert [each.text_sha256 for each in named] == [None, SHA256]
        assert [(each.mailing_id, each.client_id, each.dispatch) for each in named] == [
            (7, 1001, 1),
            (7, 1002, 2),
        ]

    async def test_the_text_that_may_have_been_accepted_is_the_last_one_said(
        self, world: World
    ) -> None:
        first = event("returned", text_sha256="cd" * 32, latency_ms=5)
        await world.hear(first, unknown(1, dispatch=2), event("returned", 1, dispatch=3))
        await world.hear(unknown(1, dispatch=4, attempt=0, text_sha256=None))
        [letter] = await world.dead_letters.named([1])
        assert letter.text_sha256 == SHA256

    async def test_what_was_brought_back_is_no_dead_letter(self, world: World) -> None:
        await world.hear(failed(1), unknown(2))
        await world.hear(event("queued", 1, dispatch=2), event("planned", 2, dispatch=2))
        assert await world.dead_letters.groups(EVERYTHING, None, 10) == []
        await world.hear(event("sent", 1, dispatch=2), unknown(2, dispatch=2))
        [letter] = await world.dead_letters.letters(EVERYTHING, 0, 10)
        assert (letter.message_id, letter.dispatch) == (2, 2)

    async def test_trials_are_nobodys_to_replay(self, world: World) -> None:
        await world.hear(failed(1, mailing_id=0), unknown(2, mailing_id=0))
        assert await world.dead_letters.groups(EVERYTHING, None, 10) == []
        assert await world.dead_letters.named([1, 2]) == []
