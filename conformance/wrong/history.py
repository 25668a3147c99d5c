"""Wrong variants of History."""

from collections.abc import Mapping
from typing import Any

from callcheck.reference.history import BEGUN, History, State
from callcheck.reference.machine import NOTHING, Effect, Event, Print, Reason
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import ArrayNumber

from .wrong import Wrong

After = tuple[State, Reason]


class CountsFromZero(History):
    """The index of an epoch is its place in the list."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, event._replace(epoch=len(state.epochs)), effects)


class EpochsGoOn(History):
    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(epochs=state.epochs), reason


class TakesZeroForNothing(History):
    """`if logs.get("loss"):` where `if logs:` is meant."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        if event.logs.get("loss") == 0.0:
            return state, NOTHING
        return super().epoch_end(state, event, effects)


class LeavesOutTheStop(History):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return (state, NOTHING) if event.stop else super().epoch_end(state, event, effects)


class FillsTheGaps(History):
    """A metric that is missing leaves None in its list."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        missing: dict[str, Any] = {name: None for name in state.metrics if name not in event.logs}
        return super().epoch_end(state, event._replace(logs={**event.logs, **missing}), effects)


class KnowsTheFirstLogs(History):
    """Only the metrics of a fit's first epoch have lists."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        logs = {name: value for name, value in event.logs.items() if not state.epochs or name in state.metrics}
        return super().epoch_end(state, event._replace(logs=logs), effects)


class MakesNumbers(History):
    """What is an array, None or a boolean becomes a float."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        logs = {
            name: float(value[0]) if isinstance(value, tuple) else float(value or 0.0)
            for name, value in event.logs.items()
        }
        return super().epoch_end(state, event._replace(logs=logs), effects)


class AsksForNumbers(History):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        if None in event.logs.values():
            raise TypeError("float() argument must be a number")
        return super().epoch_end(state, event, effects)


class NumbersOfNumpys(History):
    """The indices are of an array library's type."""

    def recorded(
        self, state: State, texts: Mapping[str, str], backups: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], ...]:
        _, metrics = super().recorded(state, texts, backups)
        return {"epoch": tuple(map(ArrayNumber, state.epochs))}, metrics


class Forgets(History):
    """Everything begins anew with every fit."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return State(), BEGUN


class RemembersTheMetrics(History):
    """The metrics of the fits before stay, whatever the dialect says."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.forgets = False


class RecordsBatches(History):
    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().epoch_end(state, event, effects)
        return after._replace(epochs=state.epochs), reason


class SaysSo(History):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        effects.append(Print("other"))
        return super().epoch_end(state, event, effects)


class SwallowsArguments(History):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({}, dialect)


# ---------------------------------------------------------------------------------------------- what catches them


def _wrong(name: str, make: type[History], says: str) -> Wrong:
    return Wrong(name=f"history-{name}", says=says, callback="History", make=make)


WRONG: tuple[Wrong, ...] = (
    _wrong("counts-from-zero", CountsFromZero, "Epochs are counted from zero in every fit, whatever initial_epoch is."),
    _wrong("epochs-go-on", EpochsGoOn, "The epochs of the fit before stay in the list."),
    _wrong("leaves-out-a-zero", TakesZeroForNothing, "An epoch whose loss is 0.0 is not recorded."),
    _wrong("leaves-out-the-stop", LeavesOutTheStop, "The epoch in which training is stopped is not recorded."),
    _wrong("fills-the-gaps", FillsTheGaps, "A metric that is missing leaves None in its list."),
    _wrong("knows-the-first-logs", KnowsTheFirstLogs, "Only the metrics of a fit's first epoch are recorded."),
    _wrong("makes-numbers", MakesNumbers, "What is no float is made one."),
    _wrong("asks-for-numbers", AsksForNumbers, "A metric that is None raises TypeError."),
    _wrong("epochs-of-numpys", NumbersOfNumpys, "epoch holds whole numbers of numpy's, which JSON refuses."),
    _wrong("forgets", Forgets, "The metrics begin anew with every fit, where they should go on."),
    _wrong("remembers", RemembersTheMetrics, "The metrics of the fits before stay, where they should begin anew."),
    _wrong("records-batches", RecordsBatches, "The logs of batches are recorded among those of epochs."),
    _wrong("says-so", SaysSo, "It prints a line for every epoch."),
    _wrong("swallows-arguments", SwallowsArguments, "Arguments are accepted without a word."),
)
