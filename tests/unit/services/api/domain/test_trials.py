"""Trials: whose values a text takes, and what is said when it cannot be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.api.domain import trials
from services.api.domain.clients import Client, Profile
from services.api.domain.failures import Invalid
from services.api.domain.mailings import Mailing, MailingState
from shared.contracts.mailings import MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE, OTHER = "79161234567", "79167654321"


def client(**known: Any) -> Client:
    profile = {"phone": ONE, "operator_code": "916", "timezone": "Asia/Omsk"} | known
    return Client(12, 1, Profile(**profile), NOW, NOW)


def said(text: str, phones: list[str], clients: dict[str, Client]) -> list[tuple[str, str]]:
    return [(one.phone, one.text) for one in trials.trial_texts(text, phones, clients)]


def test_a_plain_text_needs_nobody() -> None:
    assert said("Hi", [ONE, OTHER, ONE], {}) == [(ONE, "Hi"), (OTHER, "Hi")]


def test_each_phone_gets_the_text_of_its_client() -> None:
    text = 'Hi {{ name|default("you") }} {{ phone }}'
    assert said(text, [ONE, OTHER], {ONE: client(name="Ann")}) == [
        (ONE, f"Hi Ann {ONE}"),
        (OTHER, f"Hi you {OTHER}"),
    ]


def test_all_that_is_known_of_a_client_can_be_said() -> None:
    text = (
        "{{ name }} {{ phone }} {{ email }} {{ timezone }} {{ operator_code }}"
        " {{ tags|join(',') }} {{ attributes.city }}"
    )
    known = client(name="Ann", email="a@b.cd", tags=("x", "y"), attributes={"city": "Omsk"})
    [(_, rendered)] = said(text, [OTHER], {OTHER: known})
    assert rendered == f"Ann {ONE} a@b.cd Asia/Omsk 916 x,y Omsk"


@pytest.mark.parametrize(
    ("clients", "named"),
    [({}, f"{ONE} is no client's"), ({ONE: client()}, "Client 12: The client has no")],
)
def test_what_is_lacking_is_named(clients: dict[str, Client], named: str) -> None:
    with pytest.raises(Invalid) as refusal:
        trials.trial_texts("Hi {{ attributes.city }}", [ONE], clients)
    [fault] = refusal.value.errors
    assert fault.field == "client_id"
    assert "attributes.city" in fault.reason
    assert named in fault.reason


def test_a_value_of_no_use_is_named() -> None:
    text = "{% if attributes.age > 18 %}Hi{% endif %}"
    with pytest.raises(Invalid) as refusal:
        trials.trial_texts(text, [ONE], {ONE: client(attributes={"age": "x"})})
    reason = refusal.value.errors[0].reason
    assert reason == "Client 12: The template has no use for this client's attributes.age."


@pytest.mark.parametrize("clients", [{}, {ONE: client()}])
def test_a_text_that_gets_too_long(clients: dict[str, Client]) -> None:
    with pytest.raises(Invalid, match="not valid") as refusal:
        trials.trial_texts("{{ phone }}" * 364, [ONE], clients)
    assert "longer" in refusal.value.errors[0].reason


def test_what_is_asked_and_kept() -> None:
    spec = MailingSpec(text="Hi", starts_at=NOW, ends_at=NOW + timedelta(days=1))
    mailing = Mailing(7, None, MailingState.DRAFT, 3, spec, NOW, NOW)
    texts = trials.trial_texts("Привет", [ONE, OTHER], {ONE: client()})
    asked = trials.request(mailing, [5, 6], texts, NOW)
    assert asked.not_after == NOW + timedelta(minutes=10)
    assert [(one.message_id, one.address, one.text) for one in asked.trials] == [
        (5, ONE, "Привет"),
        (6, OTHER, "Привет"),
    ]
    kept = trials.records(mailing, [5, 6], texts, 1, NOW)
    assert [(one.id, one.mailing_id, one.revision, one.client_id) for one in kept] == [
        (5, 7, 3, 12),
        (6, 7, 3, None),
    ]
    assert (texts[0].size.encoding, texts[0].size.parts) == ("UCS-2", 1)
