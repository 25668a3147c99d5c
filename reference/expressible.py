"""What a scenario can say and the reference does not predict yet: each by the name of its field."""

from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario
from callcheck.spec.values import ScheduledRate


def beyond(scenario: Scenario, dialect: Dialect) -> str | None:
    """The field of the first thing in the scenario that the reference does not predict, or the dialect does not have; None if
    there is none."""
    if not all(dialect.has(each.callback) for each in scenario.configured()):
        return "callback"
    if scenario.use_ema and not dialect.has("SwapEMAWeights"):
        return "use_ema"
    if scenario.outputs and not all(m.output for fit in scenario.fits for m in scenario.compiled_metrics(fit)):
        return "metrics"
    if isinstance(scenario.learning_rate, ScheduledRate) and dialect["learning-rate/log-key"] != "learning-rate":
        return "learning_rate"  # what Keras 2 makes of a schedule of the optimizer's own
    return None
