"""Entity tags: what an answer is the version of, and which version a change is meant for."""

from typing import Annotated

from fastapi import Depends, Header, Response

from services.api.domain import versions
from services.api.domain.clients import Client
from services.api.domain.mailings import Mailing
from services.api.domain.versions import Expected

_ABOUT = (
    "Only if it still is what you looked at: the `ETag` you got then. Otherwise 412, which names"
    " the present one."
)


async def _expected(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", description=_ABOUT),
    ] = None,
) -> Expected | None:
    return None if if_match is None else versions.expected(if_match)


IfMatch = Annotated[Expected | None, Depends(_expected)]


def tag_client(response: Response, client: Client) -> Client:
    response.headers["ETag"] = versions.of_client(client).tag
    return client


def tag_mailing(response: Response, mailing: Mailing) -> Mailing:
    response.headers["ETag"] = versions.of_mailing(mailing).tag
    return mailing
