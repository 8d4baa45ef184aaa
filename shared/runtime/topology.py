"""Applies the topology to RabbitMQ by its management API: ``python -m shared.runtime.topology``.

Repeatable, and the same on RabbitMQ 3.10 and 4. It also makes the user the services run with, who
may publish to our exchanges and read the queues that services consume, but neither declare, bind
nor delete anything.
"""

import logging
import time
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

import httpx
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from shared.contracts.topology import PERMISSIONS, definitions
from shared.runtime.logs import configure_logs, facts

log = logging.getLogger(__name__)

WAIT_FOR_BROKER = 60.0  # a broker that starts beside us may take this long


def parse_tiers(value: Any) -> Any:
    """``"5,30,120"`` → (5, 30, 120): the delays of the retry tiers, in seconds."""
    return tuple(int(part) for part in value.split(",")) if isinstance(value, str) else value


Tiers = Annotated[tuple[int, ...], NoDecode, BeforeValidator(parse_tiers), Field(min_length=1)]

DEFAULT_TIERS = (5, 30, 120, 600, 1800)


class TopologySettings(BaseSettings):
    rabbitmq_management_url: SecretStr
    rabbitmq_url: SecretStr
    sender_retry_tiers: Tiers = DEFAULT_TIERS
    log_level: str = "INFO"


def apply(management_url: str, amqp_url: str, tiers: tuple[int, ...]) -> None:
    """management_url: ``http://admin:password@host:port``; amqp_url names the services' user.

    Raises httpx.HTTPError when the broker refuses or does not answer within a minute.
    """
    management, amqp = urlsplit(management_url), urlsplit(amqp_url)
    vhost = unquote(amqp.path[1:]) or "/"
    base = f"{management.scheme}://{management.hostname}:{management.port}/api"
    login = httpx.BasicAuth(unquote(management.username or ""), unquote(management.password or ""))
    with httpx.Client(base_url=base, auth=login, timeout=10, trust_env=False) as client:
        _wait(client)
        _put(client, f"/vhosts/{quote(vhost, safe='')}", {})
        if amqp.username != management.username:
            _make_user(client, unquote(amqp.username or ""), unquote(amqp.password or ""), vhost)
        client.post("/definitions", json=definitions(vhost, tiers)).raise_for_status()
    log.info("The topology is in place", extra=facts("topology", vhost=vhost, tiers=tiers))


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + WAIT_FOR_BROKER
    while True:
        try:
            client.get("/overview").raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _make_user(client: httpx.Client, name: str, password: str, vhost: str) -> None:
    _put(client, f"/users/{quote(name, safe='')}", {"password": password, "tags": ""})
    _put(client, f"/permissions/{quote(vhost, safe='')}/{quote(name, safe='')}", PERMISSIONS)


def _put(client: httpx.Client, path: str, body: dict[str, str]) -> None:
    client.put(path, json=body).raise_for_status()


def main() -> None:
    settings = TopologySettings()
    configure_logs(settings.log_level)
    apply(
        settings.rabbitmq_management_url.get_secret_value(),
        settings.rabbitmq_url.get_secret_value(),
        settings.sender_retry_tiers,
    )


if __name__ == "__main__":
    main()
