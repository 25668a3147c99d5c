"""A scenario by epoch, with what was seen of it and why: as rows, and as lines of text. Standard library only.

Epochs have the numbers that hooks are told, from 0. Of several callbacks each has the number of its place in the list, from 1.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from callcheck.reference.replay import Decision
from callcheck.spec.files import PATH_LIKE, RELATIVE
from callcheck.spec.metrics import Metric
from callcheck.spec.reading import printable, shown
from callcheck.spec.scenario import Configured, Epoch, Fit, Other, Scenario
from callcheck.spec.trace import (
    BatchTrace,
    CallbackInEpoch,
    CallbackInFit,
    EpochTrace,
    FitTrace,
    Raised,
    Save,
    SideEffects,
    Trace,
)
from callcheck.spec.values import CELLS, ArrayNumber, Logs, Rate, ScheduledRate, Tensor, Value, number_to_json
from callcheck.spec.weights import Weights

from .words import LONGEST, one_line


def _show(value: Value) -> str:
    """A value of a metric as Python writes what the callback is given."""
    if isinstance(value, Tensor):
        return f"tensor({_numbers(value)})"
    if isinstance(value, tuple):
        return f"np.array({_numbers(value)})"
    return f"np.array({number_to_json(float(value))})" if isinstance(value, ArrayNumber) else _plain(value)


def _numbers(values: Iterable[float]) -> str:
    return "[" + ", ".join(str(number_to_json(value)) for value in values) + "]"


def _plain(value: Any) -> str:
    return str(value if value is None or isinstance(value, bool) else number_to_json(value))


def _show_metrics(logs: Logs) -> str:
    return " ".join(f"{printable(name)}={_show(value)}" for name, value in logs.items())


def _show_added(logs: Logs) -> str:
    """What was added to logs, by its name."""
    return "{" + ", ".join(f"{name!r}: {_show(value)}" for name, value in logs.items()) + "}"


def _show_logs(epoch: Epoch) -> str:
    logs = _show_metrics(epoch.logs) or "(empty)"
    if epoch.batches is not None:
        batches = "; ".join(_show_metrics(batch) or "(empty)" for batch in epoch.batches)
        logs += f"  batches: {batches}"
    if epoch.validations:
        within = "; ".join(_show_metrics(each) or "(empty)" for each in epoch.validations)
        logs += f"  validations before its end: {within}"
    return logs + ("  (stop set)" if epoch.stop else "") + "".join(f"  ({_show_other(act)})" for act in epoch.others)


def _show_other(act: Other) -> str:
    """What somebody else does, and where."""
    done = ["sets the stop flag"] if act.stop else []
    done += [] if act.learning_rate is None else [f"sets the rate to {_show_rate(act.learning_rate)}"]
    done += [] if act.weights is None else [f"sets the weights to {act.weights}"]
    done += [] if act.raises is None else [f"raises {act.raises}"]
    where = act.hook + ("" if act.batch is None else f" of batch {act.batch}")
    where += "" if act.before is None else f" before callback {act.before + 1}"
    return f"{where}: somebody {' and '.join(done)}" + ("" if act.after is None else f" after callback {act.after + 1}")


def _show_rate(rate: Rate) -> str:
    if isinstance(rate, Mapping):
        return " ".join(f"{name}:{number_to_json(each)}" for name, each in rate.items())
    if isinstance(rate, ScheduledRate):
        return f"{number_to_json(float(rate))} (a LearningRateSchedule)"
    return "none" if rate is None else str(number_to_json(rate))


def _show_weights(weights: Weights, fit: int) -> str:
    """Whose weights they are, or whose average."""
    which = "average" if weights.averaged else "weights"
    if weights.epoch == -1:
        return f"{which} it began with, untrained" if fit == 0 else f"{which} the fit began with"
    return f"{which} of epoch {weights.epoch}" + ("" if weights.fit is None else f" of fit {weights.fit + 1}")


def _show_save(save: Save, fit: int) -> str:
    content = {None: "", "model": ", the whole model", "weights": ", the weights alone"}[save.content]
    weights = "" if save.weights is None else f" ({_show_weights(save.weights, fit)})"
    batch = "" if save.batch is None else f" at the end of batch {save.batch}"
    return (printable(save.path) or "''") + batch + content + weights


def _show_epoch(seen: EpochTrace, fit: int, hide: Collection[str]) -> tuple[str, ...]:
    parts = []
    if seen.stop:
        parts.append("stop")
    if "rates" not in hide and seen.learning_rate is not None:
        parts.append(f"lr={_show_rate(seen.learning_rate)}")
    done: Sequence[EpochTrace | CallbackInEpoch] = seen.callbacks or (seen,)
    for number, each in enumerate(done, 1):
        parts += _of(number, seen.callbacks, _show_done(each, fit, hide))
    parts += [_show_batch(batch) for batch in seen.batches or ()]
    saved = {save.path for each in done for save in each.saved or ()}
    parts += [f"new file {file}" for file in seen.files or () if file not in saved]
    parts += [f"file gone: {file}" for file in seen.gone or ()]
    parts += _show_held(seen, fit)
    return tuple(parts)


_HELD = {"epoch_begin": "trained from", "evaluation": "evaluated with", "epoch_end": "ends with"}
"""What is done with the weights that a model holds at each of a trace's MOMENTS."""


def _show_held(seen: EpochTrace, fit: int) -> Iterator[str]:
    """Whose weights a model holds that keeps an average."""
    for moment, weights in (seen.held or {}).items():
        yield f"{_HELD[moment]} the {'weights of no epoch' if weights is None else _show_weights(weights, fit)}"


def _of(number: int, several: object, parts: Iterable[str]) -> Iterator[str]:
    """What was seen of a callback, with its number if there are several."""
    return (f"{number}: {part}" if several else part for part in parts)


def _show_done(seen: EpochTrace | CallbackInEpoch, fit: int, hide: Collection[str]) -> Iterator[str]:
    """What one callback did in an epoch."""
    yield from (f"saved {_show_save(save, fit)}" for save in seen.saved or ())
    yield from (f"warned {kind}" for kind in seen.warned or ())
    yield from (f"printed {kind}" for kind in seen.printed or ())
    if seen.logged and "logged" not in hide:
        yield f"logged {_show_added(seen.logged)}"
    if seen.removed:
        yield f"removed {', '.join(seen.removed)}"
    yield from (f"weights set at {hook}" for hook in seen.weights_set or ())
    yield from show_side_effects(seen.side_effects)
    for what, number in (seen.counts or {}).items():
        if (what, number) != ("schedule calls", 1):  # as in every epoch of what is right
            yield f"{printable(what)}: {number}"


def show_side_effects(effects: SideEffects | None) -> Iterator[str]:
    yield from (f"{printable(name)} changed at {', '.join(hooks)}" for name, hooks in (effects or {}).items())


def _show_batch(batch: BatchTrace) -> str:
    done = [f"logged {_show_added(batch.logged)}"] if batch.logged else []
    done += [f"removed {', '.join(batch.removed)}"] if batch.removed else []
    whose = "" if batch.callback is None else f"{batch.callback + 1}: "
    return f"{whose}at the end of batch {batch.batch} {' and '.join(done)}"


def reasons(why: Sequence[Decision]) -> Mapping[tuple[int, int | None], list[Decision]]:
    """The decisions by fit and absolute epoch; by None for those at the end of the fit."""
    found: dict[tuple[int, int | None], list[Decision]] = defaultdict(list)
    for each in why:
        if each.hook != "fit_begin":
            found[each.fit, None if each.hook == "fit_end" else each.epoch].append(each)
    return found


def remembered(trace: Trace, fit: int, position: int) -> str:
    """What the callback remembers after an epoch, where it shows that: best, wait, the cooldown."""
    states = (_state(each.internal, fit, position) for each in trace.callbacks or (trace,))
    return "; ".join(f"{number}: {said}" if trace.callbacks else said for number, said in enumerate(states, 1) if said)


def _state(internal: Mapping[str, Any], fit: int, position: int) -> str:
    parts = []
    for name, fits in internal.items():
        if fit < len(fits) and 0 <= position < len(fits[fit]):
            value = fits[fit][position]
            parts.append(f"{name}={_show(value) if isinstance(value, float | tuple) else value}")
    return " ".join(parts)


def _argument(name: str, value: Any) -> str:
    """An argument as Python writes it; a schedule as the function that it is."""
    if name == "schedule" and isinstance(value, Mapping):
        return _schedule(value)
    if name == "filepath" and isinstance(value, Mapping):
        path = value.get(PATH_LIKE)
        return f"{shown(value.get(RELATIVE), LONGEST)} (relative)" if path is None else f"Path({shown(path, LONGEST)})"
    return shown(value, LONGEST)


def _schedule(description: Mapping[str, Any]) -> str:
    table, accepts = description.get("table"), description.get("accepts")
    rate = f"lr * {description.get('scale')!r}" if table is None else f"{shown(table, LONGEST)}[epoch]"
    returns = description.get("returns")
    known = {
        None: "{}",
        "none": "None",
        "array": "np.array([{}])",
        "array-0d": "np.array({})",
        "float32": "np.float32({})",
    }
    made = known.get(returns, f"{returns}({{}})").format(rate)
    taken = "lambda epoch: {}" if accepts == "epoch" else "lambda epoch, lr: {}"
    return taken.format(made) + (" (for an int and a float alone)" if accepts == "int-and-float" else "")


def _call(configured: Configured) -> str:
    config = ", ".join(f"{printable(name)}={_argument(name, value)}" for name, value in configured.config.items())
    return f"{configured.callback}({config})"


def _show_compiled(metrics: Sequence[Metric]) -> str:
    said = (f"{metric.cls} as {metric.name}" + (f" of {metric.output}" if metric.output else "") for metric in metrics)
    return ", ".join(said) or "no metrics"


def _show_average(scenario: Scenario) -> str:
    frequency = scenario.ema_overwrite_frequency
    return "use_ema=True" + ("" if frequency is None else f", ema_overwrite_frequency={frequency}")


def heading(scenario: Scenario) -> list[str]:
    """The callback with its configuration, or the names of several and then each of them, a line each; then what is around, where
    that is not as usual."""
    listed = [_call(each) for each in scenario.configured()]
    if scenario.callbacks:
        first = " + ".join(each.callback for each in scenario.callbacks)
        listed = [first, *(f"{number}. {call}" for number, call in enumerate(listed, 1))]
    around: list[tuple[str, Any]] = [
        ("learning_rate", _show_rate(scenario.learning_rate) if scenario.learning_rate != 1.0 else None),
        ("steps_per_execution", scenario.steps_per_execution if scenario.steps_per_execution != 1 else None),
        ("initial_epoch", scenario.initial_epoch or None),
        ("outputs", ", ".join(map(printable, scenario.outputs)) or None),
        ("optimizer", _show_average(scenario) if scenario.use_ema else None),
        ("metrics", _show_compiled(scenario.metrics) if scenario.metrics else None),
        ("there before", ", ".join(map(printable, scenario.existing)) or None),
    ]
    return [*listed, *(f"{name}: {value}" for name, value in around if value is not None)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a table: the fit, the epoch's place in it and its absolute number, its place `at` among those that were run, what
    was shown, and what was seen, in parts. At the end of a fit there is no epoch."""

    fit: int
    position: int | None = None
    number: int | None = None
    at: int = -1
    shown: str = ""
    seen: tuple[str, ...] | None = None


def rows(
    scenario: Scenario,
    trace: Trace | None,
    *,
    hide: Collection[str] = (),
    steps: bool = False,
    attributes: bool = False,
) -> Iterator[Row]:
    """The scenario by epoch, and what was seen at the end of each fit. `hide`: of rates, logged (what is added to an epoch's
    logs), messages (of errors), and last (weights: those of the last epoch). `steps`: how many the optimizer has made, too;
    `attributes`: and what the callbacks' own attributes hold."""
    for index, fit in enumerate(scenario.fits):
        seen = trace.fits[index] if trace is not None and index < len(trace.fits) else None
        first = scenario.first_epoch(fit)
        begun = first if seen is None or seen.initial_epoch is None else seen.initial_epoch
        for position, epoch in enumerate(fit.epochs):
            number = first + position
            happened, at = None, number - begun
            if seen is not None:
                run = 0 <= at < len(seen.epochs)
                happened = _show_epoch(seen.epochs[at], index, hide) if run else ("(not run)",)
            yield Row(fit=index, position=position, number=number, at=at, shown=_show_logs(epoch), seen=happened)
        if seen is not None:
            if seen.error is not None:
                message = "" if "messages" in hide else f": {seen.error.message}"
                message = message if seen.error.message.strip() else " without a message"
                yield Row(fit=index, seen=(f"{_who(seen.error)} raised {seen.error.type}{message}",))
            last = Weights(epoch=begun + len(seen.epochs) - 1)
            weights = None if "last" in hide and seen.weights == last else seen.weights
            holds = () if weights is None else (f"the model holds the {_show_weights(weights, index)}",)
            ends: Sequence[FitTrace | CallbackInFit] = seen.callbacks or (seen,)
            said = [part for number, each in enumerate(ends, 1) for part in _of(number, seen.callbacks, _said(each))]
            if attributes:
                held = (_show_attributes(each, index) for each in ends)
                said += [part for number, each in enumerate(held, 1) for part in _of(number, seen.callbacks, each)]
            changes = (("new files", seen.files), ("files gone", seen.gone))
            files = tuple(f"{what} around it: {', '.join(names)}" for what, names in changes if names)
            made = (_show_steps(seen.optimizer_steps),) if steps and seen.optimizer_steps else ()
            if holds or said or files or made:
                yield Row(fit=index, shown="after training", seen=(*holds, *made, *said, *files))


def _show_steps(number: int) -> str:
    return f"{number} step{'s' * (number != 1)} of the optimizer, in all"


def _said(seen: FitTrace | CallbackInFit) -> Iterator[str]:
    """What one callback said in the hooks around the epochs."""
    yield from (f"printed {kind}" for kind in seen.printed or ())
    yield from (f"warned {kind}" for kind in seen.warned or ())
    yield from show_side_effects(seen.side_effects)
    for piece in seen.recorded or ():
        yield f"recorded {json.dumps(CELLS.write(piece), ensure_ascii=False)}"


def _show_attributes(seen: FitTrace | CallbackInFit, fit: int) -> Iterator[str]:
    """What the public attributes hold, and where they are not as they have to be, the model and its history."""
    for name, value in (seen.attributes or {}).items():
        if isinstance(value, Weights):
            yield f"{name}: the {_show_weights(value, fit)}"
        elif not name.startswith("model"):
            yield f"{name}={_show(value) if isinstance(value, float | tuple) else value}"
        elif value is not True:
            yield f"{name} is another one"


def _who(error: Raised) -> str:
    """Who raised it, and in which hook."""
    if error.by == "other":
        return f"in {error.hook} somebody else"
    return error.hook if error.callback is None else f"{error.callback + 1}: {error.hook}"


def in_order(place: tuple[int, int | None, str]) -> tuple[int, bool, int, bool]:
    """Where a row stands among others, by its fit, position and what was shown: an error comes before what is left after it."""
    fit, position, shown = place
    return fit, position is None, position or 0, bool(shown)


def table(
    scenario: Scenario,
    trace: Trace | None,
    why: Sequence[Decision] = (),
    *,
    steps: bool = False,
    attributes: bool = False,
) -> list[str]:
    """The scenario by epoch: the absolute epoch, what was shown, what was seen of it, the state in which the callback is then (as
    it remembers it: what its public attributes hold may be of another type), and why, where the reasons are given. `steps`:
    how many the optimizer has made, too; `attributes`: and what they hold."""
    first, *around = heading(scenario)
    lines = [first, *(f"  {line}" for line in around)]
    decided = reasons(why)
    if trace is not None and trace.rejected is not None:
        # no fit was run, so there is nothing to tell of any
        return [printable(line) for line in (*lines, f"  rejected: {trace.rejected.type}: {trace.rejected.message}")]
    if trace is not None and trace.warned:
        lines.append(f"  the constructor: {', '.join(f'warned {kind}' for kind in trace.warned)}")
    for fit, of_fit in groupby(rows(scenario, trace, steps=steps, attributes=attributes), key=lambda row: row.fit):
        lines.append(f"  fit {fit + 1}{begun(scenario.fits[fit])}")
        for row in of_fit:
            if row.position is None:
                lines.append("    " + f"{row.shown}: " * bool(row.shown) + "; ".join(row.seen or ()))
                continue
            happened = "" if row.seen is None else ", ".join(row.seen) or "-"
            if state := remembered(trace, fit, row.at) if trace is not None else "":
                happened += f"; state: {state}"
            lines.append(f"    epoch {row.number:<3} {row.shown:<40} {happened}")
            lines += (_reason(each, scenario) for each in decided.get((fit, row.number), ()))
        lines += (_reason(each, scenario) for each in decided.get((fit, None), ()))
    return [*map(one_line, lines)]


def begun(fit: Fit) -> str:
    """How a fit begins, where that is not as usual, to be said behind its number."""
    return "".join(f", {part}" for part in ways_to_begin(fit))


def ways_to_begin(fit: Fit) -> Iterator[str]:
    """What is not as usual when a fit begins."""
    if fit.learning_rate is not None:
        yield f"learning rate {_show_rate(fit.learning_rate)}"
    if fit.metrics is not None:
        yield f"compiled with {_show_compiled(fit.metrics)}"
    if fit.instances != "same":
        yield f"{fit.instances} instances"
    for path in fit.damaged:
        yield f"{printable(path)} cut to nothing"
    if fit.resume is not None and fit.resume.load == "nothing":
        yield "a fresh model"
    elif fit.resume is not None:
        what = {"model": "", "weights": "weights in ", "weights-unbuilt": "weights in an unbuilt optimizer's model, "}
        yield f"resumed from {what[fit.resume.load]}{printable(fit.resume.path)}"
    if fit.initial_epoch is not None:
        yield f"initial_epoch={fit.initial_epoch}"
    for act in fit.others:
        yield f"in {_show_other(act)}"


def whose(scenario: Scenario, decision: Decision) -> str:
    """Of several callbacks the number of the one that decided, to be put in front."""
    return f"{decision.callback + 1}: " if scenario.callbacks else ""


def _reason(decision: Decision, scenario: Scenario) -> str:
    return f"              {whose(scenario, decision)}{decision.sentence} [{decision.rule}]"
