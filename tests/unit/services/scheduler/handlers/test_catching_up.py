"""News that never came is asked for; what the api does not know either changes nothing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.scheduler.handlers.catching_up import PATIENCE, CatchingUp
from services.scheduler.handlers.planning import Planner
from services.scheduler.ports import Missing
from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged
from tests.support.examples import clients, mailing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Heard(Planner):
    """A planner that only listens."""

    def __init__(self) -> None:
        self.clients: list[int] = []
        self.mailings: list[int] = []

    async def on_clients_changed(self, event: ClientsChanged) -> None:
        self.clients += [client.id for client in event.clients]

    async def on_mailing_changed(self, mailing: MailingChanged) -> None:
        self.mailings.append(mailing.mailing_id)


@dataclass
class House:
    """A store and an api. ``unknown``: what the api does not know."""

    waits_for: Missing = field(default_factory=Missing)
    stray: list[MailingChanged] = field(default_factory=list)
    unknown: tuple[int, ...] = ()
    asked_before: datetime | None = None

    def now(self) -> datetime:
        return NOON

    async def missing(self, due_before: datetime, limit: int) -> Missing:
        self.asked_before = due_before
        return self.waits_for

    async def stray_waves(self) -> list[MailingChanged]:
        return self.stray

    async def end_waves(self, mailing: MailingChanged) -> int:
        return 2

    async def client(self, client_id: int) -> ClientsChanged:
        return clients([client_id] if client_id not in self.unknown else [])

    async def mailing(self, mailing_id: int) -> MailingChanged | None:
        return mailing(mailing_id) if mailing_id not in self.unknown else None


async def caught_up(house: House) -> tuple[bool, Heard]:
    planner = Heard()
    return await CatchingUp(house, house, planner, house).catch_up(), planner


async def test_when_nothing_is_missing_nobody_is_asked() -> None:
    house = House()
    moved, planner = await caught_up(house)
    assert (moved, planner.clients, planner.mailings) == (False, [], [])
    assert house.asked_before == NOON - PATIENCE


async def test_what_is_missing_is_applied_like_any_news() -> None:
    moved, planner = await caught_up(House(Missing([1, 2], [7])))
    assert (moved, planner.clients, planner.mailings) == (True, [1, 2], [7])


async def test_what_the_api_does_not_know_either_changes_nothing() -> None:
    _, planner = await caught_up(House(Missing([1, 2], [7]), unknown=(2, 7)))
    assert (planner.clients, planner.mailings) == ([1], [])
    _, planner = await caught_up(House(Missing([2]), unknown=(2,)))
    assert planner.clients == []


async def test_waves_behind_the_end_are_ended() -> None:
    moved, _ = await caught_up(House(stray=[mailing(1)]))
    assert moved
