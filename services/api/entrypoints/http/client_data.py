"""Data protection: all that is held about one client, and its erasure."""

from fastapi import APIRouter

from services.api.domain.rights import Right
from services.api.entrypoints.http.client_data_models import ClientDataView, ErasedView
from services.api.entrypoints.http.common import Id, Who, Wired
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.versions import IfMatch
from services.api.handlers import client_data

router = APIRouter(prefix="/clients/{client_id}", tags=["clients"])


@router.get(
    "/data",
    summary="All that is held about a client",
    **guarded(Right.CLIENTS_READ, Right.STATISTICS_READ, Right.AUDIT_READ, also=(404,)),
)
async def get_data(client_id: Id, wired: Wired) -> ClientDataView:
    """From all services, of all departments, as one document."""
    return ClientDataView.of(await client_data.data_of(wired, client_id))


@router.post(
    "/erase",
    summary="Erase a client",
    **guarded(Right.CLIENTS_WRITE, also=(404, 409, 412)),
)
async def erase(client_id: Id, wired: Wired, who: Who, expected: IfMatch) -> ErasedView:
    """As deleting, and everywhere: what names them in the errors of imports and in messages that
    nobody could read goes too. Statistics stay as they are, of an id that leads nowhere. 409 while
    a file is being imported: it may name them."""
    return ErasedView.of(await client_data.erase_client(wired, client_id, who, expected))
