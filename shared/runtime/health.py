"""Health and metrics, the same on every service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.runtime.metrics import REGISTRY

Check = Callable[[], Awaitable[bool]]

CHECK_TIMEOUT = 2.0


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """``/health/live``: the process answers. ``/health/ready``: every check holds, else 503."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        results = await asyncio.gather(*map(_holds, checks.values()))
        named = dict(zip(checks, results, strict=True))
        status = "ready" if all(results) else "not ready"
        return JSONResponse(
            {"status": status, "checks": named}, status_code=200 if all(results) else 503
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def database_answers(engine: AsyncEngine) -> Check:
    async def check() -> bool:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    return check


async def _holds(check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            return await check()
    except Exception:  # noqa: BLE001 - a check that fails in any way does not hold
        return False
