"""kill -9 of every service in turn, in the middle of a mailing."""

import pytest

from tests.support.house import House, csv_of

COUNT = 6_000


# Of two schedulers one leads; whichever it is, it is killed here.
@pytest.mark.parametrize("victim", ["api", "scheduler-1", "scheduler-2", "sender-1", "stats"])
async def test_a_killed_service_loses_nothing(house: House, first_phone: int, victim: str) -> None:
    phones = range(first_phone, first_phone + COUNT)
    await house.import_clients(csv_of(phones, ("Europe/Moscow", "Asia/Tokyo"), victim))
    await house.misbehave(latency_ms=20)
    mailing = await house.launch(filter={"tags": [victim]})
    before = await house.accepted(COUNT // 4)
    gone = house.kill(victim)
    await house.back(victim, gone)
    books = await house.finished(mailing)
    provider = await house.provider()
    assert before["distinct"] < COUNT  # it was killed in the middle
    assert books["by_status"]["sent"] == books["audience"] == COUNT
    assert provider["distinct"] == COUNT
    # Only calls in flight at a sender's death, or answered within its last flush, are repeated.
    assert provider["repeats"] <= (300 if victim.startswith("sender") else 0)
    assert provider["changed"] == 0


async def test_a_launch_accepted_without_the_others_goes_out_when_they_are_back(
    house: House, first_phone: int
) -> None:
    """The api needs nobody to take work in."""
    phones = range(first_phone, first_phone + 500)
    names = ("scheduler-1", "scheduler-2", "stats", "sender-1", "sender-2")
    gone = {name: house.kill(name) for name in names}
    await house.import_clients(csv_of(phones, ("UTC",), "alone"))
    mailing = await house.launch(filter={"tags": ["alone"]})
    for name, pid in gone.items():
        await house.back(name, pid)
    books = await house.finished(mailing)
    assert books["by_status"]["sent"] == 500
    assert (await house.provider())["distinct"] == 500
