"""ReduceLROnPlateau: multiply the learning rate by `factor` when a monitored value has stopped improving.

Rules, at every epoch end, in this order
1. The rate is logged, before any reduction; logs that are empty stay empty.
2. A missing metric: warn, and nothing else changes; the cooldown does not go on either.
3. In cooldown: the counter falls by one, and wait is 0.
4. The value improves on the best: it is the best now, and wait is 0.
5. Otherwise, outside the cooldown, the epoch counts: wait + 1. The counter was decremented before it is asked here, so that
   `cooldown=1` does nothing (choice `reduce-lr-on-plateau/cooldown`).
6. wait >= patience (choice `reduce-lr-on-plateau/patience`), and the rate lies above `min_lr` as it is stored (choice
   `reduce-lr-on-plateau/min-lr`): the rate is max(rate * factor, min_lr), as it is stored; the cooldown begins, and wait is 0.
   At `min_lr` wait goes on without bound (choice `reduce-lr-on-plateau/without-a-reduction`).
7. An instance that compares by a lambda cannot be pickled (choice `reduce-lr-on-plateau/pickling`).
8. Of several optimizers in one, each is logged and reduced alone; one reduction is enough for the cooldown to begin.
"""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from operator import ge, gt
from typing import Any, NamedTuple

from callcheck.spec.callbacks import ReduceLROnPlateau as Configuration
from callcheck.spec.callbacks import bind, parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.numbers import float32
from callcheck.spec.values import Value, map_rate

from .machine import Effect, Event, Machine, Print, Reason, SetRate, Warn, made
from .monitor import Monitor
from .policy import by, when
from .rate import STORED, RateLog

MISSING = Reason(
    "reduce-lr-on-plateau/monitor/missing-metric-is-skipped",
    "{monitor} is not in the logs: a warning, and neither wait nor the cooldown goes on.",
)
FIRST = Reason(
    "reduce-lr-on-plateau/first-value",
    "{monitor}={value} is the first monitored value and so the best: wait is 0.",
)
IMPROVED = Reason(
    "reduce-lr-on-plateau/improvement/resets-the-count",
    "{monitor}={value} improves on {before_best}{margin} and is the best now: wait is 0.",
)
COOLING = Reason(
    "reduce-lr-on-plateau/cooldown",
    "{monitor}={value} does not improve on {before_best}{margin}, but this is an epoch of the cooldown and does not count; "
    "the counter stands at {cooldown_counter}.",
)
WAITED = Reason(
    "reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
    "{monitor}={value} does not improve on {before_best}{margin}: wait is {wait}, below patience={patience}.",
)
AT_MINIMUM = Reason(
    "reduce-lr-on-plateau/min-lr/is-the-lower-bound",
    "{monitor}={value} does not improve on {before_best}{margin}, and wait={wait} has reached patience={patience}, but the "
    "learning rate, {before_rate}, is not above min_lr={min_lr}: no reduction.",
)
REDUCED = Reason(
    "reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
    "{monitor}={value} does not improve on {before_best}{margin}, and wait has reached patience={patience}: the learning "
    "rate goes from {before_rate} to {rate}.",
)
BEGAN = Reason(
    "reduce-lr-on-plateau/reuse/an-instance-used-again-behaves-as-a-new-one",
    "A fit begins: wait and cooldown are reset, and the best value is {best}.",
)


class State(NamedTuple):
    """As Keras names it; `wait` and `cooldown_counter` in epochs."""

    best: Value | None
    wait: int
    cooldown_counter: Any
    direction: str | None


def _as_stored(min_lr: Any, stored: Callable[[float], float]) -> float:
    # numpy makes NaN of None: a min_lr of null never allows a reduction
    return math.nan if min_lr is None else stored(min_lr)


MINIMUM: dict[str, Callable[[Any, Callable[[float], float]], Any]] = {
    "as-stored": _as_stored,
    "as-given": lambda min_lr, stored: min_lr,
    "with-a-margin": lambda min_lr, stored: min_lr + min_lr * 1e-4,
    "not-at-all": lambda min_lr, stored: -math.inf,
}
"""With what the rate is compared, by the value of `reduce-lr-on-plateau/min-lr`."""


class Patience(NamedTuple):
    """Whether wait has `reached` patience, and what wait is `after` a reduction."""

    reached: Callable[[Any, Any], bool]
    after: int = 0


PATIENCE = {
    "at-least": Patience(ge),
    "more-than": Patience(gt),
    "more-than-at-first": Patience(lambda wait, patience: wait - 1 >= patience, after=1),
}
"""By the value of `reduce-lr-on-plateau/patience`."""

COOLDOWN: dict[str, Callable[[int], bool]] = {
    "one-less": lambda left: left > 1,
    "exact": lambda left: left > 0,
}
"""Whether an epoch that begins with so many epochs of the cooldown left does not count, by the value of
`reduce-lr-on-plateau/cooldown`."""

SMALLEST_CHANGE = {"any": None, "above-0": 0.0, "above-1e-8": 1e-8}
"""What a reduction has to exceed to be made, by the value of `reduce-lr-on-plateau/smallest-change`; None: it is not asked."""

REUSE: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "best-value": ("best",),
    "everything": ("best", "wait", "cooldown_counter"),
}
"""What of the state a new fit keeps, by the value of `reduce-lr-on-plateau/reuse`."""


def _named_arguments(config: Mapping[str, Any], dialect: Dialect) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """The arguments that have a name, and what the constructor warns about; the others are accepted without a word. Raises
    TypeError for one that is not known, where min_delta is called epsilon."""
    if dialect["reduce-lr-on-plateau/arguments"] == "epsilon":
        epsilon: Configuration = bind("ReduceLROnPlateau", config, "epsilon")
        return {
            **{name: value for name, value in config.items() if name != "epsilon"},
            "min_delta": epsilon.epsilon,
        }, ()
    named = {name: value for name, value in config.items() if name in parameters("ReduceLROnPlateau")}
    if "epsilon" in config and dialect["reduce-lr-on-plateau/epsilon"] == "alias-of-min-delta":
        return {**named, "min_delta": config["epsilon"]}, ("other",)
    return named, ()


class ReduceLROnPlateau(Machine):
    cooling = by("reduce-lr-on-plateau/cooldown", COOLDOWN)
    patience = by("reduce-lr-on-plateau/patience", PATIENCE)
    keeps = by("reduce-lr-on-plateau/reuse", REUSE)
    smallest_change = by("reduce-lr-on-plateau/smallest-change", SMALLEST_CHANGE)
    minimum = by("reduce-lr-on-plateau/min-lr", MINIMUM)
    stored = by("learning-rate/stored-as", STORED)
    float32_product = when("reduce-lr-on-plateau/rate-arithmetic", "float32")
    names_from_one = when("reduce-lr-on-plateau/message-epoch", "from-one")
    can_be_pickled = when("reduce-lr-on-plateau/pickling", "works")
    begins_anew = when("reduce-lr-on-plateau/without-a-reduction", "begins-anew")
    reduces_always = when("reduce-lr-on-plateau/patience-below-zero", "reduces-always")

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.dialect = dialect
        named, warned = _named_arguments(config, dialect)
        configuration: Configuration = bind("ReduceLROnPlateau", named)
        self.config = configuration
        self.monitor = Monitor(
            "reduce-lr-on-plateau", dialect, configuration.monitor, configuration.mode, configuration.min_delta
        )
        if configuration.factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau does not support a factor >= 1.0, got {configuration.factor}")
        self.warned = (*warned, "unknown-mode") if self.monitor.unknown_mode else warned
        self.rate_log = RateLog(dialect)
        patience = configuration.patience
        may_be_below_zero = not isinstance(patience, int | float) or patience < 0
        self.always = may_be_below_zero and self.reduces_always and patience < 0
        self.has_patience = isinstance(patience, int | float)
        if not isinstance(configuration.min_lr, int | float):
            self.min_lr = self.minimum(configuration.min_lr, self.stored)  # raises
        direction = self.monitor.direction_at_construction()
        self.initial = State(self.monitor.start(direction), 0, 0, direction)

    @cached_property
    def min_lr(self) -> Any:
        """With what the rate is compared."""
        return self.minimum(self.config.min_lr, self.stored)

    def pickled(self, state: Any) -> None:
        if not self.can_be_pickled:
            raise AttributeError("Can't pickle local object: a lambda")

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        begun = State(self.monitor.start(state.direction), 0, 0, state.direction)
        if state is self.initial:  # there is nothing to keep
            return begun, BEGAN
        return begun._replace(**{name: getattr(state, name) for name in self.keeps}), BEGAN

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        config = self.config
        best, wait, cooldown_counter, direction = state
        if direction is None:
            direction = self.monitor.resolve(event.metrics)
        rates = self.rate_log.log(event, effects)
        value = rates[config.monitor] if config.monitor in rates else event.logs.get(config.monitor)
        if value is None:
            effects.append(Warn("missing-metric"))
            return made(State, (best, wait, cooldown_counter, direction)), MISSING
        cooling = False
        if cooldown_counter > 0:
            cooling = self.cooling(cooldown_counter)
            cooldown_counter -= 1
            wait = 0
        reason = COOLING
        if self.monitor.improves(value, best, direction):
            reason = FIRST if best is None else IMPROVED
            best, wait = value, 0
        else:
            best = self.monitor.anchor(value, best, direction)
            if not cooling:
                wait += 1
                reason = WAITED
        # Of every value a patience asks for at least as many epochs.
        waited = reason is WAITED and not (self.has_patience and wait < config.patience)
        if not (self.always or (waited and self.patience.reached(wait, config.patience))):
            return made(State, (best, wait, cooldown_counter, direction)), reason
        above = [each for each in rates.values() if self._reducible(each)]
        if not above and not self.begins_anew:
            return made(State, (best, wait, cooldown_counter, direction)), AT_MINIMUM
        if above:
            effects.append(SetRate(map_rate(event.rate, self._reduced)))
            if config.verbose > 0:
                effects += [Print("reduced" if self.names_from_one else "other")] * len(above)
        return made(State, (best, self.patience.after, config.cooldown, direction)), REDUCED if above else AT_MINIMUM

    def _reducible(self, rate: float) -> bool:
        """Rule 6: whether the rate is reduced at all."""
        change = self.smallest_change
        return bool(rate > self.min_lr if change is None else rate - self._product(rate) > change)

    def _reduced(self, rate: float) -> float:
        """Rule 6: the new rate, before it is stored; one that is not reduced stays."""
        return self._product(rate) if self._reducible(rate) else rate

    def _product(self, rate: float) -> float:
        config = self.config
        if self.float32_product:
            product: float = max(float32(rate * float32(config.factor)), self.min_lr)
            return product
        product = max(rate * config.factor, config.min_lr)
        return product

    def attributes(self, state: State) -> dict[str, Any]:
        return {"wait": state.wait, "best": state.best, "cooldown_counter": state.cooldown_counter}
