"""One pool of scenarios, many judges: run an implementation once on a pool, and let every clause judge the same traces.

Rules
- Stored vectors and the scenarios of declared deviations come first in a pool, so that "stale" and "not exercised" never depend
  on luck; then the strategies', from a seed.
- Nothing runs twice, unless a clause asks for it: traces are remembered.
- A failing clause is shrunk alone, the first few per run.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from callcheck.spec.clauses.clause import Case, Clause, Failed, NotExercised
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.search.boundaries import BOUNDARIES
from callcheck.spec.search.shrink import smallest
from callcheck.spec.search.strategies import sample
from callcheck.spec.trace import Failed as NoTrace
from callcheck.spec.trace import Result, Trace
from callcheck.spec.vectors import stored

from .deviations import Deviation, declared, declared_for, explained_by
from .run import TIME_LIMIT, run
from .subjects.protocol import Implementation, Replaying

EXAMPLES = 300
"""Scenarios per callback, by default: what keeps a run over all clauses of one Keras well under a minute."""
TRIES = 400
"""How many scenarios are tried at the most to shrink one failing clause."""
SHRUNK = 5
"""How many failing clauses are shrunk in one run; the rest is listed with the first scenario that fails."""

CONFORMS = "conforms"
DEVIATES = "deviates"
DECLARED = "declared deviation"
STALE = "stale declaration"
NOT_APPLICABLE = "not applicable"
NOT_EXERCISED = "not exercised"
NONDETERMINISTIC = "nondeterministic"
SAME_EVERY_TIME = "every-callback/outcome/is-the-same-every-time"
FAILING = frozenset({DEVIATES, STALE, NONDETERMINISTIC})


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The verdict on one clause for one callback of one implementation.

    `exercised`: on how many scenarios the precondition held. `scenario`, `trace`, `failure`: what shows a deviation; of a
    relation `related`, `related_trace` too. `reason`: of a declared deviation or of "not applicable"; of a deviation, that
    the dialect has one too.
    """

    implementation: str
    clause: Clause
    callback: str
    verdict: str
    exercised: int = 0
    scenario: Scenario | None = None
    failure: Failed | None = None
    trace: Trace | None = None
    related: Scenario | None = None
    related_trace: Trace | None = None
    reason: str | None = None


@cache
def pool(callback: str, examples: int, seed: int, parameters: frozenset[str] | None = None) -> tuple[Scenario, ...]:
    """The scenarios on which a callback is judged, each once.

    `parameters`: those that an implementation has, None for all. The others are left out of the configurations, so that a
    callback with few parameters is judged on as many scenarios as one with all.
    """
    known = [vector.scenario for vector in stored()]
    shown = [each.scenario for group in declared().values() for each in group]
    first = [scenario for scenario in (*known, *shown) if scenario.callback == callback]
    unique: dict[str, Scenario] = {}
    for scenario in (*first, *sample(callback, examples, seed)):
        if parameters is not None:
            config = {name: value for name, value in scenario.config.items() if name in parameters}
            scenario = replace(scenario, config=config)
        unique[key(scenario)] = scenario
    return tuple(unique.values())


def reached(callback: str, examples: int, seed: int, parameters: frozenset[str] | None = None) -> dict[str, int]:
    """How many scenarios of the pool reached each boundary that the strategies promise for the callback."""
    scenarios = pool(callback, examples, seed, parameters)
    return {
        name: sum(boundary(scenario) for scenario in scenarios)
        for name, boundary in BOUNDARIES.items()
        if callback in boundary.callbacks
    }


class Judge:
    """Holds one implementation to the clauses, in one dialect. `native`: the dialect is the implementation's own."""

    def __init__(
        self,
        implementation: Implementation | Replaying,
        dialect: Dialect,
        *,
        native: bool = False,
        examples: int = EXAMPLES,
        seed: int = 0,
        time_limit: float = TIME_LIMIT,
        progress: Callable[[int], object] = lambda done: None,
        shrunk: int = SHRUNK,
    ) -> None:
        self.implementation = implementation
        self.dialect = dialect
        self.native = native
        self.examples = examples
        self.seed = seed
        self.time_limit = time_limit
        self.progress = progress
        self.runs = 0
        self._results: dict[str, Result] = {}
        self._of_pool: dict[int, Result] = {}
        self._to_shrink = shrunk

    def result(self, scenario: Scenario, *, again: bool = False) -> Result:
        """What the implementation does with the scenario; remembered, unless asked for again."""
        if again:
            return self._run(scenario)
        # The scenarios of a pool live as long as the process, and are asked for by every clause: their identity will do.
        known = self._of_pool.get(id(scenario))
        if known is not None:
            return known
        identity = key(scenario)
        if identity not in self._results:
            self._results[identity] = self._run(scenario)
        return self._results[identity]

    def _run(self, scenario: Scenario) -> Result:
        self.runs += 1
        self.progress(self.runs)
        return run(self.implementation, scenario, time_limit=self.time_limit)

    def pool(self, callback: str) -> tuple[Scenario, ...]:
        """The scenarios on which it is judged."""
        parameters = (self.implementation.capabilities.parameters or {}).get(callback)
        scenarios = pool(callback, self.examples, self.seed, parameters)
        for scenario in scenarios:
            self._of_pool[id(scenario)] = self._of_pool.get(id(scenario)) or self.result(scenario)
        return scenarios

    def judge(self, clause: Clause, callback: str) -> Judgement:
        """The verdict on one clause."""
        refusal = self._not_applicable(clause, callback)
        if refusal is not None:
            return self._judgement(clause, callback, NOT_APPLICABLE, reason=refusal)
        exercised, explanation = 0, None
        for scenario in self.pool(callback):
            case = self.case(clause, scenario)
            outcome = None if case is None else clause.judge(case)
            if case is None or isinstance(outcome, NotExercised):
                continue
            exercised += 1
            if isinstance(outcome, Failed):
                deviation = explained_by(clause, case)
                explanation = explanation or deviation
                if deviation is None:
                    return self._deviates(clause, callback, exercised, case, outcome)
        stale = self._stale(clause, callback)
        if stale is not None:
            return self._judgement(
                clause, callback, STALE, exercised, scenario=stale.scenario,
                reason=f"declared for {stale.choice} = {stale.value}, but this scenario does not show it: {stale.reason}",
            )  # fmt: skip
        if exercised == 0:
            return self._judgement(clause, callback, NOT_EXERCISED)
        if explanation is not None:
            return self._judgement(
                clause, callback, DECLARED, exercised, scenario=explanation.scenario, reason=explanation.reason
            )
        return self._judgement(clause, callback, CONFORMS, exercised)

    def case(self, clause: Clause, scenario: Scenario) -> Case | None:
        """What the clause is to judge; None if it does not speak of that, or the implementation cannot express it."""
        if not clause.speaks_of(scenario):
            return None
        result = self.result(scenario)
        related = None
        other: Result = Trace()
        if isinstance(result, Trace) and clause.related is not None:
            related = clause.related(scenario)
            if related is None:
                return None
            other = self.result(related, again=related is scenario)
        if isinstance(result, NoTrace) or isinstance(other, NoTrace):
            failed = result if isinstance(result, NoTrace) else other
            assert isinstance(failed, NoTrace)
            return Case(scenario=scenario, trace=Trace(), dialect=self.dialect, failed=failed)
        if not isinstance(result, Trace) or not isinstance(other, Trace):
            return None
        return Case(scenario=scenario, trace=result, dialect=self.dialect, other=other, other_scenario=related)

    def _not_applicable(self, clause: Clause, callback: str) -> str | None:
        capabilities = self.implementation.capabilities
        if callback not in capabilities.callbacks:
            return f"there is no {callback}"
        hidden = [name for name in clause.observes if name not in capabilities.observables]
        if hidden:
            return f"{hidden[0]} cannot be observed"
        if not clause.applies(self.dialect):
            choice = next(name for name, values in clause.choices.items() if self.dialect[name] not in values)
            return f"the dialect {self.dialect.name} has {choice} = {self.dialect[choice]}"
        return None

    def _deviates(self, clause: Clause, callback: str, exercised: int, case: Case, failure: Failed) -> Judgement:
        """The clause fails on the case, and nothing explains it: a smallest such case, for the first few."""

        def unexplained(scenario: Scenario) -> bool:
            other = self.case(clause, scenario)
            return other is not None and isinstance(clause.judge(other), Failed) and explained_by(clause, other) is None

        # Asked again, what answers differently every time may answer well: it is shown as it was found.
        fickle = clause.id == SAME_EVERY_TIME
        if not fickle and self._to_shrink > 0:
            self._to_shrink -= 1
            smaller = self.case(clause, smallest(case.scenario, unexplained, tries=TRIES))
            outcome = None if smaller is None else clause.judge(smaller)
            if smaller is not None and isinstance(outcome, Failed):
                case, failure = smaller, outcome
        return self._judgement(
            clause, callback, NONDETERMINISTIC if fickle else DEVIATES, exercised, scenario=case.scenario,
            failure=failure, trace=case.trace, related=case.other_scenario,
            related_trace=None if case.other_scenario is None else case.other, reason=self._not_alone(clause),
        )  # fmt: skip

    def _not_alone(self, clause: Clause) -> str | None:
        """That the dialect does not keep this promise either, where it does not: the trace is another one all the same."""
        known = declared_for(clause.id, self.dialect)
        if not known:
            return None
        choices = ", ".join(dict.fromkeys(deviation.choice for deviation in known))
        return f"{self.dialect.name} does not keep this promise either ({choices}), but its trace is another one"

    def _stale(self, clause: Clause, callback: str) -> Deviation | None:
        """A declared deviation of the dialect whose scenario does not show it on this implementation, which speaks it.

        Of others, nobody said that they deviate: one that keeps the promise conforms.
        """
        if not self.native:
            return None
        for deviation in declared_for(clause.id, self.dialect):
            case = self.case(clause, deviation.scenario) if deviation.scenario.callback == callback else None
            if case is not None and not isinstance(clause.judge(case), Failed):
                return deviation
        return None

    def _judgement(
        self,
        clause: Clause,
        callback: str,
        verdict: str,
        exercised: int = 0,
        **shown: Any,
    ) -> Judgement:
        return Judgement(
            implementation=self.implementation.name, clause=clause, callback=callback, verdict=verdict,
            exercised=exercised, **shown,
        )  # fmt: skip
