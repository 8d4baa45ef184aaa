"""Work that is done again and again."""

import pytest

from services.stats.entrypoints.ticks import every


async def test_it_works_at_once_and_goes_on_while_the_world_is_away() -> None:
    rounds: list[Exception] = [ConnectionError(), TimeoutError(), ZeroDivisionError()]

    async def work() -> None:
        raise rounds.pop(0)

    with pytest.raises(ZeroDivisionError):
        await every(0.0, work)
    assert rounds == []
