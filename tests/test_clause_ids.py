"""The ids of clauses, of choices and of their values are cited elsewhere: none vanishes, and none changes its meaning."""

import sys
from pathlib import Path

import pytest

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.conformance.vectors import LISTS, listed
from callcheck.reference.machine import Reason
from callcheck.reference.replay import MACHINES
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.version import retired

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("file", LISTS, ids=lambda file: file.name)
def test_every_id_is_listed_and_every_listed_id_is_there_or_retired(file: Path) -> None:
    """A line is an id, or `retired`, an id that is never given to another, `for`, and those that took its place."""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines == listed(file), "remaking the vectors lists what is new"
    retired = {line.split()[1] for line in lines if line.startswith("retired ")}
    assert {line for line in lines if not line.startswith("retired ")} == set(LISTS[file])
    assert not retired & set(LISTS[file])


def test_what_took_the_place_of_a_retired_id_is_there() -> None:
    lines = (ROOT / "spec" / "clauses" / "ids.txt").read_text(encoding="utf-8").splitlines()
    assert len(retired()) == sum(line.startswith("retired ") for line in lines)
    assert {successor for successors in retired().values() for successor in successors} <= set(CLAUSES)


def test_every_reason_names_a_clause_or_a_choice() -> None:
    modules = {sys.modules[machine.__module__] for machine in MACHINES.values()}
    reasons = [each for module in modules for each in vars(module).values() if isinstance(each, Reason) and each.rule]
    assert len(reasons) > 50
    assert {each.rule for each in reasons} - CLAUSES.keys() - CHOICES.keys() == set()
