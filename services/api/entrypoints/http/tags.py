"""Tags."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator

from services.api.domain import fields
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Limit,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.tags_models import CountedTagView, TagBody, TagView
from services.api.handlers import tags

router = APIRouter(prefix="/tags", tags=["tags"])

PrefixFilter = Annotated[
    Annotated[str, AfterValidator(fields.tag)] | None, Query(description="What it begins with.")
]
TagPath = Annotated[str, AfterValidator(fields.tag), Path()]


@router.get("", summary="List tags", **guarded(Right.CLIENTS_READ))
async def list_tags(
    wired: Wired, prefix: PrefixFilter = None, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[TagView]:
    """By name."""
    page = await tags.list_tags(wired, prefix or "", limit, cursor)
    return PageView(items=list(map(TagView.of, page.items)), next_cursor=page.next_cursor)


@router.post("", summary="Add a tag", status_code=201, **guarded(Right.CLIENTS_WRITE, also=(409,)))
async def create_tag(
    body: TagBody, request: Request, response: Response, wired: Wired, who: Who
) -> TagView:
    """Not needed before a client gets it: tags of clients are added by themselves."""
    tag = await tags.create_tag(wired, body.name, who)
    response.headers["Location"] = location(request, f"/tags/{quote(tag.name, safe='')}")
    return TagView.of(tag)


@router.get("/{tag:path}", summary="Get a tag", **guarded(Right.CLIENTS_READ, also=(404,)))
async def get_tag(tag: TagPath, wired: Wired) -> CountedTagView:
    """With the number of clients that carry it."""
    found, clients = await tags.get_tag(wired, tag)
    return CountedTagView(name=found.name, created_at=found.created_at, clients=clients)


@router.delete(
    "/{tag:path}",
    summary="Delete a tag",
    status_code=204,
    **guarded(Right.CLIENTS_WRITE, also=(404,)),
)
async def delete_tag(tag: TagPath, wired: Wired, who: Who) -> None:
    """It is taken away from every client that carries it."""
    await tags.delete_tag(wired, tag, who)
