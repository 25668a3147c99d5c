"""What fails in an old release is explained by its dialect, or lies beyond what is known of it: for nothing else is it blamed."""

from dataclasses import replace

import pytest

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.conformance.derivation import derived, is_beyond
from callcheck.conformance.driver.protocol import OBSERVABLES, Capabilities
from callcheck.conformance.hearing import Hearing
from callcheck.conformance.judge import FAILING, NOT_APPLICABLE, Held, judge, unexplained
from callcheck.conformance.results import Here
from callcheck.conformance.session import held_to
from callcheck.conformance.subjects.reference import Reference
from callcheck.conformance.subjects.registry import Started
from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.clauses.clause import CLAUSES, Case, Clause, Failed
from callcheck.spec.dialect import Dialect, Resolution, documented, resolve
from callcheck.spec.scenario import Scenario, loads
from callcheck.spec.trace import NotExpressible, Trace

OLD = (
    "keras-1.0.4", "keras-1.2.2", "keras-2.3.1", "tensorflow-1.14.0", "tensorflow-2.3.4", "keras-2.10.0", "keras-2.15.0",
    "keras-3.0.5", "keras-3.0.5+jax", "keras-3.6.0", "keras-3.11.0",
)  # fmt: skip
FEW = 30


def subject(name: str) -> tuple[Here, Dialect]:
    dialect = resolve(name).dialect
    return Here(Reference(Resolution(dialect=dialect))), dialect


@pytest.mark.parametrize("name", OLD)
def test_nothing_that_fails_in_an_old_release_is_left_unexplained(name: str) -> None:
    hearing = Hearing(*subject(name), examples=FEW)
    found = {
        (clause.id, callback): judgement.verdict
        for clause in CLAUSES.values()
        for callback in clause.callbacks
        if (judgement := hearing.judgement(clause, callback)).verdict in FAILING
    }
    assert found == {}


def seen(scenario: Scenario, dialect: Dialect) -> Trace:
    trace = replay(scenario, dialect)
    assert isinstance(trace, Trace)
    return trace


SUFFIX: Clause = CLAUSES["model-checkpoint/filepath/weights-end-with-weights-h5"]
NAME = '{"callback": "ModelCheckpoint", "config": {"filepath": "weights.h5", "save_weights_only": true}, '
FITS = '"fits": [{"epochs": [{"logs": {"val_loss": 1.0}}]}]}'


def blocked(dialect: Dialect) -> Case:
    """The name is accepted; a file lies where its folder would have to be, and what is raised TensorFlow decides."""
    name = NAME.replace("weights.h5", "a/weights.h5")
    case = Case(
        scenario=loads(f'{name}"existing": ["a"], {FITS}'),
        trace=seen(loads(name + FITS), resolve("tf-keras-2.21.0").dialect),
        dialect=dialect,
    )
    beside = SUFFIX.beside(case.scenario)
    assert beside is not None
    return replace(case, other=case.trace, other_scenario=beside)


def test_what_lies_beyond_the_reference_is_no_verdict() -> None:
    case = blocked(resolve("tf-keras-2.21.0").dialect)
    assert isinstance(replay(case.scenario, case.dialect), NotExpressible)
    assert isinstance(SUFFIX.judge(case), Failed)
    assert derived(SUFFIX, case) is None
    assert is_beyond(SUFFIX, case)
    held = Held(
        implementation="x", capabilities=Capabilities(callbacks=frozenset({"ModelCheckpoint"})), dialect=case.dialect
    )
    assert not unexplained(SUFFIX, case, held)
    judgement = judge(SUFFIX, "ModelCheckpoint", [case], held)
    assert (judgement.verdict, judgement.exercised) == ("not exercised", 0)


def test_who_is_held_to_the_documentation_is_spared_nothing() -> None:
    case = blocked(documented())
    assert not is_beyond(SUFFIX, case)
    held = Held(
        implementation="x", capabilities=Capabilities(callbacks=frozenset({"ModelCheckpoint"})), dialect=case.dialect
    )
    assert judge(SUFFIX, "ModelCheckpoint", [case], held).verdict in FAILING


def test_a_failure_is_explained_by_what_makes_the_fit_come_to_epochs_that_nobody_has_told() -> None:
    clause = CLAUSES["backup-and-restore/restore/a-backup-names-the-running-epoch"]
    scenario = loads(
        '{"callback": "BackupAndRestore", "config": {"backup_dir": "run/backup", "save_freq": 1, "delete_checkpoint": false},'
        '"fits": [{"epochs": [{"logs": {}}]}, {"initial_epoch": 1, "epochs": [{"logs": {}}]}]}'
    )
    assert isinstance(replay(scenario, documented()), NotExpressible)
    dialect = resolve("keras-3.0.5").dialect
    declaration = derived(clause, Case(scenario=scenario, trace=seen(scenario, dialect), dialect=dialect))
    assert declaration is not None
    assert declaration.choices == ("backup-and-restore/restores",)


def test_what_was_not_looked_at_is_not_asked_and_that_is_said() -> None:
    resolution = resolve("keras-2.6.0")
    dialect = resolution.dialect
    assert dialect.unseen() == ("TensorBoard",)
    release = Reference(resolution)
    release.capabilities = Capabilities(callbacks=list(CALLBACKS), observables=OBSERVABLES)
    hearing, note = held_to(Started(subject=Here(release)), resolution, examples=FEW)
    assert note is not None
    assert "what TensorBoard does in keras-2.6.0 was not looked at" in note
    rule = CLAUSES["tensor-board/effects/only-writes"]
    judgement = hearing.judgement(rule, "TensorBoard")
    assert (judgement.verdict, judgement.reason) == (
        NOT_APPLICABLE,
        "what TensorBoard does in keras-2.6.0 was not looked at",
    )
    lists = hearing.scenarios(TRAINING)
    assert lists
    assert not [one for one in lists if any(each.callback == "TensorBoard" for each in one.configured())]
    assert hearing.scenarios("TensorBoard") == ()
