"""ModelCheckpoint: what is monitored, in which direction, and against which threshold."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from operator import neg
from typing import Any

from ...editing import configured, each_logs
from ...metrics import DIRECTIONS, Metric
from ...numbers import FLOAT32_SMALLEST_NORMAL, float32
from ...scenario import Scenario
from ...values import ArrayNumber, Logs, Tensor, Value, each_number
from ..clause import Case, Expectations, clause
from ..monitoring import with_the_mode_of_an_output
from .decisions import best_only, better, compared_from, improvements, saved_as_due, saved_without_the_metric
from .failures import raised, raised_in_words
from .shared import (
    as_the_other,
    in_two_fits,
    in_words,
    same_run,
    same_saves,
    side_by_side,
    whole,
    with_plain_name,
    without_name,
)
from .stream import DOCUMENTATION, KERAS_3, OBSERVED, Turn, arrays, in_epoch, numbers, turns, when

# ---------------------------------------------------------------------------------------------- the metric

SAVES_ARRAYS = ("saves", "saves-the-whole-model")


@clause(
    "model-checkpoint/monitor/a-missing-metric-is-saved", level="observed", source=KERAS_3,
    observes=("saved",), choices={"model-checkpoint/missing-metric": "saves"},
)  # fmt: skip
def missing_is_saved(case: Case) -> Expectations:
    """With save_best_only, a turn whose logs lack the monitored metric saves, whatever the best is. So does every epoch without
    validation (validation_freq), and with an integer save_freq every turn as long as monitor is val_loss, the default, which
    `fit` puts into the logs of no batch."""
    return saved_without_the_metric(case, True)


@clause(
    "model-checkpoint/monitor/an-array-is-saved", level="observed", source=KERAS_3,
    observes=("saved",), choices={"model-checkpoint/array-metric": SAVES_ARRAYS},
)  # fmt: skip
def array_is_saved(case: Case) -> Expectations:
    """With save_best_only, a turn whose monitored metric is an array with at least one dimension saves, even if it has one number
    in it, whatever the best is; and the best stays what it is."""
    planned, monitor = turns(case), case["monitor"]
    if planned is None or not case["save_best_only"]:
        return
    seen = arrays(case, planned)
    yield from saved_as_due(case, ((turn, True, f"{monitor}={value} is an array") for turn, value in seen))
    best = best_only(case) if seen else None
    start = None if best is None else compared_from(case, best)
    if best is not None and start is not None:
        yield from improvements(case, best, start)


@clause(
    "model-checkpoint/monitor/a-tensor-is-an-array", level="observed", source=KERAS_3,
    observes=("saved", "warned"), choices={"model-checkpoint/array-metric": SAVES_ARRAYS, "training/warnings": "given"},
)  # fmt: skip
def tensor_is_an_array(case: Case) -> Expectations:
    """With save_best_only, a turn whose monitored metric is a tensor of several numbers warns and saves, as with an
    array."""
    planned, monitor = turns(case), case["monitor"]
    if planned is None or not case["save_best_only"]:
        return
    tensors = [(turn, value) for turn, value in arrays(case, planned) if isinstance(value, Tensor)]
    yield from saved_as_due(case, ((turn, True, f"{monitor} is a tensor of {list(value)}") for turn, value in tensors))
    if tensors:
        yield from _warnings(case, planned)


def _uncomparable(case: Case, turn: Turn) -> str | None:
    """The kind of warning where save_best_only has nothing to compare at the turn."""
    if not case["save_best_only"]:
        return None
    if case["monitor"] not in turn.logs:
        return "missing-metric"
    return "array-metric" if isinstance(turn.logs[case["monitor"]], tuple) else None


def _warnings(case: Case, planned: tuple[Turn, ...]) -> Expectations:
    """Expects a warning at every turn that has nothing to compare, and no other."""
    for epoch in case.epochs():
        here = in_epoch(epoch, planned)
        expected = [kind for turn in here if (kind := _uncomparable(case, turn)) is not None]
        warned = list(epoch.seen.warned or ())
        yield epoch.expects_that(
            warned == expected, partial("the warnings {}".format, expected), got=warned,
            because=partial(
                "with save_best_only={} the turns show {}={}".format, case["save_best_only"], case["monitor"],
                [turn.logs.get(case["monitor"], "nothing") for turn in here],
            ),
        )  # fmt: skip


@clause(
    "model-checkpoint/monitor/warns-where-the-metric-is-missing", level="observed", source=OBSERVED,
    observes=("warned",), choices={"training/warnings": "given"},
)  # fmt: skip
def warns_of_a_missing_metric(case: Case) -> Expectations:
    """With save_best_only, every turn whose logs lack the monitored metric gives one warning that says so; where no turn sees an
    array with a dimension, the callback warns of nothing else in its hooks. (What saving itself warns of, as of the format .h5,
    is not counted, and Python may show a repeated warning once.)"""
    planned = turns(case)
    if planned is not None and not arrays(case, planned):
        yield from _warnings(case, planned)


@clause(
    "model-checkpoint/monitor/warns-of-what-it-cannot-compare", level="observed", source=KERAS_3,
    observes=("warned",), choices={"model-checkpoint/array-metric": SAVES_ARRAYS, "training/warnings": "given"},
)  # fmt: skip
def warns_of_an_array(case: Case) -> Expectations:
    """With save_best_only, every turn whose metric is missing warns, and so does one whose metric is an array with a dimension;
    in its hooks the callback warns of nothing else. (What saving itself warns of is not counted, and Python may show a repeated
    warning once.)"""
    planned = turns(case)
    if planned is not None and arrays(case, planned):
        yield from _warnings(case, planned)


@clause(
    "model-checkpoint/monitor/other-metrics-and-names-do-not-decide", level="documented",
    source=f"follows from {DOCUMENTATION} (monitor)", observes=("saved",), related=with_plain_name,
)  # fmt: skip
def other_metrics(case: Case) -> Expectations:
    """When there is a save depends neither on the file name nor on any other metric than the monitored one. (Of the file name an
    inference. In runs that end without an exception: a name that cannot be filled in has clauses of its own.)"""
    return same_saves(case, "only the monitored metric decides when to save", without_name)


def _with_arrays_of_one(scenario: Scenario) -> Scenario | None:
    monitor, plain = scenario.config.get("monitor", "val_loss"), with_plain_name(scenario)
    if plain is None or scenario.config.get("save_best_only") is not True:
        return None

    def change(logs: Logs) -> Logs:
        return {
            name: (float(value),) if name == monitor and isinstance(value, float) else value
            for name, value in logs.items()
        }

    return each_logs(configured(plain, verbose=0), change)


@clause(
    "model-checkpoint/monitor/one-number-in-an-array-is-compared", level="observed", source="observed: tf-keras 2.21.0",
    observes=("saved",), related=_with_arrays_of_one,
    choices={
        "model-checkpoint/array-metric": ("compares", "compares-and-prints"),
        "model-checkpoint/first-value": "compared-with-infinity",
        "model-checkpoint/precision": "float64",
    },
)  # fmt: skip
def one_number_is_compared(case: Case) -> Expectations:
    """With save_best_only and verbose=0, an array of one number is compared as that number."""
    return same_saves(case, "the metric is the same, but for being in arrays of one number", without_name)


def _with_plain_numbers(scenario: Scenario) -> Scenario | None:
    monitor = scenario.config.get("monitor", "val_loss")
    arrays = [
        logs[monitor]
        for fit in scenario.fits
        for epoch in fit.epochs
        for logs in (epoch.logs, *(epoch.batches or ()))
        if monitor in logs and isinstance(logs[monitor], ArrayNumber)
    ]
    if not arrays:
        return None

    def plain(value: Value) -> Value:
        return float(value) if isinstance(value, ArrayNumber) else value

    return each_logs(
        scenario, lambda logs: {name: plain(value) if name == monitor else value for name, value in logs.items()}
    )


@clause(
    "model-checkpoint/monitor/an-array-without-dimensions-is-a-number", level="observed", source=OBSERVED,
    errors=True, related=_with_plain_numbers,
)  # fmt: skip
def number_in_an_array(case: Case) -> Expectations:
    """A metric that is an array without dimensions does what its number does, without a warning, if float32 represents the
    values and the threshold exactly, none of them subnormal, so that no precision tells them apart."""
    planned = turns(case)
    if planned is None:
        return
    threshold = case["initial_value_threshold"]
    values = [value for _, value in numbers(case, planned)] + ([] if threshold is None else [threshold])
    if all(has_float32(value) for value in values):
        yield from as_the_other(case, "that comes with plain numbers")


def has_float32(value: float) -> bool:
    """Whether every precision sees this value as it is."""
    return value != value or (float32(value) == value and (value == 0.0 or abs(value) >= FLOAT32_SMALLEST_NORMAL))


# ---------------------------------------------------------------------------------------------- initial_value_threshold


def _better_than_the_threshold(case: Case) -> Expectations:
    best = best_only(case)
    if best is None or best.threshold is None:
        return
    why = f"is not better than initial_value_threshold={best.threshold} with mode={best.way!r}"
    yield from saved_as_due(
        case,
        (
            (turn, False, f"{best.monitor}={value!r} {why}")
            for turn, value in best.numbers if not better(best.way, value, best.threshold)
        ),
    )  # fmt: skip


@clause(
    "model-checkpoint/initial-value-threshold/saves-nothing-that-is-not-better", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",),
)  # fmt: skip
def better_than_the_threshold(case: Case) -> Expectations:
    """With save_best_only and initial_value_threshold, a value that is not strictly better than the threshold is not
    saved."""
    return _better_than_the_threshold(case)


def _with_threshold_zero(scenario: Scenario) -> Scenario | None:
    best_only = scenario.config.get("save_best_only") is True
    return configured(scenario, initial_value_threshold=0.0) if best_only else None


@clause(
    "model-checkpoint/initial-value-threshold/zero-is-a-threshold", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",), related=_with_threshold_zero,
)  # fmt: skip
def zero_is_a_threshold(case: Case) -> Expectations:
    """With save_best_only and an initial_value_threshold of zero, a value that is not strictly better than zero is not
    saved."""
    return _better_than_the_threshold(case.beside())


def _without_threshold(scenario: Scenario) -> Scenario | None:
    given = scenario.config.get("initial_value_threshold") is not None
    return configured(scenario, initial_value_threshold=None) if given else None


@clause(
    "model-checkpoint/initial-value-threshold/keeps-the-saves-that-beat-it", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",), related=_without_threshold,
)  # fmt: skip
def keeps_what_beats_it(case: Case) -> Expectations:
    """With save_best_only, what is saved with a threshold is what is saved without one, less the values that are not
    better than it. (If float32 represents the values and the threshold exactly, none of them subnormal, the first value is not
    NaN, and both runs end without an exception.)"""
    best = best_only(case)
    if best is None or best.threshold is None or not best.numbers or math.isnan(best.numbers[0][1]):
        return
    threshold = best.threshold
    if best.arrays or not all(has_float32(value) for value in [threshold, *(value for _, value in best.numbers)]):
        return
    beaten = {turn.when for turn, value in best.numbers if not better(best.way, value, threshold)}
    for epoch, saves, others in side_by_side(case):
        without = [whole(save) for save in others]
        left = [whole(save) for save in others if when(epoch, save) not in beaten]
        got = [whole(save) for save in saves]
        yield epoch.expects_that(
            got == left, in_words(left), got=in_words(got),
            because=f"without initial_value_threshold={threshold} there is {in_words(without)}, and only what beats it is left",
        )  # fmt: skip


def _other_threshold(scenario: Scenario) -> Scenario | None:
    if scenario.config.get("save_best_only", False) is not False:
        return None
    given = scenario.config.get("initial_value_threshold") is not None
    return configured(scenario, initial_value_threshold=None if given else 0.5)


@clause(
    "model-checkpoint/initial-value-threshold/needs-save-best-only", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",), errors=True, related=_other_threshold,
)  # fmt: skip
def threshold_needs_best_only(case: Case) -> Expectations:
    """Without save_best_only, initial_value_threshold changes nothing that is saved, printed or raised."""
    return same_run(case, "a threshold without save_best_only changes nothing")


# ---------------------------------------------------------------------------------------------- mode


def _negated(scenario: Scenario) -> Scenario | None:
    config = scenario.config
    if config.get("mode") not in ("min", "max"):
        return None

    threshold = config.get("initial_value_threshold")
    swapped = {"mode": "max" if config["mode"] == "min" else "min"}
    changes: Mapping[str, Any] = swapped if threshold is None else {**swapped, "initial_value_threshold": -threshold}
    monitor = config.get("monitor", "val_loss")
    return each_logs(
        configured(scenario, **changes),
        lambda logs: {name: each_number(value, neg) if name == monitor else value for name, value in logs.items()},
    )


@clause(
    "model-checkpoint/mode/min-and-max-mirror-each-other", level="universal", source=f"follows from {DOCUMENTATION} (mode)",
    observes=("saved",), related=_negated,
)  # fmt: skip
def mirror_images(case: Case) -> Expectations:
    """With save_best_only, negating the metric and initial_value_threshold and swapping mode "min" and "max" leaves the saves as
    they are, but for names that show the metric."""
    if case["save_best_only"]:
        yield from same_saves(case, "negated values with the other mode are the same problem", without_name)


def _other_mode(scenario: Scenario) -> Scenario | None:
    if scenario.config.get("save_best_only", False) is not False:
        return None
    return configured(scenario, mode="max" if scenario.config.get("mode") == "min" else "min")


@clause(
    "model-checkpoint/mode/needs-save-best-only", level="documented", source=f"follows from {DOCUMENTATION} (mode)",
    observes=("saved",), errors=True, related=_other_mode,
)  # fmt: skip
def mode_needs_best_only(case: Case) -> Expectations:
    """Without save_best_only nothing depends on mode, neither what is saved nor whether the run fails."""
    return same_run(case, f"without save_best_only, mode={case['mode']!r} is the same as any other")


_NAMED = {"loss": "min", "val_loss": "min", "acc": "max", "val_acc": "max"}


def _by_documented_name(scenario: Scenario) -> Scenario | None:
    monitor, config = scenario.config.get("monitor", "val_loss"), scenario.config
    if config.get("save_best_only") is not True or config.get("mode", "auto") != "auto" or monitor not in _NAMED:
        return None
    return configured(scenario, mode=_NAMED[monitor])


@clause(
    "model-checkpoint/mode/auto-knows-loss-and-acc", level="documented", source=f"{DOCUMENTATION} (mode)",
    observes=("saved",), errors=True, related=_by_documented_name,
)  # fmt: skip
def auto_by_documented_name(case: Case) -> Expectations:
    """With mode="auto", acc and val_acc are monitored as with "max", loss and val_loss as with "min", by their names
    alone."""
    return same_run(case, f"{case['monitor']} is monitored as with mode={_NAMED[case['monitor']]!r}")


def _of_an_output(scenario: Scenario) -> Scenario | None:
    return with_the_mode_of_an_output(scenario) if scenario.config.get("save_best_only") is True else None


@clause(
    "model-checkpoint/mode/auto-knows-the-metrics-of-an-output", level="documented",
    source=f"follows from {DOCUMENTATION} (monitor: multi-output models set additional prefixes; mode)",
    observes=("saved",), errors=True, related=_of_an_output,
)  # fmt: skip
def auto_of_an_output(case: Case) -> Expectations:
    """With several outputs, mode="auto" knows the metric after an output's name: it does with val_a_accuracy, the accuracy of
    the output a, what mode="max" does, and minimizes val_a_loss. (An inference.)"""
    return same_run(case, f"the mode is given there, as {case['monitor']} is better")


def direction_of_compiled(scenario: Scenario) -> str | None:
    """The mode that the metrics compiled for the first fit tell of the monitored one; None if they do not."""
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str):
        return None
    name = monitor.removeprefix("val_")
    way = "min" if name == "loss" else None
    for metric in scenario.compiled_metrics(scenario.fits[0]):
        way = DIRECTIONS[metric.cls] or way if metric.name == name else way
    return way


def _by_compiled_metric(scenario: Scenario) -> Scenario | None:
    way = direction_of_compiled(scenario)
    if way is None or scenario.config.get("mode", "auto") in ("min", "max"):
        return None
    return configured(scenario, mode=way)


@clause(
    "model-checkpoint/mode/auto-takes-the-direction-of-the-compiled-metric", level="observed", source=KERAS_3,
    observes=("saved",), errors=True, related=_by_compiled_metric,
    choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def auto_by_compiled_metric(case: Case) -> Expectations:
    """With mode="auto", or an unknown one, the direction is that of the metric of this name, without val_, with which the model
    is compiled in the first fit, the last one that has a direction if there are several; loss and val_loss are minimized where
    none with a direction is called loss; later fits go on with it."""
    decided = (case.other_scenario or case.scenario).config["mode"]
    return same_run(case, f"the compiled metrics decide for mode={decided!r}")


def _by_name(scenario: Scenario) -> Scenario | None:
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str) or scenario.config.get("mode", "auto") in ("min", "max"):
        return None
    return configured(scenario, mode="max" if "acc" in monitor or monitor.startswith("fmeasure") else "min")


@clause(
    "model-checkpoint/mode/auto-is-decided-by-the-name", level="observed", source="observed: tf-keras 2.21.0",
    observes=("saved",), errors=True, related=_by_name,
    choices={"model-checkpoint/direction": "name-contains-acc-or-starts-with-fmeasure"},
)  # fmt: skip
def auto_by_name(case: Case) -> Expectations:
    """With mode="auto", or an unknown one, a metric is maximized if its name contains acc or starts with fmeasure, else
    minimized."""
    decided = (case.other_scenario or case.scenario).config["mode"]
    return same_run(case, f"the name decides for mode={decided!r}")


def _renamed(scenario: Scenario) -> Scenario | None:
    monitor, mode = scenario.config.get("monitor", "val_loss"), scenario.config.get("mode")
    plain = with_plain_name(scenario)
    if plain is None or mode not in ("min", "max"):
        return None
    # The batches are spelt out: what a batch shows by default depends on the names.
    shown = tuple(
        replace(fit, epochs=tuple(replace(epoch, batches=epoch.batch_logs()) for epoch in fit.epochs))
        for fit in plain.fits
    )
    name = "fmeasure" if mode == "max" else "val_fmeasure"
    return each_logs(
        configured(replace(plain, fits=shown), monitor=name, mode="auto"),
        lambda logs: {name: logs[monitor]} if monitor in logs else {},
    )


@clause(
    "model-checkpoint/mode/auto-maximizes-what-starts-with-fmeasure", level="observed", source="observed: tf-keras 2.21.0",
    observes=("saved",), related=_renamed,
    choices={"model-checkpoint/direction": "name-contains-acc-or-starts-with-fmeasure"},
)  # fmt: skip
def starts_with_fmeasure(case: Case) -> Expectations:
    """With mode="auto", a metric called fmeasure is monitored as with "max", and val_fmeasure, which only contains it,
    as with "min"."""
    name = (case.other_scenario or case.scenario).config["monitor"]
    return same_saves(case, f"mode={case['mode']!r} does the same as 'auto' with monitor={name!r}", without_name)


def _decided_at_first(scenario: Scenario) -> Scenario | None:
    halves, explicit = in_two_fits(scenario), _by_compiled_metric(scenario)
    if halves is None or explicit is None:
        return None
    first, second = halves.fits
    contrary = "MeanSquaredError" if explicit.config["mode"] == "max" else "AUC"
    name = str(scenario.config.get("monitor", "val_loss")).removeprefix("val_")
    return replace(halves, fits=(first, replace(second, metrics=(Metric(cls=contrary, name=name),))))


@clause(
    "model-checkpoint/mode/auto-is-decided-once", level="observed", source=KERAS_3, observes=("saved",),
    errors=True, related=_decided_at_first, choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def keeps_its_direction(case: Case) -> Expectations:
    """With mode="auto", the direction is decided once for an instance: a second fit of a model whose metric of this name
    has the other direction goes on with the direction of the first."""
    if case.clean:
        yield case.at(1, 0).expects_that(
            raised(case.other) is None, "a run to its end", got=raised_in_words(case.other),
            because="the first fit has decided the direction, whatever the second one's model is compiled with",
        )  # fmt: skip
        # What is judged is the run in two fits; the one in a single fit says what is expected of it.
        yield from same_saves(replace(case.beside(), other=case.trace), "the direction was decided in the first fit")
