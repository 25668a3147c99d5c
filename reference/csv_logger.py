"""CSVLogger: it writes a line of values for every epoch, in columns that the first epoch decides.

Rules
1. When a fit begins, the file is opened: emptied, or with `append` to write after what is there. If something is there, no header
   is written from then on (a choice). When exactly it is opened is a choice.
2. The first epoch decides the columns: epoch, and what it logs, sorted by name; and where none of these is of the validation,
   the same again with `val_` in front. Whether a later fit's first epoch decides again is a choice.
3. At every epoch end a row is written, a header before the first one, with the separator in between (or not: a choice). A metric
   without a column is left out; one that is missing is NA, or raises KeyError (a choice).
4. A value is written as Python writes it, an array in brackets and quotes, None as nothing.
5. A file that is open cannot be copied, nor one of Python's that was closed.
6. To which file an instance writes that is used again after an interruption is a choice, and whether one that is used again after
   a fit that came to its end writes at all.
"""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from callcheck.spec.callbacks import CSVLogger as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import existing_directories, existing_files
from callcheck.spec.numbers import shortest_float32
from callcheck.spec.values import ArrayNumber, Tensor, Value

from .machine import NOTHING, Effect, Event, Machine, Reason, Unpredictable, Write

OPENED = Reason("csv-logger/append/overwrites-unless-told-to-append", "A fit begins: append is {append}.")
WRITTEN = Reason("csv-logger/rows/one-for-each-epoch", "A row is written for epoch index {epoch}.")
WAITS = Reason(
    "csv-logger/after-an-interruption",
    "The row of epoch index {epoch} goes to the file of the interrupted fit, where it will be when training has ended.",
)
END = "\r\n"


class State(NamedTuple):
    """`columns`: beside epoch; None before the first epoch. `before`: those of the fit before. `header`: one is due before the
    first row of a fit. `writing`: a row of this fit was written, or tried. `used`: a file was opened once. `open`: it is now.
    `old`: where in the file of an interrupted fit the next row goes, None where it goes to this fit's own; `late`: rows that wait
    for the end of training. `closed`: so is the file of a fit before to which rows were written."""

    columns: tuple[str, ...] | None = None
    before: tuple[str, ...] | None = None
    header: bool = True
    writing: bool = False
    used: bool = False
    open: bool = False
    old: int | None = None
    late: str = ""
    closed: bool = False


class NotFoundError(Exception):
    """TensorFlow's, for a folder that is missing."""


class FailedPreconditionError(Exception):
    """TensorFlow's, for a directory where a file is expected, and for a file where a directory is."""


KEPT = {"to-its-file": False, "to-the-file-before": True, "to-a-file-that-stays-open": True}
"""Whether an instance goes on in the file of an interrupted fit."""
HEADER: Mapping[str, Callable[[bool], bool]] = {
    "at-the-top": lambda empty: empty,
    "always": lambda empty: True,
    "below-what-is-there": lambda empty: not empty,
}
"""Whether one is due in a file that is appended to, by whether it is empty."""
FORESEEN: Mapping[str, Callable[[bool], bool]] = {
    "na": lambda stop: True,
    "raises": lambda stop: stop,
    "always-raises": lambda stop: False,
}
"""Whether a metric may be missing, by whether training is stopped."""


class CSVLogger(Machine):
    initial = State()

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.config: Configuration = bind("CSVLogger", config)
        self.keeps_columns = dialect["csv-logger/reuse"] in ("columns", "no-row")
        self.keeps_closed_file = dialect["csv-logger/reuse"] == "no-row"
        self.keeps_file = KEPT[dialect["csv-logger/after-an-interruption"]]
        self.closes_old_file = dialect["csv-logger/after-an-interruption"] != "to-a-file-that-stays-open"
        self.header = HEADER[dialect["csv-logger/header"]]
        self.foreseen = FORESEEN[dialect["csv-logger/missing-metric"]]
        self.separator: Any = self.config.separator if dialect["csv-logger/separator"] == "the-given-one" else ","
        self.asks_before = dialect["csv-logger/stop-in-the-first-epoch"] == "the-columns-of-the-fit-before"
        self.writes_na = dialect["csv-logger/missing-metric"] == "na"
        self.opens_late = dialect["csv-logger/opens"] == "with-the-first-row"
        self.logs_numpy = dialect["learning-rate/logged-as"] == "numpy"

    # ---------------------------------------------------------------------------------- hooks

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        path, header = self.config.filename, state.header
        if state.writing and self.keeps_file:
            state = state._replace(old=len(event.texts[path].encode()) if state.old is None else state.old)
        elif self.closes_old_file:
            state = state._replace(old=None, late="")
        if self.config.append and path in event.texts:
            header = self.header(not event.texts[path])
        if not self.opens_late:
            self.open(effects, event)
        keeps_columns = self.keeps_columns or state.old is not None
        return state._replace(
            columns=state.columns if keeps_columns else None,
            before=state.before if state.columns is None else state.columns,
            header=header, writing=state.old is not None, used=True, open=not self.opens_late,
        ), OPENED  # fmt: skip

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        separator, columns = self.separator, state.columns
        if columns is None and self.asks_before and event.stop:
            if state.before is None:
                raise TypeError("the columns are asked for before they are decided: 'NoneType' object is not iterable")
            columns = state.before
        if columns is None:
            columns = decided(event.logs, self.writes_na)
        if not isinstance(separator, str) or len(separator) != 1:
            raise TypeError("the delimiter has to be a string of one character")
        if not state.writing and self.opens_late and state.header:
            self.open(effects, event)
        cells = self.cells(columns, event)
        names = ("epoch", *columns)
        text = line([*names], separator) if state.header and not state.writing else ""
        if not state.writing and self.opens_late and not state.header:
            self.open(effects, event)
        row = {"epoch": event.epoch, **cells}
        written = line([row[name] for name in names], separator)
        if state.closed and self.keeps_closed_file:
            raise ValueError("the file of the fit before is closed")
        if state.old is not None:
            return state._replace(late=state.late + written), WAITS
        effects.append(Write(self.config.filename, text + written, append=True))
        return state._replace(columns=columns, writing=True, open=True), WRITTEN

    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not self.closes_old_file and state.old is not None:
            return state._replace(writing=False, open=False), NOTHING
        if state.late:
            assert state.old is not None
            effects.append(self.written_late(state.old, state.late, event.texts[self.config.filename]))
        return state._replace(writing=False, open=False, old=None, late="", closed=state.columns is not None), NOTHING

    def written_late(self, place: int, rows: str, there: str) -> Effect:
        """The rows that a file gets that was opened in an earlier fit, and is closed only now: at its end where it is opened to
        append, else at its own place; a gap before that is filled with zeros."""
        if self.config.append:
            return Write(self.config.filename, rows, append=True)
        before, new = there.encode(), rows.encode()
        text = before[:place].ljust(place, b"\0") + new + before[place + len(new) :]
        return Write(self.config.filename, text.decode(errors="replace"))

    def open(self, effects: list[Effect], event: Event) -> None:
        """Rule 1. Raises what opening it raises."""
        path = PurePosixPath(self.config.filename)
        directories = existing_directories(self.existing)
        if path in directories:
            raise (FailedPreconditionError if self.opens_late else IsADirectoryError)(f"{path} is a directory")
        if not existing_files(self.existing).isdisjoint(path.parents):
            raise (FailedPreconditionError if self.opens_late else NotADirectoryError)(
                f"a directory of {path} is a file"
            )
        if path.parent not in (*directories, PurePosixPath(".")):
            raise (NotFoundError if self.opens_late else FileNotFoundError)(f"there is no {path.parent}")
        effects.append(Write(self.config.filename, append=bool(self.config.append)))

    def cells(self, columns: tuple[str, ...], event: Event) -> dict[str, Any]:
        """The values of a row by column. Raises KeyError for a metric that is missing where that is not foreseen."""
        foreseen = self.foreseen(bool(event.stop))
        return {
            name: self.shown(name, event.logs[name]) if name in event.logs or not foreseen else "NA" for name in columns
        }

    def shown(self, name: str, value: Value) -> Any:
        """Rule 4."""
        if isinstance(value, Tensor):
            raise Unpredictable("tensor")  # each backend writes the parts of its tensors in its own way
        if isinstance(value, tuple):
            return f'"[{", ".join(map(repr, map(float, value)))}]"'
        if isinstance(value, ArrayNumber):
            return shortest_float32(value) if self.logs_numpy and name == "lr" else repr(float(value))
        return value

    # ---------------------------------------------------------------------------------- the instance, and what is read

    def pickled(self, state: State) -> None:
        if state.used and (state.open or not self.opens_late):
            raise TypeError("a file cannot be pickled")

    copied = pickled

    def attributes(self, state: State) -> dict[str, Any]:
        # A file that was never opened is not there.
        return {"csv_file.closed": not state.open} if state.used else {}

    def tally(self, calls: int, texts: Mapping[str, str]) -> dict[str, int]:
        return {"lines": texts.get(self.config.filename, "").count(END)}

    def recorded(
        self, state: State, texts: Mapping[str, str], backups: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], ...]:
        return tuple({"line": each} for each in texts.get(self.config.filename, "").split(END)[:-1])


def decided(logs: Mapping[str, Value], foresees: bool) -> tuple[str, ...]:
    """Rule 2."""
    names = sorted(logs)
    if foresees and not any(name.startswith("val_") for name in names):
        names += [f"val_{name}" for name in names]
    return tuple(names)


def line(cells: list[Any], separator: str) -> str:
    """A line of the file, with its end, as Python's csv writes it."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerow(cells)
    return written.getvalue()
