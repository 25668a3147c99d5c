"""Clauses about there being an outcome at all, whatever it is: an answer, and the same answer every time."""

import zlib

from ...scenario import Scenario, key
from ...trace import Raised
from ..clause import Case, Expectations, clause, equal_traces

DESIGN = "required of every implementation: what hangs, crashes or answers differently cannot be relied on"

OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"


@clause("every-callback/outcome/is-an-answer", level="universal", source=DESIGN, errors=True, failures=True)
def _(case: Case) -> Expectations:
    """Every scenario that can be expressed has an outcome: the implementation neither hangs, nor crashes outside of a hook, nor
    shows values of the wrong type."""
    failed = case.failed
    got = "" if failed is None else f"{failed.kind}: {failed.message}"
    yield case.expects_that(failed is None, "an outcome", got=got, because="every scenario has one")


@clause(
    "every-callback/outcome/an-exception-says-something", level="observed", source=OBSERVED, errors=True, resumed=True,
)  # fmt: skip
def _(case: Case) -> Expectations:
    """What a constructor or a hook raises has a message: by its type alone nobody finds the mistake."""
    for fit, error in ((None, case.trace.rejected), *((fit, seen.error) for fit, _, seen in case.fits())):
        if error is None or (isinstance(error, Raised) and error.by is not None):
            continue
        yield case.at(fit).expects_that(
            bool(error.message.strip()), "a message", got=f"{error.type} without a word", because="it was raised"
        )


def _every_tenth(scenario: Scenario) -> Scenario | None:
    """The same scenario again, for one in ten; which ones depends on their content alone."""
    return scenario if zlib.crc32(key(scenario).encode()) % 10 == 0 else None


@clause("every-callback/outcome/is-the-same-every-time", level="universal", source=DESIGN, errors=True,
        related=_every_tenth, resumed=True)  # fmt: skip
def _(case: Case) -> Expectations:
    """The same scenario has the same outcome every time."""
    yield equal_traces(case.trace, case.other, "that was the outcome the first time", attributes=True)
