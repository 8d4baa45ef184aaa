"""What the audit keeps: what has changed, and nothing that an erasure would have to take out."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.clients import Client, Profile
from services.api.domain.deeds import deed, of_client, of_mailing
from services.api.domain.mailings import Mailing, MailingState
from shared.contracts.mailings import MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANN = Profile(
    *("79161234567", "916", "Europe/Moscow"),
    tags=("vip",),
    email="ann@example.com",
    name="Ann",
    attributes={"city": "Tver"},
)
TEXT = "Hello, come on Friday"
SPRING = Mailing(
    7, "Spring", MailingState.DRAFT, 1, MailingSpec(text=TEXT, starts_at=NOW, ends_at=NOW), NOW, NOW
)


def client(profile: Profile = ANN) -> Client:
    return Client(12, 1, profile, NOW, NOW)


def test_only_what_has_changed_is_told() -> None:
    found = deed(Action.CHANGE_USER, "users/1", {"a": 1, "b": 2}, {"a": 1, "b": 3, "c": None})
    assert found == Deed(Action.CHANGE_USER, "users/1", {"before": {"b": 2}, "after": {"b": 3}})


def test_what_changed_nothing_is_no_deed() -> None:
    assert deed(Action.CHANGE_USER, "users/1", {"a": 1}, {"a": 1}) is None
    assert of_client(Action.CHANGE_CLIENT, client(), client()) is None
    assert of_mailing(Action.PAUSE, SPRING, SPRING) is None


def test_a_client_who_is_made_and_one_who_is_gone() -> None:
    shown: dict[str, Fact] = {"operator_code": "916", "timezone": "Europe/Moscow", "tags": ["vip"]}
    fields = ["attributes", "email", "name", "phone"]
    made = of_client(Action.ADD_CLIENT, None, client())
    assert made == Deed(Action.ADD_CLIENT, "clients/12", {"after": shown, "fields": fields})
    gone = of_client(Action.DELETE_CLIENT, client(), None)
    assert gone == Deed(Action.DELETE_CLIENT, "clients/12", {"before": shown, "fields": fields})


def test_a_field_that_was_empty_is_named_when_it_is_filled() -> None:
    bare = Profile(*ANN[:3])
    found = of_client(Action.CHANGE_CLIENT, client(bare), client(bare._replace(name="Ann")))
    assert found is not None
    assert found.facts == {"before": {}, "after": {}, "fields": ["name"]}


@pytest.mark.parametrize(
    "profile",
    [
        ANN._replace(phone="79990000001"),
        ANN._replace(email="bob@example.org"),
        ANN._replace(name="Bob"),
        ANN._replace(attributes={"city": "Omsk"}),
        ANN._replace(timezone="Asia/Omsk", tags=(), phone="79990000001"),
    ],
)
def test_nothing_personal_is_kept(profile: Profile) -> None:
    found = of_client(Action.CHANGE_CLIENT, client(), client(profile))
    assert found is not None
    for word in ("7916", "7999", "ann", "bob", "Ann", "Bob", "Tver", "city", "Omsk'"):
        told = str(found).replace("'Asia/Omsk'", "")
        assert word not in told


def test_of_a_text_the_hash_and_the_length_are_told() -> None:
    after = replace(SPRING, revision=2, spec=SPRING.spec.model_copy(update={"text": "Hi"}))
    found = of_mailing(Action.CHANGE_MAILING, SPRING, after)
    assert found is not None
    told = {"sha256": sha256(b"Hi").hexdigest(), "length": 2}
    assert found.facts["after"] == {"text": told, "revision": 2}
    assert TEXT not in str(found)


def test_a_step_of_a_mailing_is_its_state() -> None:
    after = replace(SPRING, state=MailingState.SCHEDULED, launched_at=NOW)
    found = of_mailing(Action.LAUNCH, SPRING, after)
    assert found is not None
    assert found.facts == {"before": {"state": "draft"}, "after": {"state": "scheduled"}}
