"""The record of accepted messages."""

from hashlib import sha256

import pytest

from deploy.simulator.books import Books
from deploy.simulator.faults import Answer

PHONE = 79990000001


def test_a_repeat_is_counted_and_explained_by_the_answer_before() -> None:
    books = Books()
    books.accept(7, PHONE, "hello", Answer.DROPPED, now=10.0)
    books.accept(7, PHONE, "hello", Answer.OK, now=15.5)

    summary = books.summary()
    assert (summary["accepted"], summary["distinct"], summary["repeats"]) == (2, 1, 1)
    assert summary["repeats_after"] == {"dropped": 1}
    assert summary["changed"] == 0
    assert (summary["first_at"], summary["last_at"]) == (
        "1970-01-01T00:00:10.000Z",
        "1970-01-01T00:00:15.500Z",
    )


def test_a_repeat_with_another_text_or_number_is_noticed() -> None:
    books = Books()
    books.accept(7, PHONE, "hello", Answer.OK, now=1.0)
    books.accept(7, PHONE, "hello!", Answer.OK, now=2.0)
    books.accept(7, PHONE + 1, "hello", Answer.OK, now=3.0)

    assert books.summary()["changed"] == 2


def test_a_record_tells_number_times_and_hash() -> None:
    books = Books()
    books.accept(7, PHONE, "hello", Answer.OK, now=1.0)

    assert books.page(None, 10).items == [
        {
            "id": 7,
            "count": 1,
            "phone": PHONE,
            "first_at": "1970-01-01T00:00:01.000Z",
            "last_at": "1970-01-01T00:00:01.000Z",
            "moments": ["1970-01-01T00:00:01.000Z"],
            "text_sha256": sha256(b"hello").hexdigest(),
            "answer": "ok",
        }
    ]


def test_a_record_has_the_moment_of_every_repeat() -> None:
    books = Books()
    for number in (7, 8):
        books.accept(number, PHONE, "hello", Answer.HUNG, now=1.0)
    for second in (2.0, 3.0, 4.0):
        books.accept(8, PHONE, "hello", Answer.OK, now=second)
    books.accept(7, PHONE, "hello", Answer.OK, now=5.0)

    once_repeated, thrice_repeated = (record["moments"] for record in books.page(None, 10).items)
    assert once_repeated == [f"1970-01-01T00:00:0{second}.000Z" for second in (1, 5)]
    assert thrice_repeated == [f"1970-01-01T00:00:0{second}.000Z" for second in (1, 2, 3, 4)]


def test_pages_follow_each_other_in_the_order_of_acceptance() -> None:
    books = Books()
    ids = [30, 10, 20, 50, 40]
    for number in ids:
        books.accept(number, PHONE, "hello", Answer.OK, now=1.0)

    seen, after = [], None
    while True:
        page = books.page(after, 2)
        seen += [record["id"] for record in page.items]
        after = page.next_after
        if after is None:
            break
    assert seen == ids


def test_a_page_after_an_unknown_message_is_an_error() -> None:
    with pytest.raises(KeyError):
        Books().page(1, 10)


def test_empty_books() -> None:
    summary = Books().summary()

    assert (summary["accepted"], summary["first_at"], summary["by_answer"]) == (0, None, {})
    assert Books().page(None, 10).items == []
