"""Mail to users: asked for in a request, sent beside it."""

import logging
from datetime import datetime

from services.api.domain.failures import Conflict
from services.api.domain.keys import digest, new_key
from services.api.domain.languages import Language
from services.api.domain.logins import Knock
from services.api.domain.mails import (
    RESET_GOOD_FOR,
    RESET_PAUSE,
    Letter,
    Mail,
    MailKind,
    NewMail,
    NotMailed,
    letter,
)
from services.api.handlers.doors import let_in
from services.api.ports import Ports, Postman, Store
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


async def ask_for_reset(ports: Ports, email: str, address: str, language: Language) -> None:
    """Does the same for whatever address: who has it is looked up when the mail is sent.

    Raises Conflict when no mail can be sent, TooManyTries.
    """
    if ports.postman is None:
        raise Conflict(
            "This server sends no mail, so nobody is sent a new password: API_SMTP_URL,"
            " API_MAIL_FROM and API_PUBLIC_URL must be set. Ask an administrator."
        )
    now = ports.clock.now()
    wanted = NewMail(MailKind.RESET, email, language, now + RESET_GOOD_FOR)
    async with ports.transactions.begin() as store:
        await let_in(ports, store, Knock.at_address(address))
        await store.mails.put(wanted, now)


async def send_next(ports: Ports, postman: Postman) -> bool:
    """Whether there was one to send. It stays for another try when it could not be."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        mail = await store.mails.take(now)
        written = None if mail is None else await _written(ports, store, mail)
    if mail is None:
        return False
    if written is None or await _sent(postman, mail, written):
        async with ports.transactions.begin() as store:
            await store.mails.remove(mail.id)
    return True


async def _sent(postman: Postman, mail: Mail, written: Letter) -> bool:
    """Whether it need not be tried again. Who it is to is not for the logs."""
    ids = {"mail_id": mail.id, "kind": mail.kind, "tries": mail.tries}
    try:
        await postman.send(written)
    except NotMailed as failure:
        told = facts("mail_not_sent", **ids, for_good=failure.for_good)
        log.warning("A mail was not sent: %s", failure.why, extra=told)
        return failure.for_good
    log.info("A mail was sent", extra=facts("mail_sent", **ids))
    return True


async def _written(ports: Ports, store: Store, mail: Mail) -> Letter | None:
    """With a token of its own; None when there is nobody to write to any more."""
    key = new_key()
    if mail.kind is MailKind.RESET:
        to = await _reset(store, mail, digest(key), ports.clock.now())
    else:
        to = await _invitation(store, mail, digest(key))
    return None if to is None else letter(mail, to, ports.public_url, key)


async def _reset(store: Store, mail: Mail, key: bytes, now: datetime) -> str | None:
    """Who has no password logs in by other means, which a mail must not go round."""
    user = await store.users.by_email(mail.email)
    if user is None or user.closed_at is not None or user.password_hash is None:
        return None
    if mail.tries == 1 and await store.resets.is_recent(user.id, now - RESET_PAUSE):
        return None
    await store.resets.add(key, user.id, now, now + RESET_GOOD_FOR)
    return user.email


async def _invitation(store: Store, mail: Mail, key: bytes) -> str | None:
    found = None if mail.invitation_id is None else await store.invitations.get(mail.invitation_id)
    if found is None:
        return None
    await store.invitations.open_with(found.id, key)
    return found.email
