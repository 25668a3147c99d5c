"""The budget of a run: so many seconds for everything, from the start of workers to the last verdict."""

import math
import time
from dataclasses import dataclass, field

from .driver.protocol import Unavailable


class BudgetSpent(Unavailable):
    """The budget was spent before an implementation was ready."""


@dataclass(frozen=True)
class Budget:
    """Seconds for a whole run, from now on; None: as many as it takes. Those that never end are equal."""

    seconds: float | None = None
    end: float = field(init=False)
    """By the monotonic clock."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", math.inf if self.seconds is None else time.monotonic() + self.seconds)

    @property
    def spent(self) -> bool:
        return time.monotonic() >= self.end


UNLIMITED = Budget()
"""As many seconds as it takes."""
