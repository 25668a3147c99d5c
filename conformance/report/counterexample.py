"""A failure as a person reads it: the sentence, the scenario as a table by epoch, what was expected and why, what came."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from callcheck.reference.replay import Decision
from callcheck.spec.clauses.clause import Failed
from callcheck.spec.scenario import Epoch, Scenario, dumps
from callcheck.spec.trace import BatchTrace, EpochTrace, Save, Trace, Weights
from callcheck.spec.values import Rate, Value, logs_to_json, number_to_json, value_to_json

from ..judge import Judgement
from .words import printable, wrapped


def _show(value: Value) -> str:
    shown = value_to_json(value)
    return str(shown) if not isinstance(shown, list) else "[" + " ".join(str(item) for item in shown) + "]"


def _show_logs(epoch: Epoch) -> str:
    logs = " ".join(f"{name}={_show(value)}" for name, value in epoch.logs.items()) or "(empty)"
    if epoch.batches is not None:
        batches = "; ".join(
            " ".join(f"{name}={_show(value)}" for name, value in batch.items()) for batch in epoch.batches
        )
        logs += f"  batches: {batches}"
    return logs + ("  (stop set)" if epoch.stop else "")


def _show_rate(rate: Rate) -> str:
    if isinstance(rate, Mapping):
        return " ".join(f"{name}:{number_to_json(each)}" for name, each in rate.items())
    return "none" if rate is None else str(number_to_json(rate))


def _show_weights(weights: Weights, fit: int) -> str:
    """Whose weights they are, said after "the weights"."""
    if weights.epoch == -1:
        return "it began with, untrained" if fit == 0 else "the fit began with"
    return f"of epoch {weights.epoch}" + ("" if weights.fit is None else f" of fit {weights.fit + 1}")


def _show_save(save: Save, fit: int) -> str:
    return save.path + ("" if save.weights is None else f" (weights {_show_weights(save.weights, fit)})")


def _show_epoch(seen: EpochTrace, fit: int) -> str:
    parts = []
    if seen.stop:
        parts.append("stop")
    if seen.learning_rate is not None:
        parts.append(f"lr={_show_rate(seen.learning_rate)}")
    parts += [f"saved {_show_save(save, fit)}" for save in seen.saved or ()]
    parts += [f"warned {kind}" for kind in seen.warned or ()]
    parts += [f"printed {kind}" for kind in seen.printed or ()]
    if seen.logged:
        parts.append(f"logged {logs_to_json(seen.logged)}")
    if seen.removed:
        parts.append(f"removed {', '.join(seen.removed)}")
    parts += [_show_batch(batch) for batch in seen.batches or ()]
    saved = {save.path for save in seen.saved or ()}
    parts += [f"new file {file}" for file in seen.files or () if file not in saved]
    parts += [f"weights set at {hook}" for hook in seen.weights_set or ()]
    return ", ".join(parts) or "-"


def _show_batch(batch: BatchTrace) -> str:
    done = [f"logged {logs_to_json(batch.logged)}"] if batch.logged else []
    done += [f"removed {', '.join(batch.removed)}"] if batch.removed else []
    return f"at the end of batch {batch.batch} {' and '.join(done)}"


def _by_place(why: Sequence[Decision]) -> Mapping[tuple[int, int | None], list[str]]:
    """The reasons, a line each, by fit and epoch; by None for those at the end of the fit."""
    lines: dict[tuple[int, int | None], list[str]] = defaultdict(list)
    for each in why:
        if each.hook != "fit_begin":
            line = f"              {each.sentence} [{each.rule}]"
            lines[each.fit, None if each.hook == "fit_end" else each.epoch].append(line)
    return lines


def _show_state(trace: Trace, fit: int, position: int) -> str:
    """What the callback remembers after an epoch, where it shows that: best, wait, the cooldown."""
    parts = []
    for name, fits in trace.internal.items():
        if fit < len(fits) and position < len(fits[fit]):
            value = fits[fit][position]
            parts.append(f"{name}={_show(value) if isinstance(value, float | tuple) else value}")
    return " ".join(parts)


def table(scenario: Scenario, trace: Trace | None, why: Sequence[Decision] = ()) -> list[str]:
    """The scenario by epoch: the absolute epoch, what was shown, what was seen of it, what the callback remembers, and why it
    did that, where the reasons are given."""
    lines = []
    reasons = _by_place(why)
    config = ", ".join(f"{name}={value!r}" for name, value in scenario.config.items())
    lines.append(f"{scenario.callback}({config})")
    around: list[tuple[str, Any]] = [
        ("learning_rate", _show_rate(scenario.learning_rate) if scenario.learning_rate != 1.0 else None),
        ("steps_per_execution", scenario.steps_per_execution if scenario.steps_per_execution != 1 else None),
        ("metrics", ", ".join(f"{metric.cls} as {metric.name}" for metric in scenario.metrics) or None),
        ("there before", ", ".join(scenario.existing) or None),
    ]
    lines += [f"  {name}: {value}" for name, value in around if value is not None]
    if trace is not None and trace.rejected is not None:
        lines.append(f"  rejected: {trace.rejected.type}: {trace.rejected.message}")
    for index, fit in enumerate(scenario.fits):
        lines.append(
            f"  fit {index + 1}"
            + ("" if fit.learning_rate is None else f", learning rate {_show_rate(fit.learning_rate)}")
        )
        seen = trace.fits[index] if trace is not None and index < len(trace.fits) else None
        for position, epoch in enumerate(fit.epochs):
            number = scenario.first_epoch(fit) + position
            happened = ""
            if seen is not None:
                happened = _show_epoch(seen.epochs[position], index) if position < len(seen.epochs) else "(not run)"
                if state := _show_state(trace, index, position) if trace is not None else "":
                    happened += f"; {state}"
            lines.append(f"    epoch {number:<3} {_show_logs(epoch):<40} {happened}")
            lines += reasons.get((index, number), ())
        if seen is not None:
            if seen.error is not None:
                lines.append(f"    {seen.error.hook} raised {seen.error.type}: {seen.error.message}")
            holds = (
                None if seen.weights is None else f"the model holds the weights {_show_weights(seen.weights, index)}"
            )
            printed = f"printed {', '.join(seen.printed)}" if seen.printed else None
            files = f"new files around it: {', '.join(seen.files)}" if seen.files else None
            ending = "; ".join(part for part in (holds, printed, files) if part)
            if ending:
                lines.append(f"    after training: {ending}")
            lines += reasons.get((index, None), ())
    return [printable(line) for line in lines]


def _place(judgement: Judgement, failure: Failed) -> str:
    """Where a clause fails, with the epoch as the tables count it: as the hooks are told, from 0."""
    if failure.fit is None:
        return ""
    for scenario, where in ((judgement.scenario, ""), (judgement.related, " of the run beside it")):
        if scenario is None or failure.fit >= len(scenario.fits):
            continue
        fit = scenario.fits[failure.fit]
        if failure.epoch is None:
            return f" in fit {failure.fit + 1}{where}"
        if failure.epoch < len(fit.epochs):
            number = scenario.first_epoch(fit) + failure.epoch
            return f" in fit {failure.fit + 1}, epoch {number} (counted from 0){where}"
    return f" in fit {failure.fit + 1}"


def sentence(judgement: Judgement) -> str | None:
    """The failure behind a judgement on one line; None where there is none."""
    failure = judgement.failure
    if failure is None:
        return None
    return f"expected{_place(judgement, failure)}: {failure.expected}; because: {failure.why}; got: {failure.got}"


def describe(judgement: Judgement) -> str:
    """The counterexample behind a judgement that is not "conforms"."""
    clause = judgement.clause
    lines = [
        f"{judgement.implementation}: {judgement.verdict}: {clause.id}",
        f'  "{clause.sentence}" [{clause.level}; {clause.source}]',
    ]
    if judgement.failure is not None:
        failure = judgement.failure
        place = _place(judgement, failure)
        lines += [f"  expected{place}: {failure.expected}", f"  because: {failure.why}", f"  got: {failure.got}"]
    if judgement.reason is not None:
        lines.append(f"  {judgement.reason}")
    lines = [part for line in lines for part in wrapped(line)]
    if judgement.scenario is not None:
        lines += _indented(table(judgement.scenario, judgement.trace))
    if judgement.related is not None and judgement.related != judgement.scenario:
        lines.append("  the run beside it, with which it is compared:")
        lines += _indented(table(judgement.related, judgement.related_trace))
    if judgement.scenario is not None:
        lines += ["  replay with `callcheck trace -`:", *replayable(judgement.scenario)]
    return "\n".join(lines)


def _indented(table: list[str]) -> list[str]:
    return [part for line in table for part in wrapped(line, "  ", " " * 8)]


def replayable(scenario: Scenario) -> list[str]:
    """The scenario as JSON for `callcheck trace`, in lines that may be pasted as they are."""
    text = dumps(scenario)
    lines = wrapped(text, "    ", "")
    try:
        same = json.loads("\n".join(lines)) == json.loads(text)
    except json.JSONDecodeError:  # a name with a space in it stood where a line ended
        same = False
    return lines if same else [f"    {text}"]
