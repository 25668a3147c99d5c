"""What the document says of a clause beside its sentence: an example with what has to be seen, and who keeps it.

Rules
- Nothing is written by hand: examples are the stored vectors, and what a dialect does is asked of the reference.
- An example is a smallest scenario on which somebody's mistake breaks the clause. It is shown in a dialect that keeps the clause:
  `documented` for what the documentation promises, the newest Keras for everything else.
- A dialect breaks a clause if a stored scenario shows it, for the reason that is derived for a declared deviation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.reference.replay import replay
from callcheck.spec.clauses.clause import Case, Clause, Failed, NotExercised
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, documented, representative, resolve
from callcheck.spec.scenario import Scenario, dumps, key
from callcheck.spec.trace import Result, Trace
from callcheck.spec.vectors import stored

from ..derivation import derived

KEEPS, BREAKS = "keeps", "breaks"
OTHERS = ("keras-3.7.0", "keras-2.3.1")
"""Older dialects in which an example is looked for that the representative ones do not speak of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A scenario, of a relation the one beside it, and what is seen of both in a dialect."""

    dialect: Dialect
    scenario: Scenario
    trace: Trace
    related: Scenario | None
    related_trace: Trace | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a dialect stands to a clause. `choices`: those without which it would not break it."""

    dialect: Dialect
    verdict: str
    choices: tuple[str, ...] = ()


@cache
def looked_at() -> tuple[Dialect, ...]:
    """The dialects of which the document says what they do."""
    return documented(), *(resolve(name).dialect for name in representative())


@cache
def scenarios(callback: str) -> tuple[Scenario, ...]:
    """The stored scenarios of a callback, alone."""
    return tuple(vector.scenario for vector in stored() if vector.scenario.callback == callback)


_answers: dict[tuple[str, str], Result] = {}


def _answer(scenario: Scenario, dialect: Dialect) -> Result:
    """What the reference predicts, asked once. The dialects of this module have names of their own."""
    asked = key(scenario), dialect.name
    if asked not in _answers:
        _answers[asked] = replay(scenario, dialect)
    return _answers[asked]


def _case(clause: Clause, scenario: Scenario, dialect: Dialect) -> Case | None:
    """The case in which the clause judges what the dialect does; None where it has nothing to judge."""
    if scenario.callback not in clause.callbacks or not clause.speaks_of(scenario):
        return None
    related = None if clause.related is None else clause.related(scenario)
    if clause.related is not None and related is None:
        return None
    trace = _answer(scenario, dialect)
    other = Trace() if related is None else _answer(related, dialect)
    if not isinstance(trace, Trace) or not isinstance(other, Trace):
        return None
    return Case(scenario=scenario, trace=trace, dialect=dialect, other=other, other_scenario=related)


def example(clause: Clause) -> Example | None:
    """The smallest stored vector about a clause, in the first dialect that keeps it; None where no single scenario shows it."""
    about = [vector.scenario for vector in stored() if clause.id in vector.about]
    names = (DOCUMENTED, NEWEST) if clause.level == "documented" else (NEWEST, DOCUMENTED)
    for dialect in (
        *(resolve(name).dialect for name in names),
        *looked_at(),
        *(resolve(name).dialect for name in OTHERS),
    ):
        for scenario in sorted(about, key=lambda each: len(dumps(each))):
            case = _case(clause, scenario, dialect) if clause.applies(dialect) else None
            if case is not None and not isinstance(clause.judge(case), Failed | NotExercised):
                return Example(
                    dialect=dialect, scenario=scenario, trace=case.trace, related=case.other_scenario,
                    related_trace=None if case.other_scenario is None else case.other,
                )  # fmt: skip
    return None


def standings(clause: Clause) -> Iterator[Standing]:
    """How the dialects stand to a clause that it speaks of, and that a stored scenario tells."""
    about = [scenario for callback in clause.callbacks for scenario in scenarios(callback)]
    for dialect in looked_at():
        if not clause.applies(dialect):
            continue
        cases = [case for scenario in about if (case := _case(clause, scenario, dialect)) is not None]
        outcomes = [clause.judge(case) for case in cases]
        broken = [case for case, outcome in zip(cases, outcomes, strict=True) if isinstance(outcome, Failed)]
        if broken:
            why = next((found for case in broken if (found := derived(clause, case)) is not None), None)
            yield Standing(dialect=dialect, verdict=BREAKS, choices=() if why is None else why.choices)
        elif not all(isinstance(outcome, NotExercised) for outcome in outcomes):
            yield Standing(dialect=dialect, verdict=KEEPS)
