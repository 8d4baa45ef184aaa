from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from services.api.domain import mailing_rules
from services.api.domain.failures import Invalid
from shared.contracts.mailings import MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def spec(**changes: Any) -> MailingSpec:
    fields = {
        "text": "Hello",
        "starts_at": "2026-12-01T10:00:00Z",
        "ends_at": "2026-12-02T10:00:00Z",
    }
    return MailingSpec.model_validate(fields | changes)


def local(**changes: Any) -> MailingSpec:
    fields = {"starts_at": "2026-12-01T10:00", "ends_at": "2026-12-02T10:00", "timing": "local"}
    return spec(**(fields | changes))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-12-01T10:00:00Z", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01t10:00z", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01 10:00", datetime(2026, 12, 1, 10)),  # noqa: DTZ001 - wall-clock time
        ("2026-12-01T10:00:00.5+03:00", datetime(2026, 12, 1, 7, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-12-01T10:00:00+0300", datetime(2026, 12, 1, 7, tzinfo=UTC)),
    ],
)
def test_moments(given: str, meant: datetime) -> None:
    assert mailing_rules.moment(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        None, 5, 1.5, True, "", "now", "2026-12-01", "20261201T100000Z", "2026-13-01T10:00:00Z",
        "2026-12-32T10:00:00Z", "2026-12-01T24:30:00Z", "2026-12-01T10:00:00+99:00",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1700000000",
        "٢٠٢٦-12-01T10:00:00Z", "2026-12-01T10:00:00Z\n",
    ],
)  # fmt: skip
def test_what_is_no_moment(given: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        mailing_rules.moment(given)


@pytest.mark.parametrize("given", ["", " \n", "x" * 4001, "a\x00b", "a\ud800"])
def test_texts_that_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="text"):
        mailing_rules.text(given)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("Hi {{ nmae }}", "nmae"),
        ("{% if %}", "line 1"),
        ("{{ name|shout }}", "shout"),
        ("{% for tag in tags %}{% endfor %}", "for"),
    ],
)
def test_templates_that_are_refused_say_what_is_wrong(given: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        mailing_rules.text(given)


@pytest.mark.parametrize(
    "given", [" Привет,\n{name} 🙂 ", 'Hi {{ name|default("you") }} in {{ attributes.city }}\n']
)
def test_a_text_is_kept_as_it_is(given: str) -> None:
    assert mailing_rules.text(given) == given


@pytest.mark.parametrize("given", [5, "2026-02-30", "20260101", "2026-1-1", ""])
def test_what_is_no_holiday(given: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        mailing_rules.day(given)


@pytest.mark.parametrize(
    ("bad", "fields"),
    [
        (spec(starts_at="2026-12-01T10:00"), ["starts_at"]),
        (spec(starts_at="2026-12-01T10:00", ends_at="2026-12-02T10:00"), ["starts_at", "ends_at"]),
        (local(ends_at="2026-12-02T10:00Z"), ["ends_at"]),
        (spec(ends_at="2026-12-01T10:00:00Z"), ["ends_at"]),
        (spec(ends_at="2026-12-01T12:00:00+03:00"), ["ends_at"]),
        (local(ends_at="2026-11-01T10:00"), ["ends_at"]),
        (spec(window={"from": "25:00", "to": "20:00"}), ["window.from"]),
        (spec(window={"from": "10:00", "to": "10:00"}), ["window.to"]),
        (spec(window={"from": "24:00", "to": "10:00"}), ["window.from"]),
        (spec(window={"from": "10:00", "to": "20:00", "days": []}), ["window.days"]),
    ],
)
def test_fields_that_do_not_go_together(bad: MailingSpec, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        mailing_rules.checked(bad)
    assert [error.field for error in refusal.value.errors] == fields


def test_a_frozen_audience_and_a_rate_are_taken() -> None:
    asked = spec(audience="frozen", rate_per_second=5)
    assert mailing_rules.checked(asked) == asked


def test_instants_are_kept_in_utc_and_wall_clocks_as_they_are() -> None:
    checked = mailing_rules.checked(spec(starts_at="2026-12-01T10:00:00+03:00"))
    assert checked.starts_at.isoformat() == "2026-12-01T07:00:00+00:00"
    assert mailing_rules.checked(local()) == local()


def test_a_local_end_has_passed_only_when_it_has_everywhere() -> None:
    ended = local(starts_at="2026-11-20T10:00", ends_at="2026-11-21T10:00")
    mailing_rules.check_end(ended, datetime(2026, 11, 21, 21, 59, tzinfo=UTC))
    with pytest.raises(Invalid):
        mailing_rules.check_end(ended, datetime(2026, 11, 21, 22, tzinfo=UTC))


def test_an_absolute_end_has_passed_at_its_instant() -> None:
    ending = spec(ends_at=datetime(2026, 12, 2, 13, tzinfo=timezone(timedelta(hours=3))))
    mailing_rules.check_end(ending, datetime(2026, 12, 2, 9, 59, tzinfo=UTC))
    with pytest.raises(Invalid):
        mailing_rules.check_end(ending, datetime(2026, 12, 2, 10, tzinfo=UTC))
