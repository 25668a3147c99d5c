"""An explanation of a recorded history: what was recognised, the story, the traps, the audit, and the what-ifs.

It is made from a `Question` by `answer`, and it is what all outputs are made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, overload

from callcheck.reference.replay import Decision
from callcheck.reference.replay import explain as decide
from callcheck.spec.trace import EpochTrace
from callcheck.spec.values import number_to_json

from .arguments import check_config, written_config
from .audit import Audit, audit
from .history import missing_notes
from .question import Question, Story
from .releases import whose_rules
from .rounding import direction_of, open_comparisons, possible, was_printed
from .summary import summary
from .traps import traps
from .whatif import WhatIf, what_if


class _Rows(Sequence["Row"]):
    """Rows that are made when they are asked for: of a long record few are shown."""

    def __init__(self, which: list[tuple[int, int]], row: Callable[[int, int], Row]) -> None:
        self._which = which
        self._row = row

    def __len__(self) -> int:
        return len(self._which)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: Any) -> Any:
        return _Rows(self._which[index], self._row) if isinstance(index, slice) else self._row(*self._which[index])


class Row(NamedTuple):
    """One epoch, by index. `best`, `wait`, `cooldown`: after it, None where the callback has no such thing.

    `rate`: the learning rate with which it was trained, None where that is not known. `events`: `improved`, `stop`, `reduced`,
    `scheduled` (another rate than before), `saved`, `missing`, `cooling`, `baseline` (missed).
    """

    fit: int
    epoch: int
    value: float | None
    best: float | None
    wait: int | None
    cooldown: Any
    rate: float | None
    events: tuple[str, ...]
    decision: Decision | None

    @property
    def rule(self) -> str:
        """The id of the clause or the choice that decided."""
        return "" if self.decision is None else self.decision.rule

    @property
    def sentence(self) -> str:
        """What was decided, and why. Made when asked: of a long record few are."""
        return "Nothing to decide." if self.decision is None else self.decision.sentence


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a callback did what it did in a recorded training.

    `summaries`: a paragraph for each fit. `notes`: what was recognised and what is missing. `traps`: what surprises people and
    applies here. `what_ifs`: other configurations, as far as the record tells.
    """

    question: Question
    story: Story
    summaries: tuple[str, ...]
    notes: tuple[str, ...]
    traps: tuple[str, ...]
    audit: Audit
    what_ifs: tuple[WhatIf, ...] = ()
    dialect_note: str | None = None

    @property
    def title(self) -> str:
        """The callback as it would be written."""
        config = ", ".join(f"{name}={value!r}" for name, value in self.question.config.items())
        return f"{self.question.callback}({config})"

    @property
    def compared_with(self) -> str:
        """Whose rules these are: `Keras 3.15.1`, or all releases that have them: `Keras 3.11.0 to 3.12.4`."""
        return whose_rules(self.question.dialect)

    @property
    def stopped(self) -> int | None:
        """The index of the epoch after which the callback stopped the last fit; None if it did not."""
        return self.story.stopped(len(self.question.history.fits) - 1)

    @property
    def weights(self) -> int | None:
        """The index of the epoch whose weights the model holds after the last fit; -1: those with which it began."""
        return self.story.holds(len(self.question.history.fits) - 1)

    def rows(self) -> Sequence[Row]:
        """Every epoch, in order."""
        decisions = self.story.decisions
        if not self.story.complete:
            told = decide(self.story.scenario, self.question.dialect)[1]
            decisions = tuple(each for each in told if each.callback == self.story.place)
        return self._rows(decisions, [range(len(self.story.epochs(fit))) for fit in range(len(self.story.trace.fits))])

    def telling_rows(self) -> Sequence[Row]:
        """The rows that say something new, and the first and the last of every fit; of a short record all."""
        if self.story.complete:
            return self.rows()
        places: list[Iterable[int]] = []
        for fit in range(len(self.story.trace.fits)):
            first, last = self.story.first_epoch(fit), len(self.story.epochs(fit)) - 1
            telling = (
                each.epoch - first for each in self.story.decisions if each.hook == self._hook and each.fit == fit
            )
            places.append(dict.fromkeys((*(() if last < 0 else (0,)), *telling, *(() if last < 0 else (last,)))))
        return self._rows(self.story.decisions, places)

    def _rows(self, decisions: Iterable[Decision], places: Sequence[Iterable[int]]) -> Sequence[Row]:
        """The rows of these epochs of each fit, counted from its first."""
        known = {(each.fit, each.epoch): each for each in decisions if each.hook == self._hook}
        firsts = [self.story.first_epoch(fit) for fit in range(len(places))]
        which = [(fit, firsts[fit] + at) for fit, ats in enumerate(places) for at in ats]
        return _Rows(which, lambda fit, epoch: self._row(fit, epoch, known.get((fit, epoch))))

    @property
    def _hook(self) -> str:
        """Where the callback decides."""
        hooks = {"LearningRateScheduler": "epoch_begin", "TerminateOnNaN": "batch_end"}
        return hooks.get(self.question.callback, "epoch_end")

    def _row(self, fit: int, epoch: int, decision: Decision | None) -> Row:
        at = epoch - self.story.first_epoch(fit)
        seen, recorded = self.story.epochs(fit)[at], self.question.history.fits[fit]
        state: Any = None if decision is None else decision.after
        best = getattr(state, "best", None)
        return Row(
            fit=fit, epoch=epoch, value=recorded.column(self.question.monitor)[at],
            best=best if isinstance(best, float) else None, wait=getattr(state, "wait", None),
            cooldown=getattr(state, "cooldown_counter", None),
            rate=self._rate(seen, recorded.rates[at]),
            events=_events(decision, seen, self.story), decision=decision,
        )  # fmt: skip

    def _rate(self, seen: EpochTrace, recorded: float | None) -> float | None:
        predicted = seen.learning_rate_in_epoch
        if recorded is not None and self.story.logged_rate(seen) == predicted:
            return recorded
        return predicted if self.question.rate is not None and isinstance(predicted, float) else None

    def __str__(self) -> str:
        from .text import text

        return "\n".join(text(self))

    def _repr_html_(self) -> str:
        from .page import fragment

        return fragment(self)

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON data."""
        history = self.question.history
        return {
            "history": {"source": history.source, "kind": history.kind, "fits": [fit.length for fit in history.fits],
                        "metrics": list(history.names())},
            "callback": self.question.callback,
            "config": {name: number_to_json(v) if isinstance(v, float) else v for name, v in self.question.config.items()},
            "dialect": self.question.dialect.name,
            "notes": list(self.notes),
            "epochs": [_row_json(row) for row in self.rows()],
            "summaries": list(self.summaries),
            "stopped": self.stopped,
            "weights_of_epoch": self.weights,
            "traps": list(self.traps),
            "audit": {"agrees": self.audit.agrees, "sentence": self.audit.sentence,
                      "explanations": list(self.audit.explanations)},
            "what_if": [
                {"change": dict(each.change), "sentence": each.sentence, "stopped": each.stopped,
                 "weights_of_epoch": each.weights, "reduced": list(each.reduced), "saved": list(each.saved),
                 "unknown_from": each.unknown_from}
                for each in self.what_ifs
            ],
        }  # fmt: skip


def _row_json(row: Row) -> dict[str, Any]:
    numbers = {name: None if v is None else number_to_json(float(v)) for name, v in
               (("value", row.value), ("best", row.best), ("learning_rate", row.rate))}  # fmt: skip
    return {
        "fit": row.fit, "epoch": row.epoch, **numbers, "wait": row.wait, "cooldown": row.cooldown,
        "events": list(row.events), "rule": row.rule, "sentence": row.sentence,
    }  # fmt: skip


def _events(decision: Decision | None, epoch: EpochTrace, story: Story) -> tuple[str, ...]:
    events = []
    if epoch.stop and (decision is None or story.stopper(decision.fit) == story.place):
        events.append("stop")
    if decision is not None and decision.rate != decision.event.rate:
        events.append("reduced" if decision.hook == "epoch_end" else "scheduled")
    if story.saved(epoch):
        events.append("saved")
    if decision is not None:
        before, after = getattr(decision.before, "best", None), getattr(decision.after, "best", None)
        if after is not before and after is not None:
            events.append("improved")
        elif decision.rule.endswith(("/cooldown", "/baseline")) or "missing-metric" in decision.rule:
            events.append(
                {"cooldown": "cooling", "baseline": "baseline"}.get(decision.rule.rsplit("/", 1)[1], "missing")
            )
    return tuple(events)


def answer(question: Question, changes: Iterable[Mapping[str, Any]] = (), note: str | None = None) -> Explanation:
    """The explanation that a question has."""
    verdict, question, story = audit(*question.told())
    return explanation_of(question, story, verdict, changes, note)


def explanation_of(
    question: Question, story: Story, verdict: Audit, changes: Iterable[Mapping[str, Any]], note: str | None
) -> Explanation:
    """The explanation of one callback, whatever the others are; the record was compared with all of them."""
    history = question.history
    monitored = [name for name in history.names() if name == question.monitor]
    missing = tuple(missing_notes(monitored, history.fits))
    return Explanation(
        question=question,
        story=story,
        summaries=tuple(summary(question, story, index) for index in range(len(history.fits))),
        notes=(*history.notes, *question.notes, *missing),
        traps=traps(question, story),
        audit=verdict,
        what_ifs=_what_ifs(question, story, changes),
        dialect_note=note,
    )


def _what_ifs(question: Question, story: Story, changes: Iterable[Mapping[str, Any]]) -> tuple[WhatIf, ...]:
    """The answers; one that hangs on digits that were not printed is none."""
    written = [written_config_of(question, change) for change in changes]
    if not written:
        return ()
    bases = [(question, story), *((each, each.story()) for each in possible(question, story))]
    found = []
    for change in written:
        answers = [what_if(each, base, change) for each, base in bases]
        first = answers[0]
        if len({answer.sentence for answer in answers}) > 1 or _other_digits(question, change):
            said = f"not known, as the printed digits do not tell: perhaps it {first.sentence}"
            first = replace(first, sentence=said, stopped=None, weights=None, reduced=(), saved=(), unknown_from=None)
        found.append(first)
    return tuple(found)


def _other_digits(question: Question, change: Mapping[str, Any]) -> bool:
    """Whether the change leads to other comparisons than those that were asked, and the printed digits leave some open."""
    if change.keys().isdisjoint(("monitor", "min_delta", "mode")):
        return False
    changed = question.configured({**question.config, **change})
    if not was_printed(changed):
        return False
    direction = direction_of(changed.story())
    return direction is not None and bool(open_comparisons(changed, direction))


def written_config_of(question: Question, change: Mapping[str, Any]) -> dict[str, Any]:
    check_config(question.callback, change)
    filled = written_config(question.callback, {**question.config, **change})
    return {name: filled[name] for name in change}
