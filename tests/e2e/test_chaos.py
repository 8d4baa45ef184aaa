"""Three scenarios of ``make chaos`` with one seed: enough to see a guarantee that was taken out."""

from dataclasses import replace

import httpx
import pytest

from deploy.local.plan import VHOST
from shared.contracts.topology import DEAD
from tests.chaos.extent import Extent
from tests.chaos.remains import drop_parked, remains
from tests.chaos.runs import carry_out
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.sites import Site
from tests.support.house import House

COUNT = 1_000
SEED = 4
EXTENT = replace(Extent.short(), turn=1.0)


@pytest.mark.parametrize("name", ["batch-cut-off", "outcomes-cut-off", "provider-in-turns"])
async def test_nothing_is_lost_and_every_repeat_is_explained(
    house: House, first_phone: int, name: str
) -> None:
    phones = range(first_phone, first_phone + COUNT)
    run = await carry_out(Site(house), SCENARIOS[name], SEED, phones, EXTENT)
    assert run.sound, run.sentence


async def test_what_was_parked_counts_as_left_behind(house: House) -> None:
    url, login = house.management()
    message = {"routing_key": DEAD, "payload": "?", "payload_encoding": "string", "properties": {}}
    async with httpx.AsyncClient(base_url=f"{url}/api", auth=login, trust_env=False) as management:
        published = await management.post(f"/exchanges/{VHOST}/amq.default/publish", json=message)
        assert published.json() == {"routed": True}
        try:
            assert await remains(house, 4) == {"parked": 1}
        finally:
            await drop_parked(house)
    assert await remains(house) == {}
