"""What the routes of every domain share: their ports, paging, the base of their JSON."""

from collections import Counter
from http import HTTPStatus
from typing import Annotated, Any, Generic, TypeVar, get_origin

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.types import Scope

from services.api.domain import mailing_rules
from services.api.domain.callers import Caller
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.languages import Language, preferred
from services.api.domain.paging import DEFAULT_LIMIT, LARGEST_LIMIT
from services.api.ports import Ports

T = TypeVar("T")

PREFIX = "/api/v1"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_LARGEST_ID = 2**63 - 1


def ports_of(scope: Scope) -> Ports:
    """Those of the application that the request came to."""
    ports: Ports = scope["app"].state.ports
    return ports


# Dependencies are coroutines although none of them waits: others run in threads, and a hop to a
# thread and back costs more than they do.


async def _ports(request: Request) -> Ports:
    return ports_of(request.scope)


async def _caller(request: Request) -> Caller:
    """Put there by the gatekeeper."""
    caller: Caller = request.state.caller
    return caller


Wired = Annotated[Ports, Depends(_ports)]
Who = Annotated[Caller, Depends(_caller)]
Id = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="Items on a page.")]
Cursor = Annotated[
    str | None, Query(description="`next_cursor` of the page before.", max_length=512)
]
ONE_PAGE = DEFAULT_LIMIT


def may_be_left_out(description: str | None = None) -> Any:
    """A field of what changes a part. None stands for its absence; to send null is a mistake, and
    the document knows none."""
    return Field(default=None, description=description, json_schema_extra=_without_null)


def _without_null(schema: JsonDict) -> None:
    shapes = schema.pop("anyOf")
    assert isinstance(shapes, list)  # noqa: S101 - pydantic's way to write "or None"
    for shape in shapes:
        if isinstance(shape, dict) and shape.get("type") != "null":
            schema.update(shape)
    del schema["default"]


class Body(BaseModel):
    """What a caller sends. A field that we do not know is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


class PageView(BaseModel, Generic[T]):
    items: list[T]
    next_cursor: str | None


Instant = AwareDatetime


def _is_written_out(value: Any) -> Any:
    """A number of seconds is no instant that a person would write."""
    return mailing_rules.moment(value)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# After the bounds of a strict number: 7.0 is a whole number too, as JSON Schema counts.
WHOLE = BeforeValidator(_whole)
# An id in a body: as large as the database has them.
BodyId = Annotated[int, Field(ge=1, lt=2**63, strict=True), WHOLE]

# One that is looked for.
Moment = Annotated[AwareDatetime, BeforeValidator(_is_written_out)]


async def known_parameters_once(request: Request) -> None:
    """A parameter we do not know would be a filter that does nothing, and so would the first of two
    of one name where the route takes one. Raises Invalid."""
    route = request.scope.get("route")
    given = Counter(name for name, _ in request.query_params.multi_items())
    if not given or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    fields = route.dependant.query_params
    known = {field.alias for field in fields}
    lists = {one.alias for one in fields if get_origin(one.field_info.annotation) is list}
    faults = [FieldFault(name, "Unknown parameter.") for name in sorted(given.keys() - known)]
    faults += [
        FieldFault(name, "This is given more than once.")
        for name in sorted(given.keys() & known - lists)
        if given[name] > 1
    ]
    if faults:
        raise Invalid(*faults)


def answers_only(router: APIRouter, path: str, *methods: str) -> None:
    """Any other method of this path is not allowed (405): else a neighbour's route that takes an id
    in the place of the word would say that it is no id."""

    @router.api_route(path, methods=sorted(_METHODS - {*methods}), include_in_schema=False)
    async def refuse() -> None:
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(methods)})


def language_of(request: Request) -> Language:
    """In which to write to the caller."""
    return preferred(request.headers.get("accept-language", ""))


def location(request: Request, path: str) -> str:
    """Where a new thing is, as the caller sees it."""
    return f"{request.scope.get('root_path', '')}{PREFIX}{path}"
