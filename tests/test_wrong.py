"""The suite is held to its claims: every clause catches some wrong implementation, with a message that says what is wrong."""

import pytest

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.conformance.derivation import derived
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.judge import DEVIATES, Judgement
from callcheck.conformance.report.counterexample import describe
from callcheck.conformance.results import Here
from callcheck.conformance.subjects.reference import Reference
from callcheck.conformance.wrong.all import ALL
from callcheck.conformance.wrong.catches import Catch, catches
from callcheck.conformance.wrong.wrong import WrongImplementation
from callcheck.spec.clauses.clause import CLAUSES, Case, Failed

BESIDE = [catch for catch in catches() if catch.clause.startswith("every-callback/")]
IN_JUDGE = {"every-callback/outcome/is-an-answer", "every-callback/outcome/is-the-same-every-time"}
"""Caught by an implementation that hangs or answers differently, in the tests of the judge."""


@pytest.mark.parametrize("catch", catches(), ids=str)
def test_the_clause_catches_it(catch: Catch) -> None:
    clause, wrong, scenario = CLAUSES[catch.clause], catch.variant, catch.scenario
    assert wrong.callback in (*(each.callback for each in scenario.configured()), scenario.about)
    dialect = catch.spoken()
    case = Hearing(Here(WrongImplementation(wrong, dialect)), dialect.dialect).judged(clause, scenario)
    assert case is not None, "the scenario cannot be judged"
    outcome = clause.judge(case)
    assert isinstance(outcome, Failed), f"{catch.clause} does not see it"
    assert (outcome.fit, outcome.epoch) == catch.place, str(outcome)
    assert catch.words in str(outcome)
    shown = Judgement(
        implementation=wrong.name, clause=clause, callback=wrong.callback, verdict=DEVIATES, failure=outcome,
        scenario=case.scenario, trace=case.trace, related=case.other_scenario, related_trace=case.other,
    )  # fmt: skip
    said = " ".join(describe(shown).split())  # however its lines are broken
    assert " ".join(f": {outcome.expected} because: {outcome.why} got:".split()) in said


@pytest.mark.parametrize("catch", catches(), ids=str)
def test_the_reference_does_it_right(catch: Catch) -> None:
    """It is the change that fails, not the scenario."""
    dialect = catch.spoken()
    clause = CLAUSES[catch.clause]
    assert clause.applies(dialect.dialect)
    case = Hearing(Here(Reference(dialect)), dialect.dialect).judged(clause, catch.scenario)
    assert isinstance(case, Case)
    assert not isinstance(clause.judge(case), Failed)


@pytest.mark.parametrize("catch", BESIDE, ids=str)
def test_no_dialect_explains_what_is_done_beside_the_work(catch: Catch) -> None:
    dialect = catch.spoken()
    clause, wrong = CLAUSES[catch.clause], WrongImplementation(catch.variant, dialect)
    case = Hearing(Here(wrong), dialect.dialect).judged(clause, catch.scenario)
    assert case is not None
    assert derived(clause, case) is None


def test_every_clause_and_every_variant_has_a_catch() -> None:
    assert set(CLAUSES) - {catch.clause for catch in catches()} == IN_JUDGE
    assert {catch.variant.name for catch in catches()} == {wrong.name for wrong in ALL}


def test_names_are_unique() -> None:
    names = [wrong.name for wrong in ALL]
    assert len(names) == len(set(names))
