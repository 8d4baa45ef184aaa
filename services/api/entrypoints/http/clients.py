"""Clients."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from services.api.domain import fields, phones
from services.api.domain.clients import ClientFilter
from services.api.domain.paging import Order
from services.api.domain.rights import Right
from services.api.entrypoints.http.clients_models import ClientBody, ClientPatch, ClientView
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.versions import IfMatch, tag_client
from services.api.handlers import clients

router = APIRouter(prefix="/clients", tags=["clients"])

# A filter that no client can match is more likely a slip than a question.
PhoneFilter = Annotated[
    Annotated[str, AfterValidator(phones.phone)] | None,
    Query(description="In any spelling that a client may be added with."),
]
TagFilter = Annotated[Annotated[str, AfterValidator(fields.tag)] | None, Query()]
CodeFilter = Annotated[Annotated[str, AfterValidator(fields.operator_code)] | None, Query()]
ZoneFilter = Annotated[Annotated[str, AfterValidator(fields.timezone)] | None, Query()]
GuessedFilter = Annotated[bool | None, Query(description="Whether the time zone is a guess.")]


class ClientSort(StrEnum):
    """By the id, or the instant of the last change; `-`: the last one first."""

    OLDEST = "id"
    NEWEST = "-id"
    CHANGED = "updated_at"
    CHANGED_LAST = "-updated_at"


SortOfClients = Annotated[ClientSort, Query()]


@router.get("", summary="List clients", **guarded(Right.CLIENTS_READ))
async def list_clients(
    wired: Wired,
    phone: PhoneFilter = None,
    tag: TagFilter = None,
    operator_code: CodeFilter = None,
    timezone: ZoneFilter = None,
    timezone_guessed: GuessedFilter = None,
    sort: SortOfClients = ClientSort.OLDEST,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[ClientView]:
    """By id unless sorted otherwise; ids rise as clients are added. Filters given together must all
    match. A cursor goes with its own sort alone."""
    wanted = ClientFilter(phone, tag, operator_code, timezone, timezone_guessed)
    page = await clients.list_clients(wired, wanted, limit, cursor, Order.of(sort))
    return PageView(items=list(map(ClientView.of, page.items)), next_cursor=page.next_cursor)


@router.post(
    "",
    summary="Add a client",
    status_code=201,
    **guarded(Right.CLIENTS_WRITE, also=(409,), versioned=True),
)
async def create_client(
    body: ClientBody, request: Request, response: Response, wired: Wired, who: Who
) -> ClientView:
    """A phone belongs to one living client: 409 names the one who has it."""
    client = await clients.create_client(wired, body.profile(), who)
    response.headers["Location"] = location(request, f"/clients/{client.id}")
    return ClientView.of(tag_client(response, client))


@router.get(
    "/{client_id}",
    summary="Get a client",
    **guarded(Right.CLIENTS_READ, also=(404,), versioned=True),
)
async def get_client(client_id: Id, response: Response, wired: Wired) -> ClientView:
    return ClientView.of(tag_client(response, await clients.get_client(wired, client_id)))


@router.put(
    "/{client_id}",
    summary="Replace a client",
    **guarded(Right.CLIENTS_WRITE, also=(404, 409, 412), versioned=True),
)
async def replace_client(
    client_id: Id,
    body: ClientBody,
    response: Response,
    wired: Wired,
    who: Who,
    expected: IfMatch,
) -> ClientView:
    """What is not given is cleared."""
    client = await clients.change_client(wired, client_id, body.profile, who, expected)
    return ClientView.of(tag_client(response, client))


@router.patch(
    "/{client_id}",
    summary="Change a client",
    **guarded(Right.CLIENTS_WRITE, also=(404, 409, 412), versioned=True),
)
async def change_client(
    client_id: Id,
    body: ClientPatch,
    response: Response,
    wired: Wired,
    who: Who,
    expected: IfMatch,
) -> ClientView:
    """What is not given stays. `attributes` are replaced as a whole."""
    client = await clients.change_client(wired, client_id, body.after, who, expected)
    return ClientView.of(tag_client(response, client))


@router.delete(
    "/{client_id}",
    summary="Delete a client",
    status_code=204,
    **guarded(Right.CLIENTS_WRITE, also=(404, 412)),
)
async def delete_client(client_id: Id, wired: Wired, who: Who, expected: IfMatch) -> None:
    """Everything personal is wiped; a message of theirs still under way is stopped."""
    await clients.delete_client(wired, client_id, who, expected)
