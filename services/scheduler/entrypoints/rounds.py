"""The leader's slow rounds: what nobody waits for, and what nobody may forget."""

import asyncio
from collections.abc import Awaitable, Callable

from services.scheduler.entrypoints.ticks import Wakeup, sleep_until_woken
from services.scheduler.handlers.asking import Asking
from services.scheduler.handlers.catching_up import CatchingUp
from services.scheduler.handlers.closing import Closing
from services.scheduler.handlers.forgetting import Forgetting
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.watching import Watching

# A batch that was left is taken up again within seconds; the store is asked for its oldest.
BETWEEN_LOOKS = 2.0
# As often as metrics are usually read.
BETWEEN_COUNTS = 15.0
# A page of questions in each: see the reason beside the size of a page.
BETWEEN_QUESTIONS = 1.0
# What is asked after has been silent for an hour.
BETWEEN_ROUNDS = 5.0


# What it looks for has stood for ten minutes.
BETWEEN_CATCHING_UP = 15.0
# What it removes was kept for days.
BETWEEN_FORGETTING = 3600.0
# One that is to be forgotten may be open still, or a sender be away.
BETWEEN_CLOSING = 60.0


class Rounds:
    def __init__(
        self,
        publishing: Publishing,
        watching: Watching,
        catching_up: CatchingUp,
        asking: Asking,
        forgetting: Forgetting,
        closing: Closing,
        wakeup: Wakeup,
    ) -> None:
        self._publishing = publishing
        self._watching = watching
        self._catching_up = catching_up
        self._asking = asking
        self._forgetting = forgetting
        self._closing = closing
        self._wakeup = wakeup

    async def left_behind(self) -> None:
        while True:
            if await self._publishing.recover_left():
                self._wakeup.wake()
            await asyncio.sleep(BETWEEN_LOOKS)

    async def watching(self) -> None:
        while True:
            await self._watching.look()
            await asyncio.sleep(BETWEEN_COUNTS)

    async def catching_up(self) -> None:
        while True:
            if await self._catching_up.catch_up():
                self._wakeup.wake()
            await asyncio.sleep(BETWEEN_CATCHING_UP)

    async def asking(self) -> None:
        while True:
            some = await self._asking.ask_round()
            if some:
                self._wakeup.wake()
            await asyncio.sleep(BETWEEN_QUESTIONS if some else BETWEEN_ROUNDS)

    async def forgetting(self) -> None:
        while True:
            await self._forgetting.forget_round()
            await asyncio.sleep(BETWEEN_FORGETTING)

    async def closing(self) -> None:
        while True:
            await self._closing.close_round()
            await sleep_until_woken(self._closing.marked, BETWEEN_CLOSING)

    def loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "left-behind": self.left_behind,
            "watching": self.watching,
            "catching-up": self.catching_up,
            "asking": self.asking,
            "forgetting": self.forgetting,
            "closing": self.closing,
        }
