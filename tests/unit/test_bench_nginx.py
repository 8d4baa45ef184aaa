"""What nginx's log tells the bench."""

from tests.bench.nginx import Calls, counted, read_answered


def read_calls(lines: list[str]) -> Calls:
    return counted(read_answered(lines))


def test_the_first_call_came_in_before_it_was_answered() -> None:
    calls = read_calls(
        [
            "100.500 0.250 200 /v1/send/1",
            "101.000 0.900 200 /v1/send/2",
            "102.000 0.010 200 /v1/send/3",
        ]
    )
    assert calls == Calls(first=100.1, last=102.0, calls=3, distinct=3)


def test_a_message_called_about_twice_is_one() -> None:
    calls = read_calls(["1.0 0.0 200 /v1/send/1", "2.0 0.0 200 /v1/send/1"])
    assert (calls.calls, calls.distinct) == (2, 1)


def test_what_was_not_taken_does_not_count() -> None:
    assert read_calls(["1.0 0.0 404 /other", "2.0 0.0 499 /v1/send/1"]) == Calls(0.0, 0.0, 0, 0)
