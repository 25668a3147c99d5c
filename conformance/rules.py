"""What is judged: a clause, or the agreement: that a subject does exactly what the reference predicts. Both are judged alike."""

from dataclasses import dataclass

import callcheck.spec.clauses  # noqa: F401 - registers the clauses
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.clauses.clause import CLAUSES, HELD, Case, Clause, Outcome, differs
from callcheck.spec.difference import difference
from callcheck.spec.reading import Refused, shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """That a callback does exactly what the reference predicts, whatever clauses say about it. It is judged beside the clauses
    and reads like one; its cases hold the prediction as the `other` trace."""

    id: str
    callback: str
    level: str = "agreement"
    sentence: str = "What is seen is exactly what the reference predicts."
    source: str = "the reference in the dialect that the implementation is held to"

    @property
    def group(self) -> str:
        return self.id

    @property
    def origin(self) -> str:
        return self.source

    @property
    def callbacks(self) -> tuple[str, ...]:
        return (self.callback,)

    def judge(self, case: Case) -> Outcome:
        """Whether the trace is the predicted one."""
        why = f"the reference in {case.dialect.name} predicts that"
        if case.failed is not None:
            return case.expects_that(False, "a trace", got=f"{case.failed.kind}: {case.failed.message}", because=why)
        found = difference(case.other, case.trace)
        return HELD if found is None else differs(found, why)


AGREEMENTS = {name: Agreement(id=f"{callback.prefix}/agreement", callback=name) for name, callback in CALLBACKS.items()}
AGREEMENTS[TRAINING] = Agreement(id=f"{TRAINING}/agreement", callback=TRAINING)
"""By callback."""

Rule = Clause | Agreement


class UnknownClause(Refused):
    """No clause begins like that."""


def selected(prefix: str) -> list[Rule]:
    """The clauses, and the agreements, whose id begins with `prefix`. Raises UnknownClause if there is none."""
    rules: list[Rule] = [*CLAUSES.values(), *AGREEMENTS.values()]
    found = [rule for rule in rules if rule.id.startswith(prefix)]
    if not found:
        raise UnknownClause(f"no clause begins with {shown(prefix)}; `callcheck clauses` lists them")
    return found
