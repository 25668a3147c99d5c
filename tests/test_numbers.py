"""The arithmetic that clauses and reference share, held to numpy's float32 where that is the measure."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcheck.spec.numbers import (
    FLOAT32_MAX,
    FLOAT32_SMALLEST,
    FLOAT32_SMALLEST_NORMAL,
    PRECISIONS,
    float32,
    next_float32,
    shortest_float32,
)


@given(st.floats())
def test_float32_is_numpys(value: float) -> None:
    with np.errstate(over="ignore"):
        expected = float(np.float32(value))
    assert repr(float32(value)) == repr(expected)


@given(st.floats(width=32, allow_nan=False), st.sampled_from([math.inf, -math.inf]))
def test_the_next_float32_is_numpys(value: float, towards: float) -> None:
    with np.errstate(over="ignore", under="ignore"):
        expected = float(np.nextafter(np.float32(value), np.float32(towards)))
    assert next_float32(value, towards) == expected


def test_the_limits_are_numpys() -> None:
    information = np.finfo(np.float32)
    assert FLOAT32_MAX == float(information.max)
    assert FLOAT32_SMALLEST_NORMAL == float(information.tiny)
    assert FLOAT32_SMALLEST == float(information.smallest_subnormal)


def test_tensorflow_sees_zero_for_subnormals() -> None:
    see = PRECISIONS["float32-tensorflow"]
    assert see(1e-40) == 0.0
    assert see(-1e-40) == 0.0
    assert see(FLOAT32_SMALLEST_NORMAL) == FLOAT32_SMALLEST_NORMAL


# 2**128 - 2**103 lies half-way between the largest float32 and the first that is out of range.
@pytest.mark.parametrize("value", [3.4028235677973366e38, 1e39, -1e39])
def test_tensorflow_refuses_what_float32_cannot_hold(value: float) -> None:
    with pytest.raises(ValueError, match="out of the range of float32"):
        PRECISIONS["float32-tensorflow"](value)
    assert math.isinf(PRECISIONS["float32"](value))


def test_tensorflow_takes_what_rounds_down_to_the_largest() -> None:
    assert PRECISIONS["float32-tensorflow"](3.4028235677973362e38) == FLOAT32_MAX


def test_infinities_are_values_like_others() -> None:
    assert PRECISIONS["float32-tensorflow"](math.inf) == math.inf


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.10000000149011612, "0.1"), (0.001, "0.001"), (1.0, "1.0"), (0.0, "0.0"), (math.nan, "nan"), (math.inf, "inf")],
)
def test_a_rate_reads_as_short_as_float32_tells_it(value: float, text: str) -> None:
    assert shortest_float32(value) == text


@given(st.floats(width=32))
def test_the_shortest_text_gives_the_same_float32(value: float) -> None:
    assert repr(float32(float(shortest_float32(value)))) == repr(value)
