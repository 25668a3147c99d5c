"""How everything is drawn: from a few alternatives, the simplest first.

Every draw chooses among at most MOST alternatives, never from Hypothesis's own floats, texts or large integers: into those it
mixes constants of the source files that happen to be imported, and a seed would no longer mean one pool.
"""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

MOST = 100
"""Alternatives of a draw: Hypothesis mixes in larger integers, and only those, from source files."""


def weighted(*alternatives: tuple[Any, int]) -> SearchStrategy[Any]:
    """One of the values, each as often as its weight says; the first is the simplest. The weights make MOST at the most."""
    assert sum(weight for _, weight in alternatives) <= MOST
    return st.sampled_from([value for value, weight in alternatives for _ in range(weight)])


@cache
def below(limit: int) -> SearchStrategy[int]:
    """A number below the limit, which is MOST at the most."""
    assert limit <= MOST
    return st.integers(0, limit - 1)


def chance(draw: DrawFn, percent: int) -> bool:
    """True in so many percent of the cases; False is simpler."""
    return draw(below(100)) >= 100 - percent


class _Absent:
    """The parameter is left out of the configuration."""


ABSENT = _Absent()


def config_of(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not ABSENT}
