"""What a clause is: one normative sentence with a stable id, a level, a source, and a check.

Rules
- A check is a generator over a `Case`; its docstring is the sentence. It yields expectations: what was expected at which place
  and why, what came, and whether that holds. None yielded is "not exercised"; the first that does not hold is the failure.
- A relation compares two traces: `related` makes the second scenario from the first, or answers None.
- A check sees traces, never an implementation; it reads the dialect only where arithmetic or a governing choice needs it.
  A universal clause does not read it at all: its `Case` has none.
- Unless it says `errors=True`, a clause speaks of scenarios that were run to their end: others do not exercise it. One that
  speaks of scenarios without a trace says `failures=True`.
- An observed clause is what every Keras of its range does. Of a dialect with a value that no Keras has it says nothing, unless it
  names that choice; nor where a release has one of the oddities of its time (`TAKEN_FOR_GRANTED`).
- No clause speaks of epochs with an index below 0, which `fit` accepts and nobody promises anything about; what they do is left
  to the reference, and to the stored vectors.
- Unless it says `resumed=True` or is one on training, a clause speaks of fits that go on with the model of the fit before, not
  with one from a file, and in which nobody else is at work but by setting the stop flag; and, but for an every-callback clause,
  with the instance of the fit before or a copy of it, not with a new one.
- Unless it says `averaged=True` or is one on every callback, or on SwapEMAWeights, a clause speaks of optimizers that keep no
  average of the weights.
- Unless it says `damaged=True`, a clause speaks of files that nobody has damaged.
- Unless it says otherwise in `optimizer`, a clause speaks of scenarios with one optimizer, whose learning rate can be set; an
  every-callback clause of all.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from ..callbacks import CALLBACKS, TRAINING, defaults
from ..dialect import Dialect, unlike_any_keras
from ..difference import Difference, difference
from ..scenario import Epoch, Fit, Scenario, acts, remembered
from ..trace import EpochTrace, FitTrace, Trace
from ..trace import Failed as NoTrace
from ..values import ScheduledRate, only

_defaults = cache(defaults)

Level = Literal["universal", "documented", "observed"]
Optimizer = Literal["one", "several", "any"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """The clause does not hold: where (indices of the fit and of the epoch in it; None: nowhere in particular), what was
    expected there and why, and what came. Each of the three is a short phrase with the values in it."""

    fit: int | None
    epoch: int | None
    expected: str
    why: str
    got: str

    def __str__(self) -> str:
        place = "" if self.fit is None else f"fit {self.fit + 1}"
        place += "" if self.epoch is None else f", epoch index {self.epoch}"
        return f"{place}{': ' if place else ''}expected {self.expected}, because {self.why}; got {self.got}"


def equal_traces(expected: Trace, got: Trace, because: str, *, attributes: bool = False) -> "Expectation":
    """The expectation that two traces are equal; where they are not, the first difference is the failure. Of attributes there are
    clauses of their own."""
    found = difference(expected, got, attributes=attributes)
    return HELD if found is None else differs(found, because)


def differs(found: Difference, why: str) -> Failed:
    """The failure of two traces that have to be equal; the first of them is the one expected."""
    if found.field:
        expected, got = f"{found.field} to be {_in_words(found.a)}", _in_words(found.b)
    else:  # a fit or an epoch that only one of the two has
        expected, got = ("nothing", "it was run") if found.a is None else ("it to be run", "nothing")
    return Failed(fit=found.fit, epoch=found.epoch, expected=expected, why=why, got=got)


def _in_words(value: Any) -> str:
    """A part of a trace as JSON; of an error its type."""
    if isinstance(value, Mapping) and "type" in value:
        return str(value["type"])
    return "none" if value is None else repr(value)


def _without_steps(trace: Trace) -> Trace:
    if all(fit.optimizer_steps is None for fit in trace.fits):
        return trace
    return replace(trace, fits=tuple(replace(fit, optimizer_steps=None) for fit in trace.fits))


@dataclass(frozen=True, slots=True)
class Expected:
    """What a value has to be: a test of the value that came, and the words for it, which are made where they are needed."""

    accepts: Callable[[Any], bool]
    words: Callable[[], str]


def equal_to(value: Any) -> Expected:
    """The very value; NaN equals NaN."""
    return Expected(lambda got: bool(got == value or (got != got and value != value)), lambda: repr(value))


def at_most(bound: float) -> Expected:
    return Expected(lambda got: bool(got <= bound), lambda: f"at most {bound!r}")


def at_least(bound: float) -> Expected:
    return Expected(lambda got: bool(got >= bound), lambda: f"at least {bound!r}")


Phrase = str | Callable[[], str]
"""A part of a failure's message; a function where making it would cost more than the check."""


def _said(phrase: Any) -> str:
    return str(phrase() if callable(phrase) else phrase)


class Place:
    """Where something is expected: a scenario as a whole, a fit of it, or an epoch. Fit and epoch are indices from zero."""

    __slots__ = ()

    @property
    def place(self) -> tuple[int | None, int | None]:
        """The fit, and the index of the epoch in it; None: nowhere in particular."""
        return None, None

    def expects(self, what: Expected, *, got: Any, because: Phrase) -> "Held | Failed":
        """The expectation that `got` is `what`."""
        return HELD if what.accepts(got) else self.expects_that(False, what.words, got=repr(got), because=because)

    def expects_that(self, holds: bool, expected: Phrase, *, got: Any, because: Phrase) -> "Held | Failed":
        """The expectation that `holds`; `expected` and `got` (a phrase, or any value) say what was and what came."""
        if holds:
            return HELD
        fit, epoch = self.place
        return Failed(fit=fit, epoch=epoch, expected=_said(expected), why=_said(because), got=_said(got))


@dataclass(frozen=True, slots=True)
class Spot(Place):
    """A fit, or an epoch of it."""

    fit: int | None = None
    epoch: int | None = None

    @property
    def place(self) -> tuple[int | None, int | None]:
        return self.fit, self.epoch


class Held:
    """The precondition held, and so did the clause."""

    def __repr__(self) -> str:
        return "HELD"


class NotExercised:
    """The scenario does not meet the clause's precondition."""

    def __repr__(self) -> str:
        return "NOT_EXERCISED"


HELD = Held()
NOT_EXERCISED = NotExercised()
Outcome = Held | NotExercised | Failed
Expectation = Held | Failed
"""What a check yields: an expectation that was met, or how it was not."""
Expectations = Iterator[Expectation]


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochSeen(Place):
    """One epoch that was run: what it showed to the callback and what was seen of it.

    `fit` and `index` count from zero, `index` within the fit; `number` is the absolute epoch that the hooks are told.
    """

    fit: int
    index: int
    number: int
    shown: Epoch
    seen: EpochTrace

    @property
    def place(self) -> tuple[int | None, int | None]:
        return self.fit, self.index

    @property
    def stopped(self) -> bool:
        """Whether the callback itself stopped there, as far as one can see: nobody else had set the flag before."""
        return bool(self.seen.stop) and not self.shown.stop


def ran_to_its_end(trace: Trace) -> bool:
    """Whether nothing was rejected and nothing raised."""
    return trace.rejected is None and all(fit.error is None for fit in trace.fits)


NO_TRACE = Trace()
"""In place of a trace where there is none."""


class _Seen:
    """The epochs of a case, made once: every clause goes through them."""

    __slots__ = ("_epochs",)
    _epochs: tuple[EpochSeen, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Case(_Seen, Place):
    """What a check judges: the scenario, its trace, and the dialect that the implementation is held to.

    `other`: in a relation, the trace of the related scenario, which is `other_scenario`. `failed`: there is no trace, and why.
    """

    scenario: Scenario
    trace: Trace
    dialect: Dialect
    other: Trace = NO_TRACE
    other_scenario: Scenario | None = None
    failed: NoTrace | None = None

    def at(self, fit: int | None, epoch: int | None = None) -> Spot:
        """The place with these indices."""
        return Spot(fit, epoch)

    def __getitem__(self, parameter: str) -> Any:
        """The value of a parameter: as configured, or Keras's default."""
        config = self.scenario.config
        return config[parameter] if parameter in config else _defaults(self.scenario.callback)[parameter]

    def fits(self) -> Iterator[tuple[int, Fit, FitTrace]]:
        """The fits that were run: index, what was to be run, what was seen."""
        for index, seen in enumerate(self.trace.fits):
            yield index, self.scenario.fits[index], seen

    def epochs(self, fit: int | None = None) -> Iterator[EpochSeen]:
        """The epochs that were run, of one fit or of all."""
        try:
            seen = self._epochs
        except AttributeError:
            seen = tuple(self._all_epochs())
            object.__setattr__(self, "_epochs", seen)
        return iter(seen if fit is None else [epoch for epoch in seen if epoch.fit == fit])

    def _all_epochs(self) -> Iterator[EpochSeen]:
        for index, shown, seen in self.fits():
            first = self.number(index, 0)
            contents = shown.epochs[first - self.scenario.first_epoch(shown) :]
            for position, epoch in enumerate(seen.epochs):
                yield EpochSeen(
                    fit=index, index=position, number=first + position, shown=contents[position], seen=epoch
                )

    def number(self, fit: int, index: int) -> int:
        """The absolute number that the hooks are told of the epoch with this index in the fit, counted from 0."""
        begun = self.trace.fits[fit].initial_epoch if fit < len(self.trace.fits) else None
        return (self.scenario.first_epoch(self.scenario.fits[fit]) if begun is None else begun) + index

    def rate_given(self, fit: int) -> float | None:
        """The learning rate that is set before the fit, of the one optimizer; None where it stays as it is."""
        rate = self.scenario.rate_given(fit)
        return None if rate is None else only(rate)

    def beside(self) -> "Case":
        """In a relation, the related run as a case of its own."""
        assert self.other_scenario is not None
        return Case(scenario=self.other_scenario, trace=self.other, dialect=self.dialect)

    def knows(self, *parameters: str) -> bool:
        """Whether the constructor has these parameters, in the release that the implementation is held to."""
        callback = self.scenario.callback
        return set(parameters) <= set(CALLBACKS[callback].parameters(self.dialect.signature(callback)))

    def expects_the_same(self, because: str, ours: Trace | None = None, other: Trace | None = None) -> Expectations:
        """In a relation, the expectation that this run is the one beside it, or `ours` the `other`. Where the constructor refuses
        both in the same way there is nothing to compare. How many steps the optimizer made is the training's affair."""
        ours, other = _without_steps(ours or self.trace), _without_steps(other or self.other)
        refused, expected = (
            "no error" if trace.rejected is None else f"{trace.rejected.type} from the constructor"
            for trace in (ours, other)
        )
        if ours.rejected is not None or other.rejected is not None:
            if refused != expected:
                yield self.expects_that(False, expected, got=refused, because=because)
            return
        yield equal_traces(other, ours, because)

    @property
    def clean(self) -> bool:
        """Whether the scenario was run to its end: nothing rejected, nothing raised."""
        return self.failed is None and ran_to_its_end(self.trace)


Check = Callable[[Case], Expectations]


TAKEN_FOR_GRANTED: Mapping[str, tuple[str, ...]] = {
    "early-stopping/missing-metric": ("warns", "says-nothing", "raises-key-error", "raises-runtime-error"),
    "early-stopping/patience": ("at-least", "more-than", "exactly"),
    "early-stopping/patience-zero": ("as-any-other",),
    "early-stopping/restored-message": ("theirs",),
    "early-stopping/stop-message": ("at-the-end",),
    "early-stopping/stop-message-epoch": ("from-one",),
    "early-stopping/unknown-mode": ("warns",),
    "learning-rate/empty-logs": ("stay-empty",),
    "learning-rate-scheduler/arguments": ("verbose",),
    "learning-rate-scheduler/logs": ("the-rate",),
    "learning-rate-scheduler/refusal": ("value-error",),
    "learning-rate-scheduler/schedule": ("epoch-and-rate",),
    "model-checkpoint/arguments": ("save-freq", "save-freq-and-keywords", "period"),
    "model-checkpoint/batch-in-name": ("from-one",),
    "model-checkpoint/best-keras-file": ("saved",),
    "model-checkpoint/epoch-in-name": ("from-one",),
    "model-checkpoint/save-freq": ("batches",),
    "reduce-lr-on-plateau/arguments": ("any",),
    "reduce-lr-on-plateau/message-epoch": ("from-one",),
    "reduce-lr-on-plateau/min-lr": ("as-stored", "as-given", "not-at-all"),
    "reduce-lr-on-plateau/patience": ("at-least", "more-than"),
}
"""By choice, the values that observed clauses take for granted. What the releases do that have others is held to the reference,
which agrees with them."""


@cache
def _governing_prefixes(callbacks: tuple[str, ...]) -> frozenset[str]:
    """The first parts of the ids of the choices that can matter to these callbacks."""
    if TRAINING in callbacks:
        return frozenset({"learning-rate", *(callback.prefix for callback in CALLBACKS.values())})
    return frozenset({"learning-rate", *(CALLBACKS[callback].prefix for callback in callbacks)})


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """A clause. `choices` maps a choice to the values under which the clause applies; a dialect with another value is not held to
    it. `observes` names the fields of a trace without which nothing can be judged. `except_for`: the callbacks of which an
    every-callback clause does not speak. `optimizer`: of which kind of optimizer it speaks. `resumed`: whether it speaks of fits
    that resume from a file, of new instances (an every-callback clause does), and of others at work; `averaged`: of an optimizer
    that keeps an average; `damaged`: of files that somebody has damaged."""

    id: str
    level: Level
    sentence: str
    source: str
    check: Check
    choices: Mapping[str, tuple[str, ...]]
    observes: tuple[str, ...]
    errors: bool
    failures: bool = False
    related: Callable[[Scenario], Scenario | None] | None = None
    except_for: tuple[str, ...] = ()
    optimizer: Optimizer
    resumed: bool = False
    averaged: bool = False
    damaged: bool = False

    @property
    def callbacks(self) -> tuple[str, ...]:
        """The callbacks that it speaks of; TRAINING for what they do together."""
        prefix = self.id.split("/")[0]
        if prefix == TRAINING:
            return (TRAINING,)
        if prefix == "every-callback":
            return tuple(callback for callback in CALLBACKS if callback not in self.except_for)
        return tuple(name for name, callback in CALLBACKS.items() if callback.prefix == prefix)

    @property
    def group(self) -> str:
        """The part of the id that clauses about the same thing share."""
        return "/".join(self.id.split("/")[:2])

    @property
    def origin(self) -> str:
        """The source, to be said beside the level, which says already that something is observed."""
        return self.source.removeprefix("observed: ")

    def applies(self, dialect: Dialect) -> bool:
        return self.barred_by(dialect) is None

    def barred_by(self, dialect: Dialect) -> str | None:
        """The choice whose value keeps the clause from speaking of the dialect: one that it names with other values; of an
        observed clause also one that it does not name, whose value is that of no Keras or not what such clauses take for granted.
        None if there is none."""
        for choice, values in self.choices.items():
            if dialect[choice] not in values:
                return choice
        if self.level != "observed":
            return None
        prefixes = _governing_prefixes(self.callbacks)
        taken = (choice for choice, values in TAKEN_FOR_GRANTED.items() if dialect[choice] not in values)
        other = (choice for choice in (*unlike_any_keras(dialect), *taken) if choice.split("/")[0] in prefixes)
        return next((choice for choice in other if choice not in self.choices), None)

    def speaks_of(self, scenario: Scenario) -> bool:
        """Whether the scenario has the kind of optimizer that the clause speaks of, and no epoch's index is below 0; and whether
        fits may resume."""
        seen = remembered(scenario, "traits", _traits)
        if seen.below_zero or (seen.resumes and not self.resumed) or (seen.averages and not self.averaged):
            return False
        if seen.damaged and not self.damaged:
            return False
        if seen.renews and not (self.resumed or self.id.startswith("every-callback/")):
            return False
        return self.optimizer in ("any", seen.optimizer)

    def beside(self, scenario: Scenario) -> Scenario | None:
        """In a relation, the scenario related to this one; None if there is none."""
        return None if self.related is None else remembered(scenario, self.related, self.related)

    def judge(self, case: Case) -> Outcome:
        """The outcome of the check, its precondition of a clean run included."""
        if case.failed is not None and not self.failures:
            return NOT_EXERCISED
        if not self.errors and not case.clean:
            return NOT_EXERCISED
        if self.related is not None and not self.errors and not ran_to_its_end(case.other):
            return NOT_EXERCISED
        outcome: Outcome = NOT_EXERCISED
        for outcome in self.check(case):
            if isinstance(outcome, Failed):
                break
        return outcome


class _Traits(NamedTuple):
    """What decides which clauses speak of a scenario. `resumes`: a fit begins with what lies in a file, or others are at work in
    it; `renews`: it has new instances."""

    below_zero: bool
    resumes: bool
    renews: bool
    averages: bool
    damaged: bool
    optimizer: Optimizer | None


def _traits(scenario: Scenario) -> _Traits:
    rate = scenario.learning_rate
    optimizer: Optimizer | None = "several" if isinstance(rate, Mapping) else "one" if isinstance(rate, float) else None
    return _Traits(
        below_zero=any(scenario.first_epoch(fit) < 0 for fit in scenario.fits),
        resumes=any(fit.resume is not None or any(acts(fit)) for fit in scenario.fits),
        renews=any(fit.instances == "new" for fit in scenario.fits),
        averages=scenario.use_ema,
        damaged=any(fit.damaged for fit in scenario.fits),
        optimizer=None if isinstance(rate, ScheduledRate) else optimizer,
    )


CLAUSES: dict[str, Clause] = {}
"""Every clause by its id, in the order of the files; complete once `callcheck.spec.clauses` is imported."""


def clause(
    id: str,
    *,
    level: Level,
    source: str,
    observes: tuple[str, ...] = (),
    choices: Mapping[str, str | tuple[str, ...]] | None = None,
    errors: bool = False,
    failures: bool = False,
    related: Callable[[Scenario], Scenario | None] | None = None,
    except_for: tuple[str, ...] = (),
    optimizer: Optimizer | None = None,
    resumed: bool = False,
    averaged: bool = False,
    damaged: bool = False,
) -> Callable[[Check], Check]:
    """Register the decorated check as the clause `id`; its docstring is the normative sentence."""

    def register(check: Check) -> Check:
        if id in CLAUSES:
            raise ValueError(f"two clauses have the id {id}")
        CLAUSES[id] = Clause(
            id=id,
            level=level,
            sentence=" ".join((check.__doc__ or "").split()),
            source=source,
            check=check,
            choices={name: (value,) if isinstance(value, str) else value for name, value in (choices or {}).items()},
            observes=observes,
            errors=errors,
            failures=failures,
            related=related,
            except_for=except_for,
            optimizer=optimizer or ("any" if id.startswith("every-callback/") else "one"),
            resumed=resumed or id.startswith(f"{TRAINING}/"),
            averaged=averaged or id.startswith(("every-callback/", "swap-ema-weights/")),
            damaged=damaged,
        )
        return check

    return register
