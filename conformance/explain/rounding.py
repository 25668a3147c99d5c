"""A record that was printed with few digits: which of its comparisons the digits leave open, and how they may have gone.

Rules
- A comparison is open if numbers that are printed alike could have decided it otherwise.
- The fewest open comparisons are decided otherwise than the printed digits say, so that everything else in the record fits.
- If the search finds nothing within `TRIES` attempts, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice

from .evidence import contradiction
from .history import RecordedFit, Rounded
from .question import Question, Story

TRIES = 3000
"""Replays of a short record: a second or two."""

POSSIBLE = 100
"""Enough to show that a what-if depends on digits that were not printed."""


def was_printed(question: Question) -> bool:
    """Whether a value that decides was printed with few digits: else no comparison is open."""
    return any(isinstance(value, Rounded) for fit in question.history.fits for value in fit.column(question.monitor))


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
            cost = sign * value.printed
            if best is not None and abs(cost + delta - best) <= (value.margin + margin) * (1 + 1e-6):
                found.append((index, at))
            if best is None or cost + delta < best:
                best, margin = cost, value.margin
    return found


def resolved(question: Question, story: Story) -> tuple[Question, list[tuple[int, int]]] | None:
    """The question with numbers that are printed alike and that contradict nothing; and which comparisons they decide."""
    if not _leaves_open(question, story):
        return None
    for flipped, attempt in islice(_attempts(question, range(len(question.callbacks))), TRIES):
        if contradiction(attempt, attempt.story()) is None:
            return attempt.about(question.place), flipped
    return None


def _start(question: Question) -> int:
    """The first epoch whose value is looked at."""
    start = question.parameter("start_from_epoch")
    return start if isinstance(start, int) else 0


def possible(question: Question, story: Story) -> list[Question]:
    """The questions beside this one with numbers that are printed alike and contradict nothing either.

    Of many open comparisons only the first `POSSIBLE` ways to decide them are tried.
    """
    if not _leaves_open(question, story):
        return []
    attempts = islice(_attempts(question, range(len(question.callbacks))), POSSIBLE)
    fitting = (attempt for flipped, attempt in attempts if contradiction(attempt, attempt.story()) is None)
    return [attempt.about(question.place) for attempt in fitting]


def _leaves_open(question: Question, story: Story) -> bool:
    for place in range(len(question.callbacks)):
        direction = direction_of(story.about(place))
        if direction is not None and open_comparisons(question.about(place), direction):
            return True
    return False


def direction_of(story: Story) -> str | None:
    """Whether less or more is better, as the callback decided; None if it never came to that."""
    return next((getattr(each.after, "direction", None) for each in story.decisions if each.hook == "epoch_end"), None)


def _attempts(question: Question, places: Sequence[int]) -> Iterator[tuple[list[tuple[int, int]], Question]]:
    """Every choice of epochs that improved below the printed digits, the smallest choices first; of several callbacks one after
    the other, as each compares with a min_delta of its own."""
    if not places:
        yield [], question
        return
    about = question.about(places[0])
    direction = direction_of(about.story())
    if direction is None:
        yield from _attempts(question, places[1:])
        return
    first = open_comparisons(about, direction)
    for size in range(len(first) + 1):
        for chosen in combinations(first, size):
            for flipped, moved in _moved(about, direction, list(chosen)):
                for more, attempt in _attempts(moved, places[1:]):
                    yield flipped + more, attempt


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
            cost, center = sign * value, sign * value.printed
            highest = center + value.margin * 0.98
            if best is None:
                cost = best = highest
            elif (index, at) in chosen:
                cost = min(highest, best - delta - max(value.margin, abs(best) * 1e-7) * 0.05)
                if cost < center - value.margin:
                    return
                best = cost
            elif center + value.margin + delta < best:
                cost = best = highest
            else:
                cost = max(cost, min(best - delta, highest))
                if cost + delta < best:
                    best = cost
            column.append(value.moved(sign * cost))
        fits.append(replace(fit, columns={**fit.columns, question.monitor: column}))
    moved = replace(question, history=replace(question.history, fits=tuple(fits)), _epochs={})
    yield chosen, moved
