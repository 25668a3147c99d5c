"""In what a subject departs from the reference where a rule fails: what groups failures by their cause.

Rules
- It departs in the field of a trace by which the failure goes away, once what the reference predicts is put in its place: what
  departs beside it, and perhaps everywhere, says nothing. Together with it goes the rule by which the reference decided there.
- What is raised where nothing should be, and the other way round, comes before all else: the rest follows from it. In place of
  a rule stands its type, where the reference raises nothing.
- A failure that stays where the whole trace is put in place is not the subject's: the reference, in that dialect, fails as well,
  by one of its choices.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from callcheck.reference.replay import Decision, explain, replay
from callcheck.spec.clauses.clause import Case, Clause, Failed
from callcheck.spec.dialect import Dialect
from callcheck.spec.difference import Difference, difference
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result, Trace

from .derivation import governing
from .rules import Rule

Departure = tuple[str, str]
"""The field of a trace that is another one than predicted, and the rule by which the reference decided there."""
THE_DIALECTS = "the dialect's"
"""In place of a field: the reference fails, too."""
APART = (
    ("gone",), ("side_effects",), ("logged",), ("warned",), ("printed",), ("changed", "removed"), ("recorded",), ("counts",),
    ("attributes",), ("files",), ("batches",), ("weights_set",), ("weights_at_begin",), ("optimizer_steps",),
    ("learning_rate", "learning_rate_in_epoch"), ("saved",), ("weights",),
)  # fmt: skip
"""The fields that can be put right by themselves, those that say least first. All else has consequences."""
BESIDE = ("gone", "side_effects")
"""Fields of a trace in which nothing is seen of any callback that keeps to its work, so that no rule decides there."""


def departs(rule: Rule, case: Case, dialect: Dialect) -> Departure | None:
    """In what the subject departs where the rule fails on the case; None where it does not depart."""
    trace, decisions = explain(case.scenario, dialect, optional=True)
    other, beside = (
        (Trace(), ()) if case.other_scenario is None else explain(case.other_scenario, dialect, optional=True)
    )
    if not isinstance(trace, Trace) or not isinstance(other, Trace):
        return None
    runs = [(case.scenario, case.trace, trace, decisions)]
    if isinstance(rule, Clause):
        if isinstance(rule.judge(replace(case, trace=trace, other=other)), Failed):
            return THE_DIALECTS, _choice(rule, case, dialect)
        if case.other_scenario is not None:
            runs.append((case.other_scenario, case.other, other, beside))
        for mended, (scenario, seen, predicted, why) in zip(
            (replace(case, trace=trace), replace(case, other=other)), runs, strict=False
        ):
            ends = _raised(seen)
            if ends != _raised(predicted) and not isinstance(rule.judge(mended), Failed):
                found = difference(predicted, seen)
                return ends[0] if ends or found is None else ("error", _decided(scenario, predicted, found, why))
        does_otherwise = any(difference(predicted, seen, attributes=False) for _, seen, predicted, _ in runs)
        for names in APART:
            if does_otherwise and names == ("attributes",):
                continue  # what they say follows from what was done
            mended = replace(case, trace=_with(case.trace, trace, names), other=_with(case.other, other, names))
            if isinstance(rule.judge(mended), Failed):
                continue
            for scenario, seen, predicted, why in runs:
                found = difference(predicted, _with(predicted, seen, names))
                if found is not None:
                    return names[0], "" if names[0] in BESIDE else _decided(scenario, predicted, found, why)
    for scenario, seen, predicted, why in runs:
        found = difference(predicted, seen)
        if found is not None:
            field = re.split(r"[.\[]", found.field)[0]
            return field, "" if field in BESIDE else _decided(scenario, predicted, found, why)
    return None


def _choice(rule: Clause, case: Case, dialect: Dialect) -> str:
    """The choice of the dialect by which the reference fails, too; empty where no single one explains it."""
    for choice in governing(case.scenario.about):
        if dialect[choice] == case.dialect[choice]:
            continue
        turned = dialect.replace("turned", **{choice: case.dialect[choice]})
        trace = replay(case.scenario, turned)
        other = Trace() if case.other_scenario is None else replay(case.other_scenario, turned)
        if not isinstance(trace, Trace) or not isinstance(other, Trace):
            continue
        if not isinstance(rule.judge(replace(case, trace=trace, other=other)), Failed):
            return choice
    return ""


def _raised(trace: Trace) -> list[Departure]:
    """What was refused or raised, by its type."""
    refused = [] if trace.rejected is None else [("rejected", trace.rejected.type)]
    return refused + [("error", fit.error.type) for fit in trace.fits if fit.error is not None]


def distance(seen: Trace, predicted: Result) -> int:
    """In how many of its parts a trace is another one than predicted; where none is, in all."""
    if not isinstance(predicted, Trace):
        return 2 * len(APART)
    apart = sum(difference(predicted, _with(predicted, seen, names)) is not None for names in APART)
    mended = _with(seen, predicted, tuple(name for names in APART for name in names))
    return apart + len(APART) * (difference(predicted, mended) is not None)


def _with(trace: Trace, taken: Trace, names: Sequence[str]) -> Trace:
    """The trace with these fields as they are in the other one, as far as both were run."""
    own = tuple(name for name in names if name == "warned")  # of the constructor
    fits = [
        replace(_taken(fit, other, names), epochs=tuple(_each(fit.epochs, other.epochs, names)))
        for fit, other in zip(trace.fits, taken.fits, strict=False)
    ]
    made: Trace = replace(_taken(trace, taken, own), fits=(*fits, *trace.fits[len(fits) :]))
    return made


def _each(records: Sequence[Any], others: Sequence[Any], names: Sequence[str]) -> Iterator[Any]:
    for index, record in enumerate(records):
        yield _taken(record, others[index], names) if index < len(others) else record


def _taken(record: Any, other: Any, names: Sequence[str]) -> Any:
    """The record with these fields of the other one; of several callbacks those of each."""
    has = {field.name for field in fields(record)}
    taken = replace(record, **{name: getattr(other, name) for name in names if name in has})
    listed = getattr(record, "callbacks", None)
    if not listed or not other.callbacks:
        return taken
    return replace(taken, callbacks=tuple(_each(listed, other.callbacks, names)))


def _decided(scenario: Scenario, predicted: Trace, found: Difference, decisions: Sequence[Decision]) -> str:
    """The rule of the last decision before the difference was seen; empty where nothing was decided there."""
    if found.fit is None:
        return ""
    begun = predicted.fits[found.fit].initial_epoch if found.fit < len(predicted.fits) else None
    first = scenario.first_epoch(scenario.fits[found.fit]) if begun is None else begun
    number = None if found.epoch is None else first + found.epoch
    there = [
        each.rule
        for each in decisions
        if each.fit == found.fit and (each.hook == "fit_end" if number is None else each.epoch == number)
    ]
    return there[-1] if there else ""
