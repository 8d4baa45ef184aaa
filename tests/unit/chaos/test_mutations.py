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
    find,
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


def test_each_scenario_is_first_seen_to_find_nothing(tmp_path: Path) -> None:
    sources = {one.file: (ROOT / one.file).read_text() for one in MUTATIONS}
    for name, source in {**sources, ".venv/bin/python": "hidden"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)

    def look(_scenario: str, tree: Path) -> list[str]:
        assert not (tree / ".venv").exists()
        changed = [name for name in sources if (tree / name).read_text() != sources[name]]
        return [f"{name} was changed" for name in changed]

    findings = list(find(tmp_path, MUTATIONS, look))
    scenarios = sorted({one.scenario for one in MUTATIONS})
    assert [each.scenario for each in findings if each.mutation is None] == scenarios
    assert [each.mutation for each in findings if each.mutation is not None] == list(MUTATIONS)
    assert all(each.as_it_must_be for each in findings)


def test_what_nothing_noticed_is_not_as_it_must_be() -> None:
    assert not Finding(MUTATIONS[0], "any", []).as_it_must_be
    assert Finding(MUTATIONS[0], "any", ["1 lost"]).as_it_must_be
    assert not Finding(None, "any", ["1 lost"]).as_it_must_be
    assert Finding(None, "any", []).as_it_must_be
