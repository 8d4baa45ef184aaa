"""The judge of the chaos runs finds what is wrong, and explains what is not."""

from dataclasses import replace

import pytest

from tests.chaos.judge import Acceptance, Evidence, Harm, judge, stillness

KILL = Harm("kill -9 sender-1", 100.0, 100.0, cuts_calls=True)
RUN = Evidence(
    phones=frozenset({"1", "2"}),
    accepted=(Acceptance(10, "1", (99.0,)), Acceptance(20, "2", (101.0,))),
    repeats_after={},
    given_up={},
    harms=(KILL,),
    finished=102.0,
)


def with_repeat(*moments: float) -> Evidence:
    repeated = (Acceptance(10, "1", moments), RUN.accepted[1])
    return replace(RUN, accepted=repeated, repeats_after={"ok": len(moments) - 1})


def test_a_run_in_which_all_went_well() -> None:
    verdict = judge(RUN)
    assert (verdict.lost, verdict.unexplained, verdict.at_kills) == (0, 0, 0)
    assert verdict.harmed


def test_a_client_whom_nobody_speaks_of_is_lost() -> None:
    assert judge(replace(RUN, phones=RUN.phones | {"3"})).lost == 1


@pytest.mark.parametrize(("reason", "lost"), [("server_error", 0), (None, 1)])
def test_who_was_given_up_is_not_lost_if_there_is_a_reason(reason: str | None, lost: int) -> None:
    run = replace(RUN, phones=RUN.phones | {"3"}, given_up={"3": reason})
    assert judge(run).lost == lost


def test_a_call_in_flight_at_a_kill_may_be_repeated() -> None:
    verdict = judge(with_repeat(99.0, 101.0))
    assert (verdict.at_kills, verdict.unexplained) == (1, 0)


@pytest.mark.parametrize("moments", [(95.0, 101.0), (99.0, 99.5), (100.5, 101.0)])
def test_a_repeat_with_no_kill_in_reach_is_not_explained(moments: tuple[float, ...]) -> None:
    verdict = judge(with_repeat(*moments))
    assert (verdict.at_kills, verdict.unexplained) == (0, 1)


def test_the_death_of_who_makes_no_calls_explains_nothing() -> None:
    harm = replace(KILL, what="kill -9 stats", cuts_calls=False)
    assert judge(replace(with_repeat(99.0, 101.0), harms=(harm,))).unexplained == 1


def test_a_repeat_after_an_answer_that_was_lost_is_explained() -> None:
    run = replace(with_repeat(95.0, 101.0), repeats_after={"dropped": 1})
    verdict = judge(run)
    assert (verdict.after_lost_answers, verdict.unexplained) == (1, 0)


def test_a_second_message_to_the_same_client_is_never_explained() -> None:
    run = replace(RUN, accepted=(*RUN.accepted, Acceptance(30, "1", (101.5,))))
    assert judge(run).unexplained == 1


def test_a_harm_that_came_when_all_was_done_proves_nothing() -> None:
    late = replace(KILL, began=101.5, ended=101.5)
    assert not judge(replace(RUN, harms=(late,))).harmed
    assert not judge(replace(RUN, harms=())).harmed


def test_stillness_is_counted_from_the_first_harm() -> None:
    assert stillness([0.0, 90.0, 103.0, 104.0], [KILL]) == 3.0
    assert stillness([0.0, 90.0], [KILL]) == 0.0
    assert stillness([0.0, 90.0], []) == 0.0


def test_what_a_harm_takes_is_not_stillness() -> None:
    pause = Harm("pause", 110.0, 140.0)
    overlapping = Harm("another", 130.0, 150.0)
    assert stillness([109.0, 155.0], [pause, overlapping]) == 5.0
    assert stillness([109.0, 155.0], [KILL, pause]) == 16.0
