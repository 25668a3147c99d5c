"""A hearing: one subject, held to one dialect. It asks the subject for what the rules need, and has each rule judged.

Rules
- A callback's pool is asked once, in one batch; a rule's further scenarios follow in a batch of their own.
- Within a budget what is stored comes before anything is drawn, and nothing is drawn once the budget is spent.
- A failing rule is shrunk alone, when somebody wants it shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from callcheck.spec.clauses.clause import NO_TRACE, Case, Clause, Failed
from callcheck.spec.dialect import Dialect, Resolution
from callcheck.spec.scenario import Scenario
from callcheck.spec.search.shrink import smallest
from callcheck.spec.search.telling import telling
from callcheck.spec.trace import Failed as NoTrace
from callcheck.spec.trace import Result, Trace

from .budget import Budget
from .declarations import Declaration
from .health import Complaint, complaint, idle, incomplete
from .judge import NONDETERMINISTIC, Held, Judgement, deviates, judge, knows, not_applicable, unexplained
from .limits import limits
from .pool import EXAMPLES, known, pool
from .results import Here, Progress, Results, Subject
from .rules import Agreement, Rule
from .subjects.reference import Reference

TRIES = 400
"""How many scenarios are tried at the most to shrink one failing rule."""
AHEAD = 4
"""How many of them are asked for at once: enough to keep a worker busy, few enough to waste little when the first will do."""


Answered = tuple[Scenario, Result]
"""A scenario, and what the subject did with it."""
Question = tuple[Scenario, Result, Scenario | None]
"""The same, and of a relation the scenario beside it."""


class Hearing:
    """One subject before the judge. `agrees`, `as_keras`, `pinned`: how it is held (`judge.Held`). `predicted`: what the
    reference does in that dialect, where somebody knows that already."""

    def __init__(
        self,
        subject: Subject,
        dialect: Dialect,
        *,
        agrees: bool = True,
        as_keras: bool = False,
        pinned: tuple[Declaration, ...] = (),
        examples: int = EXAMPLES,
        seed: int = 0,
        progress: Progress | None = None,
        budget: Budget | None = None,
        predicted: Results | None = None,
    ) -> None:
        self.subject = subject
        self.dialect = dialect
        self.held = Held(
            implementation=subject.name, capabilities=subject.capabilities, dialect=dialect, agrees=agrees, as_keras=as_keras,
            pinned=pinned,
        )  # fmt: skip
        self.examples = examples
        self.seed = seed
        self.results = Results(subject, progress=progress, budget=budget)
        self.predicted = predicted or Results(Here(Reference(Resolution(dialect=dialect))))
        self.unseen = frozenset(dialect.unseen())
        """The callbacks of which the dialect knows nothing, and which are not asked."""
        self.drawn: set[str] = set()
        """The callbacks of which all random scenarios were drawn."""
        self._left_out: dict[str, int] = {}
        """How many were not, because the budget was spent, of the others."""
        self._pools: dict[str, list[Answered]] = {}
        self._questions: dict[tuple[str, str], list[Question]] = {}
        self._plain: dict[int, Case] = {}
        """By scenario the case that it is for every rule that is no relation."""

    def scenarios(self, callback: str, *, stored: bool = False) -> tuple[Scenario, ...]:
        """The scenarios on which a callback is judged, or only those that are `stored`."""
        within = limits(self.subject.capabilities, callback)
        own = [each.scenario for each in self.held.pinned if each.scenario.about == callback]
        budget = self.results.budget
        stored = stored or (callback not in self.drawn and budget.spent)
        found = known(callback, within) if stored else pool(callback, self.examples, self.seed, within, budget)
        if callback not in self.drawn and budget.spent:
            self._left_out[callback] = max(0, self.examples - len(found) + len(known(callback, within)))
        elif not stored:
            self.drawn.add(callback)
        return tuple(
            each for each in (*own, *found) if self.unseen.isdisjoint(one.callback for one in each.configured())
        )

    def pool(self, callback: str) -> list[Answered]:
        """The scenarios on which a callback is judged, with what the subject does."""
        if callback not in self._pools:
            scenarios = self.scenarios(callback)
            self._pools[callback] = self._answered(scenarios)
        return self._pools[callback]

    def _answered(self, scenarios: Sequence[Scenario]) -> list[Answered]:
        """The scenarios that were tried, with what the subject does."""
        answers = zip(scenarios, self.results.ask(scenarios), strict=True)
        return [(scenario, result) for scenario, result in answers if result is not None]

    def complaints(self) -> list[Complaint]:
        """What is wrong with the subject as a whole, as far as it was asked."""
        found = [
            complaint(self.subject.name, callback, [result for _, result in answered])
            for callback, answered in self._pools.items()
        ]
        found += [idle(self.subject.name, callback, answered) for callback, answered in self._pools.items()]
        return [each for each in (*found, self._incomplete()) if each is not None]

    def _incomplete(self) -> Complaint | None:
        untried = self.results.untried + sum(self._left_out.values())
        if not untried:
            return None
        hopeless = {callback: self.results.hopeless(callback) for callback in self._pools}
        given_up = [f"{callback} {why}" for callback, why in hopeless.items() if why is not None]
        why = " and ".join(given_up) or "the budget was spent"
        return incomplete(self.subject.name, self.results.answered, untried, why)

    def judgement(self, rule: Rule, callback: str) -> Judgement:
        """The verdict on one rule, with a failure as it was found."""
        if not_applicable(rule, callback, self.held) is not None:
            return judge(rule, callback, (), self.held)
        gathered = self._questions.get((rule.id, callback))
        cases = self.cases(rule, self.pool(callback)) if gathered is None else self._cases(gathered)
        return judge(rule, callback, cases, self.held)

    def judged(self, rule: Rule, scenario: Scenario) -> Case | None:
        """The case of that one scenario; None if the rule does not speak of it, or the subject cannot express it."""
        return next(iter(self.cases(rule, self._answered([scenario]))), None)

    def gather(self, rules: Iterable[Rule], callbacks: Iterable[str]) -> None:
        """Ask for all that these rules look at, in few batches, so that it is known how much there is to do."""
        callbacks = tuple(callbacks)
        asked = [each for each in callbacks if knows(self.subject.capabilities, each)]
        if self.results.budget.seconds is not None:
            self.results.ask([scenario for callback in asked for scenario in self.scenarios(callback, stored=True)])
        self.results.ask([scenario for callback in asked for scenario in self.scenarios(callback)])
        beside: list[Scenario] = []
        for rule in rules:
            for callback in set(rule.callbacks) & set(asked):
                if isinstance(rule, Clause) and rule.related and not_applicable(rule, callback, self.held) is None:
                    questions = self._questions[rule.id, callback] = list(self._ask_of(rule, self.pool(callback)))
                    beside += [other for scenario, _, other in questions if other is not None and other is not scenario]
        self.results.ask(beside)

    def cases(self, rule: Rule, answered: Iterable[Answered]) -> list[Case]:
        """What the rule is to judge of that: where it speaks, and where the subject could express what was asked."""
        return self._agreement(answered) if isinstance(rule, Agreement) else self._cases(self._ask_of(rule, answered))

    def _ask_of(self, rule: Clause, answered: Iterable[Answered]) -> Iterator[Question]:
        for scenario, result in answered:
            if isinstance(result, NoTrace) and rule.speaks_of(scenario):
                yield scenario, result, None
            elif isinstance(result, Trace) and rule.speaks_of(scenario):
                other = rule.beside(scenario)
                if rule.related is None or other is not None:
                    yield scenario, result, other

    def _cases(self, questions: Iterable[Question]) -> list[Case]:
        questions = list(questions)
        others = [(scenario, other) for scenario, _, other in questions if other is not None]
        # A relation of a scenario with itself asks whether the answer is the same.
        again = any(other is scenario for scenario, other in others)
        answers = iter(self.results.ask([other for _, other in others], again=again))
        found = [
            self._case(scenario, result, other, None if other is None else next(answers))
            for scenario, result, other in questions
        ]
        return [case for case in found if case is not None]

    def _case(
        self, scenario: Scenario, result: Result, other: Scenario | None = None, beside: Result | None = None
    ) -> Case | None:
        """The case of one scenario, with what is seen of the `other` one; None if that cannot be expressed."""
        for failed in (result, beside):
            if isinstance(failed, NoTrace):
                return Case(scenario=scenario, trace=NO_TRACE, dialect=self.dialect, failed=failed)
        if not isinstance(result, Trace):
            return None
        if other is None and beside is None:
            known = self._plain.get(id(scenario))
            if known is None or known.trace is not result or known.scenario is not scenario:
                known = self._plain[id(scenario)] = Case(scenario=scenario, trace=result, dialect=self.dialect)
            return known
        if not isinstance(beside, Trace):  # it cannot be expressed, or was not tried
            return None
        return Case(scenario=scenario, trace=result, dialect=self.dialect, other=beside, other_scenario=other)

    def _agreement(self, answered: Iterable[Answered]) -> list[Case]:
        seen = [(scenario, result) for scenario, result in answered if isinstance(result, Trace | NoTrace)]
        predicted = self.predicted.ask([scenario for scenario, _ in seen])
        found = [
            self._case(scenario, result, None, expected)
            for (scenario, result), expected in zip(seen, predicted, strict=True)
            if isinstance(expected, Trace)
        ]
        return [case for case in found if case is not None]

    def fails(self, rule: Rule, scenario: Scenario) -> bool:
        """Whether the rule fails on that scenario, and nothing explains it."""
        case = self.judged(rule, scenario)
        return case is not None and isinstance(rule.judge(case), Failed) and unexplained(rule, case, self.held)

    def failing(self, rule: Rule, callback: str, most: int) -> list[Case]:
        """The first cases of the pool on which the rule fails and nothing explains it, at most so many."""
        failed = (case for case in self.cases(rule, self.pool(callback)) if isinstance(rule.judge(case), Failed))
        return list(islice((case for case in failed if unexplained(rule, case, self.held)), most))

    def shown(self, found: Judgement) -> Judgement:
        """The same failure on a smallest scenario that tells something."""
        rule, start = found.clause, found.scenario
        # Asked again, what answers differently every time may answer well: it is shown as it was found.
        if found.failure is None or start is None or found.verdict == NONDETERMINISTIC or self.results.budget.spent:
            return found
        # What is pinned is pinned of the pool alone: a smaller scenario would show what somebody has declared.
        if any(each.rule == rule.id for each in self.held.pinned) or not self.fails(rule, start):
            return found

        def fails(scenario: Scenario) -> bool:
            return self.fails(rule, scenario)

        def ask_for(scenarios: Sequence[Scenario]) -> None:
            self.cases(rule, self._answered(scenarios))

        least = smallest(start, fails, tries=TRIES, ahead=ask_for, at_once=AHEAD)
        case = self.judged(rule, telling(least, fails))
        failure = None if case is None else rule.judge(case)
        if case is None or not isinstance(failure, Failed):
            return found
        return deviates(rule, found.callback, case, failure, self.held, found.exercised)
