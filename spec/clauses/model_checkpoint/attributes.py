"""ModelCheckpoint: what its public attribute `best` holds when a fit has ended, for whoever reads it then.

Rules
- The clauses look at the saves that were seen; they speak of plain numbers, and of one instance.
"""

import math
from collections.abc import Iterator
from typing import Any

from ..attributes import READ, as_logged, held
from ..clause import Case, Expectations, clause
from ..monitoring import is_number
from .stream import typed

KEPT = f"{READ}, and give it to another instance as initial_value_threshold"


def _of_the_instance(case: Case) -> Iterator[tuple[int, Any]]:
    """What `best` holds after the fits of the first instance."""
    for fit, value in held(case, "best"):
        if any(each.instances == "new" for each in case.scenario.fits[: fit + 1]):
            return
        yield fit, value


@clause(
    "model-checkpoint/attributes/best-is-the-value-of-the-last-save", level="observed", source=KEPT, observes=("saved",),
)  # fmt: skip
def value_of_the_last_save(case: Case) -> Expectations:
    """With save_best_only, when a fit has ended `best` is the value of the epoch that was saved last, in this fit or in an
    earlier one, just as it was logged; where none was saved, initial_value_threshold if there is one. (save_freq="epoch"; a plain
    number in every epoch.)"""
    if not typed(case) or not case["save_best_only"] or case["save_freq"] != "epoch":
        return
    threshold = case["initial_value_threshold"] if case.knows("initial_value_threshold") else None
    best = threshold if is_number(threshold) else None
    for fit, value in _of_the_instance(case):
        for epoch in case.epochs(fit):
            logged = epoch.shown.logs.get(case["monitor"])
            if type(logged) is not float:
                return
            best = logged if epoch.seen.saved else best
        if best is not None:
            yield as_logged(case, fit, "best", float(best), value, "no value was saved as the best after that one")


@clause("model-checkpoint/attributes/best-is-not-kept-otherwise", level="observed", source=READ)
def not_kept_otherwise(case: Case) -> Expectations:
    """Without save_best_only nothing is compared: `best` stays what initial_value_threshold says, whatever is saved, and without
    one it is no value: None, or the worst infinity."""
    threshold = case["initial_value_threshold"] if case.knows("initial_value_threshold") else None
    if not typed(case) or case["save_best_only"] or not (threshold is None or is_number(threshold)):
        return
    for fit, value in _of_the_instance(case):
        if threshold is not None:
            yield as_logged(case, fit, "best", float(threshold), value, "that is the initial_value_threshold")
        else:
            yield case.at(fit).expects_that(
                value is None or value in (math.inf, -math.inf), "no value in best", got=f"best={value!r}",
                because="nothing is compared without save_best_only",
            )  # fmt: skip
