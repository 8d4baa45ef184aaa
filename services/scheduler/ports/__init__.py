"""What the scheduler's rules need from the outside. The adapters are in ``adapters/``."""

from services.scheduler.ports.batches import QUEUED, Batch, BatchKind, Fate, Held, Member
from services.scheduler.ports.messages import LeftOver, Leftovers, Messages
from services.scheduler.ports.plans import Directory, DueWave, MakePlan, PlannedWave, Plans
from services.scheduler.ports.senders import Inquiries, Meter, Outlet, Paces, Room
from services.scheduler.ports.upkeep import (
    Missing,
    News,
    Pile,
    Piles,
    Quiet,
    Said,
    Strays,
    UnheardOf,
)

__all__ = [
    "QUEUED",
    "Batch",
    "BatchKind",
    "Directory",
    "DueWave",
    "Fate",
    "Held",
    "Inquiries",
    "LeftOver",
    "Leftovers",
    "MakePlan",
    "Member",
    "Messages",
    "Meter",
    "Missing",
    "News",
    "Outlet",
    "Paces",
    "Pile",
    "Piles",
    "PlannedWave",
    "Plans",
    "Quiet",
    "Room",
    "Said",
    "Strays",
    "UnheardOf",
]
