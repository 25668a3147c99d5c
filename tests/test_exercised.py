"""No verdict rests on a handful of scenarios: every clause is exercised often enough by the default pool."""

import pytest

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.results import Here
from callcheck.conformance.subjects.reference import Reference
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import resolve

ENOUGH = 20
DIALECTS = (
    "keras-3.15.1",
    "documented",
    "tf-keras-2.21.0",
    "keras-2.3.1",
    "keras-3.10.0",
    "keras-3.0.5",
    "keras-2.11.0",
)
"""Between them they are held to every clause; each counts where it is the first that is."""


@pytest.mark.parametrize("callback", [*CALLBACKS, TRAINING])
def test_every_clause_is_exercised_often(callback: str) -> None:
    todo = {clause.id: clause for clause in CLAUSES.values() if callback in clause.callbacks}
    for name in DIALECTS:
        dialect = resolve(name)
        hearing = Hearing(Here(Reference(dialect)), dialect.dialect)
        held = [clause for clause in todo.values() if clause.applies(dialect.dialect)]
        seen = {clause.id: hearing.judgement(clause, callback).exercised for clause in held}
        todo = {id: clause for id, clause in todo.items() if seen.get(id, 0) < ENOUGH}
    assert list(todo) == []
