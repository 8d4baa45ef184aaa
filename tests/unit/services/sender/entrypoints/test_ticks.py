import asyncio
from collections.abc import Mapping

import pytest

from services.sender.entrypoints import ticks
from shared.contracts.delivery import CallsInFlight
from tests.unit.services.sender.fakes import Clock, FakeOutbox, until


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "REPORT_EVERY", 0.005)


def said(outbox: FakeOutbox) -> list[dict[int, int]]:
    reports: list[CallsInFlight] = [report for _, report in outbox.log]
    return [{each.mailing_id: each.calls for each in report.mailings} for report in reports]


async def test_calls_are_reported_while_there_are_any_and_once_more() -> None:
    counts: list[Mapping[int, int]] = [{1: 2, 5: 1}, {5: 3}]
    outbox = FakeOutbox()
    report = ticks.report_calls("me", [lambda n=n: counts[n] for n in (0, 1)], outbox, Clock())  # type: ignore[misc]
    task = asyncio.create_task(report)
    await until(lambda: len(outbox.log) >= 2)
    counts[:] = [{}, {}]
    await until(lambda: said(outbox)[-1] == {})
    length = len(outbox.log)
    await asyncio.sleep(0.05)
    task.cancel()
    assert said(outbox)[0] == {1: 2, 5: 4}
    assert said(outbox).count({}) == 1
    assert len(outbox.log) == length


async def test_report_that_cannot_be_published_is_left_out() -> None:
    outbox = FakeOutbox()
    outbox.failing = ConnectionError("away")
    task = asyncio.create_task(ticks.report_calls("me", [lambda: {1: 1}], outbox, Clock()))
    await asyncio.sleep(0.02)
    outbox.failing = None
    await until(lambda: len(outbox.log) > 0)
    task.cancel()
