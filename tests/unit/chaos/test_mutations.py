"""Mutations fit the tree as it is; one that does not is never passed over."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.mutations import (
    MUTATIONS,
    ROOT,
    Finding,
    Mutation,
    MutationNotPossibleError,
    apply,
    copied,
)
from tests.chaos.scenarios import SCENARIOS


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_every_mutation_changes_a_source_that_can_still_be_read(
    mutation: Mutation, tmp_path: Path
) -> None:
    file = tmp_path / mutation.file
    file.parent.mkdir(parents=True)
    before = (ROOT / mutation.file).read_text()
    file.write_text(before)
    apply(mutation, tmp_path)
    after = file.read_text()
    assert after != before
    compile(after, mutation.file, "exec")
    assert mutation.scenario in SCENARIOS


@pytest.mark.parametrize("text", ["nowhere", "twice"])
def test_a_text_that_is_not_there_once_is_an_error(text: str, tmp_path: Path) -> None:
    mutation = replace(MUTATIONS[0], file="some.py", text=text)
    (tmp_path / "some.py").write_text("once twice twice")
    with pytest.raises(MutationNotPossibleError):
        apply(mutation, tmp_path)


def test_the_copy_has_the_sources_and_nothing_that_is_hidden() -> None:
    with copied(ROOT) as tree:
        assert all((tree / one.file).exists() for one in MUTATIONS)
        assert not (tree / ".venv").exists()


def test_what_nothing_noticed_was_not_caught() -> None:
    assert not Finding(MUTATIONS[0], []).caught
    assert Finding(MUTATIONS[0], ["1 lost"]).caught
