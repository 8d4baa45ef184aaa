"""The gateway's reads: internal, with the service token."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Response

from services.stats.domain.books import audience, listed
from services.stats.domain.in_flight import InFlightCalls
from services.stats.domain.pace import SPAN, rate
from services.stats.entrypoints.message_view import MessageDetail
from services.stats.entrypoints.statistics_view import statistics_json
from services.stats.entrypoints.views import (
    MessagePage,
    MessageView,
    Overview,
    OverviewItem,
    Totals,
)
from services.stats.ports import Reports
from shared.contracts.statuses import Status
from shared.runtime.clock import Clock

# Identifiers are 64-bit in the database; anything longer is nobody's.
Id = Annotated[int, Path(ge=1, lt=2**63)]
Ids = Annotated[list[Annotated[int, Query(ge=1, lt=2**63)]], Query(max_length=1000)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Cursor = Annotated[int, Query(ge=0, lt=2**63)]


def reads(reports: Reports, in_flight: InFlightCalls, clock: Clock) -> APIRouter:
    router = APIRouter()

    @router.get("/mailings/{mailing_id}/statistics")
    async def mailing_statistics(mailing_id: Id) -> Response:
        """Zeros while nothing is known of the mailing."""
        now = clock.now()
        book = await reports.mailing(mailing_id)
        zones = await reports.zones(mailing_id)
        sent = await reports.sent_by_second(mailing_id, now - timedelta(seconds=SPAN + 1))
        told = statistics_json(
            book, zones, in_flight=in_flight.calls(mailing_id, now), rate=rate(sent, now)
        )
        return Response(told, media_type="application/json")

    @router.get("/mailings/{mailing_id}/messages")
    async def mailing_messages(
        mailing_id: Id, status: Status | None = None, limit: Limit = 100, cursor: Cursor = 0
    ) -> MessagePage:
        """By id; the cursor is the last id of the page before."""
        lines = await reports.messages(mailing_id, status, cursor, limit + 1)
        page = lines[:limit]
        more = len(lines) > limit
        return MessagePage(
            items=[MessageView.of(line) for line in page],
            next_cursor=str(page[-1].standing.message_id) if more else None,
        )

    @router.get("/messages/{message_id}")
    async def message(message_id: Id) -> MessageDetail:
        """With all its calls: the proof of when it was sent, and why then."""
        story = await reports.message(message_id)
        if story is None:
            raise HTTPException(404)
        return MessageDetail.of(story)

    @router.get("/statistics")
    async def statistics(mailing_id: Ids = []) -> Overview:  # noqa: B006 - FastAPI copies it
        """The mailings asked for one by one, and all there are together."""
        asked = list(dict.fromkeys(mailing_id))
        items = [OverviewItem.of(book) for book in await reports.mailings(asked)]
        everything = listed(await reports.everything())
        whole = Totals(audience=audience(everything), by_status=everything)
        return Overview(items=items, total=whole)

    return router
