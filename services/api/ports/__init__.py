"""What the handlers need of the world. A Store lives within one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.api.domain.bulk import BulkTask
from services.api.domain.imports.progress import ImportTask
from services.api.domain.invitations import Registration
from services.api.domain.logins import LoginLimits
from services.api.domain.webhooks import OUTSIDE, Where
from services.api.ports.directory import Blocks, Bulks, Clients, Imports, Overtaken, Tags
from services.api.ports.mail import Mails, Postman, Resets
from services.api.ports.mailings import Mailings, Revisions, Trials
from services.api.ports.oidc import OpenId, OpenIdLogins, Provider
from services.api.ports.people import (
    ApiTokens,
    Departments,
    Invitations,
    Logins,
    Passwords,
    Sessions,
    TokenMint,
    TokenUses,
    Turns,
    Users,
)
from services.api.ports.services import (
    DeadLetters,
    EventPublisher,
    Gates,
    OutboxLane,
    Plans,
    Statistics,
)
from services.api.ports.store import (
    Audit,
    Job,
    JobQueue,
    Outbox,
    ParkedMessages,
    Store,
    Transactions,
)
from services.api.ports.webhooks import (
    Courier,
    HookEvents,
    HookLog,
    SealBroken,
    Seals,
    Subscriptions,
    Webhooks,
)
from shared.domain.message_id import MessageIds
from shared.runtime.clock import Clock

__all__ = [
    "ApiTokens",
    "Audit",
    "Blocks",
    "Bulks",
    "Clients",
    "Courier",
    "DeadLetters",
    "Departments",
    "EventPublisher",
    "Gates",
    "HookEvents",
    "HookLog",
    "Imports",
    "Invitations",
    "Job",
    "JobQueue",
    "Logins",
    "Mailings",
    "Mails",
    "OpenId",
    "OpenIdLogins",
    "Outbox",
    "OutboxLane",
    "Overtaken",
    "ParkedMessages",
    "Passwords",
    "Plans",
    "Ports",
    "Postman",
    "Provider",
    "Resets",
    "Revisions",
    "SealBroken",
    "Seals",
    "Sessions",
    "Statistics",
    "Store",
    "Subscriptions",
    "Tags",
    "TokenMint",
    "TokenUses",
    "Transactions",
    "Trials",
    "Turns",
    "Users",
    "Webhooks",
]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a request may need."""

    transactions: Transactions
    imports: JobQueue[ImportTask]
    bulks: JobQueue[BulkTask]
    passwords: Passwords
    tokens: TokenMint
    token_uses: TokenUses
    registration: Registration
    login_limits: LoginLimits
    login_turns: Turns
    statistics: Statistics
    dead_letters: DeadLetters
    plans: Plans
    gates: Gates
    seals: Seals
    message_ids: MessageIds
    clock: Clock
    # By which each provider signs the receipts that it brings, any of several.
    receipt_keys: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    # None: nobody is sent mail.
    postman: Postman | None = None
    # Where people reach the api, as links in mails say it.
    public_url: str = ""
    # None: nobody logs in through a provider.
    oidc: OpenId | None = None
    # Where webhooks may lead.
    webhooks_to: Where = OUTSIDE
