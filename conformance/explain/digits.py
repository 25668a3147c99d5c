"""Numbers that are printed alike, chosen so that they contradict nothing in the record: a search.

Rules
- It begins with numbers by which no open comparison is an improvement. Where the record contradicts that, the open comparison
  nearest before it becomes one, and so on; what does not bring the first contradiction further is taken back.
- Every way is checked by a replay of all callbacks, with whatever metrics and thresholds each of them has; what is kept in mind
  of their best values on the way only decides what is tried.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from .evidence import contradictions
from .history import Rounded
from .question import Question

USUAL = 50
"""Epochs of a short record; of a longer one fewer ways are tried."""


class OutOfTries(Exception):
    """The search has come to its limit: what is true may be among the ways that were not tried."""


class _Monitoring(NamedTuple):
    """How a callback looks at its metric: `sign` makes less better, `start` is the first epoch that counts."""

    metric: str
    sign: float
    delta: float
    start: int


class _Number(NamedTuple):
    """A number that was printed, by its place in the record."""

    fit: int
    at: int
    epoch: int
    metric: str
    value: Rounded


Cost = float
"""A number of a metric, with the sign that makes less better."""


def start_of(question: Question) -> int:
    """The first epoch whose value is looked at."""
    start = question.parameter("start_from_epoch")
    return start if isinstance(start, int) else 0


def ways(
    question: Question, directions: Sequence[str | None], tries: int
) -> Iterator[tuple[Question, list[tuple[int, int]]]]:
    """The questions with numbers that are printed alike and contradict nothing, with the open comparisons that are improvements
    there, as (fit, position of the epoch). `directions`: of each callback, None if it never compared. Raises OutOfTries after
    that many replays of a record of `USUAL` epochs."""
    search = _Search(question, directions, tries)
    yield from search.ways([], None)
    search.near = search.close_to_another()
    if search.near:
        yield from search.ways([], None)


class _Search:
    """`near`: the numbers of which it matters how good they are, where they improve, as others are near: for them more is tried,
    and more than one may be needed to get further. At first none."""

    def __init__(self, question: Question, directions: Sequence[str | None], tries: int) -> None:
        self.question = question
        self.watching = []
        for place, direction in enumerate(directions):
            if direction is not None:
                about = question.about(place)
                delta = abs(float(about.parameter("min_delta") or 0.0))
                sign = 1.0 if direction == "min" else -1.0
                self.watching.append(_Monitoring(about.monitor, sign, delta, start_of(about)))
        self.signs = {each.metric: each.sign for each in reversed(self.watching)}
        self.numbers = list(self._numbers())
        length = sum(fit.length for fit in question.history.fits)
        self.tries = tries * USUAL // max(USUAL, length)
        self.near: frozenset[_Number] = frozenset()

    def close_to_another(self) -> frozenset[_Number]:
        """The numbers that a later one may improve on or not, as far as it was printed."""
        found = set()
        for index, one in enumerate(self.numbers):
            for other in self.numbers[index + 1 :]:
                if (one.fit, one.metric) == (other.fit, other.metric):
                    less = self.signs[one.metric] * (one.value.printed - other.value.printed)
                    reach = (one.value.margin + other.value.margin) * (1 + 1e-6)
                    if any(each.metric == one.metric and abs(less - each.delta) <= reach for each in self.watching):
                        found.add(one)
                        break
        return frozenset(found)

    def _numbers(self) -> Iterator[_Number]:
        for index, fit in enumerate(self.question.history.fits):
            for at in range(fit.length):
                for metric in self.signs:
                    value = fit.column(metric)[at]
                    if isinstance(value, Rounded) and value - value == 0.0:
                        yield _Number(index, at, fit.first_epoch + at, metric, value)

    def ways(
        self, begun: list[Cost], before: tuple[int, int] | None
    ) -> Iterator[tuple[Question, list[tuple[int, int]]]]:
        """Those that begin with these costs, the last of which brought the first contradiction beyond `before`."""
        costs, choices = self._completed(begun)
        attempt = self._asked(costs)
        first = min((each[:2] for each in contradictions(attempt, attempt.story())), default=None)
        if first is None:
            improving = [
                number for number, cost, all_ in zip(self.numbers, costs, choices, strict=True) if cost != all_[0]
            ]
            yield attempt, list(dict.fromkeys((number.fit, number.at) for number in improving))
        elif before is not None and (first < before or (first == before and not self.near)):
            return
        for at in reversed(range(len(begun), len(costs))):
            number = self.numbers[at]
            if first is None or (number.fit, number.epoch) <= first:
                for cost in choices[at][1:]:
                    yield from self.ways([*costs[:at], cost], first)

    def _completed(self, begun: list[Cost]) -> tuple[list[Cost], list[list[Cost]]]:
        """The costs with those of the other numbers, none of which improves where that is open; and what each could have been."""
        costs: list[Cost] = []
        choices: list[list[Cost]] = []
        bests: list[Cost | None] = []
        for at, number in enumerate(self.numbers):
            if not at or number.fit != self.numbers[at - 1].fit:
                bests = [None] * len(self.watching)
            choices.append(self._choices(number, bests))
            costs.append(begun[at] if at < len(begun) else choices[-1][0])
            for place, each in enumerate(self.watching):
                best = bests[place]
                own = costs[-1] * each.sign * self.signs[number.metric]
                if self._counts(each, number) and (best is None or own + each.delta < best):
                    bests[place] = own
        return costs, choices

    def _counts(self, each: _Monitoring, number: _Number) -> bool:
        return each.metric == number.metric and number.epoch >= each.start

    def _choices(self, number: _Number, bests: Sequence[Cost | None]) -> list[Cost]:
        """One number for each way in which the open comparisons can go, from no improvement on: the worst that is printed alike,
        then those that improve by little, which leaves most to come."""
        sign, value = self.signs[number.metric], number.value
        center, reach = sign * value.printed, value.margin * 0.98
        thresholds = {
            math.inf if best is None else (best - each.delta) * each.sign * sign
            for each, best in zip(self.watching, bests, strict=True)
            if self._counts(each, number)
        }
        worst, least = center + reach, center - reach
        found = [worst]
        open_ones = sorted((each for each in thresholds if least < each <= worst), reverse=True)
        for upper, lower in pairwise([*open_ones, least]):
            step = min(max(value.margin, abs(upper) * 1e-7) * 0.05, (upper - lower) / 2)
            found += [upper - step, lower + step] if number in self.near else [upper - step]
        improves = max(thresholds, default=-math.inf) > least
        return [*found, center, least] if improves and number in self.near else found

    def _asked(self, costs: Sequence[Cost]) -> Question:
        """The question with these numbers. Raises OutOfTries."""
        if not self.tries:
            raise OutOfTries
        self.tries -= 1
        columns = [{name: list(fit.column(name)) for name in self.signs} for fit in self.question.history.fits]
        for number, cost in zip(self.numbers, costs, strict=True):
            columns[number.fit][number.metric][number.at] = number.value.moved(self.signs[number.metric] * cost)
        fits = tuple(
            replace(fit, columns={**fit.columns, **{name: new[name] for name in new if name in fit.columns}})
            for fit, new in zip(self.question.history.fits, columns, strict=True)
        )
        return replace(self.question, history=replace(self.question.history, fits=fits), _epochs={})
