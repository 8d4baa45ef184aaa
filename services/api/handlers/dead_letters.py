"""The desk: messages that ended failed or unknown are looked at, sent again, resolved.

Which they are is stats' knowledge, and may be old: each is named with the dispatch that was seen,
and nothing happens to one that has a later one by then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.api.domain import choices, dead_letters, replays
from services.api.domain.callers import EVERYTHING, Caller, Scope
from services.api.domain.choices import MOST_MESSAGES, Chosen, Found, Many, TheseMessages
from services.api.domain.dead_letters import DeadStatus
from services.api.domain.replays import As, Outcome, Share
from services.api.handlers.steps import existing, keep
from services.api.ports import Ports

# Asked of stats at once.
_MESSAGES = 5_000
_GROUPS = 500


async def list_groups(
    ports: Ports,
    scope: Scope,
    mailing_id: int | None,
    status: DeadStatus | None,
    reason: str | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Of mailings out of the scope nothing is shown, so a page may be short. Raises Invalid,
    Unavailable."""
    page = await ports.dead_letters.groups(mailing_id, status, reason, limit, cursor)
    async with ports.transactions.reading() as store:
        asked = {one["group"]["mailing_id"] for one in page["items"]}
        names = await store.mailings.names(asked, scope)
        items = [one for one in page["items"] if _is_shown(one, names, scope)]
        contacts = await store.clients.contacts({one["sample"]["client_id"] for one in items})
    phones = {client_id: phone for client_id, (phone, _) in contacts.items()}
    return page | {"items": [dead_letters.shown(one, names, phones) for one in items]}


def _is_shown(group: Mapping[str, Any], names: Mapping[int, str | None], scope: Scope) -> bool:
    return scope == EVERYTHING or group["group"]["mailing_id"] in names


async def replay(
    ports: Ports, chosen: Chosen, ends_at: datetime | None, who: Caller, *, dry_run: bool
) -> Outcome:
    """All of them or none, in one transaction. Raises NotFound, Conflict, Invalid, Unavailable."""
    found = await _find(ports, chosen)
    parts = choices.sorted_out(found, choices.why_not_replayed)
    shares, now = [], ports.clock.now()
    async with ports.transactions.begin() as store:
        if isinstance(chosen, choices.OfMailing):
            await existing(store, chosen.mailing_id, who.scope)
        for mailing_id, dead in parts.by_mailing.items():
            before = await existing(store, mailing_id, who.scope, lock=True)
            step = replays.replayed(before, dead, ends_at, now, chosen.field)
            share = Share(mailing_id, len(dead), step.mailing.revision)
            shares.append(share)
            if not dry_run:
                await keep(store, before, step, who.user_id, now)
                await store.audit.note(replays.replay_deed(share, chosen, ends_at), who, now)
    return replays.outcome(shares, parts, found)


async def resolve(ports: Ports, ids: Sequence[int], as_: As, who: Caller) -> Outcome:
    """Those of them that are unknown. Raises NotFound, Unavailable."""
    found = await _find(ports, TheseMessages(tuple(ids)))
    parts = choices.sorted_out(found, choices.why_not_resolved)
    shares, now = [], ports.clock.now()
    async with ports.transactions.begin() as store:
        for mailing_id, dead in parts.by_mailing.items():
            mailing = await existing(store, mailing_id, who.scope)
            shares.append(Share(mailing_id, len(dead), mailing.revision))
            for message in replays.resolved(mailing_id, dead, as_, now):
                await store.outbox.put(message)
            await store.audit.note(replays.resolve_deed(mailing_id, dead, as_), who, now)
    return replays.outcome(shares, parts, found)


async def _find(ports: Ports, chosen: Chosen) -> Found:
    if isinstance(chosen, TheseMessages):
        ids = list(dict.fromkeys(chosen.ids))
        dead = await ports.dead_letters.these(ids)
        known = {one.message_id for one in dead}
        return Found(dead, missing=[one for one in ids if one not in known])
    dead, after = [], 0
    while len(dead) < MOST_MESSAGES:
        wanted = min(_MESSAGES, MOST_MESSAGES - len(dead))
        page, following = await ports.dead_letters.chosen(chosen, after, wanted)
        dead += page
        if following is None:
            return Found(dead)
        after = following
    return Found(dead, left=max(0, await _all(ports, chosen) - len(dead)))


async def _all(ports: Ports, chosen: Many) -> int:
    """How many messages are chosen, those that one request does not take included."""
    total, cursor = 0, None
    while True:
        page = await ports.dead_letters.groups(*choices.filters(chosen), _GROUPS, cursor)
        total += choices.counted(chosen, page["items"])
        cursor = page["next_cursor"]
        if cursor is None:
            return total
