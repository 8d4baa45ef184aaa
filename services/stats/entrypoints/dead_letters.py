"""The gateway's reads of what failed or is unknown: grouped by cause, and message by message."""

from typing import Annotated, NoReturn

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError

from services.stats.domain.dead_letters import Cause, Wanted
from services.stats.entrypoints.dead_letter_views import (
    CauseView,
    DeadLetterPage,
    DeadLetterView,
    DeadStatus,
    GroupPage,
    GroupView,
    HttpStatus,
    MailingId,
    Word,
)
from services.stats.ports import DeadLetters

Ids = Annotated[list[MailingId], Query(max_length=1000)]
GroupLimit = Annotated[int, Query(ge=1, le=500)]
LetterLimit = Annotated[int, Query(ge=1, le=5000)]
After = Annotated[int, Query(ge=0, lt=2**63)]


async def wanted(
    mailing_id: Annotated[MailingId | None, Query()] = None,
    status: DeadStatus | None = None,
    reason: Annotated[Word | None, Query()] = None,
) -> Wanted:
    return Wanted(mailing_id, status, reason)


async def wanted_or_cause(
    wanted: Annotated[Wanted, Depends(wanted)],
    http_status: Annotated[HttpStatus | None, Query()] = None,
    detail: Annotated[Word | None, Query()] = None,
    exact: bool = False,
) -> Wanted | Cause:
    """``exact``: the group of this very name, where what is left out is null. Else what is left
    out is any, and no answer and no sentence can be asked for."""
    if not exact:
        if http_status is not None or detail is not None:
            _refuse("exact", "An http_status and a detail are parts of a group's exact name.")
        return wanted
    if wanted.mailing_id is None or wanted.status is None:
        _refuse("exact", "A group's exact name has a mailing_id and a status.")
    return Cause(wanted.mailing_id, wanted.status, wanted.reason, http_status, detail)


def dead_letter_reads(letters: DeadLetters) -> APIRouter:
    router = APIRouter()

    @router.get("/dead-letters")
    async def groups(
        wanted: Annotated[Wanted, Depends(wanted)],
        limit: GroupLimit = 100,
        cursor: str | None = None,
    ) -> GroupPage:
        """Those of the newest mailing first; the cursor is the name of the last group before."""
        found = await letters.groups(wanted, _cause(cursor), limit + 1)
        page = [GroupView.of(group) for group in found[:limit]]
        return GroupPage(
            items=page, next_cursor=page[-1].group.cursor if len(found) > limit else None
        )

    @router.get("/dead-letters/messages")
    async def messages(
        wanted: Annotated[Wanted | Cause, Depends(wanted_or_cause)],
        message_id: Ids = [],  # noqa: B006 - FastAPI copies it
        after: After = 0,
        limit: LetterLimit = 1000,
    ) -> DeadLetterPage:
        """Those named, of which nothing else is asked; or those wanted, by id."""
        if message_id:
            if wanted != Wanted():
                _refuse("message_id", "Messages are named, or else asked for by their cause.")
            named = await letters.named(set(message_id))
            return DeadLetterPage(items=[DeadLetterView.of(n) for n in named], next_after=None)
        found = await letters.letters(wanted, after, limit + 1)
        page = [DeadLetterView.of(letter) for letter in found[:limit]]
        return DeadLetterPage(
            items=page, next_after=page[-1].message_id if len(found) > limit else None
        )

    return router


def _cause(cursor: str | None) -> Cause | None:
    if cursor is None:
        return None
    try:
        return CauseView.from_cursor(cursor).cause
    except ValueError:
        _refuse("cursor", "This is not a cursor that was given out here.")


def _refuse(field: str, reason: str) -> NoReturn:
    raise RequestValidationError([{"loc": ("query", field), "msg": reason, "type": "value_error"}])
