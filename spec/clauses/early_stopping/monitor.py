"""EarlyStopping: what is monitored, in which direction, from when on, and against which baseline; and the defaults."""

import math
from dataclasses import replace

from ...callbacks import defaults
from ...editing import configured, each_epoch, each_fit, each_monitored
from ...metrics import DIRECTIONS
from ...scenario import Epoch, Scenario, key
from ...values import ArrayNumber, each_number
from ..clause import Case, Expectations, clause
from ..monitoring import compiled_direction, is_number, with_the_mode_of_an_output
from .shared import (
    BOTH,
    DOCUMENTATION,
    INFERRED,
    MODES,
    explicit,
    given_way,
    plain,
    stops_as_predicted,
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


@clause("early-stopping/mode/min-and-max-mirror-each-other", level="universal", source=INFERRED, errors=True,
        related=_mirrored)  # fmt: skip
def mirror(case: Case) -> Expectations:
    """Negating values and baseline, and exchanging mode min and max, changes nothing. (In mode auto the name decides.)"""
    yield from case.expects_the_same(f"the negated stream with the other mode than {case['mode']} is the same training")


@clause(
    "early-stopping/mode/auto-takes-the-direction-of-the-compiled-metric",
    level="observed",
    source="observed: keras 3.15.1",
    observes=("stop",),
    choices={"early-stopping/direction": "compiled-metric"},
)
def auto_compiled(case: Case) -> Expectations:
    """Mode auto maximizes or minimizes a compiled metric of the monitored name, taken without `val_`, as is better for its class;
    the last one that has a direction decides. It minimizes loss and val_loss where no compiled metric with a direction is called
    loss. (A fit without a baseline that is plain but for its direction; plain values.)"""
    if case["mode"] not in MODES and case["baseline"] is None:
        yield from stops_as_predicted(case, plain(case, compiled_direction(case.scenario)))


@clause(
    "early-stopping/mode/auto-is-decided-once",
    level="observed",
    source="observed: keras 3.15.1",
    observes=("stop",),
    choices={"early-stopping/direction": "compiled-metric", "early-stopping/reuse": "nothing"},
)
def auto_once(case: Case) -> Expectations:
    """The direction that mode auto took in its first fit an instance keeps, for a model compiled with other metrics too. (Fits
    without a baseline, each of which would be a plain one if it were the first and had an explicit mode; plain values.)"""
    if case["mode"] in MODES or case["baseline"] is not None:
        return
    way = compiled_direction(case.scenario)
    for fit, _, _ in case.fits():
        if compiled_direction(case.scenario, fit) != way:
            yield from stops_as_predicted(case, plain(case, way, fit), fit)


@clause(
    "early-stopping/mode/auto-goes-by-the-end-of-the-name",
    level="observed",
    source="observed: tf-keras 2.21.0",
    observes=("stop",),
    choices={"early-stopping/direction": "name-ends-with-acc-accuracy-auc"},
)
def auto_name(case: Case) -> Expectations:
    """Mode auto maximizes a metric whose name ends with acc, accuracy or auc, and minimizes every other one. (A fit without a
    baseline that is plain but for its direction; plain values.)"""
    if case["mode"] not in MODES and case["baseline"] is None:
        way = "max" if str(case["monitor"]).endswith(("acc", "accuracy", "auc")) else "min"
        yield from stops_as_predicted(case, plain(case, way))


def _nothing_compiled(scenario: Scenario) -> Scenario | None:
    if explicit(scenario) or not any(scenario.compiled_metrics(fit) for fit in scenario.fits):
        return None
    return replace(each_fit(scenario, lambda fit: replace(fit, metrics=None)), metrics=())


@clause(
    "early-stopping/mode/auto-infers-from-the-name",
    level="documented",
    source=f"{DOCUMENTATION} (mode)",
    errors=True,
    related=_nothing_compiled,
)
def auto_infers_from_the_name(case: Case) -> Expectations:
    """mode="auto" infers the direction from the name of the monitored quantity: the compiled metrics do not
    matter. (That they do not is an inference.)"""
    yield from case.expects_the_same(f"the name {case['monitor']} is the same with and without compiled metrics")


def _accuracy_as_max(scenario: Scenario) -> Scenario | None:
    """Mode max in place of auto, for an accuracy that is compiled under a usual name."""
    monitor = scenario.config.get("monitor")
    if (
        scenario.outputs
        or scenario.config.get("mode", "auto") != "auto"
        or monitor not in ("accuracy", "acc", "val_accuracy", "val_acc")
    ):
        return None
    for fit in scenario.fits:
        named = [m for m in scenario.compiled_metrics(fit) if m.name == monitor.removeprefix("val_")]
        if not named or any(DIRECTIONS[metric.cls] != "max" for metric in named):
            return None
    return configured(scenario, mode="max")


@clause(
    "early-stopping/mode/auto-maximizes-accuracy",
    level="documented",
    source=f"{INFERRED} (mode); that of ModelCheckpoint (mode: max for val_acc)",
    errors=True,
    related=_accuracy_as_max,
)
def auto_maximizes_accuracy(case: Case) -> Expectations:
    """In a model of one output, for accuracy, acc, val_accuracy and val_acc, mode auto does what mode max does. (Every fit has a
    compiled metric of that name, without `val_`, and its class is one that is better when greater, as those of accuracy are.)"""
    yield from case.expects_the_same(f"{case['monitor']} is better where it is more")


@clause(
    "early-stopping/mode/auto-knows-the-metrics-of-an-output",
    level="documented",
    source=f"{INFERRED} (mode); that of ModelCheckpoint (monitor: multi-output models set additional prefixes)",
    errors=True,
    related=with_the_mode_of_an_output,
)
def auto_of_an_output(case: Case) -> Expectations:
    """With several outputs, mode="auto" knows the metric after an output's name: it does with val_a_accuracy, the accuracy of
    the output a, what mode="max" does, and minimizes val_a_loss."""
    yield from case.expects_the_same(f"the mode is given there, as {case['monitor']} is better")


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
def unknown_mode(case: Case) -> Expectations:
    """A mode that is none of auto, min and max acts as auto."""
    a, b = replace(case.trace, warned=None), replace(case.other, warned=None)
    yield from case.expects_the_same(f"mode={case['mode']!r} acts as auto", ours=a, other=b)


# ---------------------------------------------------------------------------------------------- monitor


@clause(
    "early-stopping/monitor/never-stops-without-the-metric",
    level="universal",
    source=f"{INFERRED} (monitor)",
    observes=("stop",),
)
def never_without_the_metric(case: Case) -> Expectations:
    """An epoch that does not carry the metric does not stop."""
    for epoch in case.epochs():
        if isinstance(case["monitor"], str) and case["monitor"] not in epoch.shown.logs:
            logs = ", ".join(epoch.shown.logs) or "nothing"
            why = f"{case['monitor']} is not in the logs, which have {logs}"
            yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because=why)


@clause(
    "early-stopping/monitor/missing-metric-is-skipped",
    level="observed",
    source=BOTH,
    observes=("stop",),
)
def missing_is_skipped(case: Case) -> Expectations:
    """In a plain fit without a baseline, an epoch that does not carry the metric is not counted: neither as one without an
    improvement, nor as anything else. So val_loss is not counted where validation_freq leaves the validation out. (Plain
    values.)"""
    way = given_way(case)
    if way is None or case["baseline"] is not None:
        return
    if any(value is None for _, _, value in positions(case.scenario, case.scenario.fits[0])):
        yield from stops_as_predicted(case, plain(case, way))


def _numbers_alone(scenario: Scenario) -> Scenario | None:
    """Every number that is in an array without dimensions as a plain one."""
    related = each_monitored(scenario, lambda _, value: float(value) if isinstance(value, ArrayNumber) else value)
    return None if key(related) == key(scenario) else related


@clause("early-stopping/monitor/a-number-in-an-array-is-that-number", level="observed", source="observed: tf-keras 2.21.0",
        related=_numbers_alone, choices={"early-stopping/precision": "float64"})  # fmt: skip
def number_in_an_array(case: Case) -> Expectations:
    """A metric in an array without dimensions is compared as the number that it holds: 0.3 in an array is not less than 0.3."""
    yield from case.expects_the_same(f"{case['monitor']} is one number, in an array or not")


def _only_the_metric(scenario: Scenario) -> Scenario | None:
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str):
        return None

    def bare(epoch: Epoch) -> Epoch:
        logs = {name: value for name, value in epoch.logs.items() if name == monitor}
        return replace(epoch, logs=logs, batches=None)

    related = each_epoch(scenario, bare)
    return None if key(related) == key(scenario) else related


@clause("early-stopping/monitor/only-the-metric-matters", level="universal", source=f"{INFERRED} (monitor)",
        errors=True, related=_only_the_metric)  # fmt: skip
def only_the_metric(case: Case) -> Expectations:
    """Other metrics in the logs, and what the batches showed, change nothing."""
    yield from case.expects_the_same(f"nothing but {case['monitor']} at the ends of epochs is monitored")


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
    source=f"{INFERRED} (start_from_epoch)",
    errors=True,
    related=_nan_in_warm_up,
)
def warm_up(case: Case) -> Expectations:
    """The values before epoch `start_from_epoch` do not matter: NaN in their place changes nothing."""
    yield from case.expects_the_same(f"epochs before start_from_epoch={case['start_from_epoch']} are not monitored")


@clause(
    "early-stopping/start-from-epoch/the-first-epochs-never-stop",
    level="universal",
    source=f"{INFERRED} (start_from_epoch)",
    observes=("stop",),
)
def warm_up_never_stops(case: Case) -> Expectations:
    """The first `start_from_epoch` epochs of a fit that begins with epoch 0 do not stop."""
    start = case["start_from_epoch"]
    for epoch in case.epochs():
        if isinstance(start, int) and epoch.number == epoch.index < start:
            why = f"monitoring begins after start_from_epoch={start} epochs"
            yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because=why)


@clause(
    "early-stopping/start-from-epoch/counts-absolute-epochs-from-zero",
    level="observed",
    source=BOTH,
    observes=("stop",),
    choices={"early-stopping/warm-up": "absolute"},
)
def counts_absolute_epochs(case: Case) -> Expectations:
    """Epochs are monitored from the index `start_from_epoch` on, whatever initial_epoch is; the value of the first of them is a
    first value like any other. (A fit without a baseline that is plain but for its initial_epoch; plain values.)"""
    start = case["start_from_epoch"]
    if number(start) and start > 0 and case["baseline"] is None:
        yield from stops_as_predicted(case, plain(case, given_way(case), absolute=True))


@clause(
    "early-stopping/start-from-epoch/is-a-number-of-epochs-to-wait",
    level="documented",
    source=f"{DOCUMENTATION} (start_from_epoch: the number of epochs to wait)",
    observes=("stop",),
)
def waits_that_many(case: Case) -> Expectations:
    """The first `start_from_epoch` epochs of a fit do not stop, also where initial_epoch is more than 0."""
    start = case["start_from_epoch"]
    for epoch in case.epochs():
        if isinstance(start, int) and epoch.index < start:
            why = f"training waits for start_from_epoch={start} epochs, and this one is number {epoch.index + 1} of the fit"
            yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because=why)


# ---------------------------------------------------------------------------------------------- baseline


@clause(
    "early-stopping/baseline/stops-if-it-is-not-beaten",
    level="documented",
    source=f"{DOCUMENTATION} (baseline, restore_best_weights)",
    observes=("stop",),
)
def baseline_not_beaten(case: Case) -> Expectations:
    """With a known direction, if none of the first `patience` monitored epochs of a fit is better than the baseline by more than
    min_delta, in the dialect's precision, training stops with the last of them and not before. (Patience of at least 1; a
    min_delta that is not negative; nothing better than the baseline or than an earlier value by exactly min_delta, unless that
    is 0; no start_from_epoch where initial_epoch is not 0; except where the last of them has index 0, which never stops.)"""
    for fit, epochs in unbeaten(case):
        values = [epoch.value for epoch in epochs]
        why = f"none of {values} improves on baseline={case['baseline']}, and patience={case['patience']}"
        yield from stops_at(case, fit, epochs[-1], why)


@clause(
    "early-stopping/baseline/an-epoch-has-to-beat-it-to-reset-the-count",
    level="observed",
    source=BOTH,
    observes=("stop",),
    choices={"early-stopping/baseline": "gates-the-reset"},
)
def gates_the_reset(case: Case) -> Expectations:
    """In a plain fit, an epoch that improves on the best but not, by more than min_delta and in the dialect's precision, on the
    baseline does not stop training, but is counted like one without an improvement: training stops at the first epoch that does
    not improve on the best and is at least the `patience`-th monitored one since the last that improved on both, or since the
    beginning if none did; except the epoch of index 0, which never stops. (Plain values.)"""
    if is_number(case["baseline"]):
        yield from stops_as_predicted(case, plain(case, given_way(case)))


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
    source=f"{INFERRED} (baseline)",
    errors=True,
    related=_easy_baseline,
)
def easy_baseline(case: Case) -> Expectations:
    """An infinite baseline that every finite value beats is as good as none. (Mode min or max; finite values that are at most
    1e38 in size, together with min_delta; where the release has a baseline.)"""
    if case.knows("baseline"):
        yield from case.expects_the_same("every value beats an infinite baseline")


@clause(
    "early-stopping/patience/the-epoch-of-index-0-never-stops",
    level="observed",
    source=BOTH,
    observes=("stop",),
    choices={"early-stopping/first-epoch": "never"},
)
def first_epoch_never_stops(case: Case) -> Expectations:
    """In a first fit the epoch of index 0 never stops training: not even, where a first NaN is no improvement, with a patience of
    1 and a NaN."""
    for epoch in case.epochs(0):
        if epoch.number == 0:
            yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because="its index is 0")


# ---------------------------------------------------------------------------------------------- defaults


def _spelt_out(scenario: Scenario) -> Scenario | None:
    missing = {name: value for name, value in defaults("EarlyStopping").items() if name not in scenario.config}
    return configured(scenario, **missing) if missing else None


@clause("early-stopping/arguments/defaults-are-those-documented", level="documented", source=DOCUMENTATION, errors=True,
        related=_spelt_out)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving a parameter out is giving monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto",
    baseline=None, restore_best_weights=False, start_from_epoch=0."""
    left_out = (name for name in defaults("EarlyStopping") if name not in case.scenario.config)
    yield from case.expects_the_same(f"the defaults are {', '.join(f'{name}={case[name]!r}' for name in left_out)}")
