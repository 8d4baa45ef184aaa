"""Departments: in whose name mailings speak."""

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller, Scope
from services.api.domain.departments import Department, department_for
from services.api.domain.failures import Conflict, FieldFault, Invalid, NotFound
from services.api.domain.paging import Page, from_cursor, page_of, row_id
from services.api.ports import Ports, Store
from shared.contracts.mailings import MailingSpec


async def list_departments(ports: Ports, limit: int, cursor: str | None) -> Page[Department]:
    after = from_cursor(cursor, row_id, 0)
    async with ports.transactions.reading() as store:
        found = await store.departments.page(after, limit + 1)
    return page_of(found, limit, lambda department: department.id)


async def get_department(ports: Ports, department_id: int) -> Department:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await _existing(store, department_id)


async def add_department(ports: Ports, name: str, who: Caller) -> Department:
    """Raises Conflict when there is one of this name."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        department = await store.departments.add(name, now)
        if department is None:
            raise _taken()
        deed = Deed(Action.ADD_DEPARTMENT, f"departments/{department.id}", {"name": name})
        await store.audit.note(deed, who, now)
    return department


async def rename_department(ports: Ports, department_id: int, name: str, who: Caller) -> Department:
    """Raises NotFound, Conflict when there is another of this name."""
    async with ports.transactions.begin() as store:
        before = await _existing(store, department_id, lock=True)
        if not await store.departments.rename(department_id, name):
            raise _taken()
        change: dict[str, Fact] = {"before": {"name": before.name}, "after": {"name": name}}
        deed = Deed(Action.CHANGE_DEPARTMENT, f"departments/{department_id}", change)
        await store.audit.note(deed, who, ports.clock.now())
        return await _existing(store, department_id)


async def remove_department(ports: Ports, department_id: int, who: Caller) -> None:
    """Raises NotFound, Conflict as long as it is used."""
    async with ports.transactions.begin() as store:
        before = await _existing(store, department_id, lock=True)
        if await store.departments.is_used(department_id):
            reason = (
                "Users are in this department or invited to it, or mailings or webhooks are of it."
            )
            raise Conflict(reason, (FieldFault("department_id", reason),))
        await store.departments.remove(department_id)
        gone: dict[str, Fact] = {"before": {"name": before.name}}
        deed = Deed(Action.REMOVE_DEPARTMENT, f"departments/{department_id}", gone)
        await store.audit.note(deed, who, ports.clock.now())


async def in_its_department(store: Store, scope: Scope, spec: MailingSpec) -> MailingSpec:
    """The mailing as somebody of this scope may write it. Raises Invalid."""
    chosen = department_for(scope, spec.department_id)
    if chosen is not None and await store.departments.missing({chosen}):
        raise Invalid(FieldFault("department_id", f"There is no department {chosen}."))
    if chosen == spec.department_id:
        return spec
    return spec.model_copy(update={"department_id": chosen})


async def _existing(store: Store, department_id: int, *, lock: bool = False) -> Department:
    department = await store.departments.get(department_id, lock=lock)
    if department is None:
        raise NotFound("department", department_id)
    return department


def _taken() -> Conflict:
    reason = "There is a department of this name already."
    return Conflict(reason, (FieldFault("name", reason),))
