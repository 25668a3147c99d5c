"""What a callback says: lines that it prints and warnings that it gives, as the events of a trace.

Warnings come by `warnings.warn` (Keras 3) or through the loggers of TensorFlow (Keras 2); both are heard. Only a UserWarning is
recorded: others are what the array libraries say to each other, on overflow or deprecation. A line that no pattern knows is
no event.
"""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import redirect_stdout

# In this order: a line of ModelCheckpoint that says that a value improved says "saving" too.
_PRINTED = (
    ("not-improved", re.compile(r"did not improve")),
    ("improved", re.compile(r"improved from")),
    ("saved", re.compile(r"finished saving")),
    ("saving", re.compile(r"saving model to")),
    ("early-stop", re.compile(r"early stopping", re.IGNORECASE)),
    ("restored", re.compile(r"restoring model weights", re.IGNORECASE)),
    ("reduced", re.compile(r"reducing.* learning rate", re.IGNORECASE)),
    ("scheduled", re.compile(r"setting.* learning rate", re.IGNORECASE)),
    ("nan", re.compile(r"invalid loss", re.IGNORECASE)),
)
_WARNED = (
    ("unknown-mode", re.compile(r"mode .* is unknown")),
    ("array-metric", re.compile(r"scalar value")),
    ("missing-metric", re.compile(r"not available|only with .* available")),
)
_LOGGERS = ("tensorflow", "absl")


def printed_event(line: str) -> str | None:
    """The kind of a printed line, or None for one that is no event."""
    return next((kind for kind, pattern in _PRINTED if pattern.search(line)), None)


def warning_event(text: str) -> str:
    return next((kind for kind, pattern in _WARNED if pattern.search(text)), "other")


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

    def printed(self) -> tuple[str, ...]:
        if not self._out.tell():
            return ()
        lines = self._out.getvalue().splitlines()
        self._out.seek(0)
        self._out.truncate()
        events = (printed_event(line) for line in lines)
        return tuple(event for event in events if event is not None)

    def warned(self) -> tuple[str, ...]:
        if not (self._given or self._heard):
            return ()
        given = [
            warning_event(str(warning.message))
            for warning in self._given
            if issubclass(warning.category, UserWarning)
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
