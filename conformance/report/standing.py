"""What the document says of a clause beside its sentence: an example with what has to be seen, and who keeps it.

Rules
- Nothing is written by hand: examples are the stored vectors, and what a dialect does is asked of the reference.
- An example is a smallest scenario on which a dialect, or else somebody's mistake, breaks the clause. It is shown in a dialect
  that keeps the clause: `documented` for what the documentation promises, the newest Keras for everything else.
- A dialect breaks a clause if a stored scenario shows it, for the reason that is derived for a declared deviation.
"""

from collections.abc import Iterable, Iterator
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
    """What is seen in a dialect that keeps the clause, and where there is one in the first that breaks it."""

    kept: Case
    broken: Case | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a dialect stands to a clause. Where it breaks it: `choices`, without which it would not, and the `cases` in which it
    does, the smallest first."""

    dialect: Dialect
    verdict: str
    choices: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()


@cache
def looked_at() -> tuple[Dialect, ...]:
    """The dialects of which the document says what they do."""
    return documented(), *(resolve(name).dialect for name in representative())


class _Asked:
    """A scenario, and what the reference predicts of it in the dialects of this module: by name, asked once."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._answers: dict[str, Result] = {}

    def answer(self, dialect: Dialect) -> Result:
        if dialect.name not in self._answers:
            self._answers[dialect.name] = replay(self.scenario, dialect)
        return self._answers[dialect.name]


_asked: dict[str, _Asked] = {}


def _ask(scenario: Scenario) -> _Asked:
    return _asked.setdefault(key(scenario), _Asked(scenario))


@cache
def _alone(callback: str) -> tuple[_Asked, ...]:
    """The stored scenarios of a callback, in which it is the only one."""
    return tuple(_ask(vector.scenario) for vector in stored() if vector.scenario.about == callback)


def _pairs(clause: Clause) -> list[tuple[_Asked, _Asked | None]]:
    """The stored scenarios that a clause speaks of, of a relation with the one beside each."""
    pairs: list[tuple[_Asked, _Asked | None]] = []
    for asked in (each for callback in clause.callbacks for each in _alone(callback)):
        if clause.speaks_of(asked.scenario):
            related = None if clause.related is None else clause.related(asked.scenario)
            if clause.related is None or related is not None:
                pairs.append((asked, None if related is None else _ask(related)))
    return pairs


def _case(asked: _Asked, beside: _Asked | None, dialect: Dialect) -> Case | None:
    """The case in which a clause judges what the dialect does; None where there is no trace."""
    trace = asked.answer(dialect)
    other = Trace() if beside is None else beside.answer(dialect)
    if not isinstance(trace, Trace) or not isinstance(other, Trace):
        return None
    other_scenario = None if beside is None else beside.scenario
    return Case(scenario=asked.scenario, trace=trace, dialect=dialect, other=other, other_scenario=other_scenario)


def example(clause: Clause, standings: Iterable[Standing]) -> Example | None:
    """A smallest scenario on which the first dialect breaks what `documented` keeps, or else a smallest stored vector about the
    clause, in the first dialect that keeps it. None where no single scenario shows it."""
    for broken in (case for each in standings for case in each.cases):
        asked = _ask(broken.scenario)
        beside = None if broken.other_scenario is None else _ask(broken.other_scenario)
        kept = _case(asked, beside, documented())
        if kept is not None and _keeps(clause, kept):
            return Example(kept=kept, broken=broken)
    about = {key(vector.scenario) for vector in stored() if clause.id in vector.about}
    pairs = [pair for pair in _pairs(clause) if key(pair[0].scenario) in about]
    names = (DOCUMENTED, NEWEST) if clause.level == "documented" else (NEWEST, DOCUMENTED)
    dialects = (*(resolve(name).dialect for name in names), *looked_at(), *(resolve(name).dialect for name in OTHERS))
    for dialect in (each for each in dialects if clause.applies(each)):
        for asked, beside in sorted(pairs, key=lambda pair: len(dumps(pair[0].scenario))):
            case = _case(asked, beside, dialect)
            if case is not None and _keeps(clause, case):
                return Example(kept=case)
    return None


def plainest(clause: Clause) -> Scenario:
    """A smallest stored scenario that a clause is about, or else one of its callback: of a clause that no single one shows."""
    about = [vector.scenario for vector in stored() if clause.id in vector.about]
    others = [asked.scenario for asked in _alone(clause.callbacks[0])]
    return min(about or others, key=lambda scenario: len(dumps(scenario)))


def _keeps(clause: Clause, case: Case) -> bool:
    return not isinstance(clause.judge(case), Failed | NotExercised)


def standings(clause: Clause) -> Iterator[Standing]:
    """How the dialects stand to a clause that speaks of them, as far as a stored scenario tells."""
    pairs = _pairs(clause)
    for dialect in looked_at():
        if not clause.applies(dialect):
            continue
        cases = [case for asked, beside in pairs if (case := _case(asked, beside, dialect)) is not None]
        outcomes = [clause.judge(case) for case in cases]
        broken = [case for case, outcome in zip(cases, outcomes, strict=True) if isinstance(outcome, Failed)]
        if broken:
            broken.sort(key=lambda case: len(dumps(case.scenario)))
            why = next((found for case in broken if (found := derived(clause, case)) is not None), None)
            yield Standing(
                dialect=dialect, verdict=BREAKS, choices=() if why is None else why.choices, cases=tuple(broken)
            )
        elif not all(isinstance(outcome, NotExercised) for outcome in outcomes):
            yield Standing(dialect=dialect, verdict=KEEPS)
