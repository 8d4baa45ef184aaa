"""Receipts, and what clients answer, brought to a gateway as providers do: signed, many at a time,
again until they are taken.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from typing import Any, TypedDict
from uuid import uuid4

import aiohttp

from deploy.simulator.books import instant

SECRET_PREFIX = "whsec_"  # noqa: S105 - no secret by itself
AT_ONCE = 1_000
PAUSE = 0.1
TAKEN = 202


class Brought(TypedDict):
    """Receipts that the gateway has taken, and those that it has not yet."""

    taken: int
    waiting: int


class Receipts:
    """`url` is the gateway's endpoint for this provider, `secret` the one it knows us by."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
        self.forget()

    def forget(self) -> None:
        self._due: deque[dict[str, Any]] = deque()
        self._taken = 0

    def of(self, message: int, now: float, *, delivered: bool) -> None:
        """One more to bring."""
        receipt: dict[str, Any] = {"message_id": message, "at": instant(now)}
        told = {"status": "delivered"} if delivered else _UNDELIVERED
        self._due.append(receipt | told)

    def brought(self) -> Brought:
        return Brought(taken=self._taken, waiting=len(self._due))

    async def run(self) -> None:
        """Brings what there is, until it is cancelled."""
        while True:
            await asyncio.sleep(PAUSE)
            while self._due and await self._bring():
                pass

    async def say(self, phone: int, text: str) -> int:
        """A client answers; how the gateway does."""
        message = {"phone": phone, "text": text, "at": instant(time.time())}
        return await self._post({"inbound": [message]})

    async def _bring(self) -> bool:
        due = self._due
        batch = [due[place] for place in range(min(len(due), AT_ONCE))]
        try:
            status = await self._post({"receipts": batch})
        except (aiohttp.ClientError, TimeoutError):
            return False
        if status != TAKEN or due is not self._due:
            return False
        for _ in batch:
            due.popleft()
        self._taken += len(batch)
        return True

    async def _post(self, content: dict[str, Any]) -> int:
        body = json.dumps(content).encode()
        limit = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.post(self._url, data=body, headers=self._headers(body)) as answer,
        ):
            return answer.status

    def _headers(self, body: bytes) -> dict[str, str]:
        """As Standard Webhooks says."""
        number, seconds = f"msg_{uuid4().hex}", str(int(time.time()))
        signed = f"{number}.{seconds}.".encode() + body
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        return {
            "webhook-id": number,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
            "Content-Type": "application/json",
        }


_UNDELIVERED = {"status": "undelivered", "reason": "absent_subscriber"}
