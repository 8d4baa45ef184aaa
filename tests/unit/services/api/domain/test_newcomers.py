"""Newcomers are columns of what profiles would be one by one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain import newcomers as module
from services.api.domain.clients import Profile
from services.api.domain.imports.rows import UNSET, ImportRow, profile_after
from services.api.domain.newcomers import Newcomers, newcomers_from, news_of

rows_of_strangers = st.lists(
    st.builds(
        ImportRow,
        phone=st.integers(0, 9_999_999_999).map(lambda number: f"7{number:010d}"),
        timezone=st.sampled_from(["UTC", "Asia/Omsk"]),
        operator_code=st.sampled_from([UNSET, None, "495"]),
        tags=st.sampled_from([UNSET, (), ("a",), ("a", "b")]),
        email=st.sampled_from([UNSET, None, "a@x.com"]),
        name=st.sampled_from([UNSET, None, "Ann"]),
        attributes=st.just(UNSET),
    ),
    unique_by=lambda row: row.phone,
    max_size=20,
)


def profiles(newcomers: Newcomers) -> list[Profile]:
    nobody = [None] * len(newcomers.phones)
    columns = newcomers.phones, newcomers.kind_of, newcomers.emails or nobody
    found = []
    for phone, place, email, name in zip(*columns, newcomers.names or nobody, strict=True):
        zone, code, tags = newcomers.kinds[place]
        found.append(Profile(phone, code, zone, tags, email, name))
    return found


def all_profiles(rows: Sequence[ImportRow]) -> list[Profile]:
    return [profile for newcomers in newcomers_from(rows) for profile in profiles(newcomers)]


@given(rows=rows_of_strangers)
def test_the_columns_say_what_profiles_say(rows: list[ImportRow]) -> None:
    assert sorted(all_profiles(rows)) == sorted(profile_after(row, None) for row in rows)


@given(rows=rows_of_strangers)
def test_kinds_are_told_once_and_phones_are_in_order(rows: list[ImportRow]) -> None:
    for newcomers in newcomers_from(rows):
        assert len(set(newcomers.kinds)) == len(newcomers.kinds)
        assert list(newcomers.phones) == sorted(newcomers.phones)


@given(rows=rows_of_strangers)
def test_the_news_is_of_the_same_clients(rows: list[ImportRow]) -> None:
    for newcomers in newcomers_from(rows):
        ids = range(7, 7 + len(newcomers.phones))
        told = news_of(newcomers, list(ids)).states()
        assert [one.id for one in told] == list(ids)
        assert [
            Profile(one.phone, one.operator_code, one.timezone, one.tags, one.email, one.name)
            for one in told
        ] == profiles(newcomers)
        assert {(one.revision, one.deleted) for one in told} == {(1, False)}


@given(rows=rows_of_strangers)
def test_the_news_is_no_larger_than_it_was_taken_for(rows: list[ImportRow]) -> None:
    for newcomers in newcomers_from(rows):
        ids = [2**53 - n for n in range(len(newcomers.phones))]
        assert len(news_of(newcomers, ids).encode()) <= newcomers.size() + 200


def test_what_is_too_large_for_a_message_is_told_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_NEWS", 5_000)
    rows = [ImportRow(f"7916{number:07d}", "UTC", name="Ёж" * 100) for number in range(100)]
    parts = list(newcomers_from(rows))
    assert len(parts) > 1
    assert all(part.size() <= 5_000 for part in parts)
    assert sorted(all_profiles(rows)) == sorted(profile_after(row, None) for row in rows)


def test_one_client_is_told_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_NEWS", 1)
    assert len(all_profiles([ImportRow("79161234567", "UTC")])) == 1
