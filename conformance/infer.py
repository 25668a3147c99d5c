"""Which dialect an unknown callback speaks: a value for each choice, found from what it does alone.

Rules
- It is asked the stored questions (`questions.py`) and the random scenarios of the pool, within its limits. A dialect fits if the
  reference in it does exactly what was seen, on every one of them.
- The search begins with the known dialect that fits best. One choice after the other is turned, each time the one that makes the
  most scenarios right; where no single one helps, two at once, since choices mask one another: two of which one alone changes
  something, or that are known to mask each other. What is left unexplained on the random scenarios is asked into the search
  again.
- What the loop around a callback decides, and not the callback, is as documented, unless the nearest dialect's way helps.
- Then what is not needed is turned back to what is documented: a value is adopted only if something that was seen asks for it.
- What the callback leaves out everywhere, and no choice explains, is told once (`left_out.py`), and set aside: it would hide the
  rest. So is a parameter that it ignores (`ignored.py`).
- Of a callback that cannot be made, that raises everywhere, does nothing, or something else when it is asked again (`health.py`),
  that alone is told.
- Each choice is *seen* (every other value predicts something else somewhere), *not separable* (another choice hides it), *not
  observable here* (it shows only in what cannot be seen of this callback), or *not expressible here* (it takes what this callback
  cannot be asked).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import NEWEST, Dialect, documented, resolve, third_party
from callcheck.spec.difference import difference
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.search.shrink import complexity, smallest
from callcheck.spec.search.telling import telling
from callcheck.spec.trace import Failed, Result, Trace

from .derivation import governing, keras_dialects
from .evidence import Evidence
from .health import Complaint, complaint, idle, unsteady
from .ignored import ignored
from .inference import NOT_EXPRESSIBLE, NOT_OBSERVABLE, NOT_SEPARABLE, SEEN, Inference, Inferred, Unexplained, oddity
from .left_out import has, shows, silent, without
from .limits import limits
from .pool import pool
from .predictions import Leaf, Predictions
from .questions import differ, possible, questions
from .results import Results

ROUNDS = 4
"""How often what is left unexplained is asked into the search again."""
AGAIN = 40
"""How many unexplained scenarios at a time."""
AHEAD = 8
"""So many failing scenarios are looked at first, and on so many two choices are tried at once."""
SILENT = 12
"""On so many scenarios nothing may be seen of what is left out, whatever else is turned."""
FIRST, NEAREST = 5, 8
"""One in so many questions is put to all known dialects, all of them to so many that fit these best."""
TWICE = 10
"""So many scenarios of a kind are asked twice."""
TRIES = 120
"""How many scenarios are tried at the most to shrink one example."""

Turn = tuple[str, str]
"""A choice, and the value that it is given."""


def infer(results: Results, callback: str, *, examples: int, seed: int) -> Inference:
    """What the subject's callback is found to do. An inference with a complaint says that there is nothing to find."""
    return _Search(results, callback, examples, seed).inference()


class _Search:
    def __init__(self, results: Results, callback: str, examples: int, seed: int) -> None:
        self.results = results
        self.callback = callback
        self.within = limits(results.subject.capabilities, callback)
        self.alternatives = {choice: possible(callback, choice) for choice in choices_of(callback)}
        self.foreign = [choice for choice in governing(callback) if choice not in self.alternatives]
        self.stored = questions(callback)
        self.unlimited = {key(each.scenario): each.scenario for each in self.stored}
        self.predictions = Predictions()
        self.drawn = pool(callback, examples, seed, self.within)
        self._ask_all()
        answered = zip(self.scenarios.values(), self.answers.values(), strict=True)
        self.ignored = ignored(results, callback, answered, self.predictions)
        if self.ignored:
            self.within = self.within.lacking(self.ignored, self.scenarios.values())
            self._ask_all()
        self.aside: frozenset[str] = frozenset()
        self.evidence = self._evidence()
        self.asked = [name for name in self.unique if name in self.evidence.seen]
        self.fitting: dict[str, None] = {}
        """The keys of what the dialect that was found explains, in their order."""
        self.leaves: dict[str, Leaf] = {}
        """What it does."""
        self.rank: dict[str, int] = {}
        """How little a scenario tells a person, those that tell most first."""

    def _ask_all(self) -> None:
        """Put the stored questions, and the pool, within the limits."""
        asked = (self.within.inside(question.scenario) for question in self.stored)
        self.unique = {key(each): each for each in asked}
        drawn = {key(each): each for each in map(self.within.inside, self.drawn)}
        self.scenarios = {**self.unique, **drawn}
        self.answers = dict(zip(self.scenarios, self.results.ask(list(self.scenarios.values())), strict=True))

    def _evidence(self) -> Evidence:
        """What was answered, but for what is set aside."""
        seen = {}
        for name, scenario in self.scenarios.items():
            answer = self.answers[name]
            if isinstance(answer, Trace) and shows(scenario, self.aside):
                seen[name] = (scenario, without(answer, self.aside))
        return Evidence(seen, self.predictions)

    def _unanswered(self) -> Iterator[Unexplained]:
        """What came to no trace, by kind, each with the simplest scenario."""
        kinds: dict[str, list[tuple[Scenario, Failed]]] = {}
        for name, scenario in self.scenarios.items():
            answer = self.answers[name]
            if isinstance(answer, Failed):
                kinds.setdefault(answer.kind, []).append((scenario, answer))
        for those in kinds.values():
            scenario, answer = min(those, key=lambda each: complexity(each[0]))
            predicted = replay(scenario, documented())
            yield Unexplained(scenarios=len(those), scenario=scenario, seen=answer, predicted=predicted)

    def _ask(self, scenario: Scenario) -> Result | None:
        seen = self.results.ask([scenario])[0]
        return without(seen, self.aside) if isinstance(seen, Trace) else seen

    def inference(self) -> Inference:
        answered = [answer for answer in self.answers.values() if answer is not None]
        name = self.results.subject.name
        wrong = (
            complaint(name, self.callback, answered)
            or idle(name, self.callback, list(self.evidence.seen.values()))
            or self._unsteady()
        )
        if wrong is not None or not self.evidence.seen:
            return Inference(callback=self.callback, dialect=documented(), complaint=wrong, asked=len(answered))
        left_out = self._left_out()
        if left_out:
            self.aside = frozenset(left_out)
            self.evidence = self._evidence()
        everything = list(self.evidence.seen)
        self.asked = [name for name in self.asked if name in self.evidence.seen]
        nearest = self._nearest()
        dialect = self._spoken(_back(nearest, self.foreign))
        around = _with(dialect, {choice: nearest[choice] for choice in self.foreign})
        if len(self.evidence.failing(around, everything)) < len(self.evidence.failing(dialect, everything)):
            dialect = self._spoken(around)
        self.fitting = self.evidence.fitting(dialect)
        odd = {name: (oddity(each), complexity(each)) for name, (each, _) in self.evidence.seen.items()}
        self.rank = {name: place for place, name in enumerate(sorted(odd, key=odd.__getitem__))}
        self.leaves = {name: self.evidence.leaf(dialect, name) for name in everything}
        return Inference(
            callback=self.callback, dialect=dialect,
            choices=tuple(self._inferred(dialect, choice) for choice in self.alternatives),
            unexplained=tuple(self._unexplained(dialect)), left_out=left_out, ignored=dict(self._ignored()),
            unanswered=tuple(self._unanswered()), asked=len(everything), nearest=nearest.name,
            nearest_fits=len(everything) - len(self.evidence.failing(nearest, everything)),
        )  # fmt: skip

    def _unsteady(self) -> Complaint | None:
        """Whether it does something else when it is asked some of it again: what was asked first, when nothing could be kept yet,
        and others."""
        drawn = [name for name in map(key, map(self.within.inside, self.drawn[:TWICE])) if name in self.evidence.seen]
        seen = list(self.evidence.seen)
        some = list(dict.fromkeys([*seen[:TWICE], *drawn, *seen[:: max(1, len(seen) // TWICE)]]))
        answers = self.results.ask([self.scenarios[name] for name in some], again=True)
        for name, again in zip(some, answers, strict=True):
            scenario, first = self.evidence.seen[name]
            if isinstance(again, Trace) and difference(first, again) is not None:
                return unsteady(self.results.subject.name, self.callback, scenario)
        return None

    # ------------------------------------------------------------------------------------------ the search

    def _spoken(self, nearest: Dialect) -> Dialect:
        """The dialect that does what was seen, as far as there is one."""
        everything = list(self.evidence.seen)
        dialect = self._fitted(nearest)
        for _ in range(ROUNDS):
            left = [name for name in self.evidence.failing(dialect, everything) if name not in self.asked]
            if not left:
                break
            self.asked += left[:AGAIN]
            before, dialect = dialect, self._fitted(dialect)
            if dialect is before:
                break
        return self._turned_back(dialect)

    def _ignored(self) -> Iterator[tuple[str, Unexplained]]:
        """The parameters that it ignores, each with the simplest scenario in which it is to show."""
        for name, shown in self.ignored.items():
            scenario, seen, predicted = shown[0]
            yield name, Unexplained(scenarios=len(shown), scenario=scenario, seen=seen, predicted=predicted)

    def _left_out(self) -> dict[str, Unexplained]:
        """What the callback does nowhere, although it is documented, and with no value of a choice of its own it would do it
        nowhere: that the loop around it loses what it says is a choice, too."""
        found = {}
        own = [turn for turn in self._turns(documented()) if not turn[0].startswith(f"{TRAINING}/")]
        turned = [_with(documented(), dict([turn])) for turn in own]
        for name in sorted(silent(trace for _, trace in self.evidence.seen.values())):
            told = ((*seen, self.evidence.predicted(documented(), key)) for key, seen in self.evidence.seen.items())
            there = sorted((each for each in told if has(each[2], name)), key=lambda each: complexity(each[0]))
            some = [scenario for scenario, _, _ in there[:SILENT]]
            if some and all(any(has(replay(scenario, other), name) for scenario in some) for other in turned):
                scenario, trace, predicted = there[0]
                found[name] = Unexplained(scenarios=len(there), scenario=scenario, seen=trace, predicted=predicted)
        return found

    def _nearest(self) -> Dialect:
        """The known dialect that fits the stored questions best, then all that was seen; of equal ones the documentation, then
        the newest Keras."""
        known = (documented(), *keras_dialects(self.callback), *third_party().values())
        for among, most in ((self.asked[::FIRST], NEAREST), (self.asked, 1)):
            misses = {place: self.evidence.count(dialect, among, len(among)) for place, dialect in enumerate(known)}
            limit = sorted(misses.values())[:most][-1]
            known = tuple(dialect for place, dialect in enumerate(known) if misses[place] <= limit)
        return min(known, key=lambda dialect: len(self.evidence.failing(dialect, self.evidence.seen)))

    def _fitted(self, dialect: Dialect) -> Dialect:
        """The dialect, with choices turned as long as that makes more of what was asked right."""
        while failing := self.evidence.failing(dialect, self.asked):
            turns = self._turns(dialect)
            better = self._best(dialect, [dict([turn]) for turn in turns], failing)
            if better is None:
                better = self._best(dialect, list(self._hopeful(dialect, turns, failing[:AHEAD])), failing)
            if better is None:
                return dialect
            dialect = better
        return dialect

    def _turns(self, dialect: Dialect) -> list[Turn]:
        every = ((choice, value) for choice, values in self.alternatives.items() for value in values)
        return [(choice, value) for choice, value in every if value != dialect[choice]]

    def _hopeful(self, dialect: Dialect, turns: Sequence[Turn], failing: Sequence[str]) -> Iterator[Mapping[str, str]]:
        """The pairs of turns that make one of these right."""
        masking = {
            frozenset({(each.choice, each.value), each.beside}) for each in self.stored if each.beside is not None
        }
        left = [pair for pair in combinations(turns, 2) if pair[0][0] != pair[1][0]]
        for name in failing:
            before = self.evidence.predicted(dialect, name)
            stirring = {turn for turn in turns if self.evidence.predicted(_with(dialect, dict([turn])), name) != before}
            pairs, left = left, []
            for pair in pairs:
                stirs = not stirring.isdisjoint(pair) or frozenset(pair) in masking
                if stirs and not self.evidence.failing(_with(dialect, dict(pair)), [name]):
                    yield dict(pair)
                else:
                    left.append(pair)

    def _best(self, dialect: Dialect, turns: Sequence[Mapping[str, str]], failing: Sequence[str]) -> Dialect | None:
        """The dialect with the turn that leaves the fewest failing; None if none leaves fewer than there are. Those that help on
        the first few are preferred."""
        wrong = set(failing)
        right = [name for name in self.asked if name not in wrong]
        first = failing[:AHEAD]
        turned = [_with(dialect, turn) for turn in turns]
        for tried in ([each for each in turned if self.evidence.count(each, first, len(first)) < len(first)], turned):
            least, best = len(failing), None
            for each in tried:
                still = self.evidence.count(each, chain(failing, right), least)
                if still < least:
                    least, best = still, each
            if best is not None:
                return best
        return None

    def _turned_back(self, dialect: Dialect) -> Dialect:
        """The dialect, with every choice as documented of which nothing that it explains asks for more."""
        explained = self.evidence.fitting(dialect)
        left = [choice for choice in self.alternatives if dialect[choice] != documented()[choice]]
        asked = [name for name in self.asked if name in explained]
        unasked = [each for each in left if not self.evidence.count(_back(dialect, [each]), asked, 1)]
        if not self.evidence.count(_back(dialect, unasked), explained, 1):  # nearly always
            return _back(dialect, unasked)
        for choice in unasked:
            turned = _back(dialect, [choice])
            if not self.evidence.count(turned, explained, 1):
                dialect = turned
        return dialect

    # ------------------------------------------------------------------------------------------ what is said of a choice

    def _inferred(self, dialect: Dialect, choice: str) -> Inferred:
        statuses = {
            value: self._status(dialect, choice, value)
            for value in self.alternatives[choice]
            if value != dialect[choice]
        }
        possible = tuple(value for value, status in statuses.items() if status != SEEN)
        other = documented()[choice]
        if dialect[choice] == other:
            other = resolve(NEWEST).dialect[choice]
        told = self._example(dialect, choice, other) if other != dialect[choice] and statuses[other] == SEEN else None
        # A choice is seen if anything about it is: that it has not another value.
        status = next(
            (each for each in (SEEN, NOT_SEPARABLE, NOT_OBSERVABLE, NOT_EXPRESSIBLE) if each in statuses.values()), SEEN
        )
        if told is None:
            return Inferred(choice=choice, value=dialect[choice], status=status, possible=possible)
        scenario, result, shows = told
        return Inferred(
            choice=choice, value=dialect[choice], status=status, shows=shows, scenario=scenario, result=result,
            possible=possible,
        )  # fmt: skip

    def _status(self, dialect: Dialect, choice: str, value: str) -> str:
        """Whether it was seen that the choice has not this value; if not, why not."""
        turned = _with(dialect, {choice: value})
        about = [key(self.within.inside(each.scenario)) for each in self.stored if each.choice == choice]
        shows = False
        for name in dict.fromkeys([*about, *self.asked, *self.evidence.seen]):
            if name not in self.leaves:
                continue
            before, instead = self.leaves[name], self.evidence.leaf(turned, name)
            if before is instead or difference(before.result, instead.result) is None:
                continue
            if name in self.fitting and self.evidence.misses(turned, name):
                return SEEN
            shows = shows or differ(before.result, instead.result)
        if shows:
            return NOT_OBSERVABLE
        for name, scenario in self.unlimited.items():
            before, instead = (self.predictions.leaf(scenario, way, name) for way in (dialect, turned))
            if before is not instead and differ(before.result, instead.result):
                return NOT_EXPRESSIBLE
        return NOT_SEPARABLE

    def _example(self, dialect: Dialect, choice: str, other: str) -> tuple[Scenario, Result, int] | None:
        """A smallest scenario on which the dialect does what was seen and would not with the other value, and how many there
        are."""
        turned = _with(dialect, {choice: other})
        missed = sorted(self.evidence.missed(turned, self.fitting), key=self.rank.__getitem__)
        showing = [self.evidence.seen[name][0] for name in missed]
        if not showing:
            return None

        def convincing(scenario: Scenario) -> bool:
            predicted, instead = replay(scenario, dialect), replay(scenario, turned)
            if not differ(predicted, instead) or self.within.inside(scenario) != scenario:
                return False
            seen = self._ask(scenario)
            return (
                isinstance(seen, Trace)
                and difference(predicted, seen) is None
                and difference(instead, seen) is not None
            )

        start = next((scenario for scenario in showing if convincing(scenario)), None)
        if start is None:  # with the other value nothing is predicted of them
            return None
        least_odd = oddity(start)

        def no_odder(scenario: Scenario) -> bool:
            return oddity(scenario) <= least_odd and convincing(scenario)

        least = telling(smallest(start, no_odder, tries=TRIES), no_odder)
        seen = self._ask(least)
        assert seen is not None
        return least, seen, len(showing)

    def _unexplained(self, dialect: Dialect) -> Iterator[Unexplained]:
        """What is left, a smallest example for each field in which it differs."""
        kinds: dict[str, list[Scenario]] = {}
        for name in self.evidence.failing(dialect, list(self.evidence.seen)):
            scenario, trace = self.evidence.seen[name]
            found = difference(replay(scenario, dialect), trace)
            assert found is not None
            kinds.setdefault(found.field, []).append(scenario)
        for kind, scenarios in kinds.items():

            def again(scenario: Scenario, kind: str = kind) -> bool:
                if self.within.inside(scenario) != scenario:
                    return False
                seen = self._ask(scenario)
                found = difference(replay(scenario, dialect), seen) if isinstance(seen, Trace) else None
                return found is not None and found.field == kind

            start = min(scenarios, key=complexity)
            least = smallest(start, again, tries=TRIES) if again(start) else start
            seen = self._ask(least)
            assert seen is not None
            yield Unexplained(scenarios=len(scenarios), scenario=least, seen=seen, predicted=replay(least, dialect))


def _with(dialect: Dialect, turns: Mapping[str, str]) -> Dialect:
    return dialect.replace("inferred", **turns)


def _back(dialect: Dialect, choices: Sequence[str]) -> Dialect:
    """The dialect with these choices as documented."""
    return _with(dialect, {choice: documented()[choice] for choice in choices})


def choices_of(callback: str) -> tuple[str, ...]:
    """The choices that can be told of a callback: its own, and, where it sets the rate, those of the rate."""
    own = f"{CALLBACKS[callback].prefix}/"
    sets_rates = "learning_rate" in CALLBACKS[callback].jobs
    return tuple(choice for choice in governing(callback) if sets_rates or choice.startswith(own))


def callbacks_of(results: Results) -> tuple[str, ...]:
    """The callbacks that the subject stands for."""
    return tuple(name for name in CALLBACKS if name in results.subject.capabilities.callbacks)
