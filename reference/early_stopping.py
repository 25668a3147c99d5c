"""EarlyStopping: stop when a monitored value has stopped improving; on request put the best epoch's weights back.

Rules, at every epoch end (and at validations before it, by the choice `early-stopping/unit`), in this order
1. A missing metric: warn, and nothing else changes (choice `early-stopping/missing-metric`).
2. Before `start_from_epoch` (absolute, 0-based; choice `early-stopping/warm-up`): nothing is monitored.
3. With `restore_best_weights`, the first monitored epoch's weights are kept, whatever its value. A value that is not finite
   may end training, or be passed over (choice `early-stopping/nonfinite`).
4. The epoch counts: wait + 1.
5. The value improves on the best: it is the best now. If it also improves on `baseline` (or there is none), wait is 0. An
   improving epoch never stops (choice `early-stopping/baseline` for one that misses the baseline, and `patience-zero`).
6. Otherwise, wait >= patience stops (the tables `REACHED`, by the choice `early-stopping/patience`, and `PATIENCE_ZERO`).
The weights of the last improvement are kept, or those of the best value (choice `early-stopping/restored-epoch`). They are put
back when training ends, whoever stopped it and even if nobody did, or only in the epoch that stops (`restored-when`).
"""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt
from typing import Any, NamedTuple

from callcheck.spec.callbacks import EarlyStopping as Configuration
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value
from callcheck.spec.weights import Origin

from .machine import NOTHING, Effect, Event, Machine, Print, Reason, Restore, Stop, Warn, made
from .monitor import Monitor, surely_finite
from .policy import bound, by, when

MISSING = Reason(
    "early-stopping/monitor/missing-metric-is-skipped",
    "{monitor} is not in the logs: a warning, and nothing is counted.",
)
WARM_UP = Reason(
    "early-stopping/start-from-epoch/warm-up-is-not-monitored",
    "Epoch index {epoch} lies before start_from_epoch={start_from_epoch}: not monitored.",
)
FIRST = Reason(
    "early-stopping/first-value",
    "{monitor}={value} is the first monitored value and so the best: wait is {wait}.",
)
IMPROVED = Reason(
    "early-stopping/improvement/resets-the-count",
    "{monitor}={value} improves on {before_best}{margin} and is the best now: wait is {wait}.",
)
MISSED_BASELINE = Reason(
    "early-stopping/baseline",
    "{monitor}={value} is the best now, but it does not improve on baseline={baseline}{margin}: wait goes on to {wait}.",
)
WAITED = Reason(
    "early-stopping/patience/stops-after-patience-epochs",
    "{monitor}={value} does not improve on {before_best}{margin}: wait is {wait}, below patience={patience}.",
)
STOPPED = Reason(
    "early-stopping/patience/stops-after-patience-epochs",
    "{monitor}={value} does not improve on {before_best}{margin}, and wait={wait} has reached patience={patience}: stop.",
)
NOT_FINITE = Reason(
    "early-stopping/nonfinite",
    "{monitor}={value} is not finite: training ends.",
)
NOT_FINITE_SKIPPED = Reason(
    "early-stopping/nonfinite",
    "{monitor}={value} is not finite: the epoch is passed over.",
)
STOPPED_IMPROVING = Reason(
    "early-stopping/patience-zero",
    "{monitor}={value} is the best now, but patience={patience} asks for no epoch without an improvement: stop.",
)
MISSED_BASELINE_STOPPED = Reason(
    "early-stopping/baseline",
    "{monitor}={value} does not improve on baseline={baseline}{margin}, and wait={wait} has reached patience={patience}: "
    "stop.",
)
FIRST_EPOCH = Reason(
    "early-stopping/patience/stops-after-patience-epochs",
    "{monitor}={value} does not improve on {before_best}{margin}: wait is {wait}, but the very first epoch never stops.",
)
NOT_RESTORED = Reason(
    "early-stopping/restore-best-weights/false-keeps-the-last-weights",
    "Training ends: restore_best_weights is off, and the model keeps the weights that it has.",
)
NOTHING_KEPT = Reason(
    "early-stopping/restore-best-weights/restores-the-best-epoch",
    "Training ends: no epoch was monitored, so that there are no weights to put back.",
)
RESTORED = Reason(
    "early-stopping/restore-best-weights/restores-the-best-epoch",
    "Training ends: the weights of epoch index {best_epoch} are put back.",
)
BEGAN = Reason("early-stopping/reuse", "A fit begins: wait is 0 and the best value is {best}.")


class Baseline(NamedTuple):
    """`gates`: only a value that improves on it too resets the count. `spares`: an epoch that misses it does not stop.
    `begins`: it is the best value before any was seen."""

    gates: bool
    spares: bool
    begins: bool


BASELINE = {
    "gates-the-reset": Baseline(gates=True, spares=True, begins=False),
    "stops-after-patience": Baseline(gates=True, spares=False, begins=False),
    "is-the-first-best": Baseline(gates=False, spares=True, begins=True),
}
"""By the value of `early-stopping/baseline`."""

REUSE: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "best-value": ("best",),
    "best-weights": ("best_weights",),
    "everything": ("wait", "best", "best_epoch", "best_weights", "kept"),
}
"""What of the state a new fit keeps, by the value of `early-stopping/reuse`."""

REACHED: dict[str, Callable[[Any, Any], bool]] = {
    "at-least": ge,
    "more-than": gt,
    "and-one-more": lambda wait, patience: wait - 1 >= patience,
    "exactly": eq,
}
"""Whether wait has reached patience, by the value of `early-stopping/patience`."""


class Zero(NamedTuple):
    """What a patience of 0 or less does. `refused`: ValueError. `never`: it is never reached. `improving`: an epoch that
    improves stops too, if its count has reached it. `first`: the epoch with index 0 can, whatever else is said of it."""

    refused: bool = False
    never: bool = False
    improving: bool = False
    first: bool = False


PATIENCE_ZERO = {
    "as-any-other": Zero(),
    "stops-at-once": Zero(improving=True),
    "stops-in-the-first-epoch": Zero(improving=True, first=True),
    "disables": Zero(never=True),
    "refused": Zero(refused=True),
}
"""By the value of `early-stopping/patience-zero`."""


class MissingMetric(NamedTuple):
    """What an epoch without the metric does: `raises`, or `warns`, or both, or neither."""

    raises: type[Exception] | None = None
    warns: bool = False


MISSING_METRIC = {
    "warns": MissingMetric(warns=True),
    "warns-and-raises-type-error": MissingMetric(warns=True, raises=TypeError),
    "says-nothing": MissingMetric(),
    "raises-key-error": MissingMetric(raises=KeyError),
    "raises-runtime-error": MissingMetric(raises=RuntimeError),
}
"""By the value of `early-stopping/missing-metric`."""


PASSED_OVER: dict[str, frozenset[str]] = {"epoch": frozenset({"validation_end"}), "validation": frozenset()}
"""The hooks that it does not have, by the value of `early-stopping/unit`."""


class State(NamedTuple):
    """`wait`: epochs counted since the last reset. `best_weights`: kept, if asked for, those of the value `kept`. `first`: the
    epoch from which start_from_epoch counts. `goes_on`: a fit before is not over. The rest as Keras names it."""

    wait: int
    best: Value | None
    best_epoch: int
    best_weights: Origin | None
    stopped_epoch: int
    direction: str | None
    kept: Value | None
    first: int
    goes_on: bool = False


class EarlyStopping(Machine):
    zero = by("early-stopping/patience-zero", PATIENCE_ZERO)
    reached = by("early-stopping/patience", REACHED)
    missing_metric = by("early-stopping/missing-metric", MISSING_METRIC)
    baseline = by("early-stopping/baseline", BASELINE)
    keeps = by("early-stopping/reuse", REUSE)
    nonfinite_ends = when("early-stopping/nonfinite", "ends-training")
    nonfinite_skips = when("early-stopping/nonfinite", "skipped")
    resets = when("early-stopping/improvement", "resets-the-count")
    refuses_sign = when("early-stopping/min-delta-sign", "refused-at-the-first-epoch")
    refuses_mode = when("early-stopping/unknown-mode", "raises")
    tells_at_the_stop = when("early-stopping/stop-message", "at-the-stop")
    tells_again = when("early-stopping/stop-message", "at-every-later-end")
    tells_from_one = when("early-stopping/stop-message-epoch", "from-one")
    spares_the_first_epoch = when("early-stopping/first-epoch", "never")
    restores_best_value = when("early-stopping/restored-epoch", "best-value")
    restores_at_the_stop = when("early-stopping/restored-when", "it-stops")
    names_first_epoch = when("early-stopping/restored-message", "the-first")
    keeps_first_weights = when("early-stopping/restored-without-best", "first-monitored-epoch")
    warms_up_in_every_fit = when("early-stopping/warm-up", "epochs-of-the-fit")

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.dialect = dialect
        self.config: Configuration = bound("EarlyStopping", config, dialect)
        patience, min_delta = self.config.patience, self.config.min_delta
        self.is_patient = isinstance(patience, int | float) and patience > 0
        if not self.is_patient and self.zero.refused and patience <= 0:
            raise ValueError(f"patience must be positive, got {patience}")
        self.hooks = self.hooks - PASSED_OVER[dialect["early-stopping/unit"]]
        self.monitor = Monitor("early-stopping", dialect, self.config.monitor, self.config.mode, min_delta)
        may_be_negative = not isinstance(min_delta, int | float) or min_delta < 0
        self.refuses = may_be_negative and self.refuses_sign and min_delta < 0
        if self.monitor.unknown_mode and self.refuses_mode:
            raise AttributeError("'EarlyStopping' object has no attribute 'mode'")
        self.warned = ("unknown-mode",) if self.monitor.unknown_mode else ()
        self.initial = self._begin(self.monitor.direction_at_construction())

    def _begin(self, direction: str | None, epoch: int = 0) -> State:
        """The state before any value was seen, in a fit that begins with that epoch."""
        start = best = self.monitor.start(direction)
        if self.config.baseline is not None and self.baseline.begins:
            best = self.config.baseline
        return State(0, best, 0, None, 0, direction, start, epoch if epoch and self.warms_up_in_every_fit else 0)

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        begun = self._begin(state.direction, event.epoch)
        if state is self.initial:  # there is nothing to keep
            return begun, BEGAN
        told_again = ("stopped_epoch",) if self.tells_again else ()
        kept = {name: getattr(state, name) for name in (*self.keeps, *told_again)}
        return begun._replace(**kept, goes_on="wait" in kept), BEGAN

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        config = self.config
        wait, best, best_epoch, best_weights, stopped_epoch, direction, kept, first, goes_on = state
        if direction is None:
            direction = self.monitor.resolve(event.metrics)
            begun = self._begin(direction)
            best, kept = begun.best, begun.kept
            state = state._replace(direction=direction, best=best, kept=kept)
        epoch = event.epoch
        if self.refuses:
            raise ValueError(f"min_delta must not be negative, got {config.min_delta}")
        value = event.logs.get(config.monitor)
        if value is None:
            if self.missing_metric.warns:
                effects.append(Warn("missing-metric"))
            if self.missing_metric.raises is not None:
                raise self.missing_metric.raises(config.monitor)
            return state, MISSING
        if epoch - first < config.start_from_epoch and self.dialect.takes("EarlyStopping", ["start_from_epoch"]):
            return state, WARM_UP
        if config.restore_best_weights and best_weights is None and self.keeps_first_weights:
            best_weights, best_epoch = event.weights, epoch
        ends_or_skips = not surely_finite(value) and (self.nonfinite_ends or self.nonfinite_skips)
        if ends_or_skips and not self.monitor.is_finite(value):
            if self.nonfinite_skips:
                return state, NOT_FINITE_SKIPPED
            effects.append(Stop())
            return state._replace(stopped_epoch=epoch), NOT_FINITE
        wait += 1
        improves = self.monitor.improves
        improved = improves(value, best, direction)
        as_best = kept is best and not self.monitor.min_delta
        if improves(value, kept, direction, 0.0) if not as_best and self.restores_best_value else improved:
            kept, best_epoch = value, epoch
            if config.restore_best_weights:
                best_weights = event.weights
        reason = MISSED_BASELINE
        spared = False
        if improved:
            best = self.monitor.kept(value, best, direction)
            if config.baseline is None or not self.baseline.gates or improves(value, config.baseline, direction):
                wait, spared = 0 if wait == 1 or self.resets else wait - 1, True
                reason = FIRST if state.best is None else IMPROVED
            spared = spared or self.baseline.spares
        else:
            best = self.monitor.anchor(value, best, direction)
        if spared and ((wait <= 0 and self.is_patient) or not self.zero.improving):
            return made(
                State, (wait, best, best_epoch, best_weights, stopped_epoch, direction, kept, first, goes_on)
            ), reason
        # Of every value a patience asks for at least as many epochs.
        waited = not (self.is_patient and wait < config.patience) and self.reached(wait, config.patience)
        if waited and config.patience <= 0 and self.zero.never:
            waited = False
        # In the first epoch only a value that is compared with infinity can get here.
        if waited and (epoch >= 1 or goes_on or self._can_stop_in_the_first_epoch()):
            if config.verbose != 0 and self.tells_at_the_stop and config.verbose > 0:
                effects.append(self._line(epoch, epoch))
            effects.append(Stop())
            stopped_epoch = epoch
            reason = STOPPED_IMPROVING if spared else MISSED_BASELINE_STOPPED if improved else STOPPED
            if config.restore_best_weights and self.restores_at_the_stop:
                self._restore(best_weights, kept, direction, effects)
        elif not improved:
            reason = FIRST_EPOCH if waited else WAITED
        return made(
            State, (wait, best, best_epoch, best_weights, stopped_epoch, direction, kept, first, goes_on)
        ), reason

    validation_end = epoch_end

    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        config = self.config
        if state.stopped_epoch > 0 and config.verbose > 0 and not self.tells_at_the_stop:
            effects.append(self._line(state.stopped_epoch, event.epoch))
        if not config.restore_best_weights:
            return state, NOT_RESTORED
        if self.restores_at_the_stop:
            return state, NOTHING
        if state.best_weights is None:
            return state, NOTHING_KEPT
        self._restore(state.best_weights, state.kept, state.direction, effects)
        return state, RESTORED

    def _can_stop_in_the_first_epoch(self) -> bool:
        return not self.spares_the_first_epoch or (self.config.patience <= 0 and self.zero.first)

    def _line(self, stopped: int, last: int) -> Print:
        """The line about the stop; one that does not name the last epoch, counted from one, is another."""
        return Print("early-stop" if stopped + self.tells_from_one == last + 1 else "other")

    def _restore(
        self, weights: Origin | None, kept: Value | None, direction: str | None, effects: list[Effect]
    ) -> None:
        """Put the kept weights back, those of the value `kept`. Raises TypeError if there are none."""
        if self.config.verbose > 0:
            none_was_best = kept == self.monitor.start(direction)
            names_another = none_was_best and weights is not None and weights.epoch != 0 and self.names_first_epoch
            effects.append(Print("other" if names_another else "restored"))
        if weights is None:
            raise TypeError("no weights were kept: 'NoneType' object is not subscriptable")
        effects.append(Restore(weights))

    def attributes(self, state: State) -> dict[str, Any]:
        return {
            "wait": state.wait, "best": state.best, "stopped_epoch": state.stopped_epoch, "best_epoch": self._named(state),
            "best_weights": state.best_weights,
        }  # fmt: skip

    def _named(self, state: State) -> int:
        """The epoch that is named as the best one."""
        none_was_best = state.kept == self.monitor.start(state.direction)
        return 0 if none_was_best and self.names_first_epoch else state.best_epoch
