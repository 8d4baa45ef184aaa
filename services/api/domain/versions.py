"""Which state of a thing somebody has seen, so that the changes of others are not lost.

A version is a strong entity tag (RFC 9110): it differs whenever what is shown differs. The revision
alone would not do, for a mailing gets a new name, or begins, without one.
"""

import re
from dataclasses import dataclass
from hashlib import blake2b

from services.api.domain.clients import Client
from services.api.domain.failures import FieldFault, Invalid, Outdated
from services.api.domain.mailings import Mailing

ANY = "*"
ENTITY_TAG = r'(?:W/)?"[!#-~]*"'
# As a header may hold them, unless it says ANY. The documentation of a route has both too.
ENTITY_TAGS = rf"^{ENTITY_TAG}(?: *, *{ENTITY_TAG})*$"

_TAG = re.compile(ENTITY_TAG)
_TAGS = re.compile(ENTITY_TAGS)
_WEAK = "W/"


@dataclass(frozen=True, slots=True)
class Version:
    """``tag``: with its quotes, as ETag has it."""

    tag: str
    revision: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What a change is meant for: one of these tags; any that there is when ``tags`` is None."""

    tags: frozenset[str] | None

    def check(self, present: Version) -> None:
        """Raises Outdated."""
        if self.tags is not None and present.tag not in self.tags:
            raise Outdated(present.tag, present.revision)


def of_client(client: Client) -> Version:
    return _version(client.id, client.revision, client.updated_at)


def of_mailing(mailing: Mailing) -> Version:
    return _version(
        mailing.id,
        mailing.revision,
        mailing.updated_at,
        mailing.name,
        mailing.state,
        mailing.launched_at,
        mailing.started_at,
        mailing.finished_at,
        mailing.deleted_at,
        mailing.forgotten_at,
    )


def expected(if_match: str) -> Expected:
    """Raises Invalid. A weak tag is kept as it came: it equals no strong one."""
    given = if_match.strip()
    if given == ANY:
        return Expected(None)
    if _TAGS.fullmatch(given) is None:
        reason = 'This is neither * nor a list of tags such as "7-3-0f".'
        raise Invalid(FieldFault("If-Match", reason))
    return Expected(frozenset(_TAG.findall(given)))


def is_known(if_none_match: str, tag: str) -> bool:
    """Whether somebody who says so has what bears this tag; weak or not is all the same. Who says
    nothing that can be understood has nothing, and is told."""
    if if_none_match.strip() == ANY:
        return True
    return tag in {one.removeprefix(_WEAK) for one in _TAG.findall(if_none_match)}


def _version(id_: int, revision: int, *shown: object) -> Version:
    digest = blake2b(repr(tuple(map(str, shown))).encode(), digest_size=6).hexdigest()
    return Version(f'"{id_}-{revision}-{digest}"', revision)
