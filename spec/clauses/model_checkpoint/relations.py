"""ModelCheckpoint: what holds between two runs, whatever the dialect: which changes of a scenario change nothing, or
how much.

Two runs are compared by their saves, epoch by epoch: each save as a phrase of its file name, its moment and its weights.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import neg
from typing import Any

from ...files import PATH_LIKE, RELATIVE, handed_over_as, path_of
from ...metrics import DIRECTIONS, Metric
from ...numbers import FLOAT32_SMALLEST_NORMAL, float32
from ...scenario import Fit, Scenario
from ...trace import EpochTrace, Save, Trace, difference
from ...values import ArrayNumber, Logs, Value, each_number
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause, differs
from ..monitoring import comparison, is_number
from .decisions import better_than_the_threshold
from .stream import (
    DOCUMENTATION,
    OBSERVED,
    TF_KERAS,
    configured,
    file_name,
    got_instead,
    in_the_way,
    numbers,
    raised,
    turns,
    typed,
    was_not_run,
    weights_named,
    with_logs,
    with_plain_name,
)


def _epochs(trace: Trace) -> list[tuple[int, int, EpochTrace]]:
    return [(fit, index, epoch) for fit, seen in enumerate(trace.fits) for index, epoch in enumerate(seen.epochs)]


def _moment(save: Save) -> str:
    return "at the epoch end" if save.batch is None else f"at batch index {save.batch}"


def _weights(save: Save) -> str:
    return "" if save.weights is None else f" with {weights_named(save.weights)}"


def _whole(save: Save) -> str:
    return f"{save.path} {_moment(save)}{_weights(save)}"


def _without_name(save: Save) -> str:
    return f"a save {_moment(save)}{_weights(save)}"


def _only_the_moment(save: Save) -> str:
    return f"a save {_moment(save)}"


def _said(saves: list[str]) -> str:
    return "; ".join(saves) or "no save"


def _same_saves(case: Case, why: str, seen: Callable[[Save], str] = _whole) -> Outcome:
    """HELD if every epoch of both runs has the same saves; epochs are matched in order, over all fits."""
    here, there = _epochs(case.trace), _epochs(case.other)
    for (fit, index, epoch), (_, _, other) in zip(here, there, strict=False):
        got, expected = ([seen(save) for save in each.saved or ()] for each in (epoch, other))
        if got != expected:
            return Failed(fit=fit, epoch=index, expected=_said(expected), why=why, got=_said(got))
    return HELD


def _same_run(case: Case, why: str) -> Outcome:
    """HELD if both runs have the same saves and raise the same, or nothing."""
    if was_not_run(case) or case.other.rejected is not None:
        return NOT_EXERCISED
    elsewhere = replace(case, trace=case.other)
    if raised(case) != raised(elsewhere):
        # the run that raises ends first, or in the same epoch as the other; before its first epoch there is none to name
        fit, index = min((len(trace.fits) - 1, len(trace.fits[-1].epochs) - 1) for trace in (case.trace, case.other))
        epoch = None if index < 0 else index
        return Failed(fit=fit, epoch=epoch, expected=got_instead(elsewhere), why=why, got=got_instead(case))
    return _same_saves(case, why)


def _as_the_other(case: Case, why: str) -> Outcome:
    """HELD if everything is as in the other run."""
    rejected = case.trace.rejected
    if rejected is not None and case.other.rejected is None:
        got = f"{rejected.type}: {rejected.message}"
        return Failed(fit=None, epoch=None, expected="no exception from the constructor", why=why, got=got)
    outcome = _same_run(case, why)
    if isinstance(outcome, Failed):
        return outcome
    found = difference(case.other, case.trace)
    return HELD if found is None else differs(found, why)


# ---------------------------------------------------------------------------------------------- save_best_only


def _negated(scenario: Scenario) -> Scenario | None:
    config = scenario.config
    if config.get("mode") not in ("min", "max"):
        return None

    threshold = config.get("initial_value_threshold")
    swapped = {"mode": "max" if config["mode"] == "min" else "min"}
    changes: Mapping[str, Any] = swapped if threshold is None else {**swapped, "initial_value_threshold": -threshold}
    monitor = config.get("monitor", "val_loss")
    return with_logs(
        configured(scenario, **changes),
        lambda logs: {name: each_number(value, neg) if name == monitor else value for name, value in logs.items()},
    )


@clause(
    "model-checkpoint/mode/min-and-max-mirror-each-other", level="documented", source=f"{DOCUMENTATION} (mode)",
    observes=("saved",), related=_negated,
)  # fmt: skip
def mirror_images(case: Case) -> Outcome:
    """Negating the metric and initial_value_threshold and swapping mode "min" and "max" changes nothing but file
    names."""
    if not case["save_best_only"]:
        return NOT_EXERCISED
    return _same_saves(case, "negated values with the other mode are the same problem", _without_name)


def _always(scenario: Scenario) -> Scenario | None:
    best_only = scenario.config.get("save_best_only") is True
    return configured(scenario, save_best_only=False) if best_only else None


@clause(
    "model-checkpoint/save-best-only/saves-a-part-of-what-it-saves-without", level="documented",
    source=f"{DOCUMENTATION} (save_best_only)", observes=("saved",), related=_always,
)  # fmt: skip
def a_part(case: Case) -> Outcome:
    """With save_best_only, what is saved is saved without it too: at the same times, under the same names."""
    for (fit, index, epoch), (_, _, other) in zip(_epochs(case.trace), _epochs(case.other), strict=False):
        known = [_whole(save) for save in other.saved or ()]
        extra = [save for save in epoch.saved or () if _whole(save) not in known]
        if extra:
            return Failed(
                fit=fit, epoch=index, expected=f"at most what is saved without: {_said(known)}",
                why="save_best_only saves less, not more", got=_whole(extra[0]),
            )  # fmt: skip
    return HELD


@clause(
    "model-checkpoint/monitor/other-metrics-and-names-do-not-decide", level="documented",
    source=f"{DOCUMENTATION} (monitor)", observes=("saved",), related=with_plain_name,
)  # fmt: skip
def other_metrics(case: Case) -> Outcome:
    """When there is a save depends neither on the file name nor on any other metric than the monitored one."""
    return _same_saves(case, "only the monitored metric decides when to save", _without_name)


def _with_arrays_of_one(scenario: Scenario) -> Scenario | None:
    monitor, plain = scenario.config.get("monitor", "val_loss"), with_plain_name(scenario)
    if plain is None or scenario.config.get("save_best_only") is not True:
        return None

    def change(logs: Logs) -> Logs:
        return {
            name: (float(value),) if name == monitor and isinstance(value, float) else value
            for name, value in logs.items()
        }

    return with_logs(configured(plain, verbose=0), change)


@clause(
    "model-checkpoint/monitor/one-number-in-an-array-is-compared", level="observed", source="observed: tf-keras 2.21.0",
    observes=("saved",), related=_with_arrays_of_one,
    choices={
        "model-checkpoint/array-metric": "compares", "model-checkpoint/first-value": "compared-with-infinity",
        "model-checkpoint/precision": "float64",
    },
)  # fmt: skip
def one_number_is_compared(case: Case) -> Outcome:
    """With save_best_only and verbose=0, an array of one number is compared as that number."""
    return _same_saves(case, "the metric is the same, but for being in arrays of one number", _without_name)


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

    return with_logs(
        scenario, lambda logs: {name: plain(value) if name == monitor else value for name, value in logs.items()}
    )


@clause(
    "model-checkpoint/monitor/an-array-without-dimensions-is-a-number", level="observed", source=OBSERVED,
    errors=True, related=_with_plain_numbers,
)  # fmt: skip
def number_in_an_array(case: Case) -> Outcome:
    """A metric that is an array without dimensions does what its number does, without a warning, if the values and the
    threshold are numbers that float32 has, so that no precision tells them apart."""
    planned = turns(case)
    if planned is None or not typed(case):
        return NOT_EXERCISED
    threshold = case["initial_value_threshold"]
    values = [value for _, value in numbers(case, planned)] + ([] if threshold is None else [threshold])
    if not all(_has_float32(value) for value in values):
        return NOT_EXERCISED
    return _as_the_other(case, "that comes with plain numbers")


def _has_float32(value: float) -> bool:
    """Whether every precision sees this value as it is."""
    return value != value or (float32(value) == value and (value == 0.0 or abs(value) >= FLOAT32_SMALLEST_NORMAL))


# ---------------------------------------------------------------------------------------------- initial_value_threshold


def _without_threshold(scenario: Scenario) -> Scenario | None:
    given = scenario.config.get("initial_value_threshold") is not None
    return configured(scenario, initial_value_threshold=None) if given else None


@clause(
    "model-checkpoint/initial-value-threshold/keeps-the-saves-that-beat-it", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",), related=_without_threshold,
)  # fmt: skip
def keeps_what_beats_it(case: Case) -> Outcome:
    """With save_best_only, what is saved with a threshold is what is saved without one, less the values that are not
    better than it; if the first value is a number."""
    planned, compare, threshold = turns(case), comparison(case), case["initial_value_threshold"]
    if planned is None or compare is None or not typed(case) or not case["save_best_only"] or threshold != threshold:
        return NOT_EXERCISED
    seen = numbers(case, planned)
    if not seen or len(seen) != sum(case["monitor"] in turn.logs for turn in planned) or math.isnan(seen[0][1]):
        return NOT_EXERCISED
    try:
        beaten = {turn.when for turn, value in seen if not compare.better(value, threshold)}
    except ValueError:  # a value that the precision refuses
        return NOT_EXERCISED
    for (fit, index, epoch), (_, _, other) in zip(_epochs(case.trace), _epochs(case.other), strict=False):
        without = {
            (fit, index, math.inf if save.batch is None else save.batch): _whole(save) for save in other.saved or ()
        }
        expected = [save for when, save in without.items() if when not in beaten]
        got = [_whole(save) for save in epoch.saved or ()]
        if got != expected:
            return Failed(
                fit=fit, epoch=index, expected=_said(expected),
                why=f"without initial_value_threshold={threshold} there is {_said(list(without.values()))}, and only what "
                "beats it is left", got=_said(got),
            )  # fmt: skip
    return HELD


def _other_threshold(scenario: Scenario) -> Scenario | None:
    if scenario.config.get("save_best_only", False) is not False:
        return None
    given = scenario.config.get("initial_value_threshold") is not None
    return configured(scenario, initial_value_threshold=None if given else 0.5)


def _with_threshold_zero(scenario: Scenario) -> Scenario | None:
    best_only = scenario.config.get("save_best_only") is True
    return configured(scenario, initial_value_threshold=0.0) if best_only else None


@clause(
    "model-checkpoint/initial-value-threshold/zero-is-a-threshold", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",), related=_with_threshold_zero,
)  # fmt: skip
def zero_is_a_threshold(case: Case) -> Outcome:
    """With save_best_only and an initial_value_threshold of zero, a value that is not strictly better than zero is not
    saved."""
    assert case.other_scenario is not None
    return better_than_the_threshold(replace(case, scenario=case.other_scenario, trace=case.other))


@clause(
    "model-checkpoint/initial-value-threshold/needs-save-best-only", level="documented",
    source=f"{DOCUMENTATION} (initial_value_threshold)", observes=("saved",), errors=True, related=_other_threshold,
)  # fmt: skip
def threshold_needs_best_only(case: Case) -> Outcome:
    """Without save_best_only, initial_value_threshold changes nothing."""
    return _same_run(case, "a threshold without save_best_only changes nothing")


# ---------------------------------------------------------------------------------------------- mode


def _other_mode(scenario: Scenario) -> Scenario | None:
    if scenario.config.get("save_best_only", False) is not False:
        return None
    return configured(scenario, mode="max" if scenario.config.get("mode") == "min" else "min")


@clause(
    "model-checkpoint/mode/needs-save-best-only", level="documented", source=f"{DOCUMENTATION} (mode)",
    observes=("saved",), errors=True, related=_other_mode,
)  # fmt: skip
def mode_needs_best_only(case: Case) -> Outcome:
    """Without save_best_only nothing depends on mode, neither what is saved nor whether the run fails."""
    return _same_run(case, f"without save_best_only, mode={case['mode']!r} is the same as any other")


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
def auto_by_documented_name(case: Case) -> Outcome:
    """With mode="auto", acc and val_acc are monitored as with "max", loss and val_loss as with "min", by their names
    alone."""
    return _same_run(case, f"{case['monitor']} is monitored as with mode={_NAMED[case['monitor']]!r}")


def _by_compiled_metric(scenario: Scenario) -> Scenario | None:
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str) or scenario.config.get("mode", "auto") in ("min", "max"):
        return None
    name = monitor.removeprefix("val_")
    way = "min" if name == "loss" else None
    for metric in scenario.compiled_metrics(scenario.fits[0]):
        way = DIRECTIONS[metric.cls] or way if metric.name == name else way
    return None if way is None else configured(scenario, mode=way)


@clause(
    "model-checkpoint/mode/auto-takes-the-direction-of-the-compiled-metric", level="observed", source="observed: keras 3.15.1",
    observes=("saved",), errors=True, related=_by_compiled_metric,
    choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def auto_by_compiled_metric(case: Case) -> Outcome:
    """With mode="auto", or an unknown one, the direction is that of the metric of this name, without val_, with which
    the model is compiled in the first fit, the last one if there are several; loss is minimized; later fits go on with
    it."""
    decided = (case.other_scenario or case.scenario).config["mode"]
    return _same_run(case, f"the compiled metrics decide for mode={decided!r}")


def _by_name(scenario: Scenario) -> Scenario | None:
    monitor = scenario.config.get("monitor", "val_loss")
    if not isinstance(monitor, str) or scenario.config.get("mode", "auto") in ("min", "max"):
        return None
    return configured(scenario, mode="max" if "acc" in monitor or monitor.startswith("fmeasure") else "min")


@clause(
    "model-checkpoint/mode/auto-is-decided-by-the-name", level="documented", source=f"{TF_KERAS} (mode)",
    observes=("saved",), errors=True, related=_by_name,
    choices={"model-checkpoint/direction": "name-contains-acc-or-starts-with-fmeasure"},
)  # fmt: skip
def auto_by_name(case: Case) -> Outcome:
    """With mode="auto", or an unknown one, a metric is maximized if its name contains acc or starts with fmeasure, else
    minimized."""
    decided = (case.other_scenario or case.scenario).config["mode"]
    return _same_run(case, f"the name decides for mode={decided!r}")


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
    return with_logs(
        configured(replace(plain, fits=shown), monitor=name, mode="auto"),
        lambda logs: {name: logs[monitor]} if monitor in logs else {},
    )


@clause(
    "model-checkpoint/mode/auto-maximizes-what-starts-with-fmeasure", level="documented", source=f"{TF_KERAS} (mode)",
    observes=("saved",), related=_renamed,
    choices={"model-checkpoint/direction": "name-contains-acc-or-starts-with-fmeasure"},
)  # fmt: skip
def starts_with_fmeasure(case: Case) -> Outcome:
    """With mode="auto", a metric called fmeasure is monitored as with "max", and val_fmeasure, which only contains it,
    as with "min"."""
    name = (case.other_scenario or case.scenario).config["monitor"]
    return _same_saves(case, f"mode={case['mode']!r} does the same as 'auto' with monitor={name!r}", _without_name)


# ---------------------------------------------------------------------------------------------- verbose


def _silent(scenario: Scenario) -> Scenario | None:
    verbose = scenario.config.get("verbose", 0)
    return configured(scenario, verbose=0) if is_number(verbose) and verbose > 0 else None


@clause(
    "model-checkpoint/verbose/changes-nothing-that-is-saved", level="documented", source=f"{DOCUMENTATION} (verbose)",
    observes=("saved",), related=_silent,
)  # fmt: skip
def verbose_decides_nothing(case: Case) -> Outcome:
    """What is saved does not depend on verbose."""
    return _same_saves(case, "verbose decides only what is printed")


# ---------------------------------------------------------------------------------------------- time


def _split(scenario: Scenario) -> Scenario | None:
    if len(scenario.fits) != 1 or len(scenario.fits[0].epochs) < 2 or any(e.stop for e in scenario.fits[0].epochs):
        return None
    fit = scenario.fits[0]
    half = len(fit.epochs) // 2
    later = Fit(epochs=fit.epochs[half:], initial_epoch=scenario.first_epoch(fit) + half, metrics=fit.metrics)
    return replace(scenario, fits=(replace(fit, epochs=fit.epochs[:half]), later))


@clause(
    "model-checkpoint/reuse/a-second-fit-goes-on", level="observed", source=OBSERVED, observes=("saved",),
    related=_split,
)  # fmt: skip
def goes_on(case: Case) -> Outcome:
    """An instance that is used again remembers the best value and the batches and epochs counted: two fits, the second
    with initial_epoch where the first ended, save what one fit would."""
    return _same_saves(case, "the same epochs in two fits, with one instance, have these saves")


def _decided_at_first(scenario: Scenario) -> Scenario | None:
    halves, explicit = _split(scenario), _by_compiled_metric(scenario)
    if halves is None or explicit is None:
        return None
    first, second = halves.fits
    contrary = "MeanSquaredError" if explicit.config["mode"] == "max" else "AUC"
    name = str(scenario.config.get("monitor", "val_loss")).removeprefix("val_")
    return replace(halves, fits=(first, replace(second, metrics=(Metric(cls=contrary, name=name),))))


@clause(
    "model-checkpoint/mode/auto-is-decided-once", level="observed", source="observed: keras 3.15.1", observes=("saved",),
    errors=True, related=_decided_at_first, choices={"model-checkpoint/direction": "compiled-metric"},
)  # fmt: skip
def keeps_its_direction(case: Case) -> Outcome:
    """With mode="auto", the direction is decided once for an instance: a second fit of a model whose metric of this name
    has the other direction goes on with it."""
    if not case.clean:
        return NOT_EXERCISED
    error = got_instead(replace(case, trace=case.other))
    if raised(replace(case, trace=case.other)) is not None:
        why = "the first fit has decided the direction, whatever the second one's model is compiled with"
        return Failed(fit=1, epoch=0, expected="a run to its end", why=why, got=error)
    # What is judged is the run in two fits; the one in a single fit says what is expected of it.
    two_fits = replace(case, trace=case.other, other=case.trace)
    return _same_saves(two_fits, "the direction was decided in the first fit")


def _later(scenario: Scenario) -> Scenario:
    fits = tuple(replace(fit, initial_epoch=scenario.first_epoch(fit) + 7) for fit in scenario.fits)
    return replace(scenario, fits=fits)


@clause(
    "model-checkpoint/filepath/the-number-of-the-epoch-decides-nothing", level="observed", source=OBSERVED,
    observes=("saved",), related=_later,
)  # fmt: skip
def number_decides_nothing(case: Case) -> Outcome:
    """Starting at a later initial_epoch changes names, not when there is a save."""
    return _same_saves(case, "an initial_epoch that is later by 7 changes nothing else", _only_the_moment)


# ---------------------------------------------------------------------------------------------- filepath


def _with_nothing_there(scenario: Scenario) -> Scenario | None:
    return replace(scenario, existing=()) if scenario.existing else None


@clause(
    "model-checkpoint/filepath/what-is-there-is-overwritten-or-left-alone", level="documented",
    source=f"{DOCUMENTATION} (save_best_only: filepath will be overwritten)", observes=("saved",), errors=True,
    related=_with_nothing_there, choices={"model-checkpoint/suffix": "keras-or-h5"},
)  # fmt: skip
def there_already(case: Case) -> Outcome:
    """A file that is there already is overwritten, and other files and directories change nothing, as long as none is a
    directory where a file is to be written, or a file where a directory has to be."""
    planned = turns(case)
    if planned is None or not typed(case):
        return NOT_EXERCISED
    names = [file_name(case, turn) for turn in planned]
    if any(name is None or (isinstance(name, str) and in_the_way(case.scenario, name)) for name in names):
        return NOT_EXERCISED
    return _same_run(case, f"what is there, {list(case.scenario.existing)}, stands in no file's way")


def _as_a_string(kind: str) -> Callable[[Scenario], Scenario | None]:
    """With the plain string, where the scenario hands the path over in that way."""

    def related(scenario: Scenario) -> Scenario | None:
        if handed_over_as(scenario.config) != kind:
            return None
        return configured(scenario, filepath=path_of(scenario.config["filepath"]))

    return related


@clause(
    "model-checkpoint/filepath/may-be-path-like", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, related=_as_a_string(PATH_LIKE),
)  # fmt: skip
def may_be_path_like(case: Case) -> Outcome:
    """A filepath that is a PathLike does what the string does that it stands for."""
    return _as_the_other(case, "that comes with the same path as a string")


@clause(
    "model-checkpoint/filepath/may-be-relative", level="documented", source=f"{DOCUMENTATION} (filepath)",
    errors=True, related=_as_a_string(RELATIVE),
)  # fmt: skip
def may_be_relative(case: Case) -> Outcome:
    """A relative filepath, with or without a directory, does what the absolute one does that it stands for."""
    return _as_the_other(case, "that comes with the absolute path")
