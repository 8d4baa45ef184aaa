"""What a run proved: pure, from the provider's record, the books, and what was done when.

*Lost* is a client whom the provider never accepted a message for, and of whom the books do not say
with a reason why not. *Repeated* is every acceptance of a message after its first. A repeat is
explained when the provider lost its own answer to the call before, or when that call was under way,
or answered and not yet written down, at the moment its sender was killed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

# A call lasts this long at most (the senders' timeout in these runs), its flush a moment more.
REACH = 4.0
ANSWERED = "ok"


@dataclass(frozen=True)
class Harm:
    """Something done to the system from ``began`` to ``ended`` (Unix seconds; equal: a kill)."""

    what: str
    began: float
    ended: float
    cuts_calls: bool = False
    """Whether calls to the provider that were under way ended with it."""


@dataclass(frozen=True)
class Acceptance:
    """A message as the provider knows it; ``moments``: when each call was accepted."""

    message: int
    phone: str
    moments: tuple[float, ...]


@dataclass(frozen=True)
class Evidence:
    phones: frozenset[str]
    accepted: Sequence[Acceptance]
    repeats_after: Mapping[str, int]
    """Repeats by how the call before was answered."""
    given_up: Mapping[str, str | None]
    """Phone → reason of every message that the books say did not go out."""
    harms: Sequence[Harm]
    finished: float


@dataclass(frozen=True)
class Verdict:
    """``stillness``: the longest time (s) without anything new though all was there again."""

    lost: int
    after_lost_answers: int
    at_kills: int
    unexplained: int
    stillness: float
    harmed: bool
    """Whether anything was still to be done when the first harm began."""


def judge(evidence: Evidence) -> Verdict:
    answered = evidence.repeats_after.get(ANSWERED, 0)
    lost_answers = sum(evidence.repeats_after.values()) - answered
    at_kills = min(answered, _cut(evidence.accepted, evidence.harms))
    firsts = sorted(one.moments[0] for one in evidence.accepted)
    return Verdict(
        lost=len(_lost(evidence)),
        after_lost_answers=lost_answers,
        at_kills=at_kills,
        unexplained=answered - at_kills + _twice(evidence.accepted),
        stillness=stillness([*firsts, evidence.finished], evidence.harms),
        harmed=bool(firsts and evidence.harms) and firsts[-1] > evidence.harms[0].began,
    )


def stillness(moments: Sequence[float], harms: Sequence[Harm]) -> float:
    """The longest gap after the first harm began, without what a harm took of it."""
    if not harms:
        return 0.0
    began = min(harm.began for harm in harms)
    gaps = [gap for gap in pairwise(moments) if gap[1] > began]
    return max((_calm(max(a, began), b, harms) for a, b in gaps), default=0.0)


def _calm(start: float, end: float, harms: Iterable[Harm]) -> float:
    """The length of an interval less the time in which something was being done to the system."""
    taken, until = 0.0, start
    for harm in sorted(harms, key=lambda harm: harm.began):
        from_, to = max(harm.began, until), min(harm.ended, end)
        if to > from_:
            taken, until = taken + to - from_, to
    return end - start - taken


def _lost(evidence: Evidence) -> set[str]:
    explained = {phone for phone, reason in evidence.given_up.items() if reason}
    return set(evidence.phones) - {one.phone for one in evidence.accepted} - explained


def _twice(accepted: Sequence[Acceptance]) -> int:
    """Messages to a client who has had another: a client has one message of a mailing."""
    return len(accepted) - len({one.phone for one in accepted})


def _cut(accepted: Sequence[Acceptance], harms: Sequence[Harm]) -> int:
    """Repeats of calls that a kill may have cut off.

    Which of a message's calls was answered properly is not recorded, so lost answers and kills
    are not to be mixed in one scenario.
    """
    cuts = [harm.began for harm in harms if harm.cuts_calls]
    pairs = (pair for one in accepted for pair in pairwise(one.moments))
    return sum(
        any(before <= cut <= min(after, before + REACH) for cut in cuts) for before, after in pairs
    )
