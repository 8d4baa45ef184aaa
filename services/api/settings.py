"""What the api reads from its environment."""

from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from services.api.domain.inbound import PROVIDER
from services.api.domain.invitations import RegistrationMode
from services.api.domain.signatures import key_of
from services.api.domain.users import Role
from shared.domain.message_id import NODES
from shared.runtime.settings import ServiceSettings


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _is_origin(value: str) -> str:
    """As browsers send it. An asterisk is none: whoever may call is named."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or value != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("An origin is scheme://host or scheme://host:port.")
    if not parts.hostname or "*" in value or "@" in value:
        raise ValueError("An origin names one host.")
    return value


def _is_mail_server(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("A mail server is smtp://host:port or smtps://host:port.")
    return value


def _is_sender(value: str) -> str:
    """With a name or without: ``Carillon <carillon@example.com>``."""
    local, _, domain = parseaddr(value)[1].rpartition("@")
    if not local or not domain or not value.isprintable():
        raise ValueError("A sender is an e-mail address, or a name and <an address>.")
    return value


def _is_web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("It is http://host or https://host, and perhaps a path.")
    return value.rstrip("/")


def _is_provider(value: str) -> str:
    """Whoever could change what it says could be anybody here: only this machine needs no TLS."""
    parts = urlsplit(value)
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if not (is_here or (parts.scheme == "https" and parts.hostname)):
        raise ValueError("A provider is https://host, and perhaps a path.")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("A provider has neither a query nor a fragment nor a user.")
    return value


def _pairs(value: Any) -> Any:
    """``staff=manager,ops=admin``; a group may hold an equals sign, a role does not."""
    if not isinstance(value, str):
        return value
    pairs = (part.rpartition("=") for part in _split(value))
    return {group.strip(): role.strip() for group, _, role in pairs}


def _named(value: Any) -> Any:
    """``sms=whsec_…,sms=whsec_…``: a name, and what is behind the first equals sign, again for each
    that the name has."""
    if not isinstance(value, str):
        return value
    named: dict[str, list[str]] = {}
    for part in _split(value):
        name, _, secret = part.partition("=")
        named.setdefault(name.strip(), []).append(secret.strip())
    return named


def _is_signing_secret(value: SecretStr) -> SecretStr:
    key_of(value.get_secret_value())
    return value


OldSecrets = Annotated[
    tuple[Annotated[SecretStr, Field(min_length=32)], ...], NoDecode, BeforeValidator(_split)
]


def _is_page(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("A page is https://host/path, without a fragment.")
    return value


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)]
Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Pages = Annotated[
    tuple[Annotated[str, AfterValidator(_is_page)], ...], NoDecode, BeforeValidator(_split)
]
SigningSecret = Annotated[SecretStr, AfterValidator(_is_signing_secret)]
ReceiptSecrets = Annotated[
    dict[
        Annotated[str, Field(pattern=PROVIDER)],
        Annotated[tuple[SigningSecret, ...], Field(max_length=2)],
    ],
    NoDecode,
    BeforeValidator(_named),
]
Roles = Annotated[dict[str, Role], NoDecode, BeforeValidator(_pairs)]
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_is_origin)], ...], NoDecode, BeforeValidator(_split)
]


class ApiSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="API_", populate_by_name=True)

    port: int = 8000
    # Part of the id of every test message: replicas that run at the same time need different ones,
    # and none that a scheduler has; those count from the other end.
    node: int = Field(default=NODES - 1, ge=0, lt=NODES)
    # The path under which a reverse proxy shows us, such as /carillon; it strips it, we write it.
    root_path: str = ""

    # The first administrator, made at start when nobody has this address. An existing user keeps
    # the password they have: the environment must not undo a change made in the application.
    admin_email: str | None = None
    admin_password: SecretStr | None = Field(default=None, min_length=8)

    # Who may register: anybody, who is invited, nobody. Where no administrator is named above, the
    # first who registers is one, unless nobody may.
    registration: RegistrationMode = RegistrationMode.INVITATION

    # Signs the tokens. HMAC-SHA256 wants a key as long as its hash.
    jwt_secret: SecretStr = Field(min_length=32)
    # Keys of before: what they signed stays good until it expires. Whoever changes the key puts the
    # one of before here for as long as a refresh token lives, or everybody logs in anew.
    jwt_old_secrets: OldSecrets = ()
    access_token_seconds: int = Field(default=3600, gt=0)
    refresh_token_seconds: int = Field(default=14 * 24 * 3600, gt=0)

    # Mail to users: new passwords, invitations. public_url is where people reach the api.
    smtp_url: Annotated[SecretStr, AfterValidator(_is_mail_server)] | None = None
    mail_from: Annotated[str, AfterValidator(_is_sender)] | None = None
    public_url: Annotated[str, AfterValidator(_is_web_address)] | None = None

    # Logging in through an OpenID provider; docs/gateway.md says what groups make of somebody.
    oidc_issuer: Annotated[str, AfterValidator(_is_provider)] | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scopes: str = "openid email"
    oidc_groups_claim: str = "groups"
    oidc_roles: Roles = Field(default_factory=dict)
    oidc_launchers: Words = ()
    oidc_default_role: Role | None = None
    oidc_join: bool = True
    # Whoever can have the provider vouch for an address takes over the account that has it here.
    oidc_link_by_email: bool = False
    oidc_after: Pages = ()

    # Who brings receipts and answers of clients, by name, and what each signs with: two while a
    # secret is changed.
    receipt_secrets: ReceiptSecrets = Field(default_factory=dict)

    # Tries to log in, counted at three doors (services/api/domain/logins.py): each lets so many
    # through at once, then as many per span. Five guesses let a person mistype; a stranger has
    # 480 a day at one address, 1,200 at all of them together.
    login_tries: int = Field(default=5, gt=0)
    login_seconds: int = Field(default=900, gt=0)
    login_account_tries: int = Field(default=50, gt=0)
    login_account_seconds: int = Field(default=3600, gt=0)
    # Wide, for a whole office may come from one address.
    login_address_tries: int = Field(default=100, gt=0)
    login_address_seconds: int = Field(default=900, gt=0)

    # Webhooks lead into the internet alone; here stand networks, such as 10.20.0.0/16, into which
    # they may lead too. Whoever may subscribe can have the api call whatever listens there.
    webhook_networks: Networks = ()
    # Whether they may lead to http://, where everybody on the way reads along.
    webhook_http: bool = False
    # Days for which what was delivered, or given up, can be looked at and sent again; 0: for ever.
    webhook_log_days: int = Field(default=14, ge=0)

    # Other origins whose pages may call the api, such as https://desk.example.com: none.
    cors_origins: Origins = ()

    stats_url: str = "http://127.0.0.1:8003"
    scheduler_url: str = "http://127.0.0.1:8001"

    # Decompressed bytes of one import: some ten million plain rows.
    import_max_bytes: int = 1 << 30
    # Imports worked through side by side, so that a small one need not wait for a large one.
    import_workers: int = 2

    # Days for which each is kept (services/api/domain/retention.py); 0: for ever.
    retain_imports_days: int = Field(default=0, ge=0)
    retain_trials_days: int = Field(default=0, ge=0)
    retain_parked_days: int = Field(default=0, ge=0)
    retain_messages_days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def has_what_mail_needs(self) -> Self:
        if self.smtp_url is not None and (self.mail_from is None or self.public_url is None):
            raise ValueError("With API_SMTP_URL, API_MAIL_FROM and API_PUBLIC_URL must be set too.")
        return self

    @model_validator(mode="after")
    def has_what_the_provider_needs(self) -> Self:
        if self.oidc_issuer is None:
            return self
        if self.oidc_client_id is None or self.public_url is None:
            raise ValueError(
                "With API_OIDC_ISSUER, API_OIDC_CLIENT_ID and API_PUBLIC_URL must be set too."
            )
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("API_OIDC_SCOPES must name openid.")
        return self
