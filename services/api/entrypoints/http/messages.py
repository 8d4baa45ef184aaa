"""Single messages."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.api.entrypoints.http.common import Id, Wired
from services.api.entrypoints.http.messages_models import MessageProof
from services.api.entrypoints.http.problems import answers
from services.api.handlers import messages

router = APIRouter(prefix="/messages", tags=["statistics"])

_OK: dict[int | str, dict[str, Any]] = {200: {"model": MessageProof}}


@router.get(
    "/{message_id}",
    summary="A message and all its attempts",
    responses=_OK | answers(401, 404, 422, 503),
)
async def get_message(message_id: Id, wired: Wired) -> JSONResponse:
    """The proof: the window that was intended, by which clock, and what the provider answered."""
    return JSONResponse(await messages.get_message(wired, message_id))
