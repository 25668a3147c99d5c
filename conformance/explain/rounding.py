"""A record that was printed with few digits: which of its comparisons the digits leave open, and how they may have gone.

Rules
- A comparison is open if numbers that are printed alike could have decided it otherwise.
- Few open comparisons are decided otherwise than the printed digits say, so that everything else in the record fits.
- If the search finds nothing within `TRIES` attempts, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from .digits import OutOfTries, start_of, ways
from .history import Rounded
from .question import Question, Story

TRIES = 2000
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
            if not isinstance(value, Rounded) or value != value or fit.first_epoch + at < start_of(question):
                continue
            cost = sign * value.printed
            if best is not None and abs(cost + delta - best) <= (value.margin + margin) * (1 + 1e-6):
                found.append((index, at))
            if best is None or cost + delta < best:
                best, margin = cost, value.margin
    return found


def resolved(question: Question, story: Story) -> tuple[Question, list[tuple[int, int]]] | None:
    """The question with numbers that are printed alike and that contradict nothing; and which comparisons they decide. None where
    there are none. Raises OutOfTries."""
    if not _leaves_open(question, story):
        return None
    return next(ways(question, _directions(question, story), TRIES), None)


def possible(question: Question, story: Story) -> list[Question]:
    """The questions beside this one with numbers that are printed alike and contradict nothing either.

    Of many open comparisons only some of the ways to decide them are tried.
    """
    found: list[Question] = []
    if _leaves_open(question, story):
        with suppress(OutOfTries):
            found += (attempt for attempt, _ in ways(question, _directions(question, story), POSSIBLE))
    return found


def _directions(question: Question, story: Story) -> Sequence[str | None]:
    return [direction_of(story.about(place)) for place in range(len(question.callbacks))]


def _leaves_open(question: Question, story: Story) -> bool:
    directions = enumerate(_directions(question, story))
    return any(d is not None and open_comparisons(question.about(place), d) for place, d in directions)


def direction_of(story: Story) -> str | None:
    """Whether less or more is better, as the callback decided; None if it never came to that."""
    return next((getattr(each.after, "direction", None) for each in story.decisions if each.hook == "epoch_end"), None)
