"""The clauses are complete against the documentation, or what they leave out is named."""

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.documentation import sentences


def test_every_documented_clause_holds_a_sentence_of_the_documentation() -> None:
    held = {id for rows in sentences().values() for row in rows for id in row.clauses}
    assert [clause.id for clause in CLAUSES.values() if clause.level == "documented" and clause.id not in held] == []


def test_every_row_names_clauses_that_speak_of_its_callback_and_are_not_merely_observed() -> None:
    assert tuple(sentences()) == ("Training", *CALLBACKS)
    for callback, rows in sentences().items():
        for row in rows:
            for id in row.clauses:
                assert {callback, TRAINING} & {*CLAUSES[id].callbacks}, (
                    f"{callback}, {row.place}: {id} does not speak of it"
                )
                assert CLAUSES[id].level != "observed", f"{callback}, {row.place}: {id} is not promised"


def test_what_no_clause_holds_says_why() -> None:
    for callback, rows in sentences().items():
        for row in rows:
            assert row.clauses or row.missing, f"{callback}, {row.place}: neither clauses nor a reason"
