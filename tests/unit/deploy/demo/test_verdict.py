"""The comparison of our books with the provider's."""

from typing import Any

from deploy.demo.verdict import Verdict, judge


def record(count: int = 1, answer: str = "ok") -> dict[str, Any]:
    return {"count": count, "answer": answer}


def statistics(audience: int = 3, state: str = "finished", **by_status: int) -> dict[str, Any]:
    return {
        "state": state,
        "audience": audience,
        "by_status": by_status,
        "by_zone": [{"audience": audience}],
    }


def verdict(found: dict[str, Any], statuses: dict[int, str], accepted: Any) -> Verdict:
    return judge(found, statuses, accepted, calls=9, repeats_after={})


def test_books_that_agree() -> None:
    made = verdict(
        statistics(sent=2, expired=1),
        {1: "sent", 2: "sent", 3: "expired"},
        {1: record(), 2: record(count=3), 99: record()},
    )

    assert made.complaints == ()
    assert (made.arrived, made.distinct, made.accepted, made.repeats) == (2, 2, 4, 2)


def test_an_accepted_message_whose_answer_was_lost_may_be_unknown() -> None:
    made = verdict(
        statistics(sent=2, unknown=1),
        {1: "sent", 2: "sent", 3: "unknown"},
        {1: record(), 2: record(), 3: record(answer="dropped")},
    )

    assert (made.complaints, made.lost_answers) == ((), 1)


def test_a_confirmed_message_must_be_sent_in_our_books() -> None:
    made = verdict(
        statistics(sent=2, failed=1),
        {1: "sent", 2: "sent", 3: "failed"},
        {1: record(), 2: record(), 3: record()},
    )

    assert "accepted and confirmed" in made.complaints[0]


def test_a_message_we_call_sent_must_have_reached_the_provider() -> None:
    made = verdict(statistics(sent=3), {1: "sent", 2: "sent", 3: "sent"}, {1: record()})

    assert made.complaints == (
        "2 messages are sent in our books, but never reached the provider (such as 2, 3).",
    )


def test_books_that_do_not_balance_and_an_unfinished_mailing() -> None:
    made = verdict(
        statistics(audience=4, state="running", sent=3),
        {1: "sent", 2: "sent", 3: "sent"},
        {1: record(), 2: record(), 3: record()},
    )

    assert [complaint.split(":")[0] for complaint in made.complaints] == [
        "The mailing is running, not finished.",
        "The books do not balance",
    ]


def test_statistics_must_agree_with_the_list_of_messages() -> None:
    made = verdict(
        statistics(sent=3), {1: "sent", 2: "sent", 3: "queued"}, {1: record(), 2: record()}
    )

    assert made.complaints == ("The statistics count 3 sent, the messages are 2.",)
