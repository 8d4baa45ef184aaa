"""Senders with a throttle each against one provider, in a time of their own."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from math import inf

from deploy.simulator.limiter import RateLimit
from services.sender.domain.throttle import Throttle

TURN = 0.005  # seconds between two claims of a sender that may go on
NAP = 0.05  # the longest that a sender sleeps for its rate


@dataclass
class Sender:
    throttle: Throttle = field(default_factory=lambda: Throttle(0.0, 0.0))
    slots: int = 100
    paused_until: float = 0.0


@dataclass
class Answer:
    at: float
    sender: int
    accepted: bool


@dataclass
class RateWorld:
    """``limit``: calls a second, a second's worth at once; ``noise``: the share of calls refused
    whatever the rate; ``latency``: of a call, half as much more or less; ``retry_after``: what a
    refusal asks."""

    limit: float
    senders: int
    latency: float
    noise: float = 0.0
    retry_after: float = 1.0
    seed: int = 1
    answers: list[Answer] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._numbers = count()
        self._agenda: list[tuple[float, int, int, float | None, bool]] = []
        self._provider = RateLimit(self.limit, self.now)
        self.at_work = [Sender() for _ in range(self.senders)]
        for number in range(self.senders):
            self._turn_at(self._random.random() * TURN, number)

    def change(self, limit: float) -> None:
        self.limit = limit
        self._provider = RateLimit(limit, self.now)

    def run(self, until: float) -> "RateWorld":
        while self._agenda[0][0] < until:
            self.now, _, number, started, accepted = heapq.heappop(self._agenda)
            if started is None:
                self._turn(number)
            else:
                self._answer(number, started, accepted)
        self.now = until
        return self

    def accepted(self, since: float) -> float:
        """Calls a second."""
        return sum(answer.accepted for answer in self._since(since)) / (self.now - since)

    def refused(self, since: float) -> float:
        """The share of calls."""
        calls = list(self._since(since))
        return sum(not answer.accepted for answer in calls) / max(1, len(calls))

    def shares(self, since: float) -> list[float]:
        """Each sender's share of what was accepted."""
        mine = [0] * self.senders
        for answer in self._since(since):
            mine[answer.sender] += answer.accepted
        return [each / sum(mine) for each in mine]

    def _since(self, since: float) -> Iterator[Answer]:
        return (answer for answer in self.answers if answer.at >= since)

    def _turn_at(self, at: float, number: int) -> None:
        heapq.heappush(self._agenda, (at, next(self._numbers), number, None, False))

    def _turn(self, number: int) -> None:
        sender, wait = self.at_work[number], TURN
        if self.now < sender.paused_until:
            wait = sender.paused_until - self.now
        elif sender.slots:
            wait = min(NAP, sender.throttle.wait(self.now, sender.slots))
            if wait == 0:
                self._call(number, sender.throttle.allows(self.now, sender.slots))
                wait = TURN
        self._turn_at(self.now + wait, number)

    def _call(self, number: int, calls: int) -> None:
        sender = self.at_work[number]
        sender.slots -= calls
        for _ in range(calls):
            sender.throttle.started(self.now)
            within = self.limit == inf or self._provider.takes(self.now)
            accepted = within and self._random.random() >= self.noise
            ends = self.now + self.latency * (0.5 + self._random.random())
            heapq.heappush(self._agenda, (ends, next(self._numbers), number, self.now, accepted))

    def _answer(self, number: int, started: float, accepted: bool) -> None:
        sender = self.at_work[number]
        sender.slots += 1
        self.answers.append(Answer(self.now, number, accepted))
        if accepted:
            sender.throttle.accepted(started, self.now)
        elif sender.throttle.refused(started, self.now, self.retry_after):
            sender.paused_until = max(sender.paused_until, self.now + self.retry_after)
