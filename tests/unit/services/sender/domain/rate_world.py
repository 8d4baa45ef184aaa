"""Senders with a throttle each against one provider with a limit, in a time of their own."""

import heapq
import random
from dataclasses import dataclass, field
from itertools import count

from deploy.simulator.limiter import RateLimit
from services.sender.domain.throttle import Throttle

TURN = 0.005  # seconds between two claims of a sender that may go on


@dataclass
class Replica:
    throttle: Throttle = field(default_factory=lambda: Throttle(0.0))
    slots: int = 100
    paused_until: float = 0.0


@dataclass
class Answer:
    at: float
    accepted: bool


@dataclass
class RateWorld:
    """``latency``: of a call, half as much more or less; ``retry_after``: what a refusal asks."""

    limit: float
    replicas: int
    latency: float
    retry_after: float = 1.0
    seed: int = 1
    answers: list[Answer] = field(default_factory=list)
    now: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._numbers = count()
        self._agenda: list[tuple[float, int, Replica, float | None, bool]] = []
        self._provider = RateLimit(self.limit, self.now)
        self.senders = [Replica() for _ in range(self.replicas)]
        for sender in self.senders:
            self._turn_at(self._random.random() * TURN, sender)

    def change(self, limit: float) -> None:
        self.limit = limit
        self._provider = RateLimit(limit, self.now)

    def run(self, until: float) -> None:
        while self._agenda[0][0] < until:
            self.now, _, sender, started, accepted = heapq.heappop(self._agenda)
            if started is None:
                self._turn(sender)
            else:
                self._answer(sender, started, accepted)

    def shares(self, since: float) -> tuple[float, float]:
        """Accepted calls a second as a share of the limit; refused ones as a share of all."""
        lately = [answer.accepted for answer in self.answers if answer.at >= since]
        taken = sum(lately)
        return taken / (self.now - since) / self.limit, 1 - taken / max(1, len(lately))

    def _turn_at(self, at: float, sender: Replica) -> None:
        heapq.heappush(self._agenda, (at, next(self._numbers), sender, None, False))

    def _turn(self, sender: Replica) -> None:
        wait = TURN
        if self.now < sender.paused_until:
            wait = sender.paused_until - self.now
        elif sender.slots:
            wait = sender.throttle.wait(self.now, sender.slots)
            if wait == 0:
                self._call(sender, sender.throttle.allows(self.now, sender.slots))
                wait = TURN
        self._turn_at(self.now + wait, sender)

    def _call(self, sender: Replica, calls: int) -> None:
        sender.slots -= calls
        for _ in range(calls):
            sender.throttle.started(self.now)
            accepted = self._provider.takes(self.now)
            ends = self.now + self.latency * (0.5 + self._random.random())
            heapq.heappush(self._agenda, (ends, next(self._numbers), sender, self.now, accepted))

    def _answer(self, sender: Replica, started: float, accepted: bool) -> None:
        sender.slots += 1
        self.answers.append(Answer(self.now, accepted))
        if accepted:
            sender.throttle.accepted(self.now)
            return
        sender.throttle.refused(started, self.now, self.retry_after)
        sender.paused_until = max(sender.paused_until, self.now + self.retry_after)
