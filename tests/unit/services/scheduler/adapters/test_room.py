"""How many commands the senders have taken: what was published, less what waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from services.scheduler.adapters.room import QueueRoom


@dataclass
class Published:
    published: Mapping[bool, int]
    commands: int


@dataclass
class Queues:
    """A channel that knows how deep the queues are."""

    depths: dict[str, int] = field(default_factory=dict)

    async def declare_queue(self, name: str, **_: Any) -> Any:
        return SimpleNamespace(declaration_result=SimpleNamespace(message_count=self.depths[name]))


@pytest.mark.parametrize(
    ("depths", "taken"),
    [((0, 0), 5_000.0), ((10, 0), 4_000.0), ((10, 5), 3_500.0), ((50, 0), 0.0)],
)
async def test_what_waits_in_either_lane_is_not_taken(
    depths: tuple[int, int], taken: float
) -> None:
    queues = Queues({"send.sms": depths[0], "send.sms.urgent": depths[1]})
    room = QueueRoom(queues, Published({False: 40, True: 10}, commands=5_000))  # type: ignore[arg-type]
    for urgent in (True, False):
        await room.envelopes(urgent=urgent)
    assert room.commands_taken() == pytest.approx(taken)


async def test_before_anything_was_published_nothing_is_taken() -> None:
    room = QueueRoom(Queues(), Published({False: 0, True: 0}, commands=0))  # type: ignore[arg-type]
    assert room.commands_taken() == 0
