from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from services.api.domain.failures import Conflict, Invalid
from services.api.domain.webhooks import (
    GIVEN_UP_AFTER,
    GIVEN_UP_TRIES,
    MOST_WEBHOOKS,
    OUTSIDE,
    Because,
    EventType,
    Health,
    Secrets,
    Wanted,
    Webhook,
    Where,
    changed,
    check_count,
    check_enabled,
    check_narrowed,
    check_url,
    disabled,
    failed_once_more,
    is_given_up,
    rotated,
    wanted_by,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WANTED = Wanted("CRM", "https://crm.example.com/x", frozenset({EventType.MESSAGE_FAILED}))
WEBHOOK = Webhook(1, WANTED, Secrets(b"one"), NOW, NOW)
HERE = Where((ip_network("127.0.0.0/8"),), http=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com",
        "https://crm.example.com:8443/a/b?token=x",
        "https://xn--e1afmkfd.xn--p1ai/hook",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]:444/",
        "HTTPS://CRM.EXAMPLE.COM/",
    ],
)
def test_where_a_webhook_may_lead(url: str) -> None:
    check_url(url, OUTSIDE)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://crm.example.com/", "https://"),
        ("ftp://crm.example.com/", "https://"),
        ("crm.example.com", "https://"),
        ("//crm.example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://", "no host"),
        ("https:///path", "no host"),
        ("https://user@crm.example.com/", "no name and no password"),
        ("https://user:secret@crm.example.com/", "no name and no password"),
        ("https://@crm.example.com/", "no name and no password"),
        ("https://crm.example.com/#part", "no fragment"),
        ("https://crm.example.com/#", "no fragment"),
        ("https://crm.example.com:99999/", "no URL"),
        ("https://crm.example.com:port/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://пример.рф/", "ASCII"),
        ("https://crm.example.com/a b", "ASCII"),
        ("https://crm.example.com/\r\nX-Header: 1", "ASCII"),
        ("https://127.0.0.1/", "may not be called"),
        ("https://169.254.169.254/latest/meta-data", "may not be called"),
        ("https://[::1]:8443/", "may not be called"),
        ("https://[::ffff:10.0.0.1]/", "may not be called"),
    ],
)
def test_where_it_may_not(url: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_url(url, OUTSIDE)
    [error] = refused.value.errors
    assert error.field == "url"
    assert why in error.reason


def test_what_an_operator_allows_is_allowed() -> None:
    check_url("http://127.0.0.1:8080/hook", HERE)
    with pytest.raises(Invalid, match="not valid"):
        check_url("http://10.0.0.1:8080/hook", HERE)


def test_there_are_not_too_many() -> None:
    check_count(MOST_WEBHOOKS - 1)
    with pytest.raises(Conflict, match="remove one first"):
        check_count(MOST_WEBHOOKS)


@pytest.mark.parametrize(
    ("mailing_id", "department_id", "included"),
    [(None, None, True), (7, None, True), (8, None, False), (None, 3, True), (None, 4, False)],
)
def test_whose_events_it_is_told_of(
    mailing_id: int | None, department_id: int | None, included: bool
) -> None:
    wanted = replace(WANTED, mailing_id=mailing_id, department_id=department_id)
    assert wanted.includes(7, 3) is included


def test_what_a_receipt_says_cannot_be_narrowed() -> None:
    receipts = frozenset({EventType.MESSAGE_DELIVERED, EventType.MESSAGE_SENT})
    check_narrowed(replace(WANTED, events=receipts))
    check_narrowed(replace(WANTED, mailing_id=7))
    for narrow in (replace(WANTED, mailing_id=7), replace(WANTED, department_id=3)):
        with pytest.raises(Invalid) as refused:
            check_narrowed(replace(narrow, events=receipts))
        [error] = refused.value.errors
        assert error.field == "events"
        assert error.reason.endswith("cannot narrow message.delivered.")


def test_both_limits_hold() -> None:
    wanted = replace(WANTED, mailing_id=7, department_id=3)
    assert wanted.includes(7, 3)
    assert not wanted.includes(7, None)
    assert not wanted.includes(8, 3)


def test_what_changes_nothing_is_no_change() -> None:
    assert changed(WEBHOOK, WANTED, enabled=True, now=LATER) is WEBHOOK


def test_who_enables_it_begins_anew() -> None:
    failing = replace(WEBHOOK, health=Health(3, NOW, LATER))
    off = disabled(failing, Because.FAILING, NOW)
    assert (off.is_enabled, off.disabled_because) == (False, Because.FAILING)
    with pytest.raises(Conflict, match="enable it first"):
        check_enabled(off)
    on = changed(off, WANTED, enabled=True, now=LATER)
    check_enabled(on)
    assert (on.disabled_because, on.health, on.updated_at) == (None, Health(), LATER)


def test_another_name_leaves_what_failed_as_it_is_another_address_does_not() -> None:
    failing = replace(WEBHOOK, health=Health(3, NOW, LATER))
    renamed = changed(failing, replace(WANTED, name="Shop"), enabled=True, now=LATER)
    assert renamed.health == failing.health
    moved = changed(failing, replace(WANTED, url="https://b.example.com"), enabled=True, now=LATER)
    assert moved.health == Health()


def test_it_is_turned_off_by_a_person() -> None:
    off = changed(WEBHOOK, WANTED, enabled=False, now=LATER)
    assert (off.disabled_at, off.disabled_because) == (LATER, Because.TURNED_OFF)
    assert changed(off, WANTED, enabled=False, now=LATER) is off


def test_while_a_secret_is_changed_both_sign() -> None:
    after = rotated(WEBHOOK, b"two", timedelta(hours=1), NOW)
    assert after.secrets.good(NOW) == (b"two", b"one")
    assert after.secrets.good(LATER) == (b"two",)
    again = rotated(after, b"three", timedelta(hours=1), NOW)
    assert again.secrets.good(NOW) == (b"three", b"two")
    at_once = rotated(WEBHOOK, b"two", timedelta(0), NOW)
    assert at_once.secrets == Secrets(b"two")


def test_a_receiver_that_fails_rests_longer_each_time_but_not_for_ever() -> None:
    health, rests = Health(), []
    for _ in range(30):
        health = failed_once_more(health, NOW, timedelta(0))
        assert health.rests_until is not None
        rests.append((health.rests_until - NOW).total_seconds())
    assert rests[:5] == [5, 10, 20, 40, 60]
    assert rests[-1] == 60
    assert (health.failures, health.failing_since) == (30, NOW)


def test_a_receiver_that_asks_for_more_time_has_it() -> None:
    health = failed_once_more(Health(), NOW, timedelta(minutes=30))
    assert health.rests_until == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("failures", "since", "given_up"),
    [
        (0, None, False),
        (GIVEN_UP_TRIES, GIVEN_UP_AFTER, True),
        (GIVEN_UP_TRIES - 1, GIVEN_UP_AFTER, False),
        (GIVEN_UP_TRIES, GIVEN_UP_AFTER - timedelta(seconds=1), False),
    ],
)
def test_when_it_is_given_up(failures: int, since: timedelta | None, given_up: bool) -> None:
    """Long and often: a receiver of little, which failed twice, is not."""
    failing_since = None if since is None else NOW - since
    assert is_given_up(Health(failures, failing_since), NOW) is given_up


def test_what_is_to_be_listened_to() -> None:
    other = replace(WANTED, events=frozenset({EventType.MESSAGE_SENT, EventType.MAILING_PAUSED}))
    off = disabled(replace(WEBHOOK, wanted=other), Because.GONE, NOW)
    assert wanted_by([]) == frozenset()
    assert wanted_by([WEBHOOK, off]) == {EventType.MESSAGE_FAILED}
    assert wanted_by([WEBHOOK, replace(WEBHOOK, wanted=other)]) == WANTED.events | other.events
