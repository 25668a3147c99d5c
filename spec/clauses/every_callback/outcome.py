"""Clauses about there being an outcome at all, whatever it is: an answer, and the same answer every time."""

import zlib

from ...scenario import Scenario, key
from ...trace import difference
from ..clause import HELD, Case, Failed, Outcome, clause, differs

DESIGN = "required of every implementation: what hangs, crashes or answers differently cannot be relied on"


@clause("every-callback/outcome/is-an-answer", level="universal", source=DESIGN, errors=True, failures=True)
def _(case: Case) -> Outcome:
    """Every scenario that can be expressed has an outcome: the implementation neither hangs, nor crashes outside of a hook, nor
    shows values of the wrong type."""
    if case.failed is None:
        return HELD
    return Failed(
        fit=None, epoch=None, expected="an outcome", why="every scenario has one",
        got=f"a {case.failed.kind}: {case.failed.message}",
    )  # fmt: skip


def _every_tenth(scenario: Scenario) -> Scenario | None:
    """The same scenario again, for one in ten; which ones depends on their content alone."""
    return scenario if zlib.crc32(key(scenario).encode()) % 10 == 0 else None


@clause("every-callback/outcome/is-the-same-every-time", level="universal", source=DESIGN, errors=True,
        related=_every_tenth)  # fmt: skip
def _(case: Case) -> Outcome:
    """The same scenario has the same outcome every time."""
    found = difference(case.trace, case.other)
    if found is None:
        return HELD
    return differs(found, "that was the outcome the first time")
