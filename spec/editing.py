"""Making a scenario from a scenario: the one set of helpers for relations, shrinking and wrong training loops.

Each returns a new scenario and leaves the given one alone. What is not named stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from .callbacks import defaults
from .scenario import Epoch, Fit, Scenario
from .values import Logs, Value


def configured(scenario: Scenario, **parameters: Any) -> Scenario:
    """The scenario with these parameters given."""
    return replace(scenario, config={**scenario.config, **parameters})


def without(scenario: Scenario, *parameters: str) -> Scenario:
    """The scenario with these parameters left out."""
    return replace(scenario, config={name: v for name, v in scenario.config.items() if name not in parameters})


def configs(scenario: Scenario) -> tuple[Mapping[str, Any], ...]:
    """The configuration of every callback."""
    return tuple(each.config for each in scenario.configured())


def with_config(scenario: Scenario, index: int, config: Mapping[str, Any]) -> Scenario:
    """The scenario with another configuration of the callback of that index."""
    if not scenario.callbacks:
        return replace(scenario, config=config)
    before, after = scenario.callbacks[:index], scenario.callbacks[index + 1 :]
    return replace(scenario, callbacks=(*before, replace(scenario.callbacks[index], config=config), *after))


def left_out(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The mapping without that name."""
    return {other: value for other, value in mapping.items() if other != name}


def change_fit(scenario: Scenario, index: int, **changes: Any) -> Scenario:
    """The scenario with these fields of one fit changed."""
    fits = scenario.fits
    return replace(scenario, fits=(*fits[:index], replace(fits[index], **changes), *fits[index + 1 :]))


def change_epoch(scenario: Scenario, fit: int, index: int, **changes: Any) -> Scenario:
    """The scenario with these fields of one epoch changed."""
    epochs = scenario.fits[fit].epochs
    changed = (*epochs[:index], replace(epochs[index], **changes), *epochs[index + 1 :])
    return change_fit(scenario, fit, epochs=changed)


def places(scenario: Scenario) -> Iterator[tuple[int, int, Epoch]]:
    """Every epoch with the indices of its fit and of itself, the last first."""
    for number, fit in reversed(list(enumerate(scenario.fits))):
        for index, epoch in reversed(list(enumerate(fit.epochs))):
            yield number, index, epoch


def each_fit(scenario: Scenario, change: Callable[[Fit], Fit]) -> Scenario:
    """The scenario with every fit changed."""
    return replace(scenario, fits=tuple(map(change, scenario.fits)))


def each_epochs(scenario: Scenario, change: Callable[[tuple[Epoch, ...]], Iterable[Epoch]]) -> Scenario:
    """The scenario with the epochs of every fit changed."""
    return each_fit(scenario, lambda fit: replace(fit, epochs=tuple(change(fit.epochs))))


def each_epoch(scenario: Scenario, change: Callable[[Epoch], Epoch]) -> Scenario:
    """The scenario with every epoch changed."""
    return each_epochs(scenario, lambda epochs: map(change, epochs))


def each_logs(scenario: Scenario, change: Callable[[Logs], Logs]) -> Scenario:
    """The scenario with other logs, in epochs, batches and validations alike."""

    def epoch(shown: Epoch) -> Epoch:
        batches = None if shown.batches is None else tuple(map(change, shown.batches))
        validations = tuple(map(change, shown.validations))
        return replace(shown, logs=change(shown.logs), batches=batches, validations=validations)

    return each_epoch(scenario, epoch)


def each_monitored(scenario: Scenario, change: Callable[[int, Value], Value]) -> Scenario:
    """The scenario with other monitored values at the ends of epochs: `change(absolute epoch, value)`. Missing ones stay
    missing."""
    monitor = scenario.config.get("monitor", defaults(scenario.callback)["monitor"])

    def fit(shown: Fit) -> Fit:
        first = scenario.first_epoch(shown)
        epochs = tuple(
            replace(epoch, logs={**epoch.logs, monitor: change(first + index, epoch.logs[monitor])})
            if monitor in epoch.logs
            else epoch
            for index, epoch in enumerate(shown.epochs)
        )
        return replace(shown, epochs=epochs)

    return each_fit(scenario, fit)
