"""Rounding and comparing in the precision of a backend. Arithmetic only; the clauses and the reference share it.

A callback computes in Python floats (float64), but the final comparison is the backend's, and so is the storage of the
learning rate. Both are behaviour: two losses that float32 cannot tell apart are equal to Keras on TensorFlow.

Rules
- `float32(x)` is the nearest IEEE binary32 value, ties to even; beyond the range it is an infinity, subnormals are kept.
- `PRECISIONS[name](x)` is the value that a comparison sees. `float64` sees x. `float32` sees `float32(x)`.
  `float32-tensorflow` sees zero for float32 subnormals, and refuses a finite x whose float32 is infinite. `float32-jax` sees
  zero for float32 subnormals.
- A number in an array keeps its float64, but for `float32-jax`.
"""

import ctypes
import math
import struct
from collections.abc import Callable, Iterator

FLOAT32_MAX = 3.4028234663852886e38
"""The largest finite float32."""
FLOAT32_SMALLEST_NORMAL = 1.1754943508222875e-38
"""The smallest normal float32; below it TensorFlow compares as zero."""
FLOAT32_SMALLEST = 1.401298464324817e-45
"""The smallest subnormal float32."""

FLOAT64_SMALLEST_NORMAL = 2.2250738585072014e-308
"""The smallest normal float64."""

_c_float = ctypes.c_float


def float32(value: float) -> float:
    """The nearest float32, widened back to float64: how Keras stores a learning rate (0.1 reads 0.10000000149011612)."""
    return _c_float(value).value


def is_ordinary(value: float) -> bool:
    """Whether it is zero, or in the range of float32 and not subnormal, so that no backend sees anything else."""
    return value == 0.0 or FLOAT32_SMALLEST_NORMAL <= abs(value) <= FLOAT32_MAX


def unsigned_zero(rate: float) -> float:
    """The rate, a zero without its sign: TensorFlow keeps one constant for 0.0 and -0.0, whichever a process met first, so
    that the sign of a rate of zero is nobody's decision. Traces record it so."""
    return rate + 0.0


def shortest_float32(value: float) -> str:
    """The shortest decimal number whose float32 is that of `value`: 0.10000000149011612, as a rate is stored, reads 0.1."""
    stored = float32(value)
    if not math.isfinite(stored):
        return repr(stored)
    # nine significant digits tell all float32 apart
    return next(text for text in map(repr, _rounded(stored)) if float32(float(text)) == stored)


def _rounded(value: float) -> Iterator[float]:
    return (float(f"{value:.{digits}g}") for digits in range(1, 10))


def next_float32(value: float, towards: float) -> float:
    """The float32 after `float32(value)` in the direction of `towards`; the same value if it is already there."""
    start = float32(value)
    if math.isnan(start) or start == towards:
        return start
    if start == 0.0:
        return math.copysign(FLOAT32_SMALLEST, towards)
    bits = struct.unpack("<I", struct.pack("<f", start))[0]
    away_from_zero = (towards > start) == (start > 0)
    return float(struct.unpack("<f", struct.pack("<I", bits + 1 if away_from_zero else bits - 1))[0])


def _as_float32_tensorflow(value: float) -> float:
    """Raises ValueError for a finite value whose nearest float32 is infinite, as TensorFlow does."""
    rounded = _c_float(value).value
    if FLOAT32_SMALLEST_NORMAL <= rounded <= FLOAT32_MAX:  # by far the most frequent case
        return rounded
    if -FLOAT32_SMALLEST_NORMAL < rounded < FLOAT32_SMALLEST_NORMAL:
        return 0.0
    if math.isinf(rounded) and math.isfinite(value):
        raise ValueError(f"the finite value {value!r} is out of the range of float32")
    return rounded


def _as_float32_jax(value: float) -> float:
    rounded = _c_float(value).value
    return 0.0 if -FLOAT32_SMALLEST_NORMAL < rounded < FLOAT32_SMALLEST_NORMAL else rounded


def _as_float64_tensorflow(value: float) -> float:
    return 0.0 if abs(value) < FLOAT64_SMALLEST_NORMAL else value


def _as_float64(value: float) -> float:
    return value


PRECISIONS: dict[str, Callable[[float], float]] = {
    "float32-tensorflow": _as_float32_tensorflow,
    "float32-jax": _as_float32_jax,
    "float32": float32,
    "float32-arithmetic": float32,
    "float64": _as_float64,
}
"""What a comparison sees, by the value of the choices `<callback>/precision`."""

ARRAY_PRECISIONS: dict[str, Callable[[float], float]] = {
    "float32-tensorflow": _as_float64_tensorflow,
    "float32-jax": _as_float32_jax,
    "float32": _as_float64,
    "float32-arithmetic": float32,
    "float64": _as_float64,
}
"""What a comparison sees of an element of an array."""

SCALAR_PRECISIONS: dict[str, Callable[[float], float]] = {**ARRAY_PRECISIONS, "float32": float32}
"""What a comparison sees of a number in an array without dimensions once min_delta was taken from it: NumPy then has a number of
its own, which PyTorch takes for a Python float."""

ADDENDS: dict[str, Callable[[float], float]] = {
    "float32-tensorflow": _as_float64,
    "float32-jax": _as_float64,
    "float32": _as_float64,
    "float32-arithmetic": float32,
    "float64": _as_float64,
}
"""As what a value and min_delta are added, before the comparison sees the sum."""
