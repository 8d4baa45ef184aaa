from typing import Any

import pytest
from pydantic import ValidationError

from services.sender.settings import Settings

NEEDED = {
    "RABBITMQ_URL": "amqp://127.0.0.1/",
    "SERVICE_TOKEN": "t" * 16,
    "SENDER_DATABASE_URL": "postgresql+asyncpg://127.0.0.1/sender",
    "SENDER_PROVIDER_URL": "http://127.0.0.1:9/api/",
    "SENDER_PROVIDER_TOKEN": "secret-of-the-provider",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def read() -> Settings:
    return Settings()


def test_defaults(environment: pytest.MonkeyPatch) -> None:
    settings = read()
    assert settings.channels == ("sms",)
    assert settings.retry_tiers == (5, 30, 120, 600, 1800)
    assert settings.provider_idempotent
    assert settings.port == 8002
    assert settings.lease == settings.call_timeout + 5


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("SENDER_CHANNELS", " sms ,", "channels", ("sms",)),
        ("SENDER_RETRY_TIERS", "1,2", "retry_tiers", (1, 2)),
        ("SENDER_PROVIDER_IDEMPOTENT", "false", "provider_idempotent", False),
        ("SENDER_CONCURRENCY", "500", "concurrency", 500),
    ],
)
def test_read_from_the_environment(
    environment: pytest.MonkeyPatch, name: str, value: str, field: str, expected: Any
) -> None:
    environment.setenv(name, value)
    assert getattr(read(), field) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENDER_CHANNELS", "sms,pigeon"),
        ("SENDER_CHANNELS", ""),
        ("SENDER_RETRY_TIERS", "30,5"),
        ("SENDER_RETRY_TIERS", "0,5"),
        ("SENDER_RETRY_TIERS", ""),
        ("SENDER_PROVIDER_URL", "ftp://127.0.0.1"),
        ("SENDER_CONCURRENCY", "0"),
        ("SENDER_CALL_TIMEOUT", "0"),
    ],
)
def test_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError):
        read()


@pytest.mark.parametrize("name", ["SENDER_PROVIDER_URL", "SENDER_PROVIDER_TOKEN"])
def test_provider_has_no_default(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(ValidationError):
        read()


def test_secrets_stay_out_of_sight(environment: pytest.MonkeyPatch) -> None:
    assert "secret-of-the-provider" not in repr(read())
