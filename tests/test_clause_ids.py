"""The ids of clauses, of choices and of their values are cited elsewhere: none vanishes, and none changes its meaning."""

from pathlib import Path

import pytest

from callcheck.conformance.vectors import LISTS, listed


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.name)
def test_every_id_is_listed_and_every_listed_id_is_there_or_retired(file: Path) -> None:
    """A line is an id, or `retired`, a space and an id that is no more: it is never given to another."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines == listed(file), "remaking the vectors lists what is new"
    retired = {line.removeprefix("retired ") for line in lines if line.startswith("retired ")}
    assert {line for line in lines if not line.startswith("retired ")} == set(LISTS[file])
    assert not retired & set(LISTS[file])
