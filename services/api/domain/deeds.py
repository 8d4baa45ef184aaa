"""What the audit keeps of a deed: what was before and after, of that alone which has changed.

Nobody takes anything out of the audit. So it holds nothing that would have to go when a client is
erased: of what is personal it has the names of the fields, never what stood in them; of a text its
hash and its length.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.bulk import Bulk
from services.api.domain.clients import Client
from services.api.domain.imports.progress import Import
from services.api.domain.mailings import Mailing
from services.api.domain.trials import TrialRecord

# By anybody's reckoning about one person; the zone, the tags and the operator code are about many.
PERSONAL = frozenset({"phone", "email", "name", "attributes"})

Shown = Mapping[str, Any]


def deed(
    action: Action,
    subject: str,
    before: Shown | None = None,
    after: Shown | None = None,
    *,
    personal: Collection[str] = (),
    also: Mapping[str, Fact] | None = None,
) -> Deed | None:
    """None when nothing has changed, so that nothing is to be noted.

    ``before`` is None for what is made, ``after`` for what is gone; ``personal``: fields that are
    told of by their names alone; ``also``: more facts.
    """
    was, is_ = dict(before or {}), dict(after or {})
    changed = [name for name in was | is_ if was.get(name) != is_.get(name)]
    if not changed:
        return None
    told = [name for name in changed if name not in personal]
    facts: dict[str, Fact] = dict(also or {})
    if before is not None:
        facts["before"] = {name: was.get(name) for name in told}
    if after is not None:
        facts["after"] = {name: is_.get(name) for name in told}
    if len(told) < len(changed):
        facts["fields"] = sorted(set(changed) - set(told))
    return Deed(action, subject, facts)


def of_client(action: Action, before: Client | None, after: Client | None) -> Deed | None:
    client = after or before
    if client is None:
        return None
    was, is_ = _shown_client(before), _shown_client(after)
    return deed(action, f"clients/{client.id}", was, is_, personal=PERSONAL)


def of_mailing(
    action: Action, before: Mailing | None, after: Mailing, also: Mapping[str, Fact] | None = None
) -> Deed | None:
    was = None if before is None else _shown_mailing(before)
    return deed(action, f"mailings/{after.id}", was, _shown_mailing(after), also=also)


def of_trials(mailing_id: int, trials: Collection[TrialRecord]) -> Deed:
    facts: dict[str, Fact] = {"messages": [one.id for one in trials]}
    return Deed(Action.TEST_SEND, f"mailings/{mailing_id}", facts)


def of_import(ended: Import) -> Deed:
    """The file's own words are nobody's to keep: only how many rows there were."""
    facts: dict[str, Fact] = {
        "state": ended.state,
        "rows_read": ended.rows_read,
        "rows_accepted": ended.rows_accepted,
        "rows_rejected": ended.rows_rejected,
    }
    if ended.dry_run:
        facts["dry_run"] = True
    return Deed(Action.END_IMPORT, f"imports/{ended.id}", facts)


def of_bulk(begun: Bulk) -> Deed:
    """Which phones its filter names is personal: how many is told."""
    facts: dict[str, Fact] = {"action": begun.order.action, "filter": _shown_filter(begun)}
    if begun.order.tags:
        facts["tags"] = list(begun.order.tags)
    if begun.order.dry_run:
        facts["dry_run"] = True
    return Deed(Action.START_BULK, f"bulk/{begun.id}", facts)


def of_end_of_bulk(ended: Bulk) -> Deed:
    facts: dict[str, Fact] = {
        "state": ended.state,
        "matched": ended.matched,
        "changed": ended.changed,
        "refused": ended.refused,
    }
    if ended.order.dry_run:
        facts["dry_run"] = True
    return Deed(Action.END_BULK, f"bulk/{ended.id}", facts)


def _shown_filter(bulk: Bulk) -> dict[str, Fact]:
    """Empty: everybody."""
    whom = bulk.order.whom
    told: dict[str, Fact] = {
        "tags": list(whom.tags),
        "operator_codes": list(whom.operator_codes),
        "timezones": list(whom.timezones),
        "phones": bulk.phones,
    }
    return {name: value for name, value in told.items() if value}


def _shown_client(client: Client | None) -> Shown | None:
    """An empty field is none: it is told of when it is filled."""
    if client is None:
        return None
    fields = client.profile._asdict() | {"tags": list(client.profile.tags)}
    return {name: value for name, value in fields.items() if value not in (None, False, [], {})}


def _shown_mailing(mailing: Mailing) -> Shown:
    told = mailing.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    said = mailing.spec.text
    return told | {
        "text": {"sha256": sha256(said.encode()).hexdigest(), "length": len(said)},
        "name": mailing.name,
        "state": mailing.state.value,
        "revision": mailing.revision,
        "deleted": mailing.deleted_at is not None,
    }
