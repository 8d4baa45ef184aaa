from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain import versions
from services.api.domain.clients import Client, Profile
from services.api.domain.failures import Invalid, Outdated
from services.api.domain.mailings import Mailing, MailingState
from services.api.domain.versions import Expected, Version
from shared.contracts.mailings import MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
CLIENT = Client(7, 3, Profile("79161234567", "916", "UTC"), NOW, NOW)
MAILING = Mailing(
    id=7,
    name="Spring",
    state=MailingState.SCHEDULED,
    revision=3,
    spec=MailingSpec(text="Hello", starts_at=NOW, ends_at=LATER),
    created_at=NOW,
    updated_at=NOW,
)


def test_it_is_a_strong_tag_with_id_and_revision() -> None:
    version = versions.of_client(CLIENT)
    assert version.revision == 3
    assert version.tag.startswith('"7-3-')
    assert version.tag.endswith('"')
    assert version == versions.of_client(CLIENT)


def test_whatever_is_shown_of_a_mailing_is_in_it() -> None:
    others = [
        replace(MAILING, id=8),
        replace(MAILING, revision=4),
        replace(MAILING, name="Summer"),
        replace(MAILING, name=None),
        replace(MAILING, state=MailingState.RUNNING),
        replace(MAILING, updated_at=LATER),
        replace(MAILING, launched_at=NOW),
        replace(MAILING, started_at=NOW),
        replace(MAILING, finished_at=NOW),
        replace(MAILING, deleted_at=NOW),
        replace(MAILING, forgotten_at=NOW),
    ]
    tags = {versions.of_mailing(one).tag for one in (MAILING, *others)}
    assert len(tags) == len(others) + 1


def test_a_client_who_comes_back_under_a_revision_is_another() -> None:
    assert versions.of_client(CLIENT) != versions.of_client(CLIENT._replace(updated_at=LATER))


def test_what_is_expected_passes() -> None:
    present = versions.of_mailing(MAILING)
    for header in (present.tag, f'"x" , {present.tag}', "*", f" {present.tag} "):
        versions.expected(header).check(present)


@pytest.mark.parametrize("header", ['"x"', '"7-3-0"', "W/{tag}", '""', '"a","b"'])
def test_what_has_changed_is_named(header: str) -> None:
    present = versions.of_mailing(MAILING)
    with pytest.raises(Outdated) as outdated:
        versions.expected(header.format(tag=present.tag)).check(present)
    assert outdated.value.tag == present.tag
    [fault] = outdated.value.errors
    assert fault.field == "If-Match"
    assert present.tag in fault.reason
    assert "revision 3" in fault.reason


@pytest.mark.parametrize("header", ["", "7-3-0f", '"a" "b"', '*, "a"', '"a', 'w/"a"', '"a",'])
def test_what_is_no_list_of_tags(header: str) -> None:
    with pytest.raises(Invalid) as invalid:
        versions.expected(header)
    assert invalid.value.errors[0].field == "If-Match"


def test_a_comma_may_stand_in_a_tag() -> None:
    assert versions.expected('"a,b", "c"') == Expected(frozenset({'"a,b"', '"c"'}))


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        ('"a', False),
    ],
)
def test_what_somebody_has_already(header: str, known: bool) -> None:
    assert versions.is_known(header, Version('"a"', 1).tag) is known
