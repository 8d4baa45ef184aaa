"""The directory: clients and their tags."""

from os import PathLike
from typing import Literal, Unpack

from carillon.bodies import ClientChanges, ClientFields
from carillon.calls import Call, delete, download, get, patch, post, put
from carillon.downloads import Download, to_path
from carillon.models.base import Page
from carillon.models.clients import Client, ClientSort, CountedTag, Tag
from carillon.models.data import ClientData, Erased
from carillon.models.statistics import Explanation
from carillon.operations import C, Group, listing, operation
from carillon.uploads import content_type_of

_ONE = "/clients/{client_id}"


class Clients(Group[C]):
    @listing
    def list(
        self,
        *,
        phone: str | None = None,
        tag: str | None = None,
        operator_code: str | None = None,
        timezone: str | None = None,
        timezone_guessed: bool | None = None,
        sort: ClientSort | str | None = None,
    ) -> Call[Page[Client]]:
        """By id unless sorted otherwise. Filters given together must all match."""
        query = {"phone": phone, "tag": tag, "operator_code": operator_code, "timezone": timezone}
        wanted = {**query, "timezone_guessed": timezone_guessed, "sort": sort}
        return get("/clients", Page[Client], query=wanted)

    @operation
    def create(self, **fields: Unpack[ClientFields]) -> Call[Client]:
        """A phone belongs to one living client: Conflict names the one who has it."""
        return post("/clients", Client, fields)

    @operation
    def get(self, client_id: int) -> Call[Client]:
        return get(_ONE, Client, client_id=client_id)

    @operation
    def replace(
        self, client_id: int, *, if_match: str | None = None, **fields: Unpack[ClientFields]
    ) -> Call[Client]:
        """What is not given is cleared."""
        return put(_ONE, Client, fields, client_id=client_id).meant_for(if_match)

    @operation
    def change(
        self, client_id: int, *, if_match: str | None = None, **changes: Unpack[ClientChanges]
    ) -> Call[Client]:
        """What is not given stays; ``attributes`` are replaced as a whole."""
        return patch(_ONE, Client, changes, client_id=client_id).meant_for(if_match)

    @operation
    def delete(self, client_id: int, *, if_match: str | None = None) -> Call[None]:
        """Everything personal is wiped; a message of theirs under way is stopped."""
        return delete(_ONE, client_id=client_id).meant_for(if_match)

    @operation
    def export(
        self,
        to: Download | str | PathLike[str],
        *,
        phone: str | None = None,
        tag: str | None = None,
        operator_code: str | None = None,
        timezone: str | None = None,
        timezone_guessed: bool | None = None,
        format: Literal["csv", "ndjson"] | None = None,
    ) -> Call[None]:
        """As a file that can be imported again: CSV or NDJSON, by the name's end or as a Download
        says, unless ``format`` does."""
        file = to if isinstance(to, Download) else to_path(to, content_type_of(str(to)))
        query = {"phone": phone, "tag": tag, "operator_code": operator_code, "timezone": timezone}
        wanted = {**query, "timezone_guessed": timezone_guessed}
        return download("/clients/export", file, query={**wanted, "format": format})

    @operation
    def data(self, client_id: int) -> Call[ClientData]:
        """All that is held about them, of all services; for an administrator."""
        return get(f"{_ONE}/data", ClientData, client_id=client_id)

    @operation
    def erase(self, client_id: int, *, if_match: str | None = None) -> Call[Erased]:
        """As ``delete``, and what names them in passing goes too. Conflict during an import."""
        return post(f"{_ONE}/erase", Erased, client_id=client_id).meant_for(if_match)

    @operation
    def explain(self, client_id: int, mailing_id: int) -> Call[Explanation]:
        """Why this client got the mailing, will get it, or does not."""
        query = {"mailing_id": mailing_id}
        return get(f"{_ONE}/explain", Explanation, query=query, client_id=client_id)


class Tags(Group[C]):
    @listing
    def list(self, *, prefix: str | None = None) -> Call[Page[Tag]]:
        return get("/tags", Page[Tag], query={"prefix": prefix})

    @operation
    def create(self, name: str) -> Call[Tag]:
        return post("/tags", Tag, {"name": name})

    @operation
    def get(self, tag: str) -> Call[CountedTag]:
        return get("/tags/{tag}", CountedTag, tag=tag)

    @operation
    def delete(self, tag: str) -> Call[None]:
        return delete("/tags/{tag}", tag=tag)
