"""The judge: each verdict is given where it is due, and a deviation counts as declared only if it is predicted."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcheck.conformance.declarations import Declaration, of_scenario, of_trace, pinned
from callcheck.conformance.derivation import derived
from callcheck.conformance.driver.protocol import Capabilities
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.judge import (
    AS_IN_KERAS,
    CONFORMS,
    DECLARED,
    DEVIATES,
    FAILING,
    NONDETERMINISTIC,
    NOT_APPLICABLE,
    NOT_EXERCISED,
    STALE,
    Judgement,
    judge,
)
from callcheck.conformance.pool import pool, reached
from callcheck.conformance.report.counterexample import describe
from callcheck.conformance.results import Here
from callcheck.conformance.rules import AGREEMENTS
from callcheck.conformance.subjects.reference import Reference
from callcheck.reference.early_stopping import EarlyStopping
from callcheck.reference.machine import Effect, Event, Machine, Print, Reason
from callcheck.reference.replay import MACHINES, replay
from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.clauses.clause import CLAUSES, Case, Clause
from callcheck.spec.clauses.clause import Failed as ClauseFailed
from callcheck.spec.dialect import NEWEST, Dialect, InvalidDialect, documented, representative, resolve
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, dumps, key, loads
from callcheck.spec.search.boundaries import boundaries
from callcheck.spec.search.samples import sample
from callcheck.spec.trace import Failed, Result, Trace, to_json

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
        return replay(scenario, NEWEST_DIALECT, machines={**MACHINES, "EarlyStopping": self.make})


def test_the_reference_conforms() -> None:
    judgement = Hearing(Here(Subject()), NEWEST_DIALECT, examples=50).judgement(PATIENCE, "EarlyStopping")
    assert judgement.verdict == CONFORMS
    assert judgement.exercised >= 10


def test_a_deviation_is_shrunk_and_described() -> None:
    hearing = Hearing(Here(Subject(Late)), NEWEST_DIALECT, examples=50)
    judgement = hearing.shown(hearing.judgement(PATIENCE, "EarlyStopping"))
    assert judgement.verdict == DEVIATES
    assert judgement.scenario is not None
    assert len(judgement.scenario.fits[0].epochs) == 2, "two epochs show that it stops late"
    text = describe(judgement)
    assert PATIENCE.sentence in " ".join(text.split())
    assert "expected in fit 1, epoch 1 (counted from 0): a stop" in text
    assert "replay with `callcheck trace -`" in text
    assert "[documented; https://keras.io/" in " ".join(text.split())


AGREEMENT = AGREEMENTS["EarlyStopping"]


def test_what_does_as_predicted_agrees() -> None:
    judgement = Hearing(Here(Subject()), NEWEST_DIALECT, examples=50).judgement(AGREEMENT, "EarlyStopping")
    assert judgement.verdict == CONFORMS
    assert judgement.exercised >= 50


def test_a_disagreement_is_shrunk_and_described() -> None:
    hearing = Hearing(Here(Subject(Late)), NEWEST_DIALECT, examples=50)
    judgement = hearing.shown(hearing.judgement(AGREEMENT, "EarlyStopping"))
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


BASELINE = CLAUSES["early-stopping/baseline/stops-if-it-is-not-beaten"]


@pytest.mark.parametrize("name", sorted({*representative(), "keras-2.3.1", "keras-3.7.0"}))
def test_the_reference_breaks_only_what_its_dialect_explains(name: str) -> None:
    dialect = resolve(name).dialect
    hearing = Hearing(Here(Reference(resolve(name))), dialect, examples=100)
    found = [
        hearing.judgement(clause, callback)
        for clause in CLAUSES.values()
        for callback in clause.callbacks
        if clause.applies(dialect)
    ]
    assert {each.clause.id: each.failure for each in found if each.verdict in FAILING} == {}
    known = [each for each in found if each.verdict == DECLARED]
    assert known
    assert all(each.reason and each.scenario for each in known)


def test_a_derived_deviation_is_said_in_the_words_of_its_choices() -> None:
    cooldown = CLAUSES["reduce-lr-on-plateau/cooldown/waits-cooldown-epochs"]
    hearing = Hearing(Here(Reference(resolve(NEWEST))), NEWEST_DIALECT, examples=30)
    case = next(case for case in hearing.cases(cooldown, hearing.pool("ReduceLROnPlateau")) if failed(cooldown, case))
    declaration = derived(cooldown, case)
    assert declaration is not None
    assert declaration.choices == ("reduce-lr-on-plateau/cooldown",)
    assert declaration.predicted == case.trace
    assert "In keras-3.15.1: cooldown - 1" in declaration.reason
    assert (
        "promised by ReduceLROnPlateau, cooldown: that many epochs go by: For as many as cooldown says."
        in declaration.reason
    )
    assert derived(replace(cooldown, level="observed"), case) is None, "what is observed is no promise"


def failed(clause: Clause, case: Case) -> bool:
    return isinstance(clause.judge(case), ClauseFailed)


class Exact(EarlyStopping):
    """Keeps a promise that Keras breaks."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect.replace("better", **{"early-stopping/baseline": "stops-after-patience"}))


def test_a_callback_may_keep_a_promise_that_its_dialect_breaks() -> None:
    judgement = Hearing(Here(Subject(Exact)), NEWEST_DIALECT, examples=10).judgement(BASELINE, "EarlyStopping")
    assert judgement.verdict == CONFORMS, "only agreement tells that it is no Keras"


LATE = loads("""{"callback": "EarlyStopping", "config": {"mode": "min", "patience": 1},
                  "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 2.0}}]}]}""")


def late(reason: str = "it waits on purpose") -> Declaration:
    predicted = Subject(Late).replay(LATE)
    assert isinstance(predicted, Trace)
    return Declaration(rule=PATIENCE.id, scenario=LATE, predicted=predicted, reason=reason)


def test_a_pinned_deviation_is_declared_where_it_shows_and_nowhere_else() -> None:
    hearing = Hearing(Here(Subject(Late)), NEWEST_DIALECT, examples=50, pinned=(late(),))
    case = hearing.judged(PATIENCE, LATE)
    assert case is not None
    assert judge(PATIENCE, "EarlyStopping", [case], hearing.held).verdict == DECLARED
    assert hearing.judgement(PATIENCE, "EarlyStopping").verdict == DEVIATES


LATER = loads("""{"callback": "EarlyStopping", "config": {"mode": "min", "patience": 1},
                  "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 3.0}}]}]}""")


class Says(EarlyStopping):
    """Wrong in another way: it says something in place of a stop."""

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        effects.append(Print("other"))
        return super().epoch_end(state, event, [])


def test_a_pinned_deviation_stands_for_others_of_its_kind_by_their_digests() -> None:
    seen = Subject(Late).replay(LATER)
    assert isinstance(seen, Trace)
    pins = replace(late(), others={of_scenario(LATER): of_trace(seen)})

    def verdict(subject: Subject, *scenarios: Scenario) -> str:
        hearing = Hearing(Here(subject), NEWEST_DIALECT, examples=10, pinned=(pins,))
        cases = [hearing.judged(PATIENCE, each) for each in scenarios]
        return judge(PATIENCE, "EarlyStopping", [case for case in cases if case is not None], hearing.held).verdict

    assert verdict(Subject(Late), LATE, LATER) == DECLARED
    assert verdict(Subject(Late), LATE) == DECLARED, "they may not have been drawn"
    assert verdict(Subject(Says), LATER) == DEVIATES
    assert verdict(Subject(), LATER) == STALE


def test_a_pinned_deviation_that_no_longer_shows_is_stale() -> None:
    judgement = Hearing(Here(Subject()), NEWEST_DIALECT, examples=10, pinned=(late(),)).judgement(
        PATIENCE, "EarlyStopping"
    )
    assert judgement.verdict == STALE
    assert judgement.reason is not None
    assert "it waits on purpose" in judgement.reason


def test_a_file_pins_declarations_beside_its_dialect(tmp_path: Path) -> None:
    declaration = late()
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[dialect]]\nname = "mine"\nextends = "documented"\n'
        f"[[declaration]]\nclause = '{declaration.rule}'\nreason = '{declaration.reason}'\n"
        f"scenario = '{dumps(LATE)}'\npredicted = '{json.dumps(to_json(declaration.predicted))}'\n"
    )
    assert resolve(str(file)).dialect.name == "mine"
    (read,) = pinned(str(file)).declarations
    assert (read.rule, key(read.scenario), read.reason) == (declaration.rule, key(LATE), declaration.reason)
    assert difference(read.predicted, declaration.predicted) is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("clause = 'early-stopping/nothing'\nreason = ''\nscenario = ''\npredicted = ''", "no clause 'early-stopping/nothing'"),
        ("clause = 'early-stopping/agreement'\nreason = ''\nscenario = '{'\npredicted = ''", "declaration 1: "),
        ("clause = 'early-stopping/agreement'", "its fields are clause, predicted, reason, scenario"),
        (
            "clause = 'early-stopping/agreement'\nreason = ''\npredicted = '{\"rejected\": null, \"fits\": []}'\n"
            'scenario = \'{"callback": "EarlyStopping", "fits": [{"epochs": [{"logs": {}}]}]}\'\nothers = "12"',
            "others are pairs of digests",
        ),
    ],
)  # fmt: skip
def test_what_is_no_declaration_is_refused(table: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"[[declaration]]\n{table}\n")
    with pytest.raises(InvalidDialect, match=message):
        pinned(str(file))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("seed = 'a'", "drawn: its fields are examples, seed, each a whole number"),
        ("often = 1", "drawn: its fields are examples, seed, each a whole number"),
        ("examples = 0", "drawn, examples: it is not positive"),
    ],
)
def test_what_was_not_drawn_so_is_refused(table: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"[drawn]\n{table}\n")
    with pytest.raises(InvalidDialect, match=message):
        pinned(str(file))


class NeverStops(EarlyStopping):
    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return super().epoch_end(state, event, [])


def test_being_merely_different_is_no_declared_deviation() -> None:
    """The dialect breaks the baseline clause, but what this subject does is not what is predicted."""
    judgement = Hearing(Here(Subject(NeverStops)), NEWEST_DIALECT, examples=50).judgement(BASELINE, "EarlyStopping")
    assert judgement.verdict == DEVIATES


def hold_to_the_documentation(make: type[Machine], clause: Clause, *, strict: bool = False) -> Judgement:
    hearing = Hearing(Here(Subject(make)), documented(), agrees=False, as_keras=not strict)
    return hearing.judgement(clause, "EarlyStopping")


def test_what_a_keras_breaks_in_the_very_same_way_is_as_in_keras() -> None:
    judgement = hold_to_the_documentation(EarlyStopping, BASELINE)
    assert judgement.verdict == AS_IN_KERAS
    assert judgement.reason == "keras-3.15.1 does the very same"
    assert hold_to_the_documentation(EarlyStopping, BASELINE, strict=True).verdict == DEVIATES


def test_what_no_keras_does_is_a_deviation_and_agreement_is_not_asked() -> None:
    assert hold_to_the_documentation(NeverStops, BASELINE).verdict == DEVIATES
    hearing = Hearing(Here(Subject()), documented(), agrees=False, as_keras=True, examples=10)
    assert hearing.judgement(AGREEMENT, "EarlyStopping").verdict == NOT_APPLICABLE


def test_a_pool_is_reproducible_and_has_no_scenario_twice() -> None:
    first = pool("EarlyStopping", 40, 7)
    pool.cache_clear()
    again = pool("EarlyStopping", 40, 7)
    assert [key(scenario) for scenario in first] == [key(scenario) for scenario in again]
    assert len({key(scenario) for scenario in first}) == len(first)


def test_drawing_ends_when_it_is_told_to_and_what_was_drawn_is_the_beginning() -> None:
    asked = itertools.count(1)
    some = sample("EarlyStopping", 40, 7, stop=lambda: next(asked) > 2)
    assert 0 < len(some) < 40
    assert some == sample("EarlyStopping", 40, 7)[: len(some)]


@pytest.mark.parametrize("callback", CALLBACKS)
def test_every_boundary_is_reached(callback: str) -> None:
    """With 1,000 scenarios; with the default 300 some rare ones may be reached once or twice."""
    counts = reached(callback, 1000, 0)
    assert set(counts) == set(boundaries(callback))
    assert {name: count for name, count in counts.items() if count < 3} == {}
