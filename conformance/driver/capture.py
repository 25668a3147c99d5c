"""What a callback says: lines that it prints and warnings that it gives, as the events of a trace.

Warnings come by `warnings.warn` (Keras 3) or through loggers, such as those of TensorFlow (Keras 2); both are heard. Of warnings
only a UserWarning is recorded: others are what the array libraries say to each other, on overflow or deprecation. A line that no
pattern knows is no event, and neither is one with a wrong number or path in it: who announces epoch 3 in epoch 2 has not
announced epoch 2. No line on standard error is an event; it is heard, and goes on to where it went. What native code writes there
is not heard.
"""

import contextlib
import io
import logging
import math
import re
import sys
import warnings
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .values import UNTRAINED, Origin, float32, unsigned_zero

# In this order: a line of ModelCheckpoint that says that a value improved says "saving" too, and LearningRateScheduler once said
# "reducing", whatever it did.
_PRINTED = (
    ("not-improved", re.compile(r"did not improve")),
    ("improved", re.compile(r"improved from")),
    ("saved", re.compile(r"finished saving")),
    ("saving", re.compile(r"saving model to")),
    ("early-stop", re.compile(r"early stopping", re.IGNORECASE)),
    ("restored", re.compile(r"restoring model weights", re.IGNORECASE)),
    ("scheduled", re.compile(r"scheduler reducing learning rate|setting (\S+ )?learning rate", re.IGNORECASE)),
    ("reduced", re.compile(r"reducing (\S+ )?learning rate", re.IGNORECASE)),
    ("nan", re.compile(r"invalid loss", re.IGNORECASE)),
)
_WARNED = (
    ("unknown-mode", re.compile(r"mode .* is unknown")),
    ("array-metric", re.compile(r"scalar value")),
    ("missing-metric", re.compile(r"not available|(only with|requires) .* available")),
)
_COUNTING = (UserWarning, RuntimeWarning)
"""Categories of warnings that may count; of most, such as those on deprecation, the category says that they do not."""
_NOBODYS = re.compile(
    r"being deleted with unrestored values|could not be found in the restored object|tf\.function retracing"
    r"|Instructions for updating"
)
"""What TensorFlow says of checkpoints that are collected as garbage, of how often it traced, and, once, of functions of its own
that will be removed: it is about the process."""
_LOGGERS = ("", "tensorflow", "absl")
"""Whose handlers are replaced: the root's, to which the others' words go, and those that keep theirs from it."""


class Facts(NamedTuple):
    """What is so when a line is heard, right after the hook that printed it; None: not known, and not compared.

    `epoch`, `batch`: the running or the last one, 0-based. `rate`: the learning rate. `weights`: whose training the model
    holds. `saved`: the paths that the hook saved to. `logs`: what it was given.
    """

    epoch: Optional[int] = None
    batch: Optional[int] = None
    rate: Any = None
    weights: Optional[Origin] = None
    saved: Optional[Tuple[str, ...]] = None
    logs: Mapping[str, Any] = {}


_EPOCH = re.compile(r"^Epoch (-?\d+)\b")
_BATCH = re.compile(r"^Batch (-?\d+)\b")
_BEST_EPOCH = re.compile(r"best epoch: (-?\d+)")
_RATE = re.compile(r"ing (?:(\S+) )?learning rate to (\S+?)\.?$")
_IMPROVED = re.compile(r"(\S+) improved from (\S+) to ([^\s,]+)")
_NOT_IMPROVED = re.compile(r"did not improve from (\S+)")


def printed_event(line: str) -> Optional[str]:
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
    nobodys = facts.weights is None or facts.weights.fit < UNTRAINED.fit
    if best and facts.weights is not None and not nobodys and int(best[1]) != facts.weights.epoch + 1:
        return False
    if rate and not _is_the_rate(rate[1], float(rate[2]), facts.rate):
        return False
    if improved and improved[1] in facts.logs:
        value = facts.logs[improved[1]]
        if isinstance(value, float) and improved[3] != f"{value:.5f}":
            return False
    if kind in ("improved", "saving", "saved") and facts.saved is not None:
        return line.endswith(
            tuple(before + path for path in facts.saved for before in "/ ")
        )  # a relative path stands alone
    return True


def _is_the_rate(name: Optional[str], printed: float, rate: Any) -> bool:
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
    def __init__(self, heard: List[str]) -> None:
        super().__init__(logging.WARNING)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except TypeError:
            return  # its arguments do not fit: every handler says so on standard error, and nobody is warned
        if not _NOBODYS.search(text):
            self.heard.append(warning_event(text))


class Captured:
    """What was said since the last time of asking."""

    def __init__(
        self, out: io.StringIO, errors: io.StringIO, given: List[warnings.WarningMessage], heard: List[str]
    ) -> None:
        self._out = out
        self._errors = errors
        self._given = given
        self._heard = heard
        self.speaker = 0
        """Whose words they are, of several callbacks."""
        self._announced: Dict[int, str] = {}
        """The value that was last said to be the best one, by speaker."""

    @property
    def something(self) -> bool:
        """Whether anything was said that nobody has asked for."""
        return bool(self._out.tell() or self._errors.tell() or self._given or self._heard)

    def printed(self, facts: Callable[[], Facts] = Facts, others: bool = False) -> Tuple[str, ...]:
        """The events in what was printed; `facts` is asked only if something was. `others`: also the lines that are none."""
        said = []
        if self._errors.tell():
            said = ["other" for line in _taken(self._errors) if others and line.strip()]
        if not self._out.tell():
            return tuple(said)
        kinds = [(line, printed_event(line)) for line in _taken(self._out)]
        known = facts()
        for line, kind in kinds:
            if kind and is_true(line, kind, known) and self._follows(line):
                said.append(kind)
            elif others and line.strip():
                said.append("other")
        return tuple(said)

    def _follows(self, line: str) -> bool:
        """Whether a line about the best value so far names the one that was announced before."""
        improved, not_improved = _IMPROVED.search(line), _NOT_IMPROVED.search(line)
        before = improved[2] if improved else not_improved[1] if not_improved else None
        if before is not None and before != "None" and not _is_number(before):
            return False
        follows = before is None or before == self._announced.get(self.speaker, before)
        if improved:
            self._announced[self.speaker] = improved[3]
        return follows

    def new_speaker(self, speaker: int) -> None:
        """One that has announced nothing yet."""
        self._announced.pop(speaker, None)

    def warned(self) -> Tuple[str, ...]:
        if not (self._given or self._heard):
            return ()
        given = []
        for each in self._given:
            if issubclass(each.category, _COUNTING):  # a subject may have set filters of its own
                event = warning_event(str(each.message))
                if event != "other" or issubclass(
                    each.category, UserWarning
                ):  # Keras up to 2.3 gives its own as the other
                    given.append(event)
        said = (*given, *self._heard)
        self._given.clear()
        self._heard.clear()
        return said


def _taken(written: io.StringIO) -> List[str]:
    """The lines that were written, which are not there any more."""
    lines = written.getvalue().splitlines()
    written.seek(0)
    written.truncate()
    return lines


class _Errors:
    """Standard error, as a subject knows it. What it writes there goes on, and as much as is read is `heard`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.heard = io.StringIO()

    def write(self, text: str) -> Any:
        if self.heard.tell() < _Out.LIMIT:
            self.heard.write(text)
        return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Out(io.StringIO):
    """Standard output, as a subject knows it: one that closes it has closed nothing, and one that floods it is stopped."""

    LIMIT = 10_000_000
    """Characters between two hooks: more than any callback that is read by people says."""

    def close(self) -> None: ...

    def write(self, text: str) -> int:
        if self.tell() + len(text) > self.LIMIT:
            raise Flood(f"more than {self.LIMIT} characters printed in one hook")
        return super().write(text)


class Flood(BaseException):
    """More was printed than is read. Not an Exception, so that a subject that catches everything does not swallow it."""


@contextlib.contextmanager
def captured() -> Iterator[Captured]:
    """Hear everything that is printed or warned of inside; of it only standard error reaches the terminal.

    What was replaced inside, `sys.stdout` or `warnings.showwarning` among it, is put back.
    """
    out = _Out()
    heard: List[str] = []
    listener = _Listener(heard)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    streams = sys.stdout, sys.stderr
    errors = _Errors(sys.stderr)
    with warnings.catch_warnings(record=True) as given:
        assert given is not None  # as asked
        warnings.simplefilter("ignore")  # without what does not count: some hooks give it each time
        for category in _COUNTING:
            warnings.simplefilter("always", category)
        for logger in loggers:
            logger.handlers, logger.propagate = [listener], False
        sys.stdout, sys.stderr = out, errors
        try:
            yield Captured(out, errors.heard, given, heard)
        finally:
            sys.stdout, sys.stderr = streams
            for logger, handlers, propagate in before:
                logger.handlers, logger.propagate = handlers, propagate
