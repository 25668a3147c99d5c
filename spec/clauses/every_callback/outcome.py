"""Clauses about there being an outcome at all, whatever it is: an answer, and the same answer every time."""

import zlib

from ...scenario import Scenario, key
from ..clause import Case, Expectations, clause, equal_traces

DESIGN = "required of every implementation: what hangs, crashes or answers differently cannot be relied on"


@clause("every-callback/outcome/is-an-answer", level="universal", source=DESIGN, errors=True, failures=True)
def _(case: Case) -> Expectations:
    """Every scenario that can be expressed has an outcome: the implementation neither hangs, nor crashes outside of a hook, nor
    shows values of the wrong type."""
    failed = case.failed
    got = "" if failed is None else f"{failed.kind}: {failed.message}"
    yield case.expects_that(failed is None, "an outcome", got=got, because="every scenario has one")


def _every_tenth(scenario: Scenario) -> Scenario | None:
    """The same scenario again, for one in ten; which ones depends on their content alone."""
    return scenario if zlib.crc32(key(scenario).encode()) % 10 == 0 else None


@clause("every-callback/outcome/is-the-same-every-time", level="universal", source=DESIGN, errors=True,
        related=_every_tenth, resumed=True)  # fmt: skip
def _(case: Case) -> Expectations:
    """The same scenario has the same outcome every time."""
    yield equal_traces(case.trace, case.other, "that was the outcome the first time", attributes=True)
