"""Emits: takes clients from open waves, and messages that came back, as fast as they may go.

A round gives turns in both lanes, urgent mailings first, to whoever is furthest behind; it is
short, so that news is heard between two of them.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from services.scheduler.domain.sharing import Sharing, Turn, claim_of, is_urgent
from services.scheduler.domain.turns import (
    Advance,
    OpenWave,
    Picked,
    Taken,
    advances,
    waves_for_a_turn,
    worded,
)
from services.scheduler.domain.waves import Phase
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.returning import Returns
from services.scheduler.ports import QUEUED, Fate, Messages, Room
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock
