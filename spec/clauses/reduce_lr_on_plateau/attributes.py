"""ReduceLROnPlateau: what its public attributes hold when a fit has ended, for whoever reads them then.

Rules
- The clauses look at the rates that were seen, and at the stream: where it was reduced, and which values improved.
- They speak of ordinary settings with a factor of at most 0.9, and of a finite rate that is no smaller than 1e-30: then every
  reduction lowers the rate.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..attributes import READ, as_logged, held
from ..clause import Case, Expectations, clause, equal_to
from ..monitoring import comparison
from ..rates import rates
from .stream import RATE, settings

ANEW = {"reduce-lr-on-plateau/reuse": "nothing"}
COUNTED = {**ANEW, "reduce-lr-on-plateau/cooldown": "one-less"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Course:
    """A fit: the values of its monitored epochs, the positions among them that improved and after which the rate had fallen, and
    how many epochs of the cooldown were left after each."""

    values: tuple[float, ...]
    improving: frozenset[int]
    falls: tuple[int, ...]
    left: tuple[int, ...]

    def counting(self) -> int:
        """How many epochs at the end have counted, one after the other."""
        count = 0
        for position in range(len(self.values) - 1, -1, -1):
            if position in self.improving or position in self.falls or self.left[position] > 0:
                break
            count += 1
        return count


def _course(case: Case, fit: int) -> _Course | None:
    """How the fit went; None where that is not to be told."""
    s, compared = settings(case), comparison(case)
    if s is None or compared is None or s.factor > 0.9:
        return None
    values: list[float] = []
    improving: list[int] = []
    falls: list[int] = []
    left: list[int] = []
    for epoch, before, after in rates(case, fit):
        value = epoch.shown.logs.get(s.monitor)
        if isinstance(value, tuple) or not 1e-30 <= before < math.inf:
            return None
        if before == s.floor != s.min_lr:
            return None  # whether that is above min_lr is a choice, and a reduction to it would not be seen
        if value is None:
            continue
        position = len(values)
        values.append(value)
        try:
            if compared.better(value, values[improving[-1]] if improving else compared.worst):
                improving.append(position)
            elif not improving:
                return None  # what becomes of a first value that is none is a choice
        except ValueError:
            return None
        if after < before:
            falls.append(position)
        left.append(max(s.cooldown - (position - falls[-1]), 0) if falls else 0)
    return _Course(values=tuple(values), improving=frozenset(improving), falls=tuple(falls), left=tuple(left))


def _held(case: Case, name: str) -> Iterator[tuple[int, Any, _Course]]:
    """What the attribute holds after each fit that can be told."""
    for fit, value in held(case, name):
        course = _course(case, fit)
        if course is not None:
            yield fit, value, course


@clause(
    "reduce-lr-on-plateau/attributes/best-is-the-value-as-logged",
    level="observed",
    source=READ,
    observes=RATE,
    choices=ANEW,
)
def best_as_logged(case: Case) -> Expectations:
    """After a fit `best` is the value of its last epoch that improved, just as it was logged: not rounded to what it is compared
    in, and not converted. (Ordinary settings, and a first value that is a number.)"""
    for fit, value, course in _held(case, "best"):
        if course.improving:
            position = max(course.improving)
            why = f"of the values {list(course.values)} that was the last to improve"
            yield as_logged(case, fit, "best", course.values[position], value, why)


@clause(
    "reduce-lr-on-plateau/attributes/wait-counts-to-the-end",
    level="observed",
    source=READ,
    observes=RATE,
    choices=COUNTED,
)
def wait_counts(case: Case) -> Expectations:
    """After a fit `wait` is how many monitored epochs have counted, one after the other, up to its end: since the last that
    improved, that reduced the rate, or that ended within the cooldown. The end of training does not reset it. (Ordinary
    settings.)"""
    for fit, value, course in _held(case, "wait"):
        why = (
            f"so many of the values {list(course.values)} counted, since {course.falls} of them were followed by a fall"
        )
        yield case.at(fit).expects(equal_to(course.counting()), got=value, because=why)


@clause(
    "reduce-lr-on-plateau/attributes/cooldown-counter-is-what-is-left", level="observed", source=READ, observes=RATE,
    choices=ANEW,
)  # fmt: skip
def what_is_left(case: Case) -> Expectations:
    """After a fit `cooldown_counter` is what is left of the cooldown: `cooldown`, less the monitored epochs since the last
    reduction, and never below 0; 0 where there was none in this fit. (Ordinary settings.)"""
    for fit, value, course in _held(case, "cooldown_counter"):
        left = course.left[-1] if course.left else 0
        since = len(course.values) - 1 - course.falls[-1] if course.falls else None
        why = "the rate was not reduced" if since is None else f"it was reduced {since} monitored epochs before the end"
        yield case.at(fit).expects(equal_to(left), got=value, because=f"{why}, with cooldown={case['cooldown']}")
