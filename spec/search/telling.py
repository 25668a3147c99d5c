"""What a smallest scenario lacks to be told: values. A counterexample of empty logs or of equal numbers shows little.

Rules
- The monitored metric stands in every epoch as a finite number, and the numbers differ: rising, falling, or turning at the
  end. The first such scenario on which the condition still holds is taken.
- Nothing else changes: as many epochs, the same parameters. Where none will do, the scenario stays as it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..callbacks import defaults
from ..editing import each_epoch
from ..scenario import Scenario


def telling(scenario: Scenario, condition: Callable[[Scenario], bool]) -> Scenario:
    """The scenario with telling values in its logs, if the condition holds for that too."""
    first = scenario.configured()[0]
    metric = first.config.get("monitor", defaults(first.callback).get("monitor"))
    if metric is None or any(
        epoch.batches is not None or epoch.validations for fit in scenario.fits for epoch in fit.epochs
    ):
        return scenario
    return next((each for each in _told(scenario, metric) if condition(each)), scenario)


def _told(scenario: Scenario, metric: str) -> Iterator[Scenario]:
    count = sum(len(fit.epochs) for fit in scenario.fits)
    rising = [1.0 + index for index in range(count)]
    for pattern in (rising, rising[::-1], [*rising[1:], 0.5], [*rising[::-1][1:], count + 0.5]):
        yield _with(scenario, metric, iter(pattern))


def _with(scenario: Scenario, metric: str, values: Iterator[float]) -> Scenario:
    """The scenario with these values of the metric, one for each epoch; what else is logged stays."""

    return each_epoch(scenario, lambda epoch: replace(epoch, logs={**epoch.logs, metric: next(values)}))
