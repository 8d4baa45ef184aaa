"""Clients, their tags, their imports."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.api.domain.blocks import Block, BlockFilter, NewBlock
from services.api.domain.bulk import Bulk, BulkOrder, BulkState, Part, Progress, Whom
from services.api.domain.clients import Client, ClientFilter, Profile, Tombstone
from services.api.domain.imports.batches import RowError
from services.api.domain.imports.options import Options
from services.api.domain.imports.progress import (
    Advance,
    ErrorsPart,
    Import,
    ImportFormat,
    ImportState,
)
from services.api.domain.newcomers import Newcomers
from services.api.domain.paging import Order, Place
from services.api.domain.tags import Tag
from shared.contracts.directory import ClientsChanged


class Clients(Protocol):
    async def get(self, client_id: int, *, lock: bool = False) -> Client | None: ...

    async def page(
        self, wanted: ClientFilter, order: Order, behind: Place | None, limit: int
    ) -> list[Client]: ...

    async def attribute_names(
        self, wanted: ClientFilter, after: int, limit: int
    ) -> tuple[list[str], int | None]:
        """What the attributes of the next so many are called, and behind whom to go on; None: there
        are no more."""
        ...

    async def with_phone(self, phone: str) -> int | None: ...

    async def with_phones(self, phones: Collection[str]) -> dict[str, Client]: ...

    async def with_tag(self, tag: str, limit: int) -> list[Client]:
        """Locked for a change."""
        ...

    async def last_id(self) -> int:
        """Of the client added last; 0 when there was none."""
        ...

    async def part(self, whom: Whom, after: int, last: int, size: int) -> Part | None:
        """Looks at the next so many, and locks those who match for a change; None: there are no
        more."""
        ...

    async def add(self, profiles: Sequence[Profile], now: datetime) -> list[Client]:
        """All of them. Raises Overtaken when a phone belongs to a client meanwhile."""
        ...

    async def ids(self, count: int) -> list[int]:
        """For clients to be entered; nobody else gets them."""
        ...

    async def enter(self, newcomers: Newcomers, ids: Sequence[int], now: datetime) -> None:
        """Adds all of them, place by place. Raises Overtaken like ``add``."""
        ...

    async def change(self, clients: Sequence[Client]) -> None:
        """Raises Overtaken when one is not at the revision before, or a phone is taken."""
        ...

    async def bury(self, tombstones: Sequence[Tombstone], now: datetime) -> None:
        """Everything personal is wiped; ids and revisions stay."""
        ...

    async def contacts(self, ids: Collection[int]) -> Mapping[int, tuple[str, str | None]]:
        """Phone and name of those who live, by id."""
        ...

    async def states(self, after: int, limit: int) -> ClientsChanged:
        """Living and deleted, by id."""
        ...


class Overtaken(Exception):
    """Somebody else wrote the same clients in between; read again and decide again."""


class Blocks(Protocol):
    async def page(self, wanted: BlockFilter, before: int, limit: int) -> list[Block]:
        """Newest first."""
        ...

    async def get(self, block_id: int) -> Block | None: ...

    async def of(self, client_ids: Collection[int]) -> list[Block]: ...

    async def add(self, blocks: Sequence[NewBlock], now: datetime) -> list[Block]:
        """Of clients who are locked and have none."""
        ...

    async def remove(self, ids: Collection[int]) -> int:
        """How many there were."""
        ...


class Tags(Protocol):
    async def page(self, prefix: str, after: str, limit: int) -> list[Tag]:
        """Those that begin with the prefix, by name."""
        ...

    async def get(self, name: str) -> Tag | None: ...

    async def clients_with(self, name: str) -> int: ...

    async def ensure(self, names: Collection[str], now: datetime) -> None: ...

    async def add(self, name: str, now: datetime) -> Tag | None:
        """None when there is one already."""
        ...

    async def forget(self, name: str) -> None: ...


class Imports(Protocol):
    async def open(
        self, format_: ImportFormat, options: Options, chunk_bytes: int, now: datetime
    ) -> int: ...

    async def add_chunk(self, import_id: int, number: int, body: bytes, now: datetime) -> None: ...

    async def start(self, import_id: int, chunks: int) -> None: ...

    async def abandon(self, import_id: int) -> None: ...

    async def abandon_untouched_since(self, moment: datetime) -> int:
        """Uploads that nobody goes on with; how many there were."""
        ...

    async def get(self, import_id: int) -> Import | None: ...

    async def page(self, state: ImportState | None, before: int, limit: int) -> list[Import]:
        """Newest first, without those that are still received."""
        ...

    async def errors(self, import_id: int, after: int) -> ErrorsPart | None:
        """The next of them; None behind the last."""
        ...

    async def forget_ended_before(self, moment: datetime, limit: int) -> int:
        """With what was wrong in them; how many there were, ``limit`` at most. Those that somebody
        else holds are left for later."""
        ...

    async def are_unfinished(self) -> bool:
        """Whether there is a file whose rows are still to be booked, or still come in."""
        ...

    async def forget_errors_about(self, profile: Profile) -> int:
        """Errors that quote what is this client's lose their words; of how many imports."""
        ...

    async def chunk(self, import_id: int, number: int) -> bytes: ...

    async def advance(self, import_id: int, by: Advance) -> None:
        """Books a batch."""
        ...

    async def finish(self, import_id: int, error: RowError | None, now: datetime) -> None:
        """Done, or failed with an error. The file is no longer kept."""
        ...


class Bulks(Protocol):
    async def add(self, order: BulkOrder, last: int, now: datetime) -> int:
        """To be done with the clients up to the last one; its id."""
        ...

    async def get(self, bulk_id: int) -> Bulk | None: ...

    async def page(self, state: BulkState | None, before: int, limit: int) -> list[Bulk]:
        """Newest first."""
        ...

    async def advance(self, bulk_id: int, by: Progress) -> None: ...

    async def finish(self, bulk_id: int, state: BulkState, now: datetime) -> None:
        """Which phones it was about is forgotten."""
        ...
