from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, islice

from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.clients import Client, Profile
from services.api.domain.imports.batches import Batch, Decision, RowError, decide
from services.api.domain.imports.rows import UNSET, ImportRow, RowBlock, RowFault, profile_after
from shared.contracts.gates import Gate
from tests.unit.services.api.domain.test_newcomers import profiles

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ONE, TWO = "79161234567", "79161234568"


def client(phone: str = ONE, zone: str = "UTC", name: str | None = None) -> Client:
    return Client(5, 3, Profile(phone, "916", zone, name=name), NOW, NOW)


def row(number: int) -> ImportRow:
    return ImportRow(f"7916{number:07d}", "UTC")


def test_rows_are_counted_whether_good_or_not() -> None:
    batch = Batch(first_row=11, end=0)
    block = RowBlock([ImportRow(ONE, "UTC"), RowFault("phone", "Wrong.")], [20, 30])
    assert batch.take(block, 0, most=10) == 2
    assert (batch.rows_read, batch.bytes_read, batch.end) == (2, 30, 30)
    assert (batch.rows, batch.numbers) == ([ImportRow(ONE, "UTC")], [11])
    assert batch.errors == [RowError(12, "phone", "Wrong.")]


def test_guessed_and_told_zones_in_one_batch() -> None:
    rows = [ImportRow("74951234567", UNSET), ImportRow(ONE, UNSET), ImportRow(TWO, "UTC")]
    batch = Batch(1, 0, rows=rows, numbers=[1, 2, 3])
    decision = decide(batch, {}, NOW)
    assert [(one.timezone, one.timezone_guessed) for one in decision.added] == [
        ("Europe/Moscow", True)
    ]
    assert [one.phones for one in decision.newcomers] == [(TWO,)]
    assert [(one.row, one.field) for one in decision.errors] == [(2, "timezone")]
    assert len(decide(batch, {}, NOW, "Asia/Omsk").added) == 2


@given(sizes=st.lists(st.integers(0, 7)), most=st.integers(1, 5))
def test_however_rows_come_together_batches_are_full_and_follow_one_another(
    sizes: list[int], most: int
) -> None:
    numbers = count(1)
    blocks = [list(islice(numbers, size)) for size in sizes]
    batches = [Batch(first_row=1, end=0)]
    for block in blocks:
        taken, rows = 0, RowBlock([row(n) for n in block], [10 * n for n in block])
        while (taken := batches[-1].take(rows, taken, most)) < len(block):
            batches.append(batches[-1].next())
    total = sum(sizes)
    everything = range(1, total + 1)
    assert [one for batch in batches for one in batch.rows] == list(map(row, everything))
    assert [number for batch in batches for number in batch.numbers] == list(everything)
    assert all(batch.rows_read == most for batch in batches[:-1])
    assert all(batch.bytes_read == 10 * batch.rows_read for batch in batches)
    assert all(batch.end == 10 * (batch.first_row + batch.rows_read - 1) for batch in batches)


def decide_on(
    rows: Sequence[tuple[int, ImportRow]], existing: Mapping[str, Client], now: datetime
) -> Decision:
    batch = Batch(1, 0, rows=[one for _, one in rows], numbers=[number for number, _ in rows])
    return decide(batch, existing, now)


def added(decision: Decision) -> list[Profile]:
    found = [profile for each in decision.newcomers for profile in profiles(each)]
    return sorted(found + decision.added)


def test_a_phone_that_nobody_has_makes_a_newcomer() -> None:
    decision = decide_on([(1, ImportRow(ONE, "UTC"))], {}, NOW)
    assert added(decision) == [Profile(ONE, "916", "UTC")]
    assert not decision.added
    assert not decision.changed
    assert not decision.gates


def test_whoever_has_attributes_or_comes_twice_is_no_newcomer() -> None:
    rows = [
        (1, ImportRow(ONE, "UTC")),
        (2, ImportRow(TWO, "UTC", attributes={"city": "Omsk"})),
        (3, ImportRow(ONE, "UTC", name="Ann")),
        (4, row(4)),
    ]
    decision = decide_on(rows, {}, NOW)
    assert [one.phone for one in decision.added] == [ONE, TWO]
    assert [each.phones for each in decision.newcomers] == [(row(4).phone,)]


some_rows = st.lists(
    st.builds(
        ImportRow,
        phone=st.sampled_from([ONE, TWO, "79161234569", "79161234570"]),
        timezone=st.sampled_from(["UTC", "Asia/Omsk"]),
        name=st.sampled_from([UNSET, None, "Ann"]),
        attributes=st.sampled_from([UNSET, {"a": 1}]),
    ),
    max_size=8,
)


@given(rows=some_rows)
def test_a_batch_does_what_its_rows_do_one_by_one(rows: list[ImportRow]) -> None:
    profile: dict[str, Profile] = {ONE: client().profile}
    for one in rows:
        profile[one.phone] = profile_after(one, profile.get(one.phone))
    known = {ONE: client()}
    decision = decide_on(list(enumerate(rows, start=1)), known, NOW)
    assert added(decision) == sorted(p for phone, p in profile.items() if phone != ONE)
    changed = [one.profile for one in decision.changed]
    assert changed == [profile[ONE]] * (profile[ONE] != client().profile)


def test_nothing_new_changes_nothing() -> None:
    decision = decide_on([(1, ImportRow(ONE, "UTC"))], {ONE: client()}, NOW)
    assert added(decision) == []
    assert (decision.changed, decision.gates) == ([], [])


def test_a_new_name_changes_the_client_without_a_gate() -> None:
    decision = decide_on([(1, ImportRow(ONE, "UTC", name="Ann"))], {ONE: client()}, NOW)
    assert [(one.id, one.revision) for one in decision.changed] == [(5, 4)]
    assert decision.gates == []


def test_a_new_zone_needs_a_gate() -> None:
    decision = decide_on([(1, ImportRow(ONE, "Asia/Omsk"))], {ONE: client()}, NOW)
    assert decision.gates == [Gate(kind="client", id=5, revision=4, closed=False)]


def test_of_two_rows_for_a_phone_the_last_wins_field_by_field() -> None:
    rows = [
        (1, ImportRow(ONE, "UTC", name="Ann", email="a@x.com")),
        (2, ImportRow(ONE, "UTC", name="Eve")),
    ]
    assert added(decide_on(rows, {}, NOW)) == [
        Profile(ONE, "916", "UTC", email="a@x.com", name="Eve")
    ]


def test_a_phone_that_comes_twice_is_changed_once() -> None:
    rows = [(1, ImportRow(ONE, "Asia/Omsk")), (2, ImportRow(ONE, "UTC"))]
    decision = decide_on(rows, {ONE: client()}, NOW)
    assert decision.changed == []


def test_attributes_that_do_not_fit_reject_the_row_alone() -> None:
    full = {f"k{n}": "x" * 900 for n in range(4)}
    rows = [
        (1, ImportRow(ONE, "UTC", attributes=dict(full))),
        (2, ImportRow(ONE, "UTC", attributes={"more": "x" * 900})),
        (3, ImportRow(TWO, "UTC")),
    ]
    decision = decide_on(rows, {}, NOW)
    assert [one.phone for one in added(decision)] == [ONE, TWO]
    assert [(error.row, error.field) for error in decision.errors] == [(2, "attributes")]
