"""Failures that come again and again: what of them is held, and how much of them is told."""

import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from shared.runtime.faults import MOST_KINDS, TELL_EVERY, Telling, let_go
from tests.support.memory import collector_off


class Work:
    """Something large that was in hand."""


@pytest.fixture
def without_collector() -> Iterator[None]:
    with collector_off():
        yield


def ring(work: Work) -> None:
    """As libraries leave it behind: the frame has the error that has the frame."""
    fault = ValueError(id(work))
    raise fault


def ring_of_a_cause(work: Work) -> None:
    try:
        ring(work)
    except ValueError as cause:
        raise RuntimeError from cause


def ring_of_a_context(work: Work) -> None:
    try:
        ring(work)
    except ValueError:
        raise KeyError  # noqa: B904 - the bug this is about


def ring_in_a_group(work: Work) -> None:
    try:
        ring(work)
    except ValueError as one:
        raise ExceptionGroup("several", [one]) from None


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("fail", [ring, ring_of_a_cause, ring_of_a_context, ring_in_a_group])
def test_what_an_error_came_through_is_not_held(fail: Callable[[Work], None]) -> None:
    work = Work()
    held = weakref.ref(work)
    try:
        fail(work)
    except Exception as error:  # noqa: BLE001 - of several kinds
        let_go(error)
    del work
    assert held() is None


def test_an_error_that_has_itself_as_its_context_is_let_go() -> None:
    one, other = ValueError(), KeyError()
    one.__context__, other.__context__ = other, one
    let_go(one)


def failure(of: type[Exception] = ValueError, words: str = "") -> Exception:
    try:
        raise of(words)
    except Exception as error:  # noqa: BLE001 - of several kinds
        return error


def test_of_the_same_failure_one_is_told_and_after_a_minute_the_next() -> None:
    telling = Telling()
    instants = [0, 1, 2, TELL_EVERY - 1, TELL_EVERY, TELL_EVERY + 1, 2 * TELL_EVERY]
    assert [telling.times(failure(), now) for now in instants] == [1, 0, 0, 0, 4, 0, 2]


def test_what_it_says_makes_no_other_failure_of_it() -> None:
    telling = Telling()
    assert telling.times(failure(words="id 1"), 0) == 1
    assert telling.times(failure(words="id 2"), 0) == 0


def test_what_it_is_and_where_it_comes_from_do() -> None:
    telling = Telling()
    here, there = failure(), failure(KeyError)
    try:
        raise ValueError
    except ValueError as error:
        elsewhere = error
    assert [telling.times(each, 0) for each in (here, there, elsewhere)] == [1, 1, 1]


def test_it_remembers_no_more_kinds_than_it_may() -> None:
    telling = Telling()
    kinds = [type(f"Fault{n}", (Exception,), {}) for n in range(3 * MOST_KINDS)]
    held = [weakref.ref(kind) for kind in kinds]
    for kind in kinds:
        assert telling.times(kind(), 0) == 1
    del kind, kinds
    gc.collect()
    assert sum(one() is not None for one in held) <= MOST_KINDS
