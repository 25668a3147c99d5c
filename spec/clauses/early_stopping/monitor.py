"""EarlyStopping: what is monitored, in which direction, from when on, and against which baseline; and the defaults."""

import math
from dataclasses import replace

from ...callbacks import defaults
from ...editing import configured, each_monitored
from ...scenario import Epoch, Scenario, key
from ...values import each_number
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import direction, is_number
from .shared import (
    BOTH,
    DOCUMENTATION,
    MODES,
    explicit,
    judge_stops,
    own_stop,
    same,
    stops_at,
    unbeaten,
)
from .stream import number, positions

# ---------------------------------------------------------------------------------------------- mode


def _mirrored(scenario: Scenario) -> Scenario | None:
    if not explicit(scenario):
        return None
    mirrored = each_monitored(scenario, lambda _, value: each_number(value, lambda x: -x))
    baseline = scenario.config.get("baseline")
    if isinstance(baseline, float):
        mirrored = configured(mirrored, baseline=-baseline)
    return configured(mirrored, mode="max" if scenario.config["mode"] == "min" else "min")


@clause("early-stopping/mode/min-and-max-mirror-each-other", level="universal", source=DOCUMENTATION, errors=True,
        related=_mirrored)  # fmt: skip
def mirror(case: Case) -> Outcome:
    """Negating values and baseline, and exchanging min and max, changes nothing."""
    return same(case, f"the negated stream with the other mode than {case['mode']} is the same training")


@clause(
    "early-stopping/mode/auto-takes-the-direction-of-the-compiled-metric",
    level="observed",
    source="observed: keras 3.15.1",
    observes=("stop",),
    choices={"early-stopping/direction": "compiled-metric"},
)
def auto_compiled(case: Case) -> Outcome:
    """With mode="auto", loss is minimized, and a compiled metric of the monitored name (without `val_`) is maximized or
    minimized as its class is; the last one that has a direction decides."""
    return NOT_EXERCISED if case["mode"] in MODES or case["baseline"] is not None else judge_stops(case)


@clause(
    "early-stopping/mode/auto-is-decided-once",
    level="observed",
    source="observed: keras 3.15.1",
    observes=("stop",),
    choices={"early-stopping/direction": "compiled-metric"},
)
def auto_once(case: Case) -> Outcome:
    """The direction that mode="auto" took in the first fit stays, for a model compiled with other metrics too."""
    if case["mode"] in MODES or all(direction(case, fit) == direction(case) for fit, _, _ in case.fits()):
        return NOT_EXERCISED
    return judge_stops(case)


@clause(
    "early-stopping/mode/auto-goes-by-the-end-of-the-name",
    level="observed",
    source="observed: tf-keras 2.21.0",
    observes=("stop",),
    choices={"early-stopping/direction": "name-ends-with-acc-accuracy-auc"},
)
def auto_name(case: Case) -> Outcome:
    """With mode="auto", a metric whose name ends with acc, accuracy or auc is maximized, every other one minimized."""
    return NOT_EXERCISED if case["mode"] in MODES or case["baseline"] is not None else judge_stops(case)


def _nothing_compiled(scenario: Scenario) -> Scenario | None:
    if explicit(scenario) or not any(scenario.compiled_metrics(fit) for fit in scenario.fits):
        return None
    fits = tuple(replace(fit, metrics=None) for fit in scenario.fits)
    return replace(scenario, metrics=(), fits=fits)


@clause(
    "early-stopping/mode/auto-infers-from-the-name",
    level="documented",
    source=f"{DOCUMENTATION} (mode)",
    errors=True,
    related=_nothing_compiled,
)
def auto_infers_from_the_name(case: Case) -> Outcome:
    """mode="auto" infers the direction from the name of the monitored quantity: the compiled metrics do not matter."""
    return same(case, f"the name {case['monitor']} is the same with and without compiled metrics")


def _as_auto(scenario: Scenario) -> Scenario | None:
    mode = scenario.config.get("mode", "auto")
    return None if mode in (*MODES, "auto") else configured(scenario, mode="auto")


@clause(
    "early-stopping/mode/an-unknown-mode-acts-as-auto",
    level="observed",
    source=BOTH,
    errors=True,
    related=_as_auto,
)
def unknown_mode(case: Case) -> Outcome:
    """A mode that is none of auto, min and max acts as auto."""
    a, b = replace(case.trace, warned=None), replace(case.other, warned=None)
    return same(case, f"mode={case['mode']!r} acts as auto", a, b)


# ---------------------------------------------------------------------------------------------- monitor


@clause(
    "early-stopping/monitor/never-stops-without-the-metric",
    level="universal",
    source=f"{DOCUMENTATION} (monitor)",
    observes=("stop",),
)
def never_without_the_metric(case: Case) -> Outcome:
    """An epoch that does not carry the metric does not stop."""
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        if isinstance(case["monitor"], str) and case["monitor"] not in epoch.shown.logs:
            if own_stop(epoch):
                return Failed(
                    fit=epoch.fit,
                    epoch=epoch.index,
                    expected="no stop",
                    why=f"{case['monitor']} is not in the logs, which have {', '.join(epoch.shown.logs) or 'nothing'}",
                    got="a stop",
                )
            outcome = HELD
    return outcome


@clause(
    "early-stopping/monitor/missing-metric-is-skipped",
    level="observed",
    source=BOTH,
    observes=("stop",),
)
def missing_is_skipped(case: Case) -> Outcome:
    """An epoch that does not carry the metric is not counted: neither as one without improvement, nor as anything
    else."""
    if all(value is not None for fit in case.scenario.fits for _, _, value in positions(case.scenario, fit)):
        return NOT_EXERCISED
    return judge_stops(case)


def _only_the_metric(scenario: Scenario) -> Scenario | None:
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str):
        return None

    def bare(epoch: Epoch) -> Epoch:
        logs = {name: value for name, value in epoch.logs.items() if name == monitor}
        return replace(epoch, logs=logs, batches=None)

    fits = tuple(replace(fit, epochs=tuple(map(bare, fit.epochs))) for fit in scenario.fits)
    related = replace(scenario, fits=fits)
    return None if key(related) == key(scenario) else related


@clause("early-stopping/monitor/only-the-metric-matters", level="universal", source=f"{DOCUMENTATION} (monitor)",
        errors=True, related=_only_the_metric)  # fmt: skip
def only_the_metric(case: Case) -> Outcome:
    """Other metrics in the logs, and what the batches showed, change nothing."""
    return same(case, f"nothing but {case['monitor']} at the ends of epochs is monitored")


# ---------------------------------------------------------------------------------------------- start_from_epoch


def _nan_in_warm_up(scenario: Scenario) -> Scenario | None:
    start = scenario.config.get("start_from_epoch", 0)
    if not number(start):
        return None
    related = each_monitored(scenario, lambda epoch, value: math.nan if epoch < start else value)
    return None if key(related) == key(scenario) else related


@clause(
    "early-stopping/start-from-epoch/warm-up-is-not-monitored",
    level="documented",
    source=f"{DOCUMENTATION} (start_from_epoch)",
    errors=True,
    related=_nan_in_warm_up,
)
def warm_up(case: Case) -> Outcome:
    """The values before epoch `start_from_epoch` do not matter: NaN in their place changes nothing."""
    return same(case, f"epochs before start_from_epoch={case['start_from_epoch']} are not monitored")


@clause(
    "early-stopping/start-from-epoch/the-first-epochs-never-stop",
    level="universal",
    source=f"{DOCUMENTATION} (start_from_epoch)",
    observes=("stop",),
)
def warm_up_never_stops(case: Case) -> Outcome:
    """The first `start_from_epoch` epochs of a fit that begins with epoch 0 do not stop."""
    start = case["start_from_epoch"]
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        if isinstance(start, int) and epoch.number == epoch.index < start:
            if own_stop(epoch):
                return Failed(
                    fit=epoch.fit,
                    epoch=epoch.index,
                    expected="no stop",
                    why=f"monitoring begins after start_from_epoch={start} epochs",
                    got="a stop",
                )
            outcome = HELD
    return outcome


@clause(
    "early-stopping/start-from-epoch/counts-absolute-epochs-from-zero",
    level="observed",
    source=BOTH,
    observes=("stop",),
)
def counts_absolute_epochs(case: Case) -> Outcome:
    """Monitoring begins with the epoch of index `start_from_epoch`, counted from 0 and with initial_epoch; the first
    one monitored is a first value like any other."""
    start = case["start_from_epoch"]
    return judge_stops(case) if number(start) and start > 0 else NOT_EXERCISED


# ---------------------------------------------------------------------------------------------- baseline


@clause(
    "early-stopping/baseline/stops-if-it-is-not-beaten",
    level="documented",
    source=f"{DOCUMENTATION} (baseline, restore_best_weights)",
    observes=("stop",),
)
def baseline_not_beaten(case: Case) -> Outcome:
    """If none of the first `patience` monitored epochs improves on the baseline, training stops with the last of them.
    (Patience of at least 1; the very first epoch of all never stops.)"""
    outcome: Outcome = NOT_EXERCISED
    for fit, epochs in unbeaten(case):
        if fit < len(case.trace.fits):
            values = [epoch.value for epoch in epochs]
            why = f"none of {values} improves on baseline={case['baseline']}, and patience={case['patience']}"
            failed = stops_at(case, fit, epochs[-1], why)
            if failed is not None:
                return failed
            outcome = HELD
    return outcome


@clause(
    "early-stopping/baseline/an-epoch-has-to-beat-it-to-reset-the-count",
    level="observed",
    source=BOTH,
    observes=("stop",),
    choices={"early-stopping/baseline": "gates-the-reset"},
)
def gates_the_reset(case: Case) -> Outcome:
    """An epoch that improves on the best but not on the baseline does not stop and leaves the count as it is; training
    stops at the first epoch without improvement that lies `patience` epochs behind the last that improved on both."""
    return judge_stops(case) if is_number(case["baseline"]) else NOT_EXERCISED


@clause(
    "early-stopping/baseline/stops-after-patience-epochs-without-beating-it",
    level="observed",
    source="observed: no release of Keras; the documentation of baseline, taken at its word",
    observes=("stop",),
    choices={"early-stopping/baseline": "stops-after-patience"},
)
def stops_without_beating_it(case: Case) -> Outcome:
    """Training stops as soon as `patience` monitored epochs in a row have not improved on both the best and the
    baseline."""
    return judge_stops(case) if is_number(case["baseline"]) else NOT_EXERCISED


def _easy_baseline(scenario: Scenario) -> Scenario | None:
    """A baseline that every value beats."""
    delta = scenario.config.get("min_delta", 0.0)
    if not explicit(scenario) or scenario.config.get("baseline") is not None or not is_number(delta):
        return None
    values = [value for fit in scenario.fits for _, _, value in positions(scenario, fit) if value is not None]
    if any(isinstance(value, tuple) or not abs(value) + abs(delta) <= 1e38 for value in values):
        return None
    return configured(scenario, baseline=math.inf if scenario.config["mode"] == "min" else -math.inf)


@clause(
    "early-stopping/baseline/one-that-every-value-beats-changes-nothing",
    level="universal",
    source=f"{DOCUMENTATION} (baseline)",
    errors=True,
    related=_easy_baseline,
)
def easy_baseline(case: Case) -> Outcome:
    """A baseline that every finite value beats is as good as none."""
    return same(case, "every value beats an infinite baseline")


# ---------------------------------------------------------------------------------------------- defaults


def _spelt_out(scenario: Scenario) -> Scenario | None:
    missing = {name: value for name, value in defaults("EarlyStopping").items() if name not in scenario.config}
    return configured(scenario, **missing) if missing else None


@clause("early-stopping/arguments/defaults-are-those-documented", level="documented", source=DOCUMENTATION, errors=True,
        related=_spelt_out)  # fmt: skip
def documented_defaults(case: Case) -> Outcome:
    """Leaving a parameter out is giving monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto",
    baseline=None, restore_best_weights=False, start_from_epoch=0."""
    left_out = (name for name in defaults("EarlyStopping") if name not in case.scenario.config)
    return same(case, f"the defaults are {', '.join(f'{name}={case[name]!r}' for name in left_out)}")
