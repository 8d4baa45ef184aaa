import asyncio
from time import monotonic

from shared.runtime.batches import Batches


async def test_full_batch_does_not_wait() -> None:
    batches: Batches[int] = Batches(full=3, linger=60.0)
    batches.extend([1, 2])
    taking = asyncio.create_task(batches.take())
    await asyncio.sleep(0.01)
    assert not taking.done()
    batches.add(3)
    assert await taking == [1, 2, 3]
    assert len(batches) == 0


async def test_small_batch_waits_a_little() -> None:
    batches: Batches[int] = Batches(full=100, linger=0.05)
    batches.add(1)
    began = monotonic()
    asyncio.get_running_loop().call_later(0.02, batches.add, 2)
    assert await batches.take() == [1, 2]
    assert 0.04 < monotonic() - began < 1.0


async def test_empty_batch_is_not_taken() -> None:
    batches: Batches[int] = Batches(full=1, linger=0.0)
    batches.extend([])
    taking = asyncio.create_task(batches.take())
    await asyncio.sleep(0.01)
    assert not taking.done()
    batches.add(1)
    assert await taking == [1]


async def test_what_has_waited_already_is_taken_at_once() -> None:
    batches: Batches[int] = Batches(full=100, linger=0.1)
    batches.add(1)
    await asyncio.sleep(0.12)
    batches.add(2)
    began = monotonic()
    assert await batches.take() == [1, 2]
    assert monotonic() - began < 0.05
