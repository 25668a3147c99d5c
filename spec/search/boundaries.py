"""Where the bugs of callbacks are: named conditions on scenarios, which the strategies promise to reach.

A boundary is a pure predicate on a scenario: on what is shown to the callback, not on what the callback makes of it. Values after
a stop count too. Each stands beside the strategy of its callback; there, and only there, a pool has to reach it.
"""

from collections.abc import Mapping
from importlib import import_module

from ..callbacks import CALLBACKS, TRAINING
from .conditions import Condition


def boundaries(callback: str) -> Mapping[str, Condition]:
    """The boundaries of a callback's scenarios, or of TRAINING, by name. Raises KeyError for a name that is not one of
    `CALLBACKS`."""
    module = TRAINING if callback == TRAINING else CALLBACKS[callback].module
    found: Mapping[str, Condition] = import_module(f"{__package__}.{module}").BOUNDARIES
    return found
