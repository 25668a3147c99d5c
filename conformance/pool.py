"""The scenarios on which implementations are judged: one seeded pool per callback.

Stored vectors come first, so that "not exercised" never depends on luck; then the strategies', from a seed.
"""

import os
import tempfile
from dataclasses import replace
from functools import cache

from callcheck.spec.callbacks import defaults
from callcheck.spec.scenario import Scenario, key
from callcheck.spec.search.boundaries import boundaries
from callcheck.spec.search.strategies import sample
from callcheck.spec.vectors import stored

EXAMPLES = 300
"""Scenarios per callback, by default: what keeps a run over all clauses of one Keras well under a minute."""


@cache
def pool(callback: str, examples: int, seed: int, parameters: frozenset[str] | None = None) -> tuple[Scenario, ...]:
    """The scenarios on which a callback is judged, each once.

    `parameters`: those that an implementation has, None for all. The others are left out of the configurations, so that a
    callback with few parameters is judged on as many scenarios as one with all.
    """
    # Hypothesis notes what it computed once, in the working directory unless it is told otherwise; that is the user's.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "callcheck-hypothesis"))
    first = [vector.scenario for vector in stored() if vector.scenario.callback == callback]
    unique: dict[str, Scenario] = {}
    for scenario in (*first, *sample(callback, examples, seed)):
        if parameters is not None:
            config = {name: value for name, value in scenario.config.items() if name in parameters}
            scenario = replace(scenario, config=config)
        unique[key(scenario)] = scenario
    return tuple(unique.values())


def missing(callback: str, examples: int, seed: int, parameters: frozenset[str]) -> dict[str, int]:
    """The parameters that matter and are not among these, with how many scenarios of the pool set each. What is printed does not
    matter."""
    scenarios = pool(callback, examples, seed)
    counts = {
        name: sum(name in scenario.config for scenario in scenarios)
        for name in defaults(callback)
        if name not in parameters and name != "verbose"
    }
    return {name: count for name, count in counts.items() if count}


def reached(callback: str, examples: int, seed: int, parameters: frozenset[str] | None = None) -> dict[str, int]:
    """How many scenarios of the pool reached each boundary that the strategies promise for the callback."""
    scenarios = pool(callback, examples, seed, parameters)
    return {
        name: sum(condition(scenario) for scenario in scenarios) for name, condition in boundaries(callback).items()
    }
