"""Departments."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from services.api.domain.departments import Department
from services.api.domain.rights import Right
from services.api.entrypoints.http.clients_models import Name
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Body,
    Cursor,
    Id,
    Instant,
    Limit,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import departments

router = APIRouter(prefix="/departments", tags=["users"])

_DEPARTMENT: JsonDict = {"id": 3, "name": "Support", "created_at": "2027-02-01T09:00:00Z"}


class DepartmentBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Support"}]})

    name: Name


class DepartmentView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_DEPARTMENT]})

    id: int
    name: str
    created_at: Instant

    @classmethod
    def of(cls, department: Department) -> "DepartmentView":
        return cls(id=department.id, name=department.name, created_at=department.created_at)


@router.get("", summary="List departments", **guarded())
async def list_departments(
    wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[DepartmentView]:
    """By id."""
    page = await departments.list_departments(wired, limit, cursor)
    return PageView(items=list(map(DepartmentView.of, page.items)), next_cursor=page.next_cursor)


@router.post(
    "", summary="Add a department", status_code=201, **guarded(Right.USERS_WRITE, also=(409,))
)
async def add_department(
    body: DepartmentBody, request: Request, response: Response, wired: Wired, who: Who
) -> DepartmentView:
    department = await departments.add_department(wired, body.name, who)
    response.headers["Location"] = location(request, f"/departments/{department.id}")
    return DepartmentView.of(department)


@router.get("/{department_id}", summary="Get a department", **guarded(also=(404,)))
async def get_department(department_id: Id, wired: Wired) -> DepartmentView:
    return DepartmentView.of(await departments.get_department(wired, department_id))


@router.patch(
    "/{department_id}", summary="Rename a department", **guarded(Right.USERS_WRITE, also=(404, 409))
)
async def rename_department(
    department_id: Id, body: DepartmentBody, wired: Wired, who: Who
) -> DepartmentView:
    renamed = await departments.rename_department(wired, department_id, body.name, who)
    return DepartmentView.of(renamed)


@router.delete(
    "/{department_id}",
    summary="Remove a department",
    status_code=204,
    **guarded(Right.USERS_WRITE, also=(404, 409)),
)
async def remove_department(department_id: Id, wired: Wired, who: Who) -> None:
    """409 as long as a user is in it, a mailing was ever of it, or a webhook is of it."""
    await departments.remove_department(wired, department_id, who)
