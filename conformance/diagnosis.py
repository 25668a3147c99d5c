"""Which failing rules each difference explains that `infer` found of somebody's own callback: causes come before clauses.

Rules
- A difference explains why a rule fails on a scenario if the reference in `documented` with that difference alone fails it
  there. Differences mask one another: where none does so alone, one explains it if the reference with all of them fails, and
  does not without that one. What the callback leaves out everywhere, and a parameter that it ignores, are differences, too.
- A rule goes to the difference that explains it on the most scenarios (one that several explain is shared among them), of equal
  ones to that which shows on the fewest at all, if more are explained than not. What is not is no secret then: `infer` tells
  what it does not explain.
- What Keras leaves as well, and in the very same way, is no difference. Where it alone explains a rule, the rule goes beside the
  difference that shows on most of these scenarios: without it nothing would be said of the rule.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from callcheck.reference.replay import replay
from callcheck.spec.clauses.clause import Case, Clause, Failed
from callcheck.spec.dialect import Dialect, documented
from callcheck.spec.difference import difference
from callcheck.spec.editing import without
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.trace import Result, Trace

from .inference import Inference, Inferred, Unexplained
from .judge import Judgement
from .left_out import emptied

Difference = Inferred | Unexplained
"""A choice with its value, or what shows that something is left out everywhere, or ignored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """The failing judgements that a difference explains; `as_keras`: those that Keras's ways explain where it shows."""

    difference: Difference
    judgements: tuple[Judgement, ...]
    as_keras: tuple[Judgement, ...]


Failing = tuple[Judgement, Sequence[Case]]
"""A judgement, with the scenarios on which its rule fails."""


def differences(found: Inference) -> tuple[Difference, ...]:
    """All that the callback does otherwise, in the order in which it is told."""
    return (*found.differences, *found.left_out.values(), *found.ignored.values())


def explained(found: Inference, failing: Sequence[Failing]) -> list[Explained]:
    """What each difference explains of these, in the order of the differences; those that explain nothing are left out."""
    search = _Search(found)
    own: dict[int, list[Judgement]] = {}
    beside: dict[int, list[Judgement]] = {}
    for judgement, cases in failing:
        if isinstance(judgement.clause, Clause) and cases:
            place, kept = search.place(judgement.clause, cases)
            if place is not None:
                (own if kept else beside).setdefault(place, []).append(judgement)
    return [
        Explained(difference=each, judgements=tuple(own.get(place, ())), as_keras=tuple(beside.get(place, ())))
        for place, each in enumerate(differences(found))
        if place in own or place in beside
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """A way to behave: a dialect, what is left out of what it does, and the parameters that it ignores."""

    dialect: Dialect
    left_out: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class _Search:
    """Predictions are remembered: many rules fail on the same scenarios."""

    def __init__(self, found: Inference) -> None:
        self.own = differences(found)
        self.everything = _Way(dialect=found.dialect, left_out=tuple(found.left_out), ignored=tuple(found.ignored))
        self.alone = [self._alone(found, each) for each in self.own]
        self.without = [self._without(found, each) for each in self.own]
        self.keras = [self._alone(found, each) for each in (*found.like_keras, *found.arithmetic, *found.odd)]
        self._known: dict[tuple[str, str], Result] = {}

    def _alone(self, found: Inference, each: Difference) -> _Way:
        if isinstance(each, Inferred):
            return _Way(dialect=documented().replace(f"{each.choice} alone", **{each.choice: each.value}))
        names = tuple(name for name, one in found.left_out.items() if one is each)
        return _Way(
            dialect=documented(), left_out=names, ignored=tuple(n for n, one in found.ignored.items() if one is each)
        )

    def _without(self, found: Inference, each: Difference) -> _Way:
        if isinstance(each, Inferred):
            back = {each.choice: documented()[each.choice]}
            return replace(self.everything, dialect=found.dialect.replace(f"without {each.choice}", **back))
        alone = self._alone(found, each)
        return replace(
            self.everything,
            left_out=tuple(name for name in self.everything.left_out if name not in alone.left_out),
            ignored=tuple(name for name in self.everything.ignored if name not in alone.ignored),
        )

    def place(self, rule: Clause, cases: Sequence[Case]) -> tuple[int | None, bool]:
        """To which difference the rule goes, and whether that explains it, or Keras's ways do; None: mostly neither does."""
        counts: dict[int, float] = defaultdict(float)
        shows: dict[int, float] = defaultdict(float)
        known = 0
        for case in cases:
            why = [] if case.failed is not None else list(self._explaining(rule, case))
            for place in why:
                counts[place] += 1 / len(why)
            if not why and case.failed is None and any(self._fails(rule, case, each) for each in self.keras):
                why = list(self._showing(case))
                for place in why:
                    shows[place] += 1
            known += bool(why)
        if 2 * known <= len(cases):
            return None, False
        found = counts or shows
        return min(found, key=lambda place: (-found[place], self._shows(place)), default=None), bool(counts)

    def _shows(self, place: int) -> int:
        """On how many scenarios a difference shows at all."""
        each = self.own[place]
        return each.shows if isinstance(each, Inferred) else each.scenarios

    def _explaining(self, rule: Clause, case: Case) -> list[int]:
        """The differences that explain why the rule fails on the case."""
        alone = [place for place, each in enumerate(self.alone) if self._fails(rule, case, each)]
        if alone or not self._fails(rule, case, self.everything):
            return alone
        return [place for place, each in enumerate(self.without) if not self._fails(rule, case, each)]

    def _showing(self, case: Case) -> Iterator[int]:
        """The differences without which the callback would do something else there."""
        before = self._predicted(case.scenario, self.everything)
        for place, each in enumerate(self.without):
            turned = self._predicted(case.scenario, each)
            if isinstance(before, Trace) and isinstance(turned, Trace) and difference(before, turned) is not None:
                yield place

    def _fails(self, rule: Clause, case: Case, way: _Way) -> bool:
        """Whether the rule fails on what the reference does there in that way."""
        trace = self._predicted(case.scenario, way)
        beside = case.other_scenario
        other: Result = Trace() if beside is None else self._predicted(beside, way)
        if not isinstance(trace, Trace) or not isinstance(other, Trace):
            return False
        return isinstance(rule.judge(replace(case, trace=trace, other=other)), Failed)

    def _predicted(self, scenario: Scenario, way: _Way) -> Result:
        asked = without(scenario, *way.ignored) if way.ignored and not scenario.callbacks else scenario
        name = way.dialect.name, key(asked)
        if name not in self._known:
            self._known[name] = replay(asked, way.dialect)
        predicted = self._known[name]
        return emptied(predicted, way.left_out) if isinstance(predicted, Trace) else predicted
