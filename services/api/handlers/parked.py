"""What no consumer could read: put by, looked at, put back."""

import logging
from collections.abc import Mapping, Sequence

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.choices import Skipped
from services.api.domain.failures import NotFound
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.domain.parked import GoesBack, Letter, Parked, Stays, way_back
from services.api.domain.replays import Outcome
from services.api.ports import Ports
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


async def park(ports: Ports, letter: Letter) -> None:
    """Any letter may come twice."""
    async with ports.transactions.begin() as store:
        parked_id = await store.parked.put(letter, ports.clock.now())
    ids = {"parked_id": parked_id, "queue": letter.death.queue, "why": letter.death.why}
    log.error("A message that nobody could read is parked", extra=facts("parked", **ids))


async def list_parked(
    ports: Ports, queue: str | None, limit: int, cursor: str | None
) -> Page[Parked]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.parked.page(queue, before, limit + 1)
    return page_of(found, limit, lambda one: one.id)


async def replay_parked(ports: Ports, ids: Sequence[int], who: Caller, *, dry_run: bool) -> Outcome:
    """Each goes back where it was; one that still cannot be read is parked again."""
    async with ports.transactions.begin() as store:
        found = await store.parked.those(ids)
        ways = {id_: way_back(one) for id_, one in found.items()}
        places = {id_: way.place for id_, way in ways.items() if isinstance(way, GoesBack)}
        if places and not dry_run:
            now = ports.clock.now()
            for id_, body in (await store.parked.take_out(places, now)).items():
                await store.outbox.put_back(places[id_], body)
            deed = Deed(Action.REPLAY_PARKED, "parked", {"ids": sorted(places)})
            await store.audit.note(deed, who, now)
    return Outcome(messages=len(places), skipped=_skipped(ids, ways))


async def drop_parked(ports: Ports, parked_id: int, who: Caller) -> None:
    """For good. Raises NotFound."""
    async with ports.transactions.begin() as store:
        one = (await store.parked.those([parked_id])).get(parked_id)
        if one is None:
            raise NotFound("parked message", parked_id)
        await store.parked.forget(parked_id)
        key = None if one.death.place is None else one.death.place.routing_key
        about: dict[str, Fact] = {"queue": one.death.queue, "routing_key": key, "bytes": one.bytes}
        deed = Deed(Action.DROP_PARKED, f"parked/{parked_id}", about)
        await store.audit.note(deed, who, ports.clock.now())


def _skipped(ids: Sequence[int], ways: Mapping[int, GoesBack | Stays]) -> list[Skipped]:
    unknown = Stays("There is no such parked message.")
    told = ((id_, ways.get(id_, unknown)) for id_ in dict.fromkeys(ids))
    return [Skipped(way.reason, parked_id=id_) for id_, way in told if isinstance(way, Stays)]
