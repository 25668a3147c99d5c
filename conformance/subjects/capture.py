"""What a callback says: lines that it prints and warnings that it gives, as the events of a trace.

Warnings come by `warnings.warn` (Keras 3) or through the loggers of TensorFlow (Keras 2); both are heard. Only a UserWarning is
recorded: others are what the array libraries say to each other, on overflow or deprecation. A line that no pattern knows is
no event, and neither is one with a wrong number or path in it: who announces epoch 3 in epoch 2 has not announced epoch 2.
"""

import contextlib
import io
import logging
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field

from callcheck.spec.numbers import float32, unsigned_zero
from callcheck.spec.trace import Origin
from callcheck.spec.values import Logs, Rate

# In this order: a line of ModelCheckpoint that says that a value improved says "saving" too.
_PRINTED = (
    ("not-improved", re.compile(r"did not improve")),
    ("improved", re.compile(r"improved from")),
    ("saved", re.compile(r"finished saving")),
    ("saving", re.compile(r"saving model to")),
    ("early-stop", re.compile(r"early stopping", re.IGNORECASE)),
    ("restored", re.compile(r"restoring model weights", re.IGNORECASE)),
    ("reduced", re.compile(r"reducing (\S+ )?learning rate", re.IGNORECASE)),
    ("scheduled", re.compile(r"setting (\S+ )?learning rate", re.IGNORECASE)),
    ("nan", re.compile(r"invalid loss", re.IGNORECASE)),
)
_WARNED = (
    ("unknown-mode", re.compile(r"mode .* is unknown")),
    ("array-metric", re.compile(r"scalar value")),
    ("missing-metric", re.compile(r"not available|only with .* available")),
)
_LOGGERS = ("tensorflow", "absl")


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is so when a line is heard, right after the hook that printed it; None: not known, and not compared.

    `epoch`, `batch`: the running or the last one, 0-based. `rate`: the learning rate. `weights`: whose training the model
    holds. `saved`: the paths that the hook saved to. `logs`: what it was given.
    """

    epoch: int | None = None
    batch: int | None = None
    rate: Rate = None
    weights: Origin | None = None
    saved: tuple[str, ...] | None = None
    logs: Logs = field(default_factory=dict)


_EPOCH = re.compile(r"^Epoch (-?\d+)\b")
_BATCH = re.compile(r"^Batch (-?\d+)\b")
_BEST_EPOCH = re.compile(r"best epoch: (-?\d+)")
_RATE = re.compile(r"ing (?:(\S+) )?learning rate to (\S+?)\.?$")
_IMPROVED = re.compile(r"(\S+) improved from (\S+) to ([^\s,]+)")
_NOT_IMPROVED = re.compile(r"did not improve from (\S+)")


def printed_event(line: str) -> str | None:
    """The kind of a printed line, or None for one that is no event."""
    return next((kind for kind, pattern in _PRINTED if pattern.search(line)), None)


def is_true(line: str, kind: str, facts: Facts) -> bool:
    """Whether the numbers and the path in a line of that kind, as far as it has any, are as the facts say."""
    epoch, batch, best, rate, improved = (
        pattern.search(line) for pattern in (_EPOCH, _BATCH, _BEST_EPOCH, _RATE, _IMPROVED)
    )
    if epoch and facts.epoch is not None and int(epoch[1]) != facts.epoch + 1:
        return False
    if batch and facts.batch is not None and int(batch[1]) != facts.batch:
        return False
    if best and facts.weights is not None and int(best[1]) != facts.weights.epoch + 1:
        return False
    if rate and not _is_the_rate(rate[1], float(rate[2]), facts.rate):
        return False
    if improved and improved[1] in facts.logs:
        value = facts.logs[improved[1]]
        if not isinstance(value, tuple) and improved[3] != f"{value:.5f}":
            return False
    if kind in ("improved", "saving", "saved") and facts.saved is not None:
        return line.endswith(
            tuple(before + path for path in facts.saved for before in "/ ")
        )  # a relative path stands alone
    return True


def _is_the_rate(name: str | None, printed: float, rate: Rate) -> bool:
    """Whether the rate that was printed, before it was stored, is the rate; of several optimizers, that of the one named."""
    if rate is None:
        return True
    if isinstance(rate, Mapping):
        rate = rate.get(name or "", math.nan)
    elif name not in (None, "the"):
        return False
    return repr(unsigned_zero(float32(printed))) == repr(rate)


def warning_event(text: str) -> str:
    return next((kind for kind, pattern in _WARNED if pattern.search(text)), "other")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class _Listener(logging.Handler):
    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(warning_event(record.getMessage()))


class Captured:
    """What was said since the last time of asking."""

    def __init__(self, out: io.StringIO, given: list[warnings.WarningMessage], heard: list[str]) -> None:
        self._out = out
        self._given = given
        self._heard = heard
        self._announced: str | None = None
        """The value that was last said to be the best one."""

    def printed(self, facts: Callable[[], Facts] = Facts) -> tuple[str, ...]:
        """The events in what was printed; `facts` is asked only if something was."""
        if not self._out.tell():
            return ()
        lines = self._out.getvalue().splitlines()
        self._out.seek(0)
        self._out.truncate()
        kinds = [(line, printed_event(line)) for line in lines]
        known = facts()
        return tuple(kind for line, kind in kinds if kind and is_true(line, kind, known) and self._follows(line))

    def _follows(self, line: str) -> bool:
        """Whether a line about the best value so far names the one that was announced before."""
        improved, not_improved = _IMPROVED.search(line), _NOT_IMPROVED.search(line)
        before = improved[2] if improved else not_improved[1] if not_improved else None
        if before is not None and before != "None" and not _is_number(before):
            return False
        follows = before is None or self._announced is None or before == self._announced
        if improved:
            self._announced = improved[3]
        return follows

    def warned(self) -> tuple[str, ...]:
        if not (self._given or self._heard):
            return ()
        given = [
            warning_event(str(warning.message)) for warning in self._given if issubclass(warning.category, UserWarning)
        ]
        said = (*given, *self._heard)
        self._given.clear()
        self._heard.clear()
        return said


@contextlib.contextmanager
def captured() -> Iterator[Captured]:
    """Hear everything that is printed or warned of inside; none of it reaches the terminal."""
    out = io.StringIO()
    heard: list[str] = []
    listener = _Listener(heard)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    with warnings.catch_warnings(record=True) as given, redirect_stdout(out):
        warnings.simplefilter("always")
        for logger in loggers:
            logger.handlers, logger.propagate = [listener], False
        try:
            yield Captured(out, given, heard)
        finally:
            for logger, (handlers, propagate) in zip(loggers, before, strict=True):
                logger.handlers, logger.propagate = handlers, propagate
