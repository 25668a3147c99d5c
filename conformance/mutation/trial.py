"""The trial of one mutant, in a process of its own: what the suite finds, and what Keras's own tests find.

Rules
- The agreement with the reference only leads the way: where a trace differs from the prediction, the clauses are asked first. The
  verdict of the clauses is theirs alone: a mutant that gets by is held to every clause that could tell, on the whole pool.
- What needs no TensorFlow, the pools and the predictions, is made before the processes are forked (`prepare`).
"""

import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from callcheck.spec.clauses.clause import CLAUSES, Clause, Failed
from callcheck.spec.dialect import Dialect, Resolution, release_dialect
from callcheck.spec.scenario import Scenario

from ..driver.importing import load
from ..driver.subjects import subject as driven
from ..hearing import Hearing
from ..judge import FAILING
from ..pool import pool
from ..results import Here, Results
from ..rules import AGREEMENTS, Rule
from ..subjects.reference import Reference
from .subjects import Subject, take_place

SCENARIO_SECONDS = 60.0
"""The time limit of one scenario. By its hooks a callback answers in milliseconds, but the first one starts TensorFlow, and what
is out of time is judged by no clause: with 5 seconds mutants got by where the machine had more to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The pool: `examples` random scenarios per callback from `seed`."""

    examples: int
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the suite finds. `clause`: a clause that fails; `disagreement`: where a trace is not as the reference predicts."""

    clause: str | None = None
    disagreement: str | None = None


@cache
def dialect() -> Dialect:
    """The dialect of the installed Keras. Raises Unavailable without Keras."""
    keras = load("keras", "keras")
    return release_dialect("keras", keras.__version__, keras.config.backend()).dialect


@cache
def scenarios(subject: Subject, plan: Plan) -> tuple[Scenario, ...]:
    """The pools of the subject's callbacks, one scenario of each in turn."""
    pools = [pool(callback, plan.examples, plan.seed) for callback in subject.callbacks]
    return tuple(scenario for scenario in chain(*zip_longest(*pools)) if scenario is not None)


@cache
def predictions(subject: Subject, plan: Plan) -> Results:
    """What the reference predicts."""
    predicted = Results(Here(Reference(Resolution(dialect=dialect()))))
    predicted.ask(scenarios(subject, plan))
    return predicted


def prepare(subject: Subject, plan: Plan) -> None:
    """Do all that the trials of a subject share, before the processes are forked."""
    predictions(subject, plan)
    for module in ("pytest", "_pytest.python", "keras.src.testing"):
        import_module(module)


def clauses_of(subject: Subject) -> list[tuple[Clause, str]]:
    """The clauses about the subject's callbacks that apply to the installed Keras, each with its callback."""
    return [
        (clause, callback)
        for callback in subject.callbacks
        for clause in CLAUSES.values()
        if callback in clause.callbacks and clause.applies(dialect())
    ]


def try_suite(subject: Subject, source: str, plan: Plan) -> dict[str, str | None]:
    """Hold the module to the suite: the first clause that fails, else the first disagreement, as the fields of a Found."""
    take_place(subject, source)
    hearing = Hearing(
        Here(driven("keras"), time_limit=SCENARIO_SECONDS), dialect(), examples=plan.examples, seed=plan.seed,
        predicted=predictions(subject, plan),
    )  # fmt: skip
    disagreement: str | None = None
    clauses = clauses_of(subject)
    for scenario in scenarios(subject, plan):
        failure = _failure(hearing, AGREEMENTS[scenario.callback], scenario)
        if failure is None:
            continue
        disagreement = disagreement or str(failure)
        for clause, callback in clauses:
            if callback == scenario.callback and _failure(hearing, clause, scenario) is not None:
                return asdict(Found(clause=clause.id, disagreement=disagreement))
    for clause, callback in clauses:
        # With no trace out of place, only another scenario than the pool's can tell more than the original told.
        if (disagreement or clause.related) and hearing.judgement(clause, callback).verdict in FAILING:
            return asdict(Found(clause=clause.id, disagreement=disagreement))
    return asdict(Found(disagreement=disagreement))


def _failure(hearing: Hearing, rule: Rule, scenario: Scenario) -> Failed | None:
    """How the rule fails on the scenario, if nothing explains it."""
    case = hearing.judged(rule, scenario)
    outcome = None if case is None else rule.judge(case)
    return outcome if isinstance(outcome, Failed) and hearing.fails(rule, scenario) else None


class _Failures:
    """A pytest plugin that notes the first test that fails."""

    def __init__(self) -> None:
        self.first: str | None = None

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and self.first is None:
            self.first = report.nodeid.split("::", 1)[-1]


def try_keras_tests(subject: Subject, source: str) -> str | None:
    """Run Keras's own tests of the module: the name of the first that fails, or None."""
    import pytest

    take_place(subject, source)
    files = [Path(str(import_module(name).__file__)) for name in subject.tests]
    failures = _Failures()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        status = pytest.main(
            [*map(str, files), "-x", "-p", "no:cacheprovider", "--assert=plain", "-c", os.devnull,
             "--rootdir", directory, "--import-mode=importlib"],
            plugins=[failures],
        )  # fmt: skip
        os.chdir("/")
    if status == pytest.ExitCode.OK:
        return None
    if failures.first is None:
        return f"pytest ended with {status!s}"
    return failures.first
