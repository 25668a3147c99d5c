"""EarlyStopping: what it says, and where it fails. Most of these clauses look at what was rejected or raised, too."""

import math
from collections.abc import Callable
from dataclasses import replace

from ...callbacks import parameters
from ...editing import each_monitored
from ...numbers import FLOAT32_MAX
from ...scenario import Scenario, key
from ...values import Value
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import direction, is_number
from .shared import BOTH, DOCUMENTATION, MODES, exact_sums, ordinary, same
from .stream import Monitored, number, positions, predict, ranked

# ---------------------------------------------------------------------------------------------- what it says


@clause("early-stopping/verbose/zero-is-silent", level="documented", source=f"{DOCUMENTATION} (verbose)",
        observes=("printed",))  # fmt: skip
def silent(case: Case) -> Outcome:
    """With verbose=0 nothing is printed."""
    if not number(case["verbose"]) or case["verbose"] > 0:
        return NOT_EXERCISED
    return _printed(case, lambda fit: ())


@clause(
    "early-stopping/verbose/one-tells-of-stop-and-restoration",
    level="documented",
    source=f"{DOCUMENTATION} (verbose)",
    observes=("printed",),
)
def tells(case: Case) -> Outcome:
    """With verbose=1 the end of training prints that the callback stopped it, if it did, and then that weights were
    restored, if they were; nothing else is printed."""
    predictions = predict(case)
    if not number(case["verbose"]) or not case["verbose"] > 0 or predictions is None:
        return NOT_EXERCISED
    if any(fit.raised for fit in predictions):
        return NOT_EXERCISED

    def expected(fit: int) -> tuple[str, ...]:
        prediction = predictions[fit]
        restored = case["restore_best_weights"] and prediction.best is not None
        return ("early-stop",) * prediction.stopped + ("restored",) * restored

    return _printed(case, expected)


def _printed(case: Case, expected: Callable[[int], tuple[str, ...]]) -> Outcome:
    """Whether the fits print this at their end and nothing in their epochs."""
    said = f"verbose={case['verbose']}, restore_best_weights={case['restore_best_weights']}"
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            if epoch.seen.printed:
                return Failed(
                    fit=fit,
                    epoch=epoch.index,
                    expected="nothing printed",
                    why=f"messages come at the end of training ({said})",
                    got=", ".join(epoch.seen.printed),
                )
        if seen.printed != expected(fit):
            return Failed(
                fit=fit,
                epoch=None,
                expected=f"{', '.join(expected(fit)) or 'nothing'} printed at the end of training",
                why=f"{said}, and {'a' if 'early-stop' in expected(fit) else 'no'} stop to be told",
                got=", ".join(seen.printed or ()) or "nothing",
            )
    return HELD


@clause("early-stopping/monitor/warns-where-the-metric-is-missing", level="observed", source=BOTH, observes=("warned",))
def warns_where_missing(case: Case) -> Outcome:
    """An epoch whose logs do not have the metric warns, in the warm-up too; no other epoch does."""
    for epoch in case.epochs():
        missing = not isinstance(case["monitor"], str) or case["monitor"] not in epoch.shown.logs
        expected = ("missing-metric",) if missing else ()
        if epoch.seen.warned != expected:
            return Failed(
                fit=epoch.fit,
                epoch=epoch.index,
                expected="one warning of a missing metric" if missing else "no warning",
                why=f"the logs have {', '.join(epoch.shown.logs) or 'nothing'}, and {case['monitor']} is monitored",
                got=", ".join(epoch.seen.warned or ()) or "none",
            )
    return HELD


@clause("early-stopping/mode/warns-of-an-unknown-mode", level="observed", source=BOTH, observes=("warned",))
def warns_of_unknown_mode(case: Case) -> Outcome:
    """The constructor warns of a mode that is none of auto, min and max, and of nothing else."""
    expected = () if case["mode"] in (*MODES, "auto") else ("unknown-mode",)
    if case.trace.warned == expected:
        return HELD
    return Failed(
        fit=None,
        epoch=None,
        expected=f"{', '.join(expected) or 'no warning'} at construction",
        why=f"mode={case['mode']!r}",
        got=", ".join(case.trace.warned or ()) or "none",
    )


@clause("early-stopping/logs/adds-nothing", level="observed", source=BOTH, observes=("logged",))
def nothing_is_added(case: Case) -> Outcome:
    """Nothing is added to the logs."""
    for epoch in case.epochs():
        if epoch.seen.logged:
            return Failed(
                fit=epoch.fit,
                epoch=epoch.index,
                expected="no new keys in the logs",
                why="this callback only reads them",
                got=f"{dict(epoch.seen.logged)}",
            )
    return HELD


# ---------------------------------------------------------------------------------------------- errors


Place = tuple[str, int, str, int | None]
"""An exception: its type, the fit, the hook, the absolute epoch (None at the ends of a fit)."""


def _raised(case: Case) -> Place | None:
    """Where the trace says that a hook raised."""
    for fit in case.trace.fits:
        if fit.error is not None:
            return fit.error.type, fit.error.fit, fit.error.hook, fit.error.epoch
    return None


def _in_words(place: Place | None) -> str:
    if place is None:
        return "no error"
    kind, fit, hook, epoch = place
    return f"{kind} from {hook} in fit {fit + 1}" + ("" if epoch is None else f", epoch index {epoch}")


def _raises(case: Case, expected: Place | None, why: str) -> Outcome:
    """Whether a hook raises there and nowhere else."""
    found = _raised(case)
    if found == expected:
        return HELD
    return Failed(fit=None, epoch=None, expected=_in_words(expected), why=why, got=_in_words(found))


def _rejection(case: Case) -> str | None:
    """What the constructor objects to, if anything: an unknown parameter, or a min_delta without an absolute value."""
    unknown = [name for name in case.scenario.config if name not in parameters("EarlyStopping")]
    if unknown:
        return f"there is no parameter {unknown[0]}"
    return None if is_number(case["min_delta"]) else f"min_delta={case['min_delta']!r} has no absolute value"


@clause("early-stopping/errors/what-the-constructor-refuses", level="observed", source=BOTH, errors=True)
def constructor_refuses(case: Case) -> Outcome:
    """The constructor raises TypeError for a parameter that does not exist and for min_delta=None, and refuses nothing
    else. (A metric that has a name.)"""
    if not isinstance(case["monitor"], str):
        return NOT_EXERCISED
    objection = _rejection(case)
    found = None if case.trace.rejected is None else case.trace.rejected.type
    expected = None if objection is None else "TypeError"
    if found == expected:
        return HELD
    return Failed(
        fit=None,
        epoch=None,
        expected=f"{expected or 'no error'} from the constructor",
        why=objection or f"config={dict(case.scenario.config)} names known parameters only",
        got=found or "no error",
    )


@clause("early-stopping/errors/ordinary-input-never-fails", level="universal", source=DOCUMENTATION, errors=True)
def ordinary_input(case: Case) -> Outcome:
    """With mode min or max, whole numbers for the counts, and values whose sums with min_delta are finite and in the
    range of float32, nothing is refused and nothing raises."""
    lengths = [case["min_delta"]] + [case["baseline"]] * (case["baseline"] is not None)
    if not ordinary(case) or _rejection(case) or not number(case["verbose"]) or not all(map(is_number, lengths)):
        return NOT_EXERCISED
    values = [value for fit in case.scenario.fits for _, _, value in positions(case.scenario, fit)]
    for value in (*values, *lengths[1:]):
        if isinstance(value, tuple) or (value is not None and not abs(value) + abs(case["min_delta"]) < FLOAT32_MAX):
            return NOT_EXERCISED
    why = f"config={dict(case.scenario.config)} is an ordinary one"
    if case.trace.rejected is not None:
        got = f"{case.trace.rejected.type} from the constructor"
        return Failed(fit=None, epoch=None, expected="no error", why=why, got=got)
    return _raises(case, None, f"{why}, and so are the values")


@clause(
    "early-stopping/errors/no-monitored-number-makes-training-fail",
    level="documented",
    source=f"{DOCUMENTATION} (monitor)",
    errors=True,
)
def no_number_fails(case: Case) -> Outcome:
    """No monitored number makes training fail, however large."""
    predictions = predict(case)
    if predictions is None or _rejection(case) or not number(case["verbose"]) or case.trace.rejected is not None:
        return NOT_EXERCISED
    return _raises(case, None, f"all values of {case['monitor']} are numbers")


@clause("early-stopping/errors/raises-only-beyond-the-precision", level="observed", source=BOTH, errors=True)
def raises_only_beyond_the_precision(case: Case) -> Outcome:
    """Numbers raise where the precision of the comparison refuses them, ValueError at that epoch's end, and nowhere
    else."""
    predictions = predict(case)
    if predictions is None or _rejection(case) or not number(case["verbose"]) or case.trace.rejected is not None:
        return NOT_EXERCISED
    expected: Place | None = None
    for fit, prediction in enumerate(predictions):
        if prediction.raised:
            epoch = case.scenario.first_epoch(case.scenario.fits[fit]) + prediction.end
            expected = ("ValueError", fit, "epoch_end", epoch)
    return _raises(case, expected, f"{case['monitor']} is compared as {case.dialect['early-stopping/precision']}")


@clause(
    "early-stopping/mode/an-undecided-auto-raises",
    level="documented",
    source="keras.callbacks.MonitorCallback (Raises)",
    choices={"early-stopping/direction": "compiled-metric"},
    errors=True,
)
def auto_refuses(case: Case) -> Outcome:
    """With mode="auto", a metric of which the compiled ones do not tell the direction raises ValueError at the end of
    the first epoch, even if the metric is missing or not monitored yet."""
    if not isinstance(case["monitor"], str) or _rejection(case) or case.trace.rejected is not None:
        return NOT_EXERCISED
    if direction(case) is not None:
        return NOT_EXERCISED
    first = case.scenario.first_epoch(case.scenario.fits[0])
    compiled = [metric.name for metric in case.scenario.compiled_metrics(case.scenario.fits[0])]
    why = f"mode={case['mode']!r}, monitor={case['monitor']!r}, and compiled are {', '.join(compiled) or 'no metrics'}"
    return _raises(case, ("ValueError", 0, "epoch_end", first), why)


@clause(
    "early-stopping/errors/what-is-no-number-fails-where-it-is-compared", level="observed", source=BOTH, errors=True
)
def numbers_are_compared(case: Case) -> Outcome:
    """TypeError for what is no number comes where it is compared: a patience at the first monitored epoch without
    improvement, a start_from_epoch at the first epoch that carries the metric, a verbose when training ends and there
    is something to tell."""
    wrong = [name for name in ("patience", "start_from_epoch", "verbose") if not number(case[name])]
    if not wrong or _rejection(case) or direction(case) is None or len(case.scenario.fits) > 1:
        return NOT_EXERCISED
    values = [value for _, _, value in positions(case.scenario, case.scenario.fits[0]) if value is not None]
    if any(isinstance(value, tuple) or abs(value) + abs(case["min_delta"]) > FLOAT32_MAX for value in values):
        return NOT_EXERCISED
    if wrong != ["verbose"]:
        if case["baseline"] is not None:
            return NOT_EXERCISED
        expected = _count_compared(case)
    else:
        predictions = predict(case)
        if predictions is None or predictions[0].raised:
            return NOT_EXERCISED
        told = predictions[0].stopped or (case["restore_best_weights"] and predictions[0].best is not None)
        expected = ("TypeError", 0, "fit_end", None) if told else None
    return _raises(case, expected, ", ".join(f"{name}={case[name]!r}" for name in wrong))


def _count_compared(case: Case) -> Place | None:
    """Where the only fit compares a patience or a start_from_epoch that is no number."""
    shown = case.scenario.fits[0]
    others = next((index for index, epoch in enumerate(shown.epochs) if epoch.stop), len(shown.epochs))
    present = [
        Monitored(index=index, number=absolute, value=value)
        for index, absolute, value in positions(case.scenario, shown)
        if isinstance(value, float) and index <= others
    ]
    if not number(case["start_from_epoch"]):
        return ("TypeError", 0, "epoch_end", present[0].number) if present else None
    epochs = [epoch for epoch in present if epoch.number >= case["start_from_epoch"]]
    ranking = ranked(case, [epoch.value for epoch in epochs])
    idle = [epoch for position, epoch in enumerate(epochs) if position not in ranking.improving]
    return ("TypeError", 0, "epoch_end", idle[0].number) if idle else None


# ---------------------------------------------------------------------------------------------- array metrics


@clause(
    "early-stopping/errors/an-array-of-several-elements-cannot-be-compared", level="observed", source=BOTH, errors=True
)
def arrays_fail(case: Case) -> Outcome:
    """A metric that is an array of several elements raises ValueError where it is compared: at once, or at the next
    monitored epoch if it is the first value, is accepted as it is, and there is no baseline."""
    scenario, start = case.scenario, case["start_from_epoch"]
    if not ordinary(case) or _rejection(case) or _elements(scenario) is None or not _element_is_number(case):
        return NOT_EXERCISED
    shown = scenario.fits[0]
    seen = [each for each in positions(scenario, shown) if each[2] is not None and each[1] >= start]
    first = next((place for place, (_, _, value) in enumerate(seen) if _length(value) > 1), None)
    if first is None:
        return NOT_EXERCISED
    if first == 0 and case.dialect["early-stopping/first-value"] == "accepted" and case["baseline"] is None:
        # Arrays of different lengths raise something else on TensorFlow.
        if len(seen) == 1 or _length(seen[1][2]) not in (1, _length(seen[0][2])):
            return NOT_EXERCISED
        raising = seen[1]
    else:
        raising = seen[first]
    before = replace(scenario, fits=(replace(shown, epochs=shown.epochs[: raising[0]]),))
    if any(epoch.stop for epoch in before.fits[0].epochs) or (first and _ends_early(case, before)):
        return NOT_EXERCISED
    why = f"{case['monitor']}={seen[first][2]} in epoch index {seen[first][1]} is an array"
    return _raises(case, ("ValueError", 0, "epoch_end", raising[1]), why)


def _length(value: Value | None) -> int:
    return len(value) if isinstance(value, tuple) else 1


def _ends_early(case: Case, before: Scenario) -> bool:
    """Whether the callback stops in these epochs, which hold no array of several elements."""
    predictions = predict(replace(case, scenario=_elements(before) or before))
    return predictions is None or predictions[0].stopped or predictions[0].raised


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
    if case.dialect["early-stopping/precision"] == "float64":
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
def one_element(case: Case) -> Outcome:
    """A metric that is an array of one element is compared as that element. (Values and sums that float32 can tell: an array
    stays float64 where a number does not.)"""
    if not _element_is_number(case):
        return NOT_EXERCISED
    return same(case, f"{case['monitor']} has one element")
