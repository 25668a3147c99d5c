"""Whether one number is better than another by more than min_delta, however one calculates. No clauses in here.

Rules
- No dialect is asked. Where two ways answer differently, or the difference is exactly min_delta, the question is open.
- The ways: min_delta added to the one number or taken from the other; in float64, exactly, or in a precision of `PRECISIONS`.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

from ..numbers import PRECISIONS


class OpenError(Exception):
    """Whether a value improves is left open: its difference from the best is min_delta, or is it by one way of calculating and
    is not by another."""


Better = Callable[[float, float, float], bool]
"""Whether the first value is less than the second by more than the third. Raises OpenError."""


def less(value: float, than: float, delta: float) -> bool:
    """By the numbers themselves."""
    answers = {value + delta < than, value < than - delta}
    if math.isfinite(value) and math.isfinite(than):
        answers.add(Fraction(value) + Fraction(delta) < Fraction(than))
    if len(answers) > 1 or (delta and is_exactly(value, than, delta)):
        raise OpenError
    return answers.pop()


def is_exactly(value: float, than: float, delta: float) -> bool:
    """Whether one value is less than the other by exactly that."""
    return math.isfinite(value) and math.isfinite(than) and Fraction(value) + Fraction(delta) == Fraction(than)


def in_any_precision(value: float, than: float, delta: float) -> bool:
    """Whether it is less in every precision in which they may be compared, or in none. Raises OpenError for neither."""
    try:
        answers = {see(value + delta) < see(than) for see in PRECISIONS.values()}
        answers |= {see(value) < see(than - delta) for see in PRECISIONS.values()}
    except ValueError as error:
        raise OpenError from error
    if len(answers) > 1:
        raise OpenError
    return answers.pop()


def less_in_any_precision(value: float, than: float, delta: float) -> bool:
    """By the numbers themselves, where every precision in which they may be compared says the same."""
    answer = less(value, than, delta)
    if in_any_precision(value, than, delta) is not answer:
        raise OpenError
    return answer


def open_nowhere(values: Sequence[float], delta: float, sign: float) -> bool:
    """Whether of no two of these values it is open if the later one is better by more than delta, however one calculates, nor
    is it by exactly delta, unless that is 0. `sign`: by which values are multiplied so that less is better."""
    try:
        return not any(
            _open(sign * value, sign * than, delta) for place, value in enumerate(values) for than in values[:place]
        )
    except OpenError:
        return False


def _open(value: float, than: float, delta: float) -> bool:
    """Whether it is less by exactly delta, which is not 0, in a precision in which they may be compared. Raises OpenError."""
    sides = ((value + delta, than), (value, than - delta))
    return (
        not less_in_any_precision(value, than, delta)
        and delta != 0
        and any(see(a) == see(b) for see in PRECISIONS.values() for a, b in sides)
    )
