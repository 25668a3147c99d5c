"""What the document says of a clause beside its sentence: an example with what has to be seen, and who keeps it.

Rules
- What a dialect does is asked of the reference.
- A dialect breaks a clause if a stored scenario shows it, for the reasons that are derived for declared deviations: all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.reference.replay import replay
from callcheck.spec.clauses.clause import CLAUSES, Case, Clause, Failed, NotExercised
from callcheck.spec.dialect import Dialect, documented, representative, resolve
from callcheck.spec.scenario import Scenario, dumps, key
from callcheck.spec.trace import Result, Trace
from callcheck.spec.vectors import Vector, stored

from ..derivation import derived, turned

KEEPS, BREAKS = "keeps", "breaks"
LOOKS = 12
"""So many cases in which a dialect breaks a clause are asked for their reason, where those found before do not explain them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a dialect stands to a clause. Where it breaks it: `causes`, the choices without which it would not, each with a case
    that shows it, and the `cases` in which it does, the smallest first."""

    dialect: Dialect
    verdict: str
    causes: tuple[tuple[str, Case], ...] = ()
    cases: tuple[Case, ...] = ()


@cache
def looked_at() -> tuple[Dialect, ...]:
    """The dialects of which the document says what they do."""
    return documented(), *(resolve(name).dialect for name in representative())


class Asked:
    """A scenario, and what the reference predicts of it in the dialects of this module: by name, asked once."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._answers: dict[str, Result] = {}

    def answer(self, dialect: Dialect) -> Result:
        if dialect.name not in self._answers:
            self._answers[dialect.name] = replay(self.scenario, dialect)
        return self._answers[dialect.name]


Pair = tuple[Asked, Asked | None]
"""A scenario that a clause speaks of, and of a relation the one beside it."""
_asked: dict[str, Asked] = {}


def ask(scenario: Scenario) -> Asked:
    return _asked.setdefault(key(scenario), Asked(scenario))


def paired(clause: Clause, scenario: Scenario) -> Pair | None:
    """The scenario, with the one beside it; None if the clause does not speak of it."""
    if not clause.speaks_of(scenario):
        return None
    related = clause.beside(scenario)
    if clause.related is not None and related is None:
        return None
    return ask(scenario), None if related is None else ask(related)


@cache
def _about(callback: str) -> tuple[Vector, ...]:
    own = (vector for vector in stored() if callback in (vector.scenario.about, vector.scenario.callback))
    return tuple(own)


@cache
def pairs(clause_id: str) -> tuple[Pair, ...]:
    """The stored scenarios that a clause speaks of: those with one of its callbacks alone, be others at work in them or not,
    and those that are stored for it."""
    clause = CLAUSES[clause_id]
    own = {vector.id: vector for callback in clause.callbacks for vector in _about(callback)}
    own |= {vector.id: vector for vector in stored() if clause_id in vector.about}
    found = (paired(clause, vector.scenario) for vector in own.values())
    return tuple(pair for pair in found if pair is not None)


def case_of(pair: Pair, dialect: Dialect) -> Case | None:
    """The case in which a clause judges what the dialect does; None where there is no trace."""
    asked, beside = pair
    trace = asked.answer(dialect)
    other = Trace() if beside is None else beside.answer(dialect)
    if not isinstance(trace, Trace) or not isinstance(other, Trace):
        return None
    other_scenario = None if beside is None else beside.scenario
    return Case(scenario=asked.scenario, trace=trace, dialect=dialect, other=other, other_scenario=other_scenario)


def keeps(clause: Clause, case: Case) -> bool:
    return not isinstance(clause.judge(case), Failed | NotExercised)


def breaks(clause: Clause, case: Case) -> bool:
    return isinstance(clause.judge(case), Failed)


def plainest(clause: Clause) -> Scenario:
    """A smallest stored scenario that a clause is about, or else one of its callback: of a clause that no single one shows."""
    about = [vector.scenario for vector in stored() if clause.id in vector.about]
    others = [vector.scenario for vector in _about(clause.callbacks[0])]
    return min(about or others, key=lambda scenario: len(dumps(scenario)))


@cache
def standings(clause_id: str) -> tuple[Standing, ...]:
    """How the dialects stand to a clause that speaks of them, as far as a stored scenario tells."""
    return tuple(_standings(CLAUSES[clause_id]))


def _standings(clause: Clause) -> Iterator[Standing]:
    for dialect in looked_at():
        if not clause.applies(dialect):
            continue
        cases = [case for pair in pairs(clause.id) if (case := case_of(pair, dialect)) is not None]
        outcomes = [clause.judge(case) for case in cases]
        broken = [case for case, outcome in zip(cases, outcomes, strict=True) if isinstance(outcome, Failed)]
        if broken:
            broken.sort(key=lambda case: len(dumps(case.scenario)))
            causes = tuple(_causes(clause, broken).items())
            yield Standing(dialect=dialect, verdict=BREAKS, causes=causes, cases=tuple(broken))
        elif not all(isinstance(outcome, NotExercised) for outcome in outcomes):
            yield Standing(dialect=dialect, verdict=KEEPS)


def _causes(clause: Clause, broken: list[Case]) -> dict[str, Case]:
    """The choices for which a dialect breaks a clause, each with a smallest case that it explains."""
    found: dict[str, Case] = {}
    looks = 0
    for case in broken:
        if looks == LOOKS:
            break
        if found and not isinstance(turned(clause, case, tuple(found)), Failed | None):
            continue
        looks += 1
        why = derived(clause, case)
        for choice in () if why is None else why.choices:
            found.setdefault(choice, case)
    return found
