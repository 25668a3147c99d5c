"""EarlyStopping: what it says, and where it fails. Most of these clauses look at what was rejected or raised, too."""

import math
from dataclasses import replace
from functools import partial

from ...callbacks import parameters
from ...editing import configured, each_monitored
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario, key
from ...values import Logs, Value
from ..clause import Case, Expectations, clause
from ..monitoring import UNDECIDED, chosen, compiled_direction, is_number
from .shared import BOTH, DOCUMENTATION, INFERRED, MODES, exact_sums, given_way, monitored_values, ordinary, plain
from .stream import (
    Monitored,
    improvements,
    number,
    plain_changes,
    plain_first,
    plain_start,
    positions,
    well_typed,
)

# ---------------------------------------------------------------------------------------------- what it says


@clause("early-stopping/verbose/zero-is-silent", level="documented", source=f"{DOCUMENTATION} (verbose)",
        observes=("printed",))  # fmt: skip
def silent(case: Case) -> Expectations:
    """With verbose=0 nothing is printed."""
    if case["verbose"] == 0:
        for fit, _, seen in case.fits():
            yield from _nothing_printed_in_epochs(case, fit, "verbose=0")
            yield case.at(fit).expects_that(
                not seen.printed,
                "nothing printed at the end of training",
                got=", ".join(seen.printed or ()),
                because="verbose=0",
            )


def _nothing_printed_in_epochs(case: Case, fit: int, why: str) -> Expectations:
    for epoch in case.epochs(fit):
        printed = epoch.seen.printed or ()
        yield epoch.expects_that(not printed, "nothing printed", got=", ".join(printed), because=why)


@clause(
    "early-stopping/verbose/one-tells-of-stop-and-restoration",
    level="documented",
    source=f"follows from {DOCUMENTATION} (verbose)",
    observes=("printed", "stop"),
)
def tells(case: Case) -> Expectations:
    """With verbose=1 the end of training prints that the callback stopped it, if it did, and then that weights were restored, if
    restore_best_weights asks for that and an epoch was monitored; nothing else is printed. (A finite min_delta, and no
    start_from_epoch where initial_epoch is not 0; except where somebody else stops training in the last epoch too, where the
    callback stops it in the epoch of index 0, where values are monitored but none is finite, and in a later fit that monitors
    nothing.)"""
    if case["verbose"] != 1 or not number(case["start_from_epoch"]) or not isinstance(case["monitor"], str):
        return
    for fit, _, seen in case.fits():
        last = [*case.epochs(fit)][-1]
        yield from _nothing_printed_in_epochs(case, fit, "messages come at the end of training (verbose=1)")
        values = monitored_values(case, fit)
        unclear = (
            not plain_start(case, fit)
            or last.shown.stop
            or (last.stopped and last.number == 0)
            or not math.isfinite(case["min_delta"])
            or (fit > 0 and not values)
        )
        if not unclear and (not values or any(isinstance(v, float) and math.isfinite(v) for v in values)):
            restored = bool(case["restore_best_weights"] and values)
            expected = ("early-stop",) * last.stopped + ("restored",) * restored
            yield case.at(fit).expects_that(
                seen.printed == expected,
                f"{', '.join(expected) or 'nothing'} printed at the end of training",
                got=", ".join(seen.printed or ()) or "nothing",
                because=f"{'a' if last.stopped else 'no'} stop and {'a' if restored else 'no'} restoration are to be told "
                f"(verbose=1, restore_best_weights={case['restore_best_weights']})",
            )


def _zero_or_one(scenario: Scenario) -> Scenario | None:
    verbose = scenario.config.get("verbose", 0)
    return None if not number(verbose) or verbose in (0, 1) else configured(scenario, verbose=1 if verbose > 0 else 0)


@clause("early-stopping/verbose/other-numbers-act-as-zero-or-one", level="observed", source=BOTH, errors=True,
        related=_zero_or_one)  # fmt: skip
def verbose_is_a_switch(case: Case) -> Expectations:
    """A verbose of more than 0 acts as 1, one below 0 as 0."""
    yield from case.expects_the_same(f"verbose={case['verbose']} acts as {case.beside()['verbose']}")


@clause(
    "early-stopping/monitor/warns-where-the-metric-is-missing", level="observed", source=BOTH, observes=("warned",),
    choices={"training/warnings": "given"},
)  # fmt: skip
def warns_where_missing(case: Case) -> Expectations:
    """An epoch whose logs do not have the metric warns, in the warm-up too, and where validation_freq leaves the validation
    out; no other epoch does. An undecided mode auto raises before it warns."""

    def why(logs: Logs) -> str:
        return f"the logs have {', '.join(logs) or 'nothing'}, and {case['monitor']} is monitored"

    for epoch in case.epochs():
        missing = not isinstance(case["monitor"], str) or case["monitor"] not in epoch.shown.logs
        yield epoch.expects_that(
            epoch.seen.warned == (("missing-metric",) if missing else ()),
            "one warning of a missing metric" if missing else "no warning",
            got=", ".join(epoch.seen.warned or ()) or "none",
            because=partial(why, epoch.shown.logs),
        )


@clause(
    "early-stopping/mode/warns-of-an-unknown-mode", level="observed", source=BOTH, observes=("warned",),
    choices={"training/warnings": "given"},
)  # fmt: skip
def warns_of_unknown_mode(case: Case) -> Expectations:
    """The constructor warns of a mode that is none of auto, min and max, and of nothing else."""
    expected = () if case["mode"] in (*MODES, "auto") else ("unknown-mode",)
    yield case.expects_that(
        case.trace.warned == expected,
        f"{', '.join(expected) or 'no warning'} at construction",
        got=", ".join(case.trace.warned or ()) or "none",
        because=f"mode={case['mode']!r}",
    )


@clause("early-stopping/logs/adds-nothing", level="observed", source=BOTH, observes=("logged",))
def nothing_is_added(case: Case) -> Expectations:
    """Nothing is added to the logs."""
    for epoch in case.epochs():
        logged = dict(epoch.seen.logged or {})
        yield epoch.expects_that(
            not logged, "no new keys in the logs", got=logged, because="this callback only reads them"
        )


# ---------------------------------------------------------------------------------------------- errors


Place = tuple[str, int, str, int | None]
"""An exception: its type, the fit, the hook, the absolute epoch (None at the ends of a fit)."""


def _in_words(place: Place | None) -> str:
    if place is None:
        return "no error"
    kind, fit, hook, epoch = place
    return f"{kind} from {hook} in fit {fit + 1}" + ("" if epoch is None else f", epoch index {epoch}")


def _raises(case: Case, expected: Place | None, why: str) -> Expectations:
    """A hook raises there and nowhere else. Nothing is expected of an instance that could not be made."""
    if case.trace.rejected is None:
        errors = (fit.error for fit in case.trace.fits if fit.error is not None)
        found = next(((error.type, error.fit, error.hook, error.epoch) for error in errors), None)
        yield case.expects_that(found == expected, _in_words(expected), got=_in_words(found), because=why)


def _rejection(case: Case) -> str | None:
    """What the constructor objects to, if anything: an unknown parameter, or a min_delta without an absolute value."""
    unknown = [name for name in case.scenario.config if name not in parameters("EarlyStopping")]
    if unknown:
        return f"there is no parameter {unknown[0]}"
    return None if is_number(case["min_delta"]) else f"min_delta={case['min_delta']!r} has no absolute value"


@clause("early-stopping/errors/what-the-constructor-refuses", level="observed", source=BOTH, errors=True,
        choices={"early-stopping/arguments": "start-from-epoch"})  # fmt: skip
def constructor_refuses(case: Case) -> Expectations:
    """The constructor raises TypeError for a parameter that does not exist and for a min_delta without an absolute value, such as
    None, a string or a list, and refuses nothing else. (A monitor and a mode that are strings.)"""
    if isinstance(case["monitor"], str) and isinstance(case["mode"], str):
        objection = _rejection(case)
        found = "no error" if case.trace.rejected is None else case.trace.rejected.type
        expected = "no error" if objection is None else "TypeError"
        yield case.expects_that(
            found == expected,
            f"{expected} from the constructor",
            got=found,
            because=objection or f"config={dict(case.scenario.config)} names known parameters only",
        )


@clause("early-stopping/errors/ordinary-input-never-fails", level="universal", source=INFERRED, errors=True)
def ordinary_input(case: Case) -> Expectations:
    """Nothing is refused and nothing raises with mode min or max, whole numbers for patience and verbose, and values and a
    baseline that are single numbers whose sums with min_delta are finite and in the range of float32. (Without
    start_from_epoch, and of
    parameters that the release has; in Keras up to 2.0.6, only where the metric is in every epoch's logs.)"""
    lengths = [case["min_delta"]] + [case["baseline"]] * (case["baseline"] is not None)
    if not ordinary(case) or "start_from_epoch" in case.scenario.config or _rejection(case):
        return
    if not number(case["verbose"]) or not all(map(is_number, lengths)) or not case.knows(*case.scenario.config):
        return
    values = [value for fit in case.scenario.fits for _, _, value in positions(case.scenario, fit)]
    if None in values and case.dialect["early-stopping/missing-metric"] == "warns-and-raises-type-error":
        return
    for value in (*values, *lengths[1:]):
        if isinstance(value, tuple) or (value is not None and not abs(value) + abs(case["min_delta"]) < FLOAT32_MAX):
            return
    why = f"config={dict(case.scenario.config)} is an ordinary one"
    rejected = case.trace.rejected
    got = "" if rejected is None else f"{rejected.type} from the constructor"
    yield case.expects_that(rejected is None, "no error", got=got, because=why)
    yield from _raises(case, None, f"{why}, and so are the values")


@clause("early-stopping/errors/raises-only-beyond-the-precision", level="observed", source=BOTH, errors=True,
        choices={"early-stopping/restored-when": "training-ends"})  # fmt: skip
def raises_only_beyond_the_precision(case: Case) -> Expectations:
    """With a known direction, no number raises, except where TensorFlow compares: there an epoch's end raises ValueError if it
    compares a plain number that is finite and beyond the range of float32, be it the value plus or minus min_delta, the best, or
    the baseline. (Where some value or the baseline is beyond that range, with min_delta added or subtracted, this is said only of
    a single plain fit with plain values of which the first is not. Where weights are put back in the epoch that stops training,
    TypeError is raised if none were kept: that is left out.)"""
    shown = [value for fit in case.scenario.fits for _, _, value in positions(case.scenario, fit) if value is not None]
    numbers = [value for value in (*shown, case["baseline"]) if isinstance(value, float)]
    way = given_way(case)
    if way is None or _rejection(case) or not number(case["verbose"]) or not well_typed(case):
        return
    if any(isinstance(value, tuple) for value in shown):
        return
    why = f"{case['monitor']} is compared as {chosen(case, 'precision')}"
    if all(math.isinf(value) or not abs(value) + abs(case["min_delta"]) > FLOAT32_MAX for value in numbers):
        yield from _raises(case, None, why)
    elif len(case.scenario.fits) == 1:
        prediction = plain(case, way)
        if prediction is not None:
            last = case.number(0, prediction.end)
            yield from _raises(case, ("ValueError", 0, "epoch_end", last) if prediction.raised else None, why)


@clause(
    "early-stopping/mode/an-undecided-auto-raises",
    level="observed",
    source=UNDECIDED,
    choices={"early-stopping/direction": "compiled-metric"},
    errors=True,
)
def auto_refuses(case: Case) -> Expectations:
    """In mode auto, a monitored name that is, without `val_`, neither loss nor that of a compiled metric with a direction raises
    ValueError at the end of the first epoch, even if the metric is missing or not monitored yet."""
    if case["mode"] in MODES or not isinstance(case["monitor"], str) or compiled_direction(case.scenario) is not None:
        return
    first = case.scenario.first_epoch(case.scenario.fits[0])
    compiled = [metric.name for metric in case.scenario.compiled_metrics(case.scenario.fits[0])]
    why = f"mode={case['mode']!r}, monitor={case['monitor']!r}, and compiled are {', '.join(compiled) or 'no metrics'}"
    yield from _raises(case, ("ValueError", 0, "epoch_end", first), why)


@clause(
    "early-stopping/errors/what-is-no-number-fails-where-it-is-compared",
    level="observed",
    source=BOTH,
    errors=True,
    choices={"early-stopping/restored-when": "training-ends"},
)
def numbers_are_compared(case: Case) -> Expectations:
    """A patience, a start_from_epoch or a verbose that is no number raises TypeError where it is compared: a patience at the
    first monitored epoch without an improvement, a start_from_epoch at the first epoch that carries the metric, a verbose when
    training ends and there is something to tell. (One fit without a baseline, that would be plain with numbers, and plain
    values. Where weights are put back in the epoch that stops training, it is told there: that is left out.)"""
    wrong = [name for name in ("patience", "start_from_epoch", "verbose") if not number(case[name])]
    way = given_way(case)
    if not wrong or _rejection(case) or way is None or len(case.scenario.fits) > 1:
        return
    values = [value for _, _, value in positions(case.scenario, case.scenario.fits[0]) if value is not None]
    if any(isinstance(value, tuple) or abs(value) + abs(case["min_delta"]) > FLOAT32_MAX for value in values):
        return
    why = ", ".join(f"{name}={case[name]!r}" for name in wrong)
    if wrong == ["verbose"]:
        prediction = plain(case, way)
        if prediction is not None and not prediction.raised and case["baseline"] is None:
            told = prediction.stopped or (case["restore_best_weights"] and prediction.monitored)
            yield from _raises(case, ("TypeError", 0, "fit_end", None) if told else None, why)
    elif case["baseline"] is None:
        yield from _raises_for_a_count(case, way, why)


def _raises_for_a_count(case: Case, way: str, why: str) -> Expectations:
    """The only fit raises where it compares a patience or a start_from_epoch that is no number."""
    shown = case.scenario.fits[0]
    others = next((index for index, epoch in enumerate(shown.epochs) if epoch.stop), len(shown.epochs))
    present = [
        Monitored(index=index, number=absolute, value=value)
        for index, absolute, value in positions(case.scenario, shown)
        if isinstance(value, float) and index <= others
    ]
    if not number(case["start_from_epoch"]):
        raising = present
    elif plain_start(case):
        epochs = [epoch for epoch in present if epoch.number >= case["start_from_epoch"]]
        improving = improvements(case, way, epochs)
        if improving is None or not plain_first(case, way, epochs) or not plain_changes(case, way, epochs):
            return
        raising = [epoch for epoch in epochs if epoch not in improving]
    else:
        return
    yield from _raises(case, ("TypeError", 0, "epoch_end", raising[0].number) if raising else None, why)


# ---------------------------------------------------------------------------------------------- array metrics


_RAISE_VALUE_ERROR = ("float32-tensorflow", "float32-jax", "float64")
"""Where an array of several elements is compared, these raise ValueError, PyTorch RuntimeError."""


@clause(
    "early-stopping/errors/an-array-of-several-elements-cannot-be-compared",
    level="observed",
    source=BOTH,
    choices={"early-stopping/precision": _RAISE_VALUE_ERROR},
    errors=True,
)
def arrays_fail(case: Case) -> Expectations:
    """In a first fit with mode min or max and without a baseline, a metric that is an array of several elements raises ValueError
    at once, if it is not the first value. (Otherwise a plain fit, with exact values.)"""
    yield from _arrays_raise(case, first=False)


@clause(
    "early-stopping/errors/an-array-as-the-first-value-fails-at-the-second",
    level="observed",
    source="observed: keras 3.15.1",
    choices={"early-stopping/first-value": "accepted", "early-stopping/precision": _RAISE_VALUE_ERROR},
    errors=True,
)
def first_array_fails_at_the_second(case: Case) -> Expectations:
    """In a first fit with mode min or max, a first value that is an array of several elements is accepted, and the next monitored
    epoch raises ValueError; with a baseline it raises itself. (Without a baseline: the next value is a number, or an array of as
    many elements. Otherwise a plain fit, with exact values.)"""
    yield from _arrays_raise(case, first=True)


def _arrays_raise(case: Case, first: bool) -> Expectations:
    """The first array of several elements raises where it is compared; `first`: where it is the first value."""
    scenario, start = case.scenario, case["start_from_epoch"]
    if not ordinary(case) or _rejection(case) or _elements(scenario) is None or not _element_is_number(case):
        return
    if not plain_start(case):
        return
    shown = scenario.fits[0]
    seen = [each for each in positions(scenario, shown) if each[2] is not None and each[1] >= start]
    place = next((place for place, (_, _, value) in enumerate(seen) if _length(value) > 1), None)
    if place is None or (place == 0) != first:
        return
    raising = seen[place]
    if first and case["baseline"] is None:
        # Arrays of different lengths raise something else on TensorFlow.
        if len(seen) == 1 or _length(seen[1][2]) not in (1, _length(seen[0][2])):
            return
        raising = seen[1]
    before = replace(scenario, fits=(replace(shown, epochs=shown.epochs[: raising[0]]),))
    if any(epoch.stop for epoch in before.fits[0].epochs) or (place and _ends_early(case, before)):
        return
    why = f"{case['monitor']}={seen[place][2]} in epoch index {seen[place][1]} is an array"
    yield from _raises(case, ("ValueError", 0, "epoch_end", raising[1]), why)


def _length(value: Value | None) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _ends_early(case: Case, before: Scenario) -> bool:
    """Whether the callback stops in these epochs, which hold no array of several elements, or may stop, by its dialect."""
    without = replace(case, scenario=_elements(before) or before)
    prediction = plain(without, given_way(case))
    return prediction is None or prediction.stopped or prediction.raised or case["baseline"] is not None


def _elements(scenario: Scenario) -> Scenario | None:
    """Arrays of one element as that element; None if there are no arrays at all. Large numbers are left out: only as
    numbers are they checked for their range."""
    values = [value for fit in scenario.fits for _, _, value in positions(scenario, fit) if value is not None]
    lengths = [scenario.config.get(name) for name in ("min_delta", "baseline")]
    items = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    if not any(isinstance(value, tuple) for value in values):
        return None
    if any(isinstance(item, float) and 1e38 < abs(item) < math.inf for item in (*items, *lengths)):
        return None
    return each_monitored(
        scenario, lambda _, value: value[0] if _length(value) == 1 and isinstance(value, tuple) else value
    )


def _element_is_number(case: Case) -> bool:
    """Whether it makes no difference to a comparison that an array of one element is one."""
    if chosen(case, "precision") == "float64":
        return True
    shown = [value for fit in case.scenario.fits for _, _, value in positions(case.scenario, fit) if value is not None]
    items = [item for value in shown for item in (value if isinstance(value, tuple) else (value,))]
    finite = [item for item in (*items, case["baseline"] or 0.0) if math.isfinite(item)]
    return is_number(case["min_delta"]) and exact_sums(finite, case["min_delta"])


def _no_single_elements(scenario: Scenario) -> Scenario | None:
    related = _elements(scenario)
    return None if related is None or key(related) == key(scenario) else related


@clause("early-stopping/monitor/an-array-of-one-element-is-a-number", level="observed", source=BOTH, errors=True,
        related=_no_single_elements)  # fmt: skip
def one_element(case: Case) -> Expectations:
    """A metric that is an array of one element is compared as that element. (Exact values: an array stays float64 where a number
    does not.)"""
    if _element_is_number(case):
        yield from case.expects_the_same(f"{case['monitor']} has one element")
