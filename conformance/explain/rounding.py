"""A record that was printed with few digits: which of its comparisons the digits leave open, and how they may have gone.

Rules
- A comparison is open if numbers that are printed alike could have decided it otherwise.
- The fewest open comparisons are decided otherwise than the printed digits say, so that everything else in the record fits.
- If the search finds nothing within `TRIES` attempts, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice

from .evidence import contradiction
from .history import RecordedFit, Rounded
from .question import Question, Story

TRIES = 3000
"""Replays of a short record: a second or two."""

POSSIBLE = 100
"""Enough to show that a what-if depends on digits that were not printed."""


def open_comparisons(question: Question, direction: str) -> list[tuple[int, int]]:
    """The comparisons with the best printed value that rounding leaves open, as (fit, position of the epoch)."""
    sign = 1.0 if direction == "min" else -1.0
    delta = abs(float(question.parameter("min_delta") or 0.0))
    found = []
    for index, fit in enumerate(question.history.fits):
        best: float | None = None
        margin = 0.0
        for at, value in enumerate(fit.column(question.monitor)):
            if not isinstance(value, Rounded) or value != value or fit.first_epoch + at < _start(question):
                continue
            if best is not None and abs(sign * value + delta - best) <= (value.margin + margin) * (1 + 1e-6):
                found.append((index, at))
            if best is None or sign * value + delta < best:
                best, margin = sign * value, value.margin
    return found


def resolved(question: Question, story: Story) -> tuple[Question, list[tuple[int, int]]] | None:
    """The question with numbers that are printed alike and that contradict nothing; and which comparisons they decide."""
    direction = direction_of(story)
    if direction is None:
        return None
    attempts = islice(_attempts(question, direction), TRIES)
    for flipped, attempt in attempts:
        if contradiction(attempt, attempt.story()) is None:
            return attempt, flipped
    return None


def _start(question: Question) -> int:
    """The first epoch whose value is looked at."""
    start = question.parameter("start_from_epoch")
    return start if isinstance(start, int) else 0


def possible(question: Question, story: Story) -> list[Question]:
    """The question itself, and with it those with numbers that are printed alike and contradict nothing either.

    Of many open comparisons only the first `POSSIBLE` ways to decide them are tried.
    """
    direction = direction_of(story)
    if direction is None or not open_comparisons(question, direction):
        return [question]
    attempts = (attempt for _, attempt in islice(_attempts(question, direction), POSSIBLE))
    return [question, *(attempt for attempt in attempts if contradiction(attempt, attempt.story()) is None)]


def direction_of(story: Story) -> str | None:
    """Whether less or more is better, as the callback decided; None if it never came to that."""
    return next((getattr(each.after, "direction", None) for each in story.decisions if each.hook == "epoch_end"), None)


def _attempts(question: Question, direction: str) -> Iterator[tuple[list[tuple[int, int]], Question]]:
    """Every choice of epochs that improved below the printed digits, the smallest choices first."""
    first = open_comparisons(question, direction)
    for size in range(len(first) + 1):
        for chosen in combinations(first, size):
            yield from _moved(question, direction, list(chosen))


def _moved(
    question: Question, direction: str, chosen: list[tuple[int, int]]
) -> Iterator[tuple[list[tuple[int, int]], Question]]:
    """The question in which the chosen epochs improve, if that is possible within the digits."""
    sign = 1.0 if direction == "min" else -1.0
    delta = abs(float(question.parameter("min_delta") or 0.0))
    fits: list[RecordedFit] = []
    for index, fit in enumerate(question.history.fits):
        best: float | None = None
        column: list[float | None] = []
        for at, value in enumerate(fit.column(question.monitor)):
            if not isinstance(value, Rounded) or value != value or fit.first_epoch + at < _start(question):
                column.append(value)
                continue
            cost = sign * value
            if best is None:
                cost = best = cost + value.margin * 0.98
            elif (index, at) in chosen:
                below = best - delta - max(value.margin, abs(best) * 1e-7) * 0.05
                cost = min(cost + value.margin * 0.98, below)
                if cost < sign * value - value.margin:
                    return
                best = cost
            elif cost + value.margin + delta < best:
                cost = best = cost + value.margin * 0.98
            else:
                cost = max(cost, min(best - delta, cost + value.margin * 0.98))
                if cost + delta < best:
                    best = cost
            column.append(value.moved(sign * cost))
        fits.append(replace(fit, columns={**fit.columns, question.monitor: column}))
    moved = replace(question, history=replace(question.history, fits=tuple(fits)), _epochs={})
    yield chosen, moved
