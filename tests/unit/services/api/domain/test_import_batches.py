from datetime import UTC, datetime

from services.api.domain.clients import Client, Profile
from services.api.domain.imports.batches import Batch, RowError, decide
from services.api.domain.imports.rows import ImportRow, RowFault
from shared.contracts.gates import Gate

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ONE, TWO = "79161234567", "79161234568"


def client(phone: str = ONE, zone: str = "UTC", name: str | None = None) -> Client:
    return Client(5, 3, Profile(phone, "916", zone, name=name), NOW, NOW)


def test_rows_are_counted_whether_good_or_not() -> None:
    batch = Batch(first_row=11, end=0)
    batch.add(ImportRow(ONE, "UTC"), 20)
    batch.add(RowFault("phone", "Wrong."), 30)
    assert (batch.rows_read, batch.end) == (2, 30)
    assert batch.rows == [(11, ImportRow(ONE, "UTC"))]
    assert batch.errors == [RowError(12, "phone", "Wrong.")]


def test_a_phone_that_nobody_has_makes_a_client() -> None:
    decision = decide([(1, ImportRow(ONE, "UTC"))], {}, NOW)
    assert decision.added == [Profile(ONE, "916", "UTC")]
    assert not decision.changed
    assert not decision.gates


def test_nothing_new_changes_nothing() -> None:
    decision = decide([(1, ImportRow(ONE, "UTC"))], {ONE: client()}, NOW)
    assert (decision.added, decision.changed, decision.gates) == ([], [], [])


def test_a_new_name_changes_the_client_without_a_gate() -> None:
    decision = decide([(1, ImportRow(ONE, "UTC", name="Ann"))], {ONE: client()}, NOW)
    assert [(one.id, one.revision) for one in decision.changed] == [(5, 4)]
    assert decision.gates == []


def test_a_new_zone_needs_a_gate() -> None:
    decision = decide([(1, ImportRow(ONE, "Asia/Omsk"))], {ONE: client()}, NOW)
    assert decision.gates == [Gate(kind="client", id=5, revision=4, closed=False)]


def test_of_two_rows_for_a_phone_the_last_wins_field_by_field() -> None:
    rows = [
        (1, ImportRow(ONE, "UTC", name="Ann", email="a@x.com")),
        (2, ImportRow(ONE, "UTC", name="Eve")),
    ]
    assert decide(rows, {}, NOW).added == [Profile(ONE, "916", "UTC", email="a@x.com", name="Eve")]


def test_a_phone_that_comes_twice_is_changed_once() -> None:
    rows = [(1, ImportRow(ONE, "Asia/Omsk")), (2, ImportRow(ONE, "UTC"))]
    decision = decide(rows, {ONE: client()}, NOW)
    assert decision.changed == []


def test_attributes_that_do_not_fit_reject_the_row_alone() -> None:
    full = {f"k{n}": "x" * 900 for n in range(4)}
    rows = [
        (1, ImportRow(ONE, "UTC", attributes=dict(full))),
        (2, ImportRow(ONE, "UTC", attributes={"more": "x" * 900})),
        (3, ImportRow(TWO, "UTC")),
    ]
    decision = decide(rows, {}, NOW)
    assert [one.phone for one in decision.added] == [ONE, TWO]
    assert [(error.row, error.field) for error in decision.errors] == [(2, "attributes")]
