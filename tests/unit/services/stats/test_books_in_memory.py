"""The twin passes the suite of the real books, so it may stand in for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.delivery import DeliveryEvent
from tests.unit.services.stats.dead_letters_suite import DeadLettersSuite
from tests.unit.services.stats.examples import hearings
from tests.unit.services.stats.fakes import FakeAnnouncer
from tests.unit.services.stats.memory import MemoryBooks
from tests.unit.services.stats.memory_dead_letters import MemoryDeadLetters
from tests.unit.services.stats.receipts_suite import ReceiptsSuite, same_end_with_receipts
from tests.unit.services.stats.story_suite import StorySuite
from tests.unit.services.stats.suite import BooksSuite, World, same_end_in_any_order


async def new_world() -> World:
    books = MemoryBooks()
    return World(books, books, FakeAnnouncer(), MemoryDeadLetters(books))


@pytest.fixture
async def world() -> World:
    return await new_world()


class TestBooksInMemory(BooksSuite):
    pass


class TestStoriesInMemory(StorySuite):
    pass


class TestReceiptsInMemory(ReceiptsSuite):
    pass


class TestDeadLettersInMemory(DeadLettersSuite):
    pass


@given(heard=hearings())
async def test_order_and_repetition_change_nothing(heard: list[DeliveryEvent]) -> None:
    ordered = sorted(set(heard), key=lambda each: (each.dispatch, each.attempt))
    await same_end_in_any_order(new_world, heard, ordered)


@given(heard=hearings(), data=st.data())
async def test_receipts_in_any_order_lead_to_the_same_end(
    heard: list[DeliveryEvent], data: st.DataObject
) -> None:
    await same_end_with_receipts(new_world, heard, data)
