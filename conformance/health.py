"""Whether there is anything to judge: a subject that cannot be made, always fails in the same way, or can hardly be asked.

The thresholds stand here, for all commands. What they find is said before any verdict, and decides the exit status, because the
clauses see little of it: a subject that raises everywhere exercises next to none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.scenario import Scenario, dumps
from callcheck.spec.trace import Failed, NotExpressible, Result, Trace

SAME_ERROR = 0.9
"""The share of scenarios with one and the same error from which on the error is the result, and not the verdicts."""
EXPRESSIBLE = 0.1
"""The share of scenarios that have to be expressible for a run to say anything."""
ENOUGH = 50
"""So many scenarios have to have been run for it to mean something that a callback did nothing."""
OK, DEVIATING, WRONG, NOTHING_EXERCISED, NOT_STARTED, OUR_FAULT = range(6)
INTERRUPTED = 130
"""The exit statuses of all commands. What a signal ends has 128 and the signal's number, as a shell has it: Ctrl-C 130."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """One sentence, and the exit status that it means."""

    sentence: str
    status: int


def complaint(name: str, callback: str, results: Sequence[Result]) -> Complaint | None:
    """What is wrong with the answers of a whole pool, if nearly all of them are the same kind of nothing."""
    if not results:
        return None
    asked = [result for result in results if not isinstance(result, NotExpressible)]
    if len(asked) < EXPRESSIBLE * len(results):
        missing = Counter(result.parameter for result in results if isinstance(result, NotExpressible))
        parameter, count = missing.most_common(1)[0]
        return Complaint(
            sentence=f"{name} can express {len(asked)} of {len(results)} scenarios of {callback}; "
            f"in {count} it lacks {parameter}",
            status=NOTHING_EXERCISED,
        )
    errors = [error for result in asked if (error := _error(result)) is not None]
    if not errors:
        return None
    # The same error is the same type at the same place: its words may hold what was different every time.
    (kind, hook), count = Counter((error.kind, error.hook) for error in errors).most_common(1)[0]
    constructing = hook == "constructor"
    text = Counter(error.text for error in errors if (error.kind, error.hook) == (kind, hook)).most_common(1)[0][0]
    if all(isinstance(result, Trace) and result.rejected is not None for result in asked):
        return Complaint(
            sentence=f"{name} could be constructed in none of {len(asked)} scenarios of {callback}; most often {text}",
            status=NOT_STARTED,
        )
    if count >= SAME_ERROR * len(asked):
        where = " when it is constructed" if constructing else ""
        return Complaint(
            sentence=f"{name} has the same error{where} in {count} of {len(asked)} scenarios of {callback}: {text}",
            status=DEVIATING,
        )
    return None


EXPECTED = {"stop": "stopped training", "learning_rate": "changed the learning rate", "saved": "saved anything"}
"""What a callback is there for, by the field of a trace that it may set, as a person says that it was not done."""


def idle(name: str, callback: str, seen: Sequence[tuple[Scenario, Result]]) -> Complaint | None:
    """That a callback never did what it is there for, in a pool in which every callback that works does it often."""
    traces = [(scenario, result) for scenario, result in seen if isinstance(result, Trace) and result.rejected is None]
    jobs = CALLBACKS[callback].jobs if callback in CALLBACKS else ()  # together they have none of their own
    job = next((job for job in EXPECTED if job in jobs), None)
    if job is None or len(traces) < ENOUGH or any(_did(job, scenario, trace) for scenario, trace in traces):
        return None
    return Complaint(
        sentence=f"{name} never {EXPECTED[job]} in any of {len(traces)} scenarios of {callback}: it seems to do nothing",
        status=DEVIATING,
    )


def unsteady(name: str, callback: str, scenario: Scenario | None) -> Complaint:
    """That a callback does something else when it is asked the same again, by a new instance: nothing can be told of it then."""
    such = "" if scenario is None else f"; such as {dumps(scenario)}"
    return Complaint(
        sentence=f"{name} does something else when a new instance of {callback} is asked the same again: it keeps something "
        f"beside its instances, in its class or its module, or decides by chance{such}",
        status=DEVIATING,
    )


def _did(job: str, scenario: Scenario, trace: Trace) -> bool:
    """Whether that happened, or could not have been seen."""
    for fit, seen in zip(scenario.fits, trace.fits, strict=False):
        rate = None
        for shown, epoch in zip(fit.epochs, seen.epochs, strict=False):
            if job == "stop" and (epoch.stop is None or (epoch.stop and not (shown.stop or shown.others))):
                return True
            if job == "saved" and (epoch.saved is None or epoch.saved):
                return True
            if job == "learning_rate":
                if epoch.learning_rate is None or (rate is not None and rate != epoch.learning_rate):
                    return True
                rate = epoch.learning_rate
        if seen.error is not None:
            return True
    return False


def incomplete(name: str, tried: int, untried: int, why: str) -> Complaint:
    """That not everything was tried: with nothing failed, this is no success."""
    sentence = f"{name}: incomplete: {tried} scenarios were tried and {untried} were not, because {why}"
    return Complaint(sentence=sentence, status=NOTHING_EXERCISED)


class _Error(NamedTuple):
    """What went wrong: the type, where, and all of it in words."""

    kind: str
    hook: str
    text: str


def _error(result: Result) -> _Error | None:
    if isinstance(result, Failed):
        return _Error(result.kind, "", f"{result.kind}: {result.message}")
    if not isinstance(result, Trace):
        return None
    if result.rejected is not None:
        return _Error(result.rejected.type, "constructor", f"{result.rejected.type}: {result.rejected.message}")
    error = next((fit.error for fit in result.fits if fit.error is not None), None)
    return (
        None if error is None else _Error(error.type, error.hook, f"{error.type} out of {error.hook}: {error.message}")
    )
