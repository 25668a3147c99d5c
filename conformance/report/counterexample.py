"""A failure as a person reads it: the sentence, the scenario as a table by epoch, what was expected and why, what came."""

import json
import textwrap

from callcheck.spec.clauses.clause import Failed
from callcheck.spec.scenario import Scenario, dumps

from ..judge import Judgement
from .table import table
from .words import WIDTH, wrapped


def placed(judgement: Judgement, failure: Failed) -> str:
    """Where a clause fails, with the epoch as the tables count it: as the hooks are told, from 0."""
    if failure.fit is None:
        return ""
    beside = (judgement.related, judgement.related_trace, " of the run beside it")
    for scenario, trace, where in ((judgement.scenario, judgement.trace, ""), beside):
        if scenario is None or failure.fit >= len(scenario.fits):
            continue
        fit = scenario.fits[failure.fit]
        if failure.epoch is None:
            return f" in fit {failure.fit + 1}{where}"
        if failure.epoch < len(fit.epochs):
            begun = trace.fits[failure.fit].initial_epoch if trace and failure.fit < len(trace.fits) else None
            number = (scenario.first_epoch(fit) if begun is None else begun) + failure.epoch
            return f" in fit {failure.fit + 1}, epoch {number} (counted from 0){where}"
    return f" in fit {failure.fit + 1}"


def sentence(judgement: Judgement) -> str | None:
    """The failure behind a judgement on one line; None where there is none."""
    failure = judgement.failure
    if failure is None:
        return None
    return f"expected{placed(judgement, failure)}: {failure.expected}; because: {failure.why}; got: {failure.got}"


def describe(judgement: Judgement) -> str:
    """The counterexample behind a judgement that is not "conforms"."""
    clause = judgement.clause
    lines = [
        f"{judgement.implementation}: {judgement.verdict}: {clause.id}",
        f'  "{clause.sentence}" [{clause.level}; {clause.origin}]',
    ]
    if judgement.failure is not None:
        failure = judgement.failure
        place = placed(judgement, failure)
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
    lines = textwrap.wrap(
        text, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    try:
        same = json.loads("\n".join(lines)) == json.loads(text)
    except json.JSONDecodeError:  # a name with a space in it stood where a line ended
        same = False
    return lines if same else [f"    {text}"]
