"""A hearing: one subject, held to one dialect. It asks the subject for what the rules need, and has each rule judged.

Rules
- A callback's pool is asked once, in one batch; a rule's further scenarios follow in a batch of their own.
- A failing rule is shrunk alone, the first few per hearing; the rest is listed with the first scenario that fails.
"""

from collections.abc import Callable, Iterable, Sequence

from callcheck.spec.clauses.clause import Case, Failed
from callcheck.spec.dialect import Dialect, Resolution
from callcheck.spec.scenario import Scenario
from callcheck.spec.search.shrink import smallest
from callcheck.spec.trace import Failed as NoTrace
from callcheck.spec.trace import Result, Trace

from .judge import NONDETERMINISTIC, Agreement, Held, Judgement, Rule, deviates, explained, judge, not_applicable
from .pool import EXAMPLES, pool
from .results import Here, Results, Subject
from .subjects.reference import Reference

TRIES = 400
"""How many scenarios are tried at the most to shrink one failing rule."""
AHEAD = 4
"""How many of them are asked for at once: enough to keep a worker busy, few enough to waste little when the first will do."""
SHRUNK = 5
"""How many failing rules are shrunk in one hearing."""


class Hearing:
    """One subject before the judge. `native`: the dialect is its own. `predicted`: what the reference does in that dialect, where
    somebody knows that already."""

    def __init__(
        self,
        subject: Subject,
        dialect: Dialect,
        *,
        native: bool = False,
        examples: int = EXAMPLES,
        seed: int = 0,
        progress: Callable[[int], object] = lambda answered: None,
        shrunk: int = SHRUNK,
        predicted: Results | None = None,
    ) -> None:
        self.subject = subject
        self.dialect = dialect
        self.held = Held(implementation=subject.name, capabilities=subject.capabilities, dialect=dialect, native=native)
        self.examples = examples
        self.seed = seed
        self.results = Results(subject, progress=progress)
        self.predicted = predicted or Results(Here(Reference(Resolution(dialect=dialect))))
        self._pools: dict[str, list[tuple[Scenario, Result]]] = {}
        self._to_shrink = shrunk

    def pool(self, callback: str) -> list[tuple[Scenario, Result]]:
        """The scenarios on which a callback is judged, with what the subject does."""
        if callback not in self._pools:
            parameters = (self.subject.capabilities.parameters or {}).get(callback)
            scenarios = pool(callback, self.examples, self.seed, parameters)
            self._pools[callback] = list(zip(scenarios, self.results.ask(scenarios), strict=True))
        return self._pools[callback]

    def judgement(self, rule: Rule, callback: str) -> Judgement:
        """The verdict on one rule."""
        if not_applicable(rule, callback, self.held) is not None:
            return judge(rule, callback, (), self.held)
        found = judge(rule, callback, self.cases(rule, self.pool(callback)), self.held)
        # Asked again, what answers differently every time may answer well: it is shown as it was found.
        if found.failure is None or found.scenario is None or found.verdict == NONDETERMINISTIC or not self._to_shrink:
            return found
        self._to_shrink -= 1
        return self._shrunk(found, found.scenario)

    def judged(self, rule: Rule, scenario: Scenario) -> Case | None:
        """The case of that one scenario; None if the rule does not speak of it, or the subject cannot express it."""
        return next(iter(self.cases(rule, [(scenario, self.results.ask([scenario])[0])])), None)

    def cases(self, rule: Rule, answered: Iterable[tuple[Scenario, Result]]) -> list[Case]:
        """What the rule is to judge of that: where it speaks, and where the subject could express what was asked."""
        if isinstance(rule, Agreement):
            return self._agreement(answered)
        found: list[Case | None] = []
        beside: dict[int, tuple[Scenario, Trace, Scenario]] = {}
        for scenario, result in answered:
            if not isinstance(result, Trace | NoTrace) or not rule.speaks_of(scenario):
                continue
            if isinstance(result, NoTrace):
                found.append(self._without_trace(scenario, result))
            elif rule.related is None:
                found.append(Case(scenario=scenario, trace=result, dialect=self.dialect))
            elif (other := rule.related(scenario)) is not None:
                beside[len(found)] = (scenario, result, other)
                found.append(None)
        # A relation of a scenario with itself asks whether the answer is the same.
        again = any(other is scenario for scenario, _, other in beside.values())
        answers = self.results.ask([other for _, _, other in beside.values()], again=again)
        for (index, (scenario, trace, other)), answer in zip(beside.items(), answers, strict=True):
            if isinstance(answer, NoTrace):
                found[index] = self._without_trace(scenario, answer)
            elif isinstance(answer, Trace):
                found[index] = Case(
                    scenario=scenario, trace=trace, dialect=self.dialect, other=answer, other_scenario=other
                )
        return [case for case in found if case is not None]

    def _agreement(self, answered: Iterable[tuple[Scenario, Result]]) -> list[Case]:
        seen = [(scenario, result) for scenario, result in answered if isinstance(result, Trace | NoTrace)]
        predicted = self.predicted.ask([scenario for scenario, _ in seen])
        return [
            self._without_trace(scenario, result) if isinstance(result, NoTrace)
            else Case(scenario=scenario, trace=result, dialect=self.dialect, other=expected)
            for (scenario, result), expected in zip(seen, predicted, strict=True)
            if isinstance(expected, Trace)
        ]  # fmt: skip

    def _without_trace(self, scenario: Scenario, result: NoTrace) -> Case:
        return Case(scenario=scenario, trace=Trace(), dialect=self.dialect, failed=result)

    def _shrunk(self, found: Judgement, start: Scenario) -> Judgement:
        """The same failure on a smallest scenario."""
        rule = found.clause

        def fails(scenario: Scenario) -> bool:
            case = self.judged(rule, scenario)
            return case is not None and isinstance(rule.judge(case), Failed) and explained(rule, case) is None

        def ask_for(scenarios: Sequence[Scenario]) -> None:
            self.cases(rule, zip(scenarios, self.results.ask(scenarios), strict=True))

        case = self.judged(rule, smallest(start, fails, tries=TRIES, ahead=ask_for, at_once=AHEAD))
        failure = None if case is None else rule.judge(case)
        if case is None or not isinstance(failure, Failed):
            return found
        return deviates(rule, found.callback, case, failure, self.held, found.exercised)
