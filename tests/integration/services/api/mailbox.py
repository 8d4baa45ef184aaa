"""A mail server that keeps what comes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


@dataclass
class Box:
    """A mail server's: what came, and how it answers recipients."""

    port: int = 0
    answer: str = "250 OK"
    came: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.came.append(message)
        return "250 OK"

    def token(self) -> str:
        """Of the last that came."""
        found = re.search(r"/account#\w+=(\w+)", self.came[-1].get_content())
        assert found is not None
        return found[1]


@asynccontextmanager
async def serving(box: Box, port: int = 0) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail.example", loop=loop, enable_SMTPUTF8=True),
        "127.0.0.1",
        port,
    )
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield
