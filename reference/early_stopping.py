"""EarlyStopping: stop when a monitored value has stopped improving; on request put the best epoch's weights back.

Rules, at every epoch end, in this order
1. A missing metric: warn, and nothing else changes.
2. Before `start_from_epoch` (absolute, 0-based): nothing is monitored.
3. With `restore_best_weights`, the first monitored epoch's weights are kept, whatever its value.
4. The epoch counts: wait + 1.
5. The value improves on the best: it is the best now, its weights are kept. If it also improves on `baseline` (or there is
   none), wait is 0. An improving epoch never stops (choice `early-stopping/baseline` for one that misses the baseline).
6. Otherwise, wait >= patience stops.
At the end of training the kept weights are put back, whoever stopped it and even if nobody did.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from callcheck.spec.callbacks import EarlyStopping as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.trace import Origin
from callcheck.spec.values import Value

from .machine import Effect, Event, Machine, Print, Reason, Restore, Stop, Warn
from .monitor import Monitor

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
    "{monitor}={value} improves on {before_best}{margin} and is the best now: wait is 0.",
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


class State(NamedTuple):
    """`wait`: epochs counted since the last reset. `best_weights`: kept, if asked for. The rest as Keras names it."""

    wait: int
    best: Value | None
    best_epoch: int
    best_weights: Origin | None
    stopped_epoch: int
    direction: str | None


class EarlyStopping(Machine):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        configuration = bind("EarlyStopping", config)
        assert isinstance(configuration, Configuration)
        self.config = configuration
        self.monitor = Monitor(
            "early-stopping", dialect, configuration.monitor, configuration.mode, abs(configuration.min_delta)
        )
        self.warned = ("unknown-mode",) if self.monitor.unknown_mode else ()
        self.keeps_best = dialect["early-stopping/reuse"] == "best-value"
        self.missed_baseline_can_stop = dialect["early-stopping/baseline"] == "stops-after-patience"
        direction = self.monitor.direction_at_construction()
        self.initial = State(0, self.monitor.start(direction), 0, None, 0, direction)

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        best = state.best if self.keeps_best else self.monitor.start(state.direction)
        return State(0, best, 0, None, 0, state.direction), BEGAN

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        config = self.config
        wait, best, best_epoch, best_weights, stopped_epoch, direction = state
        if direction is None:
            direction = self.monitor.resolve(event.metrics)
            state = state._replace(direction=direction)
        epoch = event.epoch
        value = event.logs.get(config.monitor)
        if value is None:
            effects.append(Warn("missing-metric"))
            return state, MISSING
        if epoch < config.start_from_epoch:
            return state, WARM_UP
        if config.restore_best_weights and best_weights is None:
            best_weights, best_epoch = event.weights, epoch
        wait += 1
        improves = self.monitor.improves
        reason = None
        if improves(value, best, direction):
            best, best_epoch = value, epoch
            if config.restore_best_weights:
                best_weights = event.weights
            if config.baseline is None or improves(value, config.baseline, direction):
                reason = FIRST if state.best is None else IMPROVED
                return State(0, best, best_epoch, best_weights, stopped_epoch, direction), reason
            reason = MISSED_BASELINE
            if not self.missed_baseline_can_stop:
                return State(wait, best, best_epoch, best_weights, stopped_epoch, direction), reason
        elif self.monitor.best_value_anchors and improves(value, best, direction, 0.0):
            best, best_epoch = value, epoch
            if config.restore_best_weights:
                best_weights = event.weights
        # The first epoch of all never stops; only a value that is compared with infinity can get here in it.
        if wait >= config.patience and epoch > 0:
            effects.append(Stop())
            stopped = MISSED_BASELINE_STOPPED if reason is MISSED_BASELINE else STOPPED
            return State(wait, best, best_epoch, best_weights, epoch, direction), stopped
        waited = FIRST_EPOCH if wait >= config.patience else WAITED
        return State(wait, best, best_epoch, best_weights, stopped_epoch, direction), reason or waited

    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if state.stopped_epoch > 0 and self.config.verbose > 0:
            effects.append(Print("early-stop"))
        if not self.config.restore_best_weights:
            return state, NOT_RESTORED
        if state.best_weights is None:
            return state, NOTHING_KEPT
        if self.config.verbose > 0:
            effects.append(Print("restored"))
        effects.append(Restore(state.best_weights))
        return state, RESTORED

    def internal(self, state: State) -> dict[str, Any]:
        return {"wait": state.wait, "best": state.best, "stopped_epoch": state.stopped_epoch}
