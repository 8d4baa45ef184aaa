"""Puts the api together. The only place that reads its settings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx
from fastapi import FastAPI
from faststream.rabbit import RabbitBroker
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.courier import HttpCourier
from services.api.adapters.dead_letters import HttpDeadLetters
from services.api.adapters.gates import SqlGates
from services.api.adapters.hook_log import measure_webhooks
from services.api.adapters.internal import make_client
from services.api.adapters.job_queue import BULKS, IMPORTS, SqlJobQueue
from services.api.adapters.leap import leap
from services.api.adapters.oidc import HttpProvider, make_provider_client
from services.api.adapters.outbox import SqlOutboxLane, listen
from services.api.adapters.outbox_metrics import measure_outbox
from services.api.adapters.parked import measure_parked
from services.api.adapters.passwords import Argon2Passwords
from services.api.adapters.plans import HttpPlans
from services.api.adapters.seals import FernetSeals
from services.api.adapters.smtp import SmtpPostman
from services.api.adapters.statistics import HttpStatistics
from services.api.adapters.store import SqlTransactions
from services.api.adapters.subscriptions import BrokerSubscriptions
from services.api.adapters.token_uses import LocalTokenUses
from services.api.adapters.tokens import JwtMint
from services.api.adapters.turns import LocalTurns
from services.api.domain.invitations import Registration
from services.api.domain.logins import Limit, LoginLimits
from services.api.domain.oidc import Registered
from services.api.domain.retention import Retention
from services.api.domain.signatures import key_of
from services.api.domain.standing import Rules
from services.api.domain.webhooks import Where
from services.api.entrypoints import hooks, ticks
from services.api.entrypoints.http.app import create_app
from services.api.entrypoints.http.docs import REDIRECT
from services.api.entrypoints.http.oidc import CALLBACK_PATH
from services.api.entrypoints.messages import (
    listen_to_deliveries,
    listen_to_progress,
    listen_to_the_dead,
)
from services.api.ports import OpenId, Ports
from services.api.settings import ApiSettings
from shared.domain.message_id import MessageIds
from shared.runtime.background import Background
from shared.runtime.broker import Publisher, keep_started, make_broker
from shared.runtime.clock import SystemClock
from shared.runtime.database import engine_lifetime, make_engine
from shared.runtime.health import database_answers, health_routes
from shared.runtime.leader import lead
from shared.runtime.tasks import side_by_side

RELAY_LOCK = 1


@dataclass(frozen=True, slots=True)
class _Parts:
    """``gates`` is a second connection: a broker slows down connections, not channels, and a bulk
    of events must never slow down a gate."""

    settings: ApiSettings
    engine: AsyncEngine
    stats: httpx.AsyncClient
    scheduler: httpx.AsyncClient
    provider: httpx.AsyncClient
    courier: HttpCourier
    events: RabbitBroker
    gates: RabbitBroker
    ports: Ports
    admin: ticks.FirstAdmin


def make_app(settings: ApiSettings | None = None) -> FastAPI:
    parts = _make_parts(settings or ApiSettings())
    checks = {"database": database_answers(parts.engine), "first_admin": parts.admin.is_ensured}
    return create_app(
        parts.ports,
        service_token=parts.settings.service_token.get_secret_value(),
        import_max_bytes=parts.settings.import_max_bytes,
        root_path=parts.settings.root_path,
        cors_origins=parts.settings.cors_origins,
        health=health_routes(checks),
        lifespan=lambda _: _running(parts),
        through_provider=parts.ports.oidc is not None,
    )


def _make_parts(settings: ApiSettings) -> _Parts:
    engine = make_engine(
        settings.database_url.get_secret_value(), pool=settings.database_pool, application="api"
    )
    token = settings.service_token.get_secret_value()
    stats = make_client(settings.stats_url, token)
    scheduler = make_client(settings.scheduler_url, token)
    provider = make_provider_client()
    ports = _make_ports(settings, engine, stats, scheduler, provider)
    broker_url = settings.rabbitmq_url.get_secret_value()
    secret = settings.admin_password
    password = None if secret is None else secret.get_secret_value()
    return _Parts(
        settings=settings,
        engine=engine,
        stats=stats,
        scheduler=scheduler,
        provider=provider,
        courier=HttpCourier(settings.webhook_networks),
        events=make_broker(broker_url, service="api"),
        gates=make_broker(broker_url, service="api"),
        ports=ports,
        admin=ticks.FirstAdmin(ports, settings.admin_email, password),
    )


def _make_ports(
    settings: ApiSettings,
    engine: AsyncEngine,
    stats: httpx.AsyncClient,
    scheduler: httpx.AsyncClient,
    provider: httpx.AsyncClient,
) -> Ports:
    clock = SystemClock()
    return Ports(
        transactions=SqlTransactions(engine),
        imports=SqlJobQueue(engine, IMPORTS),
        bulks=SqlJobQueue(engine, BULKS),
        passwords=Argon2Passwords(),
        tokens=JwtMint(
            settings.jwt_secret.get_secret_value(),
            timedelta(seconds=settings.access_token_seconds),
            timedelta(seconds=settings.refresh_token_seconds),
            clock,
            tuple(old.get_secret_value() for old in settings.jwt_old_secrets),
        ),
        token_uses=LocalTokenUses(),
        registration=Registration(
            settings.registration,
            first_may=settings.admin_email is None or settings.admin_password is None,
        ),
        login_limits=_login_limits(settings),
        login_turns=LocalTurns(),
        statistics=HttpStatistics(stats),
        dead_letters=HttpDeadLetters(stats),
        plans=HttpPlans(scheduler),
        gates=SqlGates(engine),
        seals=_make_seals(settings),
        message_ids=MessageIds(settings.node),
        clock=clock,
        receipt_keys={
            provider: [key_of(one.get_secret_value()) for one in secrets]
            for provider, secrets in settings.receipt_secrets.items()
        },
        postman=_make_postman(settings),
        public_url=settings.public_url or "",
        oidc=_make_openid(settings, provider, clock),
        webhooks_to=Where(settings.webhook_networks, http=settings.webhook_http),
    )


def _make_seals(settings: ApiSettings) -> FernetSeals:
    old = (one.get_secret_value() for one in settings.jwt_old_secrets)
    return FernetSeals(settings.jwt_secret.get_secret_value(), tuple(old))


def _make_openid(
    settings: ApiSettings, client: httpx.AsyncClient, clock: SystemClock
) -> OpenId | None:
    if settings.oidc_issuer is None:
        return None
    us = Registered(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id or "",
        callback=f"{settings.public_url}{CALLBACK_PATH}",
        scopes=settings.oidc_scopes,
        groups_claim=settings.oidc_groups_claim,
    )
    rules = Rules(
        roles=settings.oidc_roles,
        launchers=frozenset(settings.oidc_launchers),
        default=settings.oidc_default_role,
        joins=settings.oidc_join,
        links=settings.oidc_link_by_email,
    )
    secret = settings.oidc_client_secret
    return OpenId(
        provider=HttpProvider(
            client, us, None if secret is None else secret.get_secret_value(), clock
        ),
        us=us,
        rules=rules,
        pages=(*settings.oidc_after, f"{settings.public_url}{REDIRECT}"),
    )


def _make_postman(settings: ApiSettings) -> SmtpPostman | None:
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return SmtpPostman(settings.smtp_url.get_secret_value(), settings.mail_from)


def _login_limits(settings: ApiSettings) -> LoginLimits:
    def limit(tries: int, seconds: int) -> Limit:
        return Limit(tries, timedelta(seconds=seconds))

    return LoginLimits(
        here=limit(settings.login_tries, settings.login_seconds),
        account=limit(settings.login_account_tries, settings.login_account_seconds),
        address=limit(settings.login_address_tries, settings.login_address_seconds),
    )


def _retention(settings: ApiSettings) -> Retention:
    return Retention(
        imports=settings.retain_imports_days,
        trials=settings.retain_trials_days,
        parked=settings.retain_parked_days,
        messages=settings.retain_messages_days,
        webhooks=settings.webhook_log_days,
    )


def leap_ahead() -> None:
    asyncio.run(_leap(ApiSettings()))


async def _leap(settings: ApiSettings) -> None:
    url = settings.database_url.get_secret_value()
    async with engine_lifetime(make_engine(url, pool=1, application="api")) as engine:
        await leap(engine)


@asynccontextmanager
async def _running(parts: _Parts) -> AsyncIterator[None]:
    """Everything is stopped in the reverse order: the loops, the connections, the database."""
    listen_to_progress(parts.events, parts.ports)
    listen_to_the_dead(parts.events, parts.ports)
    listen_to_deliveries(parts.events, parts.ports)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(engine_lifetime(parts.engine))
        for client in (parts.stats, parts.scheduler, parts.provider):
            await stack.enter_async_context(client)
        await stack.enter_async_context(parts.courier)
        for broker in (parts.events, parts.gates):
            stack.push_async_callback(broker.stop)
        background = Background()
        stack.push_async_callback(background.stop)
        for name, loop in _loops(parts).items():
            background.start(name, loop)
        yield


def _loops(parts: _Parts) -> dict[str, Callable[[], Awaitable[None]]]:
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "first-admin": parts.admin.ensure,
        "broker-events": partial(keep_started, parts.events),
        "broker-gates": partial(keep_started, parts.gates),
        "relay": partial(lead, parts.engine, RELAY_LOCK, partial(_relay, parts)),
        "bulks": partial(ticks.work_on_bulks, parts.ports),
        "uploads": partial(ticks.sweep_uploads, parts.ports),
        "logins": partial(ticks.sweep_logins, parts.ports),
        "keys": partial(ticks.sweep_keys, parts.ports),
        "retention": partial(ticks.sweep_what_is_over, parts.ports, _retention(parts.settings)),
        "token-uses": partial(ticks.write_token_uses, parts.ports),
        "webhooks": hooks.Couriers(parts.ports, parts.courier).send,
        "webhook-secrets": partial(hooks.seal_anew, parts.ports),
        "webhook-metrics": partial(ticks.measure, partial(measure_webhooks, parts.engine)),
        "outbox-metrics": partial(ticks.measure, partial(measure_outbox, parts.engine)),
        "parked-metrics": partial(ticks.measure, partial(measure_parked, parts.engine)),
    }
    if parts.ports.postman is not None:
        loops["mail"] = partial(ticks.send_mail, parts.ports, parts.ports.postman)
    for number in range(parts.settings.import_workers):
        loops[f"imports-{number + 1}"] = partial(ticks.work_on_imports, parts.ports)
    return loops


async def _relay(parts: _Parts) -> None:
    """Both lanes, and what is listened to, as long as this replica leads. Neither lane stops for
    the sake of what webhooks are told of."""
    subscriptions = BrokerSubscriptions(parts.settings.rabbitmq_url.get_secret_value())
    beside = Background()
    beside.start("webhook-events", partial(hooks.listen, parts.ports, subscriptions))
    try:
        await _relay_lanes(parts)
    finally:
        await beside.stop()


async def _relay_lanes(parts: _Parts) -> None:
    ordinary = SqlOutboxLane(parts.engine, urgent=False)
    urgent = SqlOutboxLane(parts.engine, urgent=True)
    await side_by_side(
        listen(parts.engine, urgent=urgent.woken, ordinary=ordinary.woken),
        ticks.relay(urgent, Publisher(parts.gates), "urgent"),
        ticks.relay(ordinary, Publisher(parts.events), "ordinary"),
    )
