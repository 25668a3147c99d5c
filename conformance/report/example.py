"""The example of a clause: a scenario that tells right from wrong, and what right and wrong are on it.

Rules
- An example is one on which the clause fails: for a dialect that breaks it, or else for a deliberately wrong variant that it
  catches. It is shown in a dialect that keeps the clause, the newest Keras if it does.
- Nothing is written by hand: the scenarios are the stored vectors, and the configurations of the clause's catches with a few
  readable streams of values.
- Of those that tell right from wrong the most readable is taken: the two differ in what the table shows; three to five epochs,
  finite values that differ, no more circumstances than it takes. A catch that is to be `shown` is taken as it is.
- Of a relation one run is shown alone where it alone tells right from wrong.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice

from callcheck.spec.clauses.clause import CLAUSES, Case, Clause
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, documented, resolve
from callcheck.spec.scenario import Epoch, Scenario, dumps, key
from callcheck.spec.trace import Trace
from callcheck.spec.values import Logs

from ..wrong.catches import Catch, catches
from ..wrong.wrong import WrongImplementation
from .standing import Pair, Standing, breaks, case_of, keeps, looked_at, paired, pairs, standings
from .table import rows

OTHERS = ("keras-3.7.0", "keras-2.3.1")
"""Older dialects in which an example is looked for that the representative ones do not speak of."""
STREAMS = (
    (1.0, 0.75, 0.875, 0.5), (1.0, 0.5, 0.75, 0.875), (1.0, 1.5, 1.25, 1.75), (0.75, 1.25, 0.5, 1.5, 0.25),
    (0.25, 0.5, 1.0, 0.75), (1.5, 1.25, 0.75, 1.0), (0.75, 0.75, 0.75, 0.75), (1.0, 0.5, 0.75, 0.75, 0.75),
)  # fmt: skip
"""Metrics by epoch, such as one sees them; float32 holds them exactly."""
RATES = [0.5, 0.25, 0.125, 0.0625, 0.03125]
"""The learning rates of a schedule that is a table."""
SHOWN = 60
"""So many scenarios are tried for one on which what the sentence speaks of happens, where others tell right from wrong too."""
TRIED = 150
"""So many scenarios are tried as the example of one clause, the most readable first."""
HIDDEN = frozenset({"messages"})
UNUSUAL = re.compile(r"NaN|infinit|number|array|float32|finite")
RAISES = re.compile(r"raises [A-Z]|refuses")
PRINTS = re.compile(r"prints|printed|lines? ")
WARNS = re.compile(r"warns|warning")
EMPTY = re.compile(r"lack|missing|without the|logs|empty|nothing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """What is seen in a dialect that keeps the clause, and what is wrong: what a dialect does that breaks it, or a variant of
    which `mistake` says what is wrong with it. `wrong` is None where no single scenario shows it."""

    kept: Case
    wrong: Case | None = None
    mistake: str | None = None

    @property
    def runs(self) -> Mapping[str, Scenario]:
        """The scenario that is judged, and where another is beside it that one, by how they are introduced."""
        other = self.kept.other_scenario
        if other is None or key(other) == key(self.kept.scenario):
            return {"Example": self.kept.scenario}
        return {"Example": self.kept.scenario, "Compared with": other}


@cache
def example(clause_id: str) -> Example | None:
    """The most readable scenario that tells right from wrong; None where no single one does."""
    clause = CLAUSES[clause_id]
    return _of_a_dialect(clause, standings(clause_id)) or _of_a_variant(clause) or _of_nobody(clause)


def _of_a_dialect(clause: Clause, found: Sequence[Standing]) -> Example | None:
    """What the first dialect does that breaks what `documented` keeps."""
    for standing in found:
        shown = [(_effort(clause, case.scenario), case) for case in standing.cases[:TRIED]]
        fallback: Example | None = None
        silent: Example | None = None
        for _, case in sorted(shown, key=lambda each: each[0]):
            pair = paired(clause, case.scenario)
            kept = None if pair is None else case_of(pair, documented())
            if kept is None or breaks(clause, kept):
                continue
            if not keeps(clause, kept):  # the clause forbids what nobody does there but the dialect
                made = Example(kept=kept, wrong=case)
                silent = silent or (made if _visible(clause, made) else None)
                continue
            made = _alone(clause, Example(kept=kept, wrong=case))
            if _visible(clause, made):
                return made
            fallback = fallback or made
        if fallback or silent:
            return fallback or silent
    return None


def _of_a_variant(clause: Clause) -> Example | None:
    """What a wrong variant does in a dialect that keeps the clause. A difference that the table shows comes first."""
    caught = [catch for catch in catches() if catch.clause == clause.id]
    for catch in (each for each in caught if each.shown):
        pair, dialect = paired(clause, catch.scenario), catch.spoken().dialect
        kept = None if pair is None else case_of(pair, dialect)
        wrong = None if pair is None else _done_by(catch, pair, dialect)
        if kept is not None and wrong is not None:
            return _alone(clause, Example(kept=kept, wrong=wrong, mistake=catch.variant.says))
    fallback: Example | None = None
    visible: Example | None = None
    for number, pair in enumerate(islice(_candidates(clause, caught), TRIED)):
        if visible is not None and number >= SHOWN:
            break
        for dialect in _dialects(clause, caught):
            kept = case_of(pair, dialect)
            if kept is None or not keeps(clause, kept):
                continue
            for catch in caught:
                wrong = _done_by(catch, pair, dialect)
                if wrong is None or not breaks(clause, wrong):
                    continue
                made = _alone(clause, Example(kept=kept, wrong=wrong, mistake=catch.variant.says))
                if _visible(clause, made):
                    if _happens(clause, made.kept):
                        return made
                    visible = visible or made
                fallback = fallback or made
            break
    return visible or fallback


def _of_nobody(clause: Clause) -> Example | None:
    """What a dialect does that keeps the clause, on a scenario that is stored for it."""
    for pair in _candidates(clause, ()):
        for dialect in _dialects(clause, ()):
            kept = case_of(pair, dialect)
            if kept is not None and keeps(clause, kept):
                return Example(kept=kept)
    return None


def _dialects(clause: Clause, caught: Sequence[Catch]) -> Iterator[Dialect]:
    """In which an example may be shown, the newest Keras first."""
    known = (*(resolve(name).dialect for name in (NEWEST, DOCUMENTED)), *looked_at())
    older = (resolve(name).dialect for name in OTHERS)
    return (each for each in (*known, *older, *(catch.spoken().dialect for catch in caught)) if clause.applies(each))


def _candidates(clause: Clause, caught: Sequence[Catch]) -> Iterator[Pair]:
    """The stored scenarios and the readable ones, the most readable first."""
    scenarios = {key(pair[0].scenario): pair[0].scenario for pair in pairs(clause.id)}
    for catch in caught:
        scenarios |= {key(each): each for each in (catch.scenario, *_retold(catch.scenario))}
    own = {key(catch.scenario) for catch in caught}
    # What is known to tell right from wrong comes into the first ones that are tried, however hard it is to read.
    ordered = sorted(scenarios, key=lambda each: _effort(clause, scenarios[each]))
    first = [*ordered[: TRIED - len(own)], *(each for each in ordered[TRIED - len(own) :] if each in own)]
    for each in first:
        pair = paired(clause, scenarios[each])
        if pair is not None:
            yield pair


def _retold(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario with readable values in place of its own, where its epochs show plain numbers alone."""
    plain = all(
        epoch.batches is None and not epoch.validations and not epoch.stop and not epoch.others and epoch.logs
        and all(type(value) is float for value in epoch.logs.values())
        for fit in scenario.fits for epoch in fit.epochs
    )  # fmt: skip
    if not plain or scenario.callbacks:
        return
    name = scenario.config.get("monitor", "val_loss")
    for first in range(len(STREAMS)):
        fits = []
        for number, fit in enumerate(scenario.fits):
            others = dict(fit.epochs[0].logs) if fit.epochs else {}
            stream = STREAMS[(first + number) % len(STREAMS)][: 3 if len(scenario.fits) > 1 else None]
            fits.append(replace(fit, epochs=tuple(Epoch(logs=_with(others, name, value)) for value in stream)))
        schedule = scenario.config.get("schedule")
        if isinstance(schedule, Mapping) and "table" in schedule:
            yield replace(
                scenario, fits=tuple(fits), config={**scenario.config, "schedule": {**schedule, "table": RATES}}
            )
        else:
            yield replace(scenario, fits=tuple(fits))


def _with(logs: Logs, name: str, value: float) -> Logs:
    """The logs with this value of the metric; of the only one where it is not there."""
    if name not in logs and len(logs) == 1:
        name = next(iter(logs))
    return {**logs, name: value} if name in logs else logs


def _done_by(catch: Catch, pair: Pair, dialect: Dialect) -> Case | None:
    """What the wrong variant does in that dialect; None where there is no trace."""
    variant = WrongImplementation(catch.variant, replace(catch.spoken(), dialect=dialect))
    asked, beside = pair
    trace = variant.replay(asked.scenario)
    other = Trace() if beside is None else variant.replay(beside.scenario)
    if not isinstance(trace, Trace) or not isinstance(other, Trace):
        return None
    other_scenario = None if beside is None else beside.scenario
    return Case(scenario=asked.scenario, trace=trace, dialect=dialect, other=other, other_scenario=other_scenario)


def _alone(clause: Clause, shown: Example) -> Example:
    """One of the two runs, beside itself, where that tells right from wrong already."""
    if shown.wrong is None or shown.kept.other_scenario is None:
        return shown
    for one in (_first, _second):
        kept, wrong = one(shown.kept), one(shown.wrong)
        try:
            enough = keeps(clause, kept) and breaks(clause, wrong)
        except KeyError:  # the check reads what the relation has changed: it compares
            return shown
        if enough:
            return replace(shown, kept=kept, wrong=wrong)
    return shown


def _first(case: Case) -> Case:
    return replace(case, other=case.trace, other_scenario=case.scenario)


def _second(case: Case) -> Case:
    return replace(case, scenario=case.other_scenario or case.scenario, trace=case.other)


# ---------------------------------------------------------------------------------------------- what is readable


def _happens(clause: Clause, kept: Case) -> bool:
    """Whether an exception that the sentence speaks of, or a line or a warning that its group is about, is in what is right."""
    traces = (kept.trace, kept.other)
    fits = [fit for trace in traces for fit in trace.fits]
    epochs = [epoch for fit in fits for epoch in fit.epochs]
    if RAISES.search(clause.sentence) and "onstructor" in clause.sentence:
        return any(trace.rejected for trace in traces)
    if RAISES.search(clause.sentence):
        return any(trace.rejected for trace in traces) or any(fit.error for fit in fits)
    if PRINTS.search(clause.sentence):
        return any(fit.printed for fit in fits) or any(epoch.printed for epoch in epochs)
    if not WARNS.search(clause.sentence):
        return True
    warned = (*(trace.warned for trace in traces), *(fit.warned for fit in fits), *(epoch.warned for epoch in epochs))
    return any(warned)


def _visible(clause: Clause, shown: Example) -> bool:
    """Whether the table shows the difference."""
    wrong, show = shown.wrong, partial(table_of, attributes=clause.group.endswith("/attributes"))
    if wrong is None:
        return False
    if show(shown.kept.scenario, shown.kept.trace) != show(wrong.scenario, wrong.trace):
        return True
    other = shown.kept.other_scenario
    return other is not None and show(other, shown.kept.other) != show(other, wrong.other)


def table_of(scenario: Scenario, trace: Trace, *, attributes: bool = False) -> object:
    """What a table shows of a trace; `attributes`: with what they hold."""
    refused = None if trace.rejected is None else trace.rejected.type
    begun = tuple(fit.weights_at_begin for fit in trace.fits)
    left = dict(trace.side_effects or {})
    return (
        refused,
        trace.warned,
        left,
        begun,
        tuple(rows(scenario, trace, hide=HIDDEN, steps=True, attributes=attributes)),
    )


def _effort(clause: Clause, scenario: Scenario) -> float:
    """How hard a scenario is to read as an example of the sentence: the less the better."""
    usual, full = UNUSUAL.search(clause.sentence) is None, EMPTY.search(clause.sentence) is None
    effort = 0.004 * len(dumps(scenario)) + 0.5 * len(scenario.config)
    effort += 2 * (len(scenario.fits) - 1) + sum(map(abs, (scenario.initial_epoch, scenario.steps_per_execution - 1)))
    for fit in scenario.fits:
        count = len(fit.epochs)
        effort += {0: 9, 1: 5, 2: 2}.get(count, max(0, count - 5))
        values = [value for epoch in fit.epochs for value in epoch.logs.values()]
        effort += 4 * full * any(not epoch.logs for epoch in fit.epochs)
        effort += 3 * full * (len({frozenset(epoch.logs) for epoch in fit.epochs}) > 1)
        effort += 5 * usual * any(_is_odd(value) for value in values)
        effort += 3 * (len({str(value) for value in values}) < 2) + 2 * any(epoch.others for epoch in fit.epochs)
    return effort


def _is_odd(value: object) -> bool:
    """Whether it is no plain number of a usual size."""
    if not isinstance(value, float) or type(value) is not float or not math.isfinite(value):
        return True
    return value != 0.0 and not 1e-3 <= abs(value) <= 1e3
