"""The limits within which an implementation can be asked: its parameters and its domain. Scenarios are brought inside of them.

Rules
- What is brought inside is asked in place of what lies outside, so that a callback with a small domain is judged on as many
  scenarios as one that can be asked everything: a parameter that is not there is left out, a value that cannot be given is
  replaced, a missing metric stays what it was in the epoch before.
- Nothing that lies inside is changed. How much of what is drawn does, and why the rest does not, stands beside the verdict.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from callcheck.spec.callbacks import defaults
from callcheck.spec.metrics import DIRECTIONS, class_named
from callcheck.spec.scenario import Epoch, Fit, Scenario
from callcheck.spec.values import Logs

from .driver.domain import Domain
from .driver.protocol import Capabilities

_PLAIN: dict[str, Any] = {"whole": 1, "number": 0.0, "text": "val_loss"}
"""What stands for a value of another kind."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`parameters`: those that there are; None: all. `domain`: as JSON; None: everything can be given."""

    parameters: frozenset[str] | None = None
    domain: str | None = None

    def inside(self, scenario: Scenario) -> Scenario:
        """The scenario, or the nearest one that can be asked."""
        if self.parameters is not None:
            config = {name: value for name, value in scenario.config.items() if name in self.parameters}
            scenario = replace(scenario, config=config)
        if self.domain is None:
            return scenario
        domain = Domain(**json.loads(self.domain))
        return scenario if domain.outside(scenario) is None else _brought_inside(scenario, domain)

    def lacking(self, names: Collection[str], scenarios: Iterable[Scenario]) -> "Limits":
        """The limits without these parameters, of which the scenarios have all that there are."""
        known = self.parameters
        if known is None:
            known = frozenset(name for scenario in scenarios for name in scenario.config)
        return replace(self, parameters=known.difference(names))


def limits(capabilities: Capabilities, callback: str) -> Limits:
    """Those of an implementation for one of its callbacks."""
    parameters = (capabilities.parameters or {}).get(callback)
    domain = capabilities.domain
    return Limits(parameters, None if domain is None else json.dumps(domain.to_json(), sort_keys=True))


def reasons(scenarios: Iterable[Scenario], within: Limits) -> Counter[str]:
    """Why how many of these scenarios cannot be asked as they are, the most frequent reason first."""
    domain = None if within.domain is None else Domain(**json.loads(within.domain))
    found: Counter[str] = Counter()
    for scenario in scenarios:
        lacking = None if within.parameters is None else set(scenario.config) - within.parameters - {"verbose"}
        why = min(lacking) if lacking else None if domain is None else domain.outside(scenario)
        if why is not None:
            found[why] += 1
    return Counter(dict(found.most_common()))


def _brought_inside(scenario: Scenario, domain: Domain) -> Scenario:
    config = {**scenario.config, **_parameters(scenario, domain)}
    if domain.outside(replace(scenario, config=config)) == "the rate as a metric":
        config["monitor"] = "val_loss"
    monitor: Any = config.get("monitor", defaults(scenario.callback).get("monitor"))
    looks = monitor is not None
    value: float = 1.0

    def shown(logs: Logs) -> Logs:
        nonlocal value
        given = logs.get(monitor) if looks else None
        if looks and not domain.takes_metric(given):
            element = given[0] if isinstance(given, tuple) else given
            given = float(element) if isinstance(element, float) and domain.takes_metric(float(element)) else value
        if given is None:
            return logs
        value = given if isinstance(given, float) else value
        return {**logs, monitor: given}

    def of(epoch: Epoch) -> Epoch:
        validations = tuple(map(shown, epoch.validations))
        return replace(epoch, validations=validations, logs=shown(epoch.logs))

    def trained(fit: Fit) -> Fit:
        rate = fit.learning_rate if isinstance(fit.learning_rate, float) else None
        return replace(fit, epochs=tuple(map(of, fit.epochs)), learning_rate=rate)

    rate = scenario.learning_rate if isinstance(scenario.learning_rate, float) else 1.0
    return replace(scenario, config=config, fits=tuple(map(trained, scenario.fits)), learning_rate=rate)


def _parameters(scenario: Scenario, domain: Domain) -> dict[str, Any]:
    """In place of what the parameters cannot be, what they can."""
    known = {**defaults(scenario.callback), **scenario.config}
    found: dict[str, Any] = {}
    for name in (*domain.kinds, *domain.accepts):
        if name not in known or domain.takes(name, found.get(name, known[name])):
            continue
        if name == "mode" and set(domain.accepts[name]) >= {"min", "max"}:
            found[name] = _direction(found.get("monitor", known["monitor"]))
        elif name in domain.accepts:
            found[name] = domain.accepts[name][0]
        else:
            found[name] = _PLAIN[domain.kinds[name]]
    return found


def _direction(monitor: str) -> str:
    """Which mode is meant by auto: as is better for the metric that Keras calls so."""
    known = class_named(monitor.removeprefix("val_"))
    return "max" if known is not None and DIRECTIONS[known] == "max" else "min"
