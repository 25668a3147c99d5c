"""How far a run is, on a stream: one line that is drawn anew on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from typing import TextIO

REDRAWN = 0.2
"""Seconds between two drawings on a terminal: fast enough to look alive."""
NOW_AND_THEN = 20.0
"""Seconds between two lines where nobody redraws, such as in a log of a CI run."""


class Progress:
    """Counts answers, and says how many are to come and how long that may take."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.terminal = stream.isatty()
        self.clock = clock
        self.said = self.began = clock()
        """When something was said last; when the first answer came, before which nobody can tell how long one takes."""
        self.total = 0
        self.done = 0

    def starting(self, name: str) -> None:
        """The implementation of that name is started, which may take a while; a log needs no line for it."""
        if self.terminal:
            self._draw(f"{name}: starting")

    def expect(self, more: int) -> None:
        """So many more scenarios are going to be asked."""
        self.total += more

    def answered(self, name: str) -> None:
        """One more has been answered, by the implementation of that name."""
        self.done += 1
        now = self.clock()
        if self.done == 1:
            self.began = now
        if now - self.said < (REDRAWN if self.terminal else NOW_AND_THEN):
            return
        self.said = now
        line = f"{name}: {self.done} of {max(self.total, self.done)} scenarios{self._remaining(now - self.began)}"
        self._draw(line)

    def _draw(self, line: str) -> None:
        self.stream.write(f"\r\033[K{line}" if self.terminal else line + "\n")
        self.stream.flush()

    def _remaining(self, seconds: float) -> str:
        if seconds < 1:
            return ""
        left = seconds / (self.done - 1) * max(self.total - self.done, 0)
        return f", about {left:.0f} s to go" if left < 90 else f", about {left / 60:.0f} min to go"

    def end(self) -> None:
        """Clear the line."""
        if self.terminal:
            self.stream.write("\r\033[K")
            self.stream.flush()
