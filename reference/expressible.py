"""What a scenario can say and the reference does not predict yet: each by the name of its field."""

from types import NoneType

from callcheck.spec.scenario import Fit, Scenario
from callcheck.spec.values import ScheduledRate

_NO_NUMBERS = frozenset({bool, NoneType})


def beyond(scenario: Scenario) -> str | None:
    """The field of the first thing in the scenario that the reference does not predict; None if there is none."""
    if scenario.outputs and not all(m.output for fit in scenario.fits for m in scenario.compiled_metrics(fit)):
        return "metrics"
    if isinstance(scenario.learning_rate, ScheduledRate):
        return "learning_rate"
    if not all(metric.cls for metric in scenario.metrics):
        return "metrics"
    return next((field for fit in scenario.fits if (field := _beyond(fit)) is not None), None)


def _beyond(fit: Fit) -> str | None:
    if fit.metrics and not all(metric.cls for metric in fit.metrics):
        return "metrics"
    for epoch in fit.epochs:
        for value in epoch.logs.values():  # the plain loops are the fast ones: a record may have a million epochs
            if type(value) in _NO_NUMBERS:
                return "logs"
        if epoch.batches and any(type(value) in _NO_NUMBERS for logs in epoch.batches for value in logs.values()):
            return "logs"
    return None
