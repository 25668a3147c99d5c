"""What two implementations do differently, one difference after the other, each with what explains it and a smallest scenario.

Rules
- *Known* differences come first and need nothing but the reference: for each choice in which the two dialects differ, a
  smallest scenario that shows it. Both subjects then run it, and each has to do what its dialect predicts: the difference is
  confirmed, or the prediction was wrong.
- *Unknown* ones are looked for on the pool: scenarios on which the two differ and at least one does not do what is predicted.
  They are grouped by the callback and the field in which the traces first differ, in whichever of its rows; one of each group
  is shrunk.
- A callback that was not looked at in one of the two is left to the report, which says so: neither its choices nor what nobody
  predicts of it is looked for.
- A choice that shows only together with another one is shown by the two.
- A configuration of the user's own is asked for itself, as it is: each choice that makes a difference to it is shown on it.
- Nothing is claimed about what was not run: the report says how many scenarios brought nothing new.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import combinations

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.chain import chains
from callcheck.spec.choices import CHOICES
from callcheck.spec.dialect import Dialect
from callcheck.spec.difference import difference, told_apart
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.search.samples import sample
from callcheck.spec.search.shrink import smallest
from callcheck.spec.trace import NotExpressible, Raised, Rejected, Result, Trace
from callcheck.spec.vectors import stored

from .own import Own

EXAMPLES = 150
"""Random scenarios per callback that both subjects are asked for."""
SEARCHED = 80
"""Random scenarios per callback among which a choice is looked for, beside the vectors: it has to be done within two seconds."""
TRIES = 150
"""How many scenarios are tried at the most to shrink one difference: some tenths of a second on the reference."""

PREDICTED, CONFIRMED, WRONG, UNKNOWN = "predicted", "confirmed", "the prediction was wrong", "not predicted"
BEYOND = "beyond prediction"
"""Not predicted either: of one of the two the reference says on that scenario that it does not know what it does."""

Ask = Callable[[Sequence[Scenario]], Sequence[Result]]
"""A subject, as far as it matters here: what it does with each of some scenarios."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One difference of `a` and `b`. `choices`: what explains it, by choice the values of the two; empty where nothing does.

    `status` is one of PREDICTED, CONFIRMED, WRONG, UNKNOWN and BEYOND; of a wrong prediction `a` and `b` are what was seen.
    `own`: the title of the user's configuration on which it shows; empty for one that was looked for on all.
    """

    choices: Mapping[str, tuple[str, str]]
    scenario: Scenario
    a: Result
    b: Result
    status: str = PREDICTED
    own: str = ""

    @property
    def callback(self) -> str:
        """Whose difference it is; TRAINING of what several do."""
        return self.scenario.callback or TRAINING

    @property
    def severity(self) -> int:
        """How much it matters, 0 the most: wrong weights, wrong stop, the rate, files, an error, then messages."""
        return severity(self.a, self.b)

    @property
    def explanation(self) -> str:
        """What the two do, in the words of the choices."""
        return " ".join(
            f"{CHOICES[choice].question} {CHOICES[choice].values[a]} / {CHOICES[choice].values[b]}"
            for choice, (a, b) in self.choices.items()
        )


SEVERITIES = ("weights", "stop", "learning rate", "files", "error", "messages")
"""What a difference is about, the worst first."""


def severity(a: Result, b: Result) -> int:
    """The index in SEVERITIES of the worst thing in which two results differ."""
    if not isinstance(a, Trace) or not isinstance(b, Trace):
        return SEVERITIES.index("error")
    looks: tuple[Callable[[Trace], object], ...] = (
        lambda trace: [fit.weights for fit in trace.fits],
        lambda trace: [[epoch.stop for epoch in fit.epochs] for fit in trace.fits],
        lambda trace: [[epoch.learning_rate for epoch in fit.epochs] for fit in trace.fits],
        lambda trace: [[epoch.saved for epoch in fit.epochs] for fit in trace.fits],
    )  # fmt: skip
    if _raised(a) != _raised(b):
        return SEVERITIES.index("error")
    for index, look in enumerate(looks):
        if repr(look(a)) != repr(look(b)):
            return index
    return SEVERITIES.index("messages")


def _raised(trace: Trace) -> list[Rejected | Raised]:
    """What the constructor and the hooks raised, and where; in whichever words."""
    rejected = [] if trace.rejected is None else [replace(trace.rejected, message="")]
    return [*rejected, *(replace(fit.error, message="") for fit in trace.fits if fit.error is not None)]


# ---------------------------------------------------------------------------------------------- what the dialects predict


def distance(a: Dialect, b: Dialect) -> dict[str, tuple[str, str]]:
    """The choices in which two dialects differ, with the values of the two; none of a callback that was not looked at in one."""
    unseen = {CALLBACKS[name].prefix for name in not_looked_at(a, b)}
    return {
        choice: (a[choice], b[choice])
        for choice in CHOICES
        if a[choice] != b[choice] and choice.split("/")[0] not in unseen
    }


def not_looked_at(*dialects: Dialect | None) -> tuple[str, ...]:
    """The callbacks of which it is not known what they do in one of the dialects."""
    unseen = {name for dialect in dialects if dialect is not None for name in dialect.unseen()}
    return tuple(name for name in CALLBACKS if name in unseen)


def predicted(
    a: Dialect, b: Dialect, callbacks: Iterable[str] = tuple(CALLBACKS), seed: int = 0
) -> Iterator[Difference]:
    """The differences of two dialects, one for each choice in which they differ, or for two that show only together."""
    callbacks = [name for name in callbacks if any(_concerns(choice, name) for choice in distance(a, b))]
    known = [vector.scenario for vector in stored() if _is_about(vector.scenario, callbacks)]
    told = _of_the_history(distance(a, b))
    known += [
        each for each in told
        if _is_about(each, callbacks) or all(one.callback in callbacks for one in each.configured())
    ]  # fmt: skip
    random = [scenario for callback in callbacks for scenario in drawn(callback, SEARCHED, seed)]
    yield from _shown(_Search(a, b, (*known, *random)), callbacks)


def _is_about(scenario: Scenario, callbacks: Collection[str]) -> bool:
    return scenario.callback in callbacks or (TRAINING in callbacks and scenario.about == TRAINING)


def _of_the_history(choices: Collection[str]) -> list[Scenario]:
    """The scenarios by which the history shows changes of these choices."""
    changes = (change for chain in chains().values() for change in chain.changes if change.choice in choices)
    return [from_json(dict(change.scenario)) for change in changes]


@cache
def drawn(callback: str, examples: int, seed: int) -> tuple[Scenario, ...]:
    """Random scenarios. They are the same ones in which a choice is looked for, and what nobody predicts."""
    return tuple(sample(callback, examples, seed))


def predicted_of(own: Own, a: Dialect, b: Dialect, scenarios: Sequence[Scenario]) -> Iterator[Difference]:
    """The differences of two dialects that show on a configuration of the user's own."""
    for found in _shown(_Search(a, b, scenarios, own.holds), (own.callback.callback,)):
        yield replace(found, own=own.title)


def _shown(search: "_Search", callbacks: Sequence[str]) -> Iterator[Difference]:
    apart = [choice for choice in distance(search.a, search.b) if any(_concerns(choice, name) for name in callbacks)]
    hidden = []
    for choice in apart:
        found = search.shown((choice,))
        if found is None:
            hidden.append(choice)
        else:
            yield found
    for one in hidden:
        pairs = (pair for pair in combinations(apart, 2) if one in pair)
        together = (search.shown(pair) for pair in pairs)
        found = next((each for each in together if each is not None), None)
        if found is not None:
            yield found


def _concerns(choice: str, callback: str) -> bool:
    """Whether a choice is the callback's, or of what it shares with another one; in TRAINING every one may be."""
    part = choice.split("/")[0]
    return (
        callback == TRAINING
        or part == CALLBACKS[callback].prefix
        or part not in {each.prefix for each in CALLBACKS.values()}
    )


def _matters(choice: str, scenario: Scenario) -> bool:
    """Whether a choice can matter to a scenario at all."""
    return any(_concerns(choice, each.callback) for each in scenario.configured())


class _Search:
    """Looks for scenarios that show a choice, among those on which the two dialects differ at all."""

    def __init__(
        self,
        a: Dialect,
        b: Dialect,
        pool: Sequence[Scenario],
        holds: Callable[[Scenario], bool] = lambda scenario: True,
    ) -> None:
        self.a = a
        self.b = b
        self.holds = holds
        self.choices = tuple(distance(a, b))
        self.apart = [
            (scenario, one, other)
            for scenario in pool
            if told_apart(one := replay(scenario, a), other := replay(scenario, b), self.choices)
        ]

    def _with(self, choices: tuple[str, ...]) -> Dialect:
        """`a`, with these choices of `b`."""
        return self.a.replace("changed", **{choice: self.b[choice] for choice in choices})

    def shown(self, choices: tuple[str, ...]) -> Difference | None:
        """A smallest scenario on which `a` with these choices of `b`, and with no fewer, does something else than `a`, best of
        all what `b` does: then nothing else explains the difference. None if none was found."""
        changed = self._with(choices)
        fewer = [self._with((choice,)) for choice in choices] if len(choices) > 1 else []
        apart = partial(told_apart, choices=choices)

        def burden(scenario: Scenario, one: Result, there: Result) -> tuple[bool, int, bool] | None:
            """How much less than perfect the scenario is, on which `a` and `b` do these two: other choices matter too, it shows
            little, it takes unusual numbers or an error. None if it does not show the choices."""
            other = replay(scenario, changed)
            if not apart(one, other) or any(apart(one, replay(scenario, each)) for each in fewer):
                return None
            usual = _is_plain(scenario) and not (isinstance(one, Trace) and _raised(one))
            return told_apart(other, there), severity(one, other), not usual

        about = [each for each in self.apart if all(_matters(choice, each[0]) for choice in choices)]
        burdens = [(weight, index) for index, each in enumerate(about) if (weight := burden(*each)) is not None]
        if not burdens:
            return None
        least, index = min(burdens)

        def as_good(scenario: Scenario) -> bool:
            if not self.holds(scenario):
                return False
            one, there = replay(scenario, self.a), replay(scenario, self.b)
            weight = burden(scenario, one, there) if apart(one, there) else None
            return weight is not None and weight <= least

        shown = smallest(about[index][0], as_good, tries=TRIES)
        return Difference(
            choices={choice: (self.a[choice], self.b[choice]) for choice in choices},
            scenario=shown, a=replay(shown, self.a), b=replay(shown, self.b),
        )  # fmt: skip


def _is_plain(scenario: Scenario) -> bool:
    """Whether all that is monitored are numbers as losses are: neither NaN, nor infinite, nor at an end of the range."""
    values = [value for fit in scenario.fits for epoch in fit.epochs for value in epoch.logs.values()]
    return bool(values) and all(type(value) is float and (value == 0.0 or 1e-6 < abs(value) < 1e6) for value in values)


# ---------------------------------------------------------------------------------------------- what the subjects do


def confirmed(differences: Sequence[Difference], a: Ask, b: Ask) -> list[Difference]:
    """The differences after both subjects were asked: each is confirmed, or the prediction was wrong; or predicted, as before,
    where one of them cannot be asked that."""
    scenarios = [each.scenario for each in differences]
    judged = []
    for each, one, other in zip(differences, a(scenarios), b(scenarios), strict=True):
        if isinstance(one, NotExpressible) or isinstance(other, NotExpressible):
            judged.append(each)
            continue
        right = difference(each.a, one) is None and difference(each.b, other) is None
        judged.append(replace(each, status=CONFIRMED) if right else replace(each, status=WRONG, a=one, b=other))
    return judged


def unpredicted(
    scenarios: Sequence[Scenario],
    a: Ask,
    b: Ask,
    dialects: tuple[Dialect | None, Dialect | None],
    tries: int = TRIES,
    own: Own | None = None,
) -> list[Difference]:
    """The differences on these scenarios that the two dialects do not predict, or all where one has none: a smallest one for
    each kind; of a configuration of the user's own on it."""

    def unforeseen(scenario: Scenario, one: Result, other: Result) -> tuple[str, str] | None:
        """The status and the kind of a difference that is not predicted; None where there is none."""
        if isinstance(one, NotExpressible) or isinstance(other, NotExpressible):
            return None
        if not isinstance(one, Trace) and not isinstance(other, Trace):
            return None
        apart = difference(one, other)
        if apart is None:
            return None
        foreseen = [None if dialect is None else replay(scenario, dialect) for dialect in dialects]
        seen = zip(foreseen, (one, other), strict=True)
        if all(each is not None and difference(each, result) is None for each, result in seen):
            return None
        status = BEYOND if any(isinstance(each, NotExpressible) for each in foreseen) else UNKNOWN
        return status, f"{scenario.callback or TRAINING}: {apart.field.split('[')[0]}"

    groups: dict[tuple[str, str], Scenario] = {}
    for scenario, one, other in zip(scenarios, a(scenarios), b(scenarios), strict=True):
        kind = unforeseen(scenario, one, other)
        if kind is not None:
            groups.setdefault(kind, scenario)
    found = []
    for kind, start in groups.items():

        def again(scenario: Scenario, kind: tuple[str, str] = kind) -> bool:
            if own is not None and not own.holds(scenario):
                return False
            return unforeseen(scenario, a([scenario])[0], b([scenario])[0]) == kind

        shown = smallest(start, again, tries=tries)
        title = "" if own is None else own.title
        one, other = a([shown])[0], b([shown])[0]
        found.append(Difference(choices={}, scenario=shown, a=one, b=other, status=kind[0], own=title))
    return found
