"""Wrong variants of CSVLogger."""

from collections.abc import Mapping
from typing import Any

from callcheck.reference.csv_logger import CSVLogger, State
from callcheck.reference.machine import Effect, Event, Print, Reason, Write
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value

from .wrong import Wrong

After = tuple[State, Reason]
END = "\r\n"
"""Of a line."""


class _Changed(CSVLogger):
    """It writes other texts than it should."""

    def changed(self, text: str, event: Event) -> str:
        return text

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        after, reason = super().epoch_end(state, event, done)
        effects += [
            each._replace(text=self.changed(each.text, event)) if isinstance(each, Write) and each.text else each
            for each in done
        ]
        return after, reason


class CountsFromOne(CSVLogger):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, event._replace(epoch=event.epoch + 1), effects)


class WritesAtTheEnd(CSVLogger):
    def tally(self, calls: int, texts: Mapping[str, str]) -> dict[str, int]:
        return {"lines": 0}


class LeavesOutTheStop(CSVLogger):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        after, reason = super().epoch_end(state, event, done)
        effects += [] if event.stop else done
        return after, reason


class WritesNoHeader(CSVLogger):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(header=False), reason


class Rounds(CSVLogger):
    """Six digits, as `print` once showed them."""

    def shown(self, name: str, value: Value) -> Any:
        cell = super().shown(name, value)
        return float(f"{cell:.6g}") if type(cell) is float else cell


class WritesTheFirstNumber(CSVLogger):
    def shown(self, name: str, value: Value) -> Any:
        return value[0] if isinstance(value, tuple) else super().shown(name, value)


class WritesNone(CSVLogger):
    def shown(self, name: str, value: Value) -> Any:
        return str(value) if value is None else super().shown(name, value)


class LeavesItEmpty(_Changed):
    """What is missing is empty, and not NA."""

    def changed(self, text: str, event: Event) -> str:
        return text.replace("NA", "")


class ForeseesNothing(CSVLogger):
    """There are no columns for a validation that comes later."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        columns = tuple(sorted(event.logs)) if state.columns is None else state.columns
        return super().epoch_end(state._replace(columns=columns), event, effects)


class AddsCells(_Changed):
    """A metric that has no column is written behind the others."""

    def changed(self, text: str, event: Event) -> str:
        self.known = getattr(self, "known", None) or set(event.logs)
        new = [f",{value!r}" for name, value in sorted(event.logs.items()) if name not in self.known]
        return text.removesuffix(END) + "".join(new) + END


class WritesNA(CSVLogger):
    """What is missing is NA, whatever the dialect says."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, event._replace(stop=True), effects)


class Appends(CSVLogger):
    """It appends, whatever it is told."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "append": True}, dialect)


class OpensLate(CSVLogger):
    """The file is opened when there is something to write."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.opens_late = True


class Overwrites(CSVLogger):
    """It begins anew, whatever it is told."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({name: value for name, value in config.items() if name != "append"}, dialect)


class WritesAHeaderAgain(CSVLogger):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(header=True), reason


class KeepsTheColumns(CSVLogger):
    """The columns of the first fit are those of all, whatever the dialect says."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(columns=state.columns), reason


class ForgetsTheColumns(CSVLogger):
    """Every fit has columns of its own, whatever the dialect says."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().fit_begin(state._replace(columns=None), event, effects)


class BeginsAnew(CSVLogger):
    """An interruption is forgotten, whatever the dialect says."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.keeps_file = False


class WritesToTheFileBefore(CSVLogger):
    """The file of an interrupted fit is written to, whatever the dialect says."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.keeps_file = True


class Commas(CSVLogger):
    """A comma, whatever the separator is."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "separator": ","}, dialect)


class MakesTheFolder(CSVLogger):
    def open(self, effects: list[Effect], event: Event) -> None:
        effects.append(Write(self.config.filename, append=bool(self.config.append)))


class SaysSo(CSVLogger):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        effects.append(Print("other"))
        return super().epoch_end(state, event, effects)


class AsksForNumbers(CSVLogger):
    def shown(self, name: str, value: Value) -> Any:
        if isinstance(value, tuple):
            raise TypeError("expected a number")
        return super().shown(name, value)


# ---------------------------------------------------------------------------------------------- what catches them


def _wrong(name: str, make: type[CSVLogger], says: str) -> Wrong:
    return Wrong(name=f"csv-logger-{name}", says=says, callback="CSVLogger", make=make)


WRONG: tuple[Wrong, ...] = (
    _wrong("counts-from-one", CountsFromOne, "Epochs are counted from one."),
    _wrong("writes-at-the-end", WritesAtTheEnd, "Nothing is written to the file until the fit has ended."),
    _wrong("leaves-out-the-stop", LeavesOutTheStop, "The epoch in which training is stopped has no row."),
    _wrong("writes-no-header", WritesNoHeader, "There is no header."),
    _wrong("rounds", Rounds, "Numbers are rounded to six digits."),
    _wrong("writes-the-first-number", WritesTheFirstNumber, "Of an array the first number is written."),
    _wrong("writes-none", WritesNone, "A metric that is None reads None."),
    _wrong("leaves-it-empty", LeavesItEmpty, "A metric that is missing has an empty cell."),
    _wrong("adds-cells", AddsCells, "A metric that has no column is written behind the others."),
    _wrong("foresees-nothing", ForeseesNothing, "A validation that comes later has no columns."),
    _wrong("writes-na", WritesNA, "A metric that is missing is NA, where it should raise KeyError."),
    _wrong("appends", Appends, "It appends to the file of the fit before, whatever it is told."),
    _wrong("opens-late", OpensLate, "The file is opened, and emptied, when the first row is written."),
    _wrong("overwrites", Overwrites, "append is accepted and ignored."),
    _wrong("writes-a-header-again", WritesAHeaderAgain, "With append, every fit writes a header."),
    _wrong("keeps-the-columns", KeepsTheColumns, "The columns of the first fit stay, where they should begin anew."),
    _wrong(
        "forgets-the-columns", ForgetsTheColumns, "The columns begin anew, where those of the first fit should stay."
    ),
    _wrong(
        "begins-anew",
        BeginsAnew,
        "After an interruption it begins its file anew, where it should go on in the one before.",
    ),
    _wrong(
        "writes-to-the-file-before",
        WritesToTheFileBefore,
        "After an interruption it goes on in the file before, where it should begin its own anew.",
    ),
    _wrong("commas", Commas, "separator is accepted and ignored."),
    _wrong("makes-the-folder", MakesTheFolder, "A folder that is missing is made."),
    _wrong("asks-for-numbers", AsksForNumbers, "An array that is logged raises TypeError."),
    _wrong("says-so", SaysSo, "It prints a line for every epoch."),
)
