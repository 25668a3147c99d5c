"""The ids of clauses are cited elsewhere: none vanishes, and none changes its meaning."""

from pathlib import Path

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.spec.clauses.clause import CLAUSES

IDS = Path(__file__).resolve().parents[1] / "spec" / "clauses" / "ids.txt"


def test_every_id_is_listed_and_every_listed_id_is_a_clause_or_retired() -> None:
    """A line is an id, or `retired`, a space and the id of a clause that is no more: it is never given to another."""
    lines = IDS.read_text(encoding="utf-8").splitlines()
    retired = {line.removeprefix("retired ") for line in lines if line.startswith("retired ")}
    listed = {line for line in lines if not line.startswith("retired ")}
    assert lines == sorted(lines, key=lambda line: line.removeprefix("retired "))
    assert set(CLAUSES) == listed
    assert not retired & listed
