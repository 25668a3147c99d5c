"""What `fit` printed, pasted as it is: progress bars with their carriage returns and backspaces, Keras 2 and Keras 3.

Rules
- `Epoch 3/10` begins an epoch; one that does not follow the last begins another fit. The last value of a metric counts.
- A last epoch whose progress bar did not reach the end was interrupted: it is left out, and it is said.
- Values are rounded as printed. What callbacks said about themselves (`verbose=1`) is evidence for the audit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .history import CONSOLE, History, Printed, RecordedFit, Rounded

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_EPOCH = re.compile(r"Epoch (\d{1,9})/(\d{1,9})\s*$")
_METRIC = re.compile(r" - ([^\s:-][^:]*?): ([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|nan|-?inf)(?=\s|$)")
_PROGRESS = re.compile(r"^\s*(\d{1,18})/(\d{1,18}|Unknown|None) ")
_STOPPED = re.compile(r"Epoch (\d{1,9}): early stopping")
_RESTORED = re.compile(r"Restoring model weights from the end of the best epoch: (\d{1,9})")
_REDUCED = re.compile(r"Epoch (\d{1,9}): ReduceLROnPlateau reducing learning rate to (\S+?)\.?$")
_IMPROVED = re.compile(r"Epoch (\d{1,9}): \S+ improved from ")
_NOT_IMPROVED = re.compile(r"Epoch (\d{1,9}): \S+ did not improve from ")


@dataclass
class _Fit:
    """A fit while it is read. `done`: whether the last epoch's progress bar reached its end."""

    first: int
    planned: int
    logs: list[dict[str, float]] = field(default_factory=list)
    done: bool = True
    stopped: int | None = None
    restored: int | None = None
    reduced: dict[int, float] = field(default_factory=dict)
    improved: dict[int, bool] = field(default_factory=dict)

    def recorded(self) -> RecordedFit:
        printed = Printed(
            stopped=self.stopped, restored=self.restored, reduced=dict(self.reduced), improved=dict(self.improved)
        )
        return RecordedFit.of(
            self.logs, first_epoch=self.first, planned=self.planned, interrupted=not self.done, printed=printed
        )


def console(text: str, source: str) -> History | None:
    """The history in the console output of `fit`; None if there is no epoch in it."""
    fits: list[_Fit] = []
    for piece in _pieces(text):
        begun = _EPOCH.search(piece)
        if begun:
            epoch, planned = int(begun[1]) - 1, int(begun[2])
            if not fits or epoch != fits[-1].first + len(fits[-1].logs) or planned != fits[-1].planned:
                fits.append(_Fit(first=epoch, planned=planned))
            fits[-1].logs.append({})
        elif fits:
            _progress(fits[-1], piece)
            _said(fits[-1], piece)
    notes = ["values are rounded as they were printed"]
    if fits and fits[-1].logs and not fits[-1].done:
        notes.append(f"epoch {fits[-1].first + len(fits[-1].logs)} was interrupted, or goes on, and is left out")
        fits[-1].logs.pop()
    fits = [fit for fit in fits if any(fit.logs)]
    if not fits:
        return None
    if len(fits) > 1:
        notes.append(f"the epochs start again: read as {len(fits)} fits, one after the other")
    return History(kind=CONSOLE, source=source, fits=tuple(fit.recorded() for fit in fits), notes=tuple(notes))


def _pieces(text: str) -> Iterator[str]:
    """What stood in one line at one time, without colours."""
    for piece in re.split(r"[\r\n\b]+", _ESCAPES.sub("", text)):
        if piece.strip():
            yield piece.rstrip()


def _progress(fit: _Fit, piece: str) -> None:
    found = _METRIC.findall(piece)
    progress = _PROGRESS.match(piece)
    if progress:
        fit.done = not progress[2].isdigit() or int(progress[1]) >= int(progress[2])
    for name, value in found:
        fit.logs[-1][name.split(" - ")[-1]] = Rounded(value)


def _said(fit: _Fit, piece: str) -> None:
    """What the callbacks said about themselves."""
    if found := _STOPPED.search(piece):
        fit.stopped = int(found[1]) - 1
    elif found := _RESTORED.search(piece):
        fit.restored = int(found[1]) - 1
    elif found := _REDUCED.search(piece):
        fit.reduced[int(found[1]) - 1] = float(found[2])
    elif found := _IMPROVED.search(piece):
        fit.improved[int(found[1]) - 1] = True
    elif found := _NOT_IMPROVED.search(piece):
        fit.improved[int(found[1]) - 1] = False
