"""What the sender reads from its environment."""

import socket
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from shared.contracts.topology import CHANNELS
from shared.runtime.settings import ServiceSettings
from shared.runtime.topology import DEFAULT_TIERS, Tiers


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _known(channels: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(channels) - set(CHANNELS))
    if unknown:
        raise ValueError(f"unknown channels {unknown}; known are {list(CHANNELS)}")
    return channels


def _ascending(tiers: tuple[int, ...]) -> tuple[int, ...]:
    if list(tiers) != sorted(set(tiers)) or tiers[0] <= 0:
        raise ValueError("tiers must be positive and ascending, like 5,30,120")
    return tiers


Channels = Annotated[
    tuple[str, ...],
    NoDecode,
    BeforeValidator(_split),
    AfterValidator(_known),
    Field(min_length=1),
]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SENDER_")

    port: int = 8002
    # Names this sender to people; a part of its own at each start is added for the ledger.
    node: str = Field(default_factory=socket.gethostname, max_length=100)
    channels: Channels = CHANNELS

    # Where the gates can be had anew, should they be lost.
    api_url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    provider_url: HttpUrl
    provider_token: SecretStr = Field(min_length=1)
    # Whether the provider knows an id again, so that repeating a call cannot send twice.
    provider_idempotent: bool = True

    # Calls under way: a provider that takes 50 ms then gets some 3,000 a second from one sender.
    # And half of them are claimed at once: a hundred cost little more than fifty.
    concurrency: int = Field(default=200, ge=1, le=2000)
    # Seconds for a whole call. A provider that is slower is down, for a client at his phone.
    call_timeout: float = Field(default=10.0, gt=0, le=60)
    # Seconds until a connection must stand, TLS included. A call that waits for its connection has
    # begun for us and not for the provider: none may reach it later than a second after a pause
    # was answered. Most of that second is here.
    connect_timeout: float = Field(default=0.7, gt=0, le=3)
    # Beyond the timeout, so that a lease outlives its call and the recording of its outcome.
    lease_margin: float = Field(default=5.0, gt=0)
    # Delays of the retry queues in seconds; the topology is made with the same.
    retry_tiers: Annotated[Tiers, AfterValidator(_ascending)] = DEFAULT_TIERS

    # Outcomes are recorded together: so often that a crash repeats little, so many that a
    # transaction's cost is shared.
    flush_every: float = Field(default=0.05, gt=0)
    flush_size: int = Field(default=200, ge=1)
    # Five flushes waiting mean that database or broker cannot keep up: then nothing new begins.
    backlog: int = Field(default=1000, ge=1)

    # Envelopes held. Of a hundred commands each, thirty keep the slots busy for many flushes; of
    # one command each (a small zone) they still allow hundreds a second.
    prefetch: int = Field(default=30, ge=1)
    prefetch_urgent: int = Field(default=30, ge=1)
    # Retries come in small envelopes: as many as failed in one flush.
    prefetch_again: int = Field(default=100, ge=1)
    # Unreadable envelopes parked before the rest are held: a few are noise, many a bad release.
    parking_limit: int = Field(default=100, ge=0)

    # By chance twenty failures in a row need a provider that fails nearly always.
    breaker_failures: int = Field(default=20, ge=1)
    # While it is open: often enough to notice the end of an outage at once. At the least: of many
    # senders each probes less often.
    breaker_probe_seconds: float = Field(default=1.0, gt=0)
    # While our token is refused: a person has to act, and each probe is one more refusal.
    probe_seconds: float = Field(default=30.0, gt=0)
    # A provider may make the whole channel wait so long; a single message as long as a tier.
    longest_pause: float = Field(default=60.0, gt=0)

    @property
    def lease(self) -> float:
        return self.call_timeout + self.lease_margin
