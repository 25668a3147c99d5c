"""What the clauses on public attributes share: what they held when a fit had ended. No clauses in here.

Rules
- An attribute that is not there exercises nothing: other people's callbacks have others, and so have older releases.
- What it holds is compared as it was logged, in kind too: a Python float is no number of an array library's.
- They speak of fits that came to their end, of which nothing else is to be said: where a fit goes on or ends otherwise than
  predicted, another clause says so.
"""

from collections.abc import Iterator
from typing import Any

from ..values import ArrayNumber, Value
from .clause import Case, Expectation

READ = "observed: keras 3.15.1, tf-keras 2.21.0; scripts read it"
MISSING = object()


def held(case: Case, name: str) -> Iterator[tuple[int, Any]]:
    """What the attribute of that name holds after each fit, with the fit's index, where it is there."""
    for index, _, seen in case.fits():
        value = (seen.attributes or {}).get(name, MISSING)
        if value is not MISSING:
            yield index, value


def as_logged(case: Case, fit: int, name: str, due: Value, got: Any, because: str) -> Expectation:
    """The expectation that the attribute holds this value of the logs."""
    return case.at(fit).expects_that(
        repr(got) == repr(_unsigned(due)) and type(got) is type(due), f"{name}={due!r}", got=lambda: _said(name, got),
        because=because,
    )  # fmt: skip


def _unsigned(value: Value) -> Value:
    """A zero has no sign in a trace."""
    return value + 0.0 if type(value) is float else value


def _said(name: str, value: Any) -> str:
    return f"{name}={value!r}{', of an array library' if isinstance(value, ArrayNumber) else ''}"
