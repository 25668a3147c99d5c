"""Which way is better for ReduceLROnPlateau: what `mode` says, and what "auto" makes of the monitored name.

Rules
- What auto decides is held against the same scenario with that mode given.
- The documentation has the name decide; in Keras 3 the compiled metric does, which is observed.
"""

from dataclasses import replace
from operator import neg

from ...editing import configured, each_monitored
from ...metrics import UP
from ...scenario import Scenario
from ...values import each_number
from ..clause import Case, Expectations, clause
from ..monitoring import UNDECIDED, compiled_direction, with_the_mode_of_an_output
from ..rates import ALL_BUT_LOGGED, EVERYTHING, LOG_KEYS, agree, alike, side_by_side
from .stream import DOCS, OBSERVED, RATE, has_numbers, known_direction, monitored_metric, values_of

DECIDES_BY_METRIC = {"reduce-lr-on-plateau/direction": "compiled-metric"}
DECIDES_BY_NAME = {"reduce-lr-on-plateau/direction": "name-contains-acc"}
ACCURACIES = ("accuracy", "acc", "val_accuracy", "val_acc")


@clause(
    "reduce-lr-on-plateau/mode/min-and-max-mirror-each-other",
    level="universal", source=f"follows from {DOCS} (mode)", observes=RATE, related=lambda scenario: _mirrored(scenario),
    choices={"reduce-lr-on-plateau/threshold": "absolute"},
)  # fmt: skip
def min_and_max_mirror_each_other(case: Case) -> Expectations:
    """Negating the values and swapping mode min and max changes nothing. (In mode auto the name decides. The monitor is no rate
    that the callback itself logs.)"""
    return agree(
        side_by_side(case), ALL_BUT_LOGGED, f"the values are negated there, and the mode is not {case['mode']}"
    )


def _mirrored(scenario: Scenario) -> Scenario | None:
    monitor, mode = monitored_metric(scenario), scenario.config.get("mode")
    values = values_of(scenario, monitor)
    if monitor is None or mode not in ("min", "max") or not values:
        return None
    if not all(isinstance(value, float) for value in values):
        return None
    turned = configured(scenario, mode="max" if mode == "min" else "min")
    return each_monitored(turned, lambda _, value: each_number(value, neg))


# ---------------------------------------------------------------------------------------------- auto, by the name


def _auto(scenario: Scenario) -> str | None:
    """What is monitored in mode auto."""
    return monitored_metric(scenario) if scenario.config.get("mode", "auto") == "auto" else None


def _minimized(scenario: Scenario) -> Scenario | None:
    """The scenario with mode min, if that is what auto has to find."""
    return configured(scenario, mode="min") if _auto(scenario) is not None and known_direction(scenario) else None


def _maximized(scenario: Scenario) -> Scenario | None:
    """The scenario with mode max, if that is what auto has to find."""
    monitor = _auto(scenario)
    if monitor is None or monitor not in ACCURACIES:
        return None
    name = monitor.removeprefix("val_")
    compiled = [
        [metric.cls for metric in scenario.compiled_metrics(fit) if metric.name == name] for fit in scenario.fits
    ]
    up = all(classes and all(cls in UP for cls in classes) for classes in compiled)
    return configured(scenario, mode="max") if up else None


@clause(
    "reduce-lr-on-plateau/mode/auto-minimizes-the-loss",
    level="documented", source=f"follows from {DOCS} (mode)", observes=RATE, related=_minimized,
)  # fmt: skip
def auto_minimizes_the_loss(case: Case) -> Expectations:
    """For loss and val_loss, mode auto does what mode min does. (Except where a metric that is compiled is called loss.)"""
    return agree(side_by_side(case), EVERYTHING, f"auto minimizes {case['monitor']}, as the mode=min there")


@clause(
    "reduce-lr-on-plateau/mode/auto-maximizes-accuracy",
    level="documented", observes=RATE, related=_maximized,
    source=f"follows from {DOCS} (mode); that of ModelCheckpoint (mode: max for val_acc)",
)  # fmt: skip
def auto_maximizes_accuracy(case: Case) -> Expectations:
    """In a model of one output, for accuracy, acc, val_accuracy and val_acc, mode auto does what mode max does. (Every fit has a
    compiled metric of that name, without `val_`, and its class is one that is better when greater, as those of accuracy are.)"""
    return agree(side_by_side(case), EVERYTHING, f"auto maximizes {case['monitor']}, as the mode=max there")


@clause(
    "reduce-lr-on-plateau/mode/auto-knows-the-metrics-of-an-output",
    level="documented", observes=RATE,
    source=f"follows from {DOCS} (mode); that of ModelCheckpoint (monitor: multi-output models set additional prefixes)",
    errors=True, related=with_the_mode_of_an_output,
)  # fmt: skip
def auto_of_an_output(case: Case) -> Expectations:
    """With several outputs, mode="auto" knows the metric after an output's name: it does with val_a_accuracy, the accuracy of
    the output a, what mode="max" does, and minimizes val_a_loss."""
    return alike(case, f"the mode is given there, as {case['monitor']} is better")


def _nothing_compiled(scenario: Scenario) -> Scenario | None:
    if _auto(scenario) is None or not any(scenario.compiled_metrics(fit) for fit in scenario.fits):
        return None
    fits = tuple(replace(fit, metrics=None) for fit in scenario.fits)
    return replace(scenario, metrics=(), fits=fits)


@clause(
    "reduce-lr-on-plateau/mode/auto-infers-from-the-name",
    level="documented", source=f"{DOCS} (mode)", observes=RATE, errors=True, related=_nothing_compiled,
)  # fmt: skip
def auto_infers_from_the_name(case: Case) -> Expectations:
    """Mode auto infers the direction from the name of the monitored quantity: the compiled metrics do not
    matter. (That they do not is an inference.)"""
    return alike(case, f"the name {case['monitor']} is the same there, where no metrics are compiled")


def _by_acc(scenario: Scenario) -> Scenario | None:
    monitor = _auto(scenario)
    return None if monitor is None else configured(scenario, mode="max" if "acc" in monitor else "min")


@clause(
    "reduce-lr-on-plateau/mode/auto-looks-for-acc-in-the-name",
    level="observed", source="observed: tf-keras 2.21.0", observes=RATE, errors=True, choices=DECIDES_BY_NAME, related=_by_acc,
)  # fmt: skip
def auto_looks_for_acc_in_the_name(case: Case) -> Expectations:
    """Mode auto maximizes what has acc in its name, and minimizes everything else."""
    return alike(case, f"the mode is given there, by whether {case['monitor']} has acc in it")


# ---------------------------------------------------------------------------------------------- auto, by the metric


def _as_compiled(scenario: Scenario) -> Scenario | None:
    mode = compiled_direction(scenario)
    return None if _auto(scenario) is None or mode is None else configured(scenario, mode=mode)


@clause(
    "reduce-lr-on-plateau/mode/auto-takes-the-direction-of-the-compiled-metric",
    level="observed", source="observed: keras 3.15.1", observes=RATE, errors=True, choices=DECIDES_BY_METRIC,
    related=lambda scenario: _as_compiled(replace(scenario, fits=scenario.fits[:1])),
)  # fmt: skip
def auto_takes_the_direction_of_the_compiled_metric(case: Case) -> Expectations:
    """In the first fit of an instance, mode auto maximizes or minimizes a compiled metric of the monitored name (without `val_`)
    as its class is; the last one that has a direction decides. It minimizes loss and val_loss where none with a direction is
    called loss. (Of Keras's classes those of errors, hinges, divergences and entropies, and Poisson, are minimized; the counts
    of true and false positives and negatives, Mean, Sum, and MeanMetricWrapper, unless it is made of a loss of Keras's, have
    no direction; the others are maximized. A string is the class of that name. A function, or an object of a loss, has none,
    unless it is a loss of Keras's, which is minimized; nor has a loss of a class of one's own, nor a metric of one, unless its
    class is derived from one that has.)"""
    here = replace(case, trace=replace(case.trace, fits=case.trace.fits[:1]))
    return alike(here, "the mode is given there, as the compiled metric has it")


def _decided_once(scenario: Scenario) -> Scenario | None:
    later = {compiled_direction(scenario, fit) for fit in range(1, len(scenario.fits))}
    return _as_compiled(scenario) if later - {compiled_direction(scenario)} else None


@clause(
    "reduce-lr-on-plateau/mode/auto-is-decided-once",
    level="observed", source="observed: keras 3.15.1", observes=RATE, errors=True, choices=DECIDES_BY_METRIC,
    related=_decided_once,
)  # fmt: skip
def auto_is_decided_once(case: Case) -> Expectations:
    """The direction that mode auto took in the first fit stays, for a model compiled with other metrics too."""
    return alike(case, "the mode is given there, as the metrics of the first fit have it")


@clause(
    "reduce-lr-on-plateau/mode/an-undecided-auto-raises",
    level="observed", source=UNDECIDED, choices=DECIDES_BY_METRIC, errors=True,
)  # fmt: skip
def auto_raises_when_undecided(case: Case) -> Expectations:
    """In mode auto, a name that is neither the loss nor that of a compiled metric with a direction raises ValueError at the
    first epoch end, whether or not the metric is in the logs."""
    if not has_numbers(case) or case["mode"] in ("min", "max") or not case.trace.fits:
        return
    if compiled_direction(case.scenario) is not None or case["monitor"] in LOG_KEYS:
        return
    first = case.trace.fits[0]
    raised = first.error
    yield case.at(0, 0).expects_that(
        raised is not None and (raised.type, raised.hook, first.epochs_run) == ("ValueError", "epoch_end", 1),
        "ValueError at the epoch's end",
        got="nothing raised" if raised is None else raised.type,
        because=f"mode={case['mode']!r} cannot decide on {case['monitor']}",
    )


# ---------------------------------------------------------------------------------------------- other modes


@clause(
    "reduce-lr-on-plateau/mode/an-unknown-mode-acts-as-auto",
    level="observed", source=OBSERVED, observes=RATE, errors=True, related=lambda scenario: _as_auto(scenario),
)  # fmt: skip
def unknown_acts_as_auto(case: Case) -> Expectations:
    """A mode that is none of auto, min and max does what auto does."""
    return alike(case, f"mode={case['mode']!r} acts as the mode=auto there")


def _as_auto(scenario: Scenario) -> Scenario | None:
    known = scenario.config.get("mode", "auto") in ("auto", "min", "max")
    return None if known else configured(scenario, mode="auto")
