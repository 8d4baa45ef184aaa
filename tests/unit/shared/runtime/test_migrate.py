"""How far migrations go while processes of the release before still run."""

import pytest

from shared.runtime.migrate import PreBehindPost, Step, last_pre


def chain(*stages: str) -> list[Step]:
    return [Step(f"{n:04d}", stage == "post") for n, stage in enumerate(stages, 1)]


def test_all_that_only_add_are_applied() -> None:
    assert last_pre(chain("pre", "pre", "pre"), "0001") == "0003"


def test_it_stops_before_the_first_that_takes_away() -> None:
    assert last_pre(chain("pre", "pre", "post", "post"), "0001") == "0002"


def test_nothing_is_to_be_done_at_the_end_or_before_one_that_takes_away() -> None:
    assert last_pre(chain("pre", "pre"), "0002") is None
    assert last_pre(chain("pre", "post"), "0001") is None


def test_one_that_was_applied_holds_nothing_up() -> None:
    assert last_pre(chain("pre", "post", "pre"), "0002") == "0003"


def test_an_empty_database_has_no_old_processes() -> None:
    assert last_pre(chain("pre", "post", "pre"), None) == "0003"


def test_what_is_needed_behind_what_must_wait_is_refused() -> None:
    with pytest.raises(PreBehindPost, match="0003 is needed before the deploy, but 0002"):
        last_pre(chain("pre", "post", "pre"), "0001")
