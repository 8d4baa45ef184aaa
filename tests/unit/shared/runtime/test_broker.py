"""A broker that cannot be reached: stopping a service leaves nothing behind that goes on trying."""

import asyncio

import pytest

from shared.runtime import broker as broker_module
from shared.runtime.broker import make_broker, start_when_reachable
from tests.support.servers import robust_connections


async def _says_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await asyncio.sleep(10)
    finally:
        writer.close()


async def test_an_attempt_that_is_cancelled_does_not_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(broker_module, "CONNECT_TIMEOUT", 0.3)
    async with await asyncio.start_server(_says_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        broker = make_broker(f"amqp://127.0.0.1:{port}/", service="test")
        starting = asyncio.create_task(start_when_reachable(broker))
        await asyncio.sleep(0.1)
        assert len(robust_connections()) == 1
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        await broker.stop()
        assert robust_connections() == []
