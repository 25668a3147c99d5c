"""Hypothesis strategies: configurations, and metric streams that go where the bugs of callbacks are.

Rules
- Each callback has a module that draws its scenarios and lists the boundaries that they promise to reach.
- Simple things come first in every choice: a scenario shrinks towards one fit, one epoch, a plateau and the defaults.
- Most scenarios are valid: about one in ten is rejected or raises.
"""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from ..callbacks import CALLBACKS, TRAINING
from ..scenario import Scenario, key
from . import aimed as aims

# Hypothesis keeps what it computed once, about Unicode: in the working directory unless it is told otherwise, and that is the
# user's.
_CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(_CACHE, "callcheck", "hypothesis"))


def scenarios(callback: str) -> SearchStrategy[Scenario]:
    """Scenarios for one callback, or of TRAINING, most of them valid. Raises KeyError for a name that is not one of
    `CALLBACKS`."""
    found: SearchStrategy[Scenario] = _module(callback).scenarios()
    return found


def _module(callback: str) -> Any:
    module = TRAINING if callback == TRAINING else CALLBACKS[callback].module
    return import_module(f"{__package__}.{module}")


_RUN = 10
"""Examples in one run of Hypothesis. After ten valid ones it begins to mutate, and most of what follows are near-copies
of one another, as a search for one failure wants it; a pool wants different scenarios."""


def draw(callback: str, n: int, seed: int, stop: Callable[[], bool]) -> list[Scenario]:
    """`n` different scenarios for one callback, or of TRAINING: always the same for the same seed and version of Hypothesis.

    Fewer than `n` come back only where new ones hardly turn up any more, or once somebody says `stop`.
    """
    return _drawn(scenarios(callback), n, f"{seed}", stop)


def draw_aimed(
    callback: str, share: Callable[[int], int], seed: int, stop: Callable[[], bool]
) -> dict[str, list[Scenario]]:
    """The aimed scenarios of a callback, by the name of their aim. `share`: how many are drawn of so many as its module says."""
    module = _module(callback)
    more = getattr(module, "more", aims.nothing)
    return {
        aiming.__name__: _drawn(
            aims.scenarios(callback, aiming, more), share(number), f"{aiming.__name__}/{seed}", stop
        )
        for aiming, number in getattr(module, "AIMS", {}).items()
    }


def _drawn(strategy: SearchStrategy[Scenario], n: int, seed: str, stop: Callable[[], bool]) -> list[Scenario]:
    """No database, no deadline, no shrinking, nothing printed. A larger `n` begins with the scenarios of a smaller one."""
    found: dict[str, Scenario] = {}

    @settings(
        database=None, deadline=None, max_examples=_RUN, phases=[Phase.generate], verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck), backend="hypothesis",
    )  # fmt: skip
    @given(strategy)
    def collect(scenario: Scenario) -> None:
        found.setdefault(key(scenario), scenario)

    for run in range(2 * n // _RUN + 10):
        if len(found) >= n or stop():
            break
        seeded(f"{seed}/{run}")(collect)()
    return list(found.values())[:n]
