"""The judge: each verdict is given where it is due, and a deviation counts as declared only if it is predicted."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from callcheck.conformance import deviations
from callcheck.conformance.deviations import Deviation, declared
from callcheck.conformance.driver.protocol import Capabilities
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.judge import (
    AGREEMENTS,
    CONFORMS,
    DECLARED,
    DEVIATES,
    NONDETERMINISTIC,
    NOT_APPLICABLE,
    NOT_EXERCISED,
    STALE,
)
from callcheck.conformance.pool import pool, reached
from callcheck.conformance.report.counterexample import describe
from callcheck.conformance.results import Here
from callcheck.conformance.subjects.reference import Reference
from callcheck.reference.early_stopping import EarlyStopping
from callcheck.reference.machine import Effect, Event, Machine, Reason
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import NEWEST, Dialect, representative, resolve, shipped
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.search.boundaries import BOUNDARIES
from callcheck.spec.trace import Failed, Result

NEWEST_DIALECT = resolve(NEWEST).dialect
PATIENCE = CLAUSES["early-stopping/patience/stops-after-patience-epochs"]
SAME = CLAUSES["every-callback/outcome/is-the-same-every-time"]
ANSWER = CLAUSES["every-callback/outcome/is-an-answer"]


class Late(EarlyStopping):
    """Stops one epoch late."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        if isinstance(self.config.patience, int):
            self.config = type(self.config)(
                **{**_parameters(self.config), "patience": max(self.config.patience, 1) + 1}
            )


def _parameters(config: Any) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


class Subject:
    """An EarlyStopping made of one of the reference's machines, or of a variant."""

    name = "a subject"
    capabilities = Capabilities(callbacks=frozenset({"EarlyStopping"}))

    def __init__(self, make: type[Machine] = EarlyStopping) -> None:
        self.make: Any = make

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        return replay(scenario, NEWEST_DIALECT, make=self.make)


def test_the_reference_conforms() -> None:
    judgement = Hearing(Here(Subject()), NEWEST_DIALECT, examples=50).judgement(PATIENCE, "EarlyStopping")
    assert judgement.verdict == CONFORMS
    assert judgement.exercised >= 10


def test_a_deviation_is_shrunk_and_described() -> None:
    judgement = Hearing(Here(Subject(Late)), NEWEST_DIALECT, examples=50).judgement(PATIENCE, "EarlyStopping")
    assert judgement.verdict == DEVIATES
    assert judgement.scenario is not None
    assert len(judgement.scenario.fits[0].epochs) == 2, "two epochs show that it stops late"
    text = describe(judgement)
    assert PATIENCE.sentence in " ".join(text.split())
    assert "expected in fit 1, epoch 1 (counted from 0): a stop" in text
    assert "replay with `callcheck trace -`" in text


AGREEMENT = AGREEMENTS["EarlyStopping"]


def test_what_does_as_predicted_agrees() -> None:
    judgement = Hearing(Here(Subject()), NEWEST_DIALECT, examples=50).judgement(AGREEMENT, "EarlyStopping")
    assert judgement.verdict == CONFORMS
    assert judgement.exercised >= 50


def test_a_disagreement_is_shrunk_and_described() -> None:
    judgement = Hearing(Here(Subject(Late)), NEWEST_DIALECT, examples=50).judgement(AGREEMENT, "EarlyStopping")
    assert judgement.verdict == DEVIATES
    assert judgement.scenario is not None
    assert len(judgement.scenario.fits[0].epochs) == 2, "two epochs show that it stops late"
    assert "expected in fit 1, epoch 1 (counted from 0): stop to be True" in describe(judgement)
    assert "because: the reference in keras-3.15.1 predicts that" in describe(judgement)


class Moody(Subject):
    """Answers differently every time."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = itertools.cycle([EarlyStopping, Late])

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        self.make = next(self.turns)
        return super().replay(scenario)


def test_what_answers_differently_is_nondeterministic() -> None:
    judgement = Hearing(Here(Moody()), NEWEST_DIALECT, examples=300).judgement(SAME, "EarlyStopping")
    assert judgement.verdict == NONDETERMINISTIC
    assert judgement.failure is not None


class Mute(Subject):
    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        return Failed(kind="timeout", message="no answer within 1 s")


def test_no_answer_is_a_deviation_of_its_own_and_exercises_nothing_else() -> None:
    hearing = Hearing(Here(Mute()), NEWEST_DIALECT, examples=10)
    answered = hearing.judgement(ANSWER, "EarlyStopping")
    assert answered.verdict == DEVIATES
    assert answered.failure is not None
    assert "no answer within 1 s" in answered.failure.got
    for clause in CLAUSES.values():
        if "EarlyStopping" in clause.callbacks and clause not in (ANSWER, SAME) and clause.applies(NEWEST_DIALECT):
            assert hearing.judgement(clause, "EarlyStopping").verdict == NOT_EXERCISED, clause.id


def test_what_cannot_be_seen_or_is_not_there_is_not_applicable() -> None:
    class Blind(Subject):
        capabilities = Capabilities(callbacks=frozenset({"EarlyStopping"}), observables=frozenset({"learning_rate"}))

    hearing = Hearing(Here(Blind()), NEWEST_DIALECT, examples=10)
    assert hearing.judgement(PATIENCE, "EarlyStopping").reason == "stop cannot be observed"
    other = hearing.judgement(CLAUSES["terminate-on-nan/loss/stops-at-the-first-invalid-loss"], "TerminateOnNaN")
    assert (other.verdict, other.reason) == (NOT_APPLICABLE, "there is no TerminateOnNaN")


BROKEN = [(deviation, name) for group in declared().values() for deviation in group for name in representative()]


@pytest.mark.parametrize(
    ("deviation", "name"),
    [(deviation, name) for deviation, name in BROKEN if shipped()[name][deviation.choice] == deviation.value],
    ids=lambda value: value.clause if isinstance(value, Deviation) else value,
)
def test_a_declared_deviation_is_shown_by_its_scenario(deviation: Deviation, name: str) -> None:
    clause = CLAUSES[deviation.clause]
    judgement = Hearing(Here(Reference(resolve(name))), shipped()[name], native=True, examples=10).judgement(
        clause, deviation.scenario.callback
    )
    assert judgement.verdict == DECLARED
    assert judgement.reason


class Exact(EarlyStopping):
    """Keeps a promise that Keras breaks."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect.replace("better", **{"early-stopping/baseline": "stops-after-patience"}))


BASELINE = CLAUSES["early-stopping/baseline/stops-if-it-is-not-beaten"]


def test_a_declaration_that_no_longer_holds_is_stale() -> None:
    judgement = Hearing(Here(Subject(Exact)), NEWEST_DIALECT, native=True, examples=10).judgement(
        BASELINE, "EarlyStopping"
    )
    assert judgement.verdict == STALE
    assert judgement.reason is not None
    assert "early-stopping/baseline = gates-the-reset" in judgement.reason


def test_a_callback_that_is_no_keras_may_keep_the_promise() -> None:
    judgement = Hearing(Here(Subject(Exact)), NEWEST_DIALECT, examples=10).judgement(BASELINE, "EarlyStopping")
    assert judgement.verdict == CONFORMS


class NeverStops(EarlyStopping):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return super().epoch_end(state, event, [])


def test_being_merely_different_is_no_declared_deviation() -> None:
    """The baseline clause is declared for this dialect, but what this subject does is not what is predicted."""
    assert deviations.declared_for(BASELINE.id, NEWEST_DIALECT)
    judgement = Hearing(Here(Subject(NeverStops)), NEWEST_DIALECT, examples=50).judgement(BASELINE, "EarlyStopping")
    assert judgement.verdict == DEVIATES


def test_a_pool_is_reproducible_and_has_no_scenario_twice() -> None:
    first = pool("EarlyStopping", 40, 7)
    pool.cache_clear()
    again = pool("EarlyStopping", 40, 7)
    assert [key(scenario) for scenario in first] == [key(scenario) for scenario in again]
    assert len({key(scenario) for scenario in first}) == len(first)


@pytest.mark.parametrize("callback", CALLBACKS)
def test_every_boundary_is_reached(callback: str) -> None:
    """With 1,000 scenarios; with the default 300 some rare ones may be reached once or twice."""
    counts = reached(callback, 1000, 0)
    assert set(counts) == {name for name, boundary in BOUNDARIES.items() if callback in boundary.callbacks}
    assert {name: count for name, count in counts.items() if count < 3} == {}
