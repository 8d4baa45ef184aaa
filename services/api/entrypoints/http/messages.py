"""Single messages."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from services.api.domain.rights import Right
from services.api.entrypoints.http.common import Id, Who, Wired
from services.api.entrypoints.http.messages_models import MessageProof
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import messages

router = APIRouter(prefix="/messages", tags=["statistics"])


@router.get(
    "/{message_id}",
    summary="A message and all its attempts",
    **guarded(Right.STATISTICS_READ, also=(404,), shows=MessageProof),
)
async def get_message(message_id: Id, wired: Wired, who: Who) -> JSONResponse:
    """The proof: the window that was intended, by which clock, and what the provider answered."""
    return JSONResponse(await messages.get_message(wired, message_id, who.scope))
