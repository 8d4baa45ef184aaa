"""Mail by SMTP."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.api.domain.mails import Letter, NotMailed

# Seconds for each step of the conversation.
_STEP = 20
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Server:
    """``tls``: from the first byte. ``start_tls``: None when the server may do without."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    start_tls: bool | None

    @classmethod
    def of(cls, url: str) -> "Server":
        """``smtp://user:password@host:587`` or ``smtps://…:465``. A password is not told to a
        server without TLS."""
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        username = unquote(parts.username) if parts.username else None
        return cls(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            username=username,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            start_tls=False if tls else (True if username else None),
        )


class SmtpPostman:
    def __init__(self, url: str, sender: str) -> None:
        self._server = Server.of(url)
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]

    async def send(self, letter: Letter) -> None:
        server = self._server
        try:
            await aiosmtplib.send(
                self._written(letter),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.tls,
                start_tls=server.start_tls,
                local_hostname=self._domain,
                timeout=_STEP,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [one.code for one in refused.recipients]
            raise NotMailed(f"refused with {codes[0]}", for_good=min(codes) >= 500) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            code = getattr(error, "code", None)
            raise NotMailed(f"{type(error).__name__} {code or ''}".strip()) from None

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self._domain)
        message["Auto-Submitted"] = "auto-generated"  # nobody's holiday answers it
        message.set_content(letter.text)
        return message
