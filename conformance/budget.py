"""The budget of a run: so many seconds for everything, from the start of workers to the last verdict."""

import math
import time

from .driver.protocol import Unavailable


class BudgetSpent(Unavailable):
    """The budget was spent before an implementation was ready."""


class Budget:
    """Seconds for a whole run, from now on; None: as many as it takes."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self.end = math.inf if seconds is None else time.monotonic() + seconds
        """By the monotonic clock."""

    @property
    def spent(self) -> bool:
        return time.monotonic() >= self.end
