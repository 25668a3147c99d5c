"""Wrong variants of TensorBoard."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Log, Machine, Reason, Write
from callcheck.reference.tensor_board import State, TensorBoard
from callcheck.spec.dialect import Dialect
from callcheck.spec.values import Value

from .wrong import Wrong

After = tuple[State, Reason]


def _without_none(event: Event) -> Event:
    return event._replace(logs={name: value for name, value in event.logs.items() if value is not None})


class _Rewrites(TensorBoard):
    """What goes to the files of the one that it is made of, is another text."""

    def text(self, text: str) -> str:
        return text

    def rewritten(self, effects: Iterable[Effect]) -> list[Effect]:
        return [each._replace(text=self.text(each.text)) if isinstance(each, Write) else each for each in effects]

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        try:
            return super().epoch_end(state, event, done)
        finally:
            effects += self.rewritten(done)

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        try:
            return super().test_end(state, event, done)
        finally:
            effects += self.rewritten(done)


class CountsFromOne(TensorBoard):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, event._replace(epoch=event.epoch + 1), effects)


class KeepsTheName(_Rewrites):
    """A metric of the validation keeps its val_."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        logs = {f"val_{name}" if name.startswith("val_") else name: value for name, value in event.logs.items()}
        return super().epoch_end(state, event._replace(logs=logs), effects)


class ForgetsTheEvaluation(TensorBoard):
    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state, NOTHING


class CountsEpochs(TensorBoard):
    """An evaluation's step is the epoch."""

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().test_end(state, event._replace(steps=event.epoch), effects)


class CountsTheFit(TensorBoard):
    """An evaluation's step begins anew with every fit."""

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().test_end(state, event._replace(steps=event.trained), effects)


class LeavesEpochsOut(TensorBoard):
    """As Keras 3 does it, whatever the dialect."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.epochs = "at-a-turn"


class WritesEveryEpoch(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.epochs = "every"


class CountsCalls(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.step = "calls"


class CountsBatches(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.step = "batches"


class WaitsForTurns(TensorBoard):
    """A batch between two turns is left out, whatever the dialect."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.batches = "at-a-turn"


class ReadsTheLogs(TensorBoard):
    """A learning rate in the logs is written in place of the optimizer's."""

    def with_rate(self, logs: dict[str, Value], event: Event) -> dict[str, Value]:
        return {**super().with_rate(logs, event), **logs}


class WritesOneRate(TensorBoard):
    """Of several optimizers the first one's."""

    def with_rate(self, logs: dict[str, Value], event: Event) -> dict[str, Value]:
        rate = event.rate
        return super().with_rate(
            logs, event._replace(rate=next(iter(rate.values())) if isinstance(rate, Mapping) else rate)
        )


class WritesARate(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.writes_rate = True


class LogsTheRate(TensorBoard):
    """It puts the rate that it writes into the logs of all."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        after = super().epoch_end(state, event, effects)
        if isinstance(event.rate, float):
            effects.append(Log("learning_rate", event.rate))
        return after


class StartsAtZero(TensorBoard):
    """The first batch is number 0."""

    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        before = state._replace(calls=state.calls - 1)
        after, reason = super().batch_end(before, event._replace(trained=event.trained - 1), effects)
        return after._replace(calls=state.calls), reason


class GoesOnCounting(TensorBoard):
    """A later fit goes on with the number of the batch."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().fit_begin(state, event, effects)
        return after._replace(calls=state.calls), reason


class WritesEveryBatch(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "update_freq": 1}, dialect)


class TakesBatchForEpoch(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        given = config.get("update_freq", "epoch")
        super().__init__({**config, "update_freq": "epoch" if given == "batch" else given}, dialect)


class ForgetsTheSpeed(TensorBoard):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "write_steps_per_second": False}, dialect)


class WritesTheSpeedAlone(TensorBoard):
    """With write_steps_per_second nothing else is written for an epoch."""

    def with_rate(self, logs: dict[str, Value], event: Event) -> dict[str, Value]:
        return {} if self.config.write_steps_per_second else super().with_rate(logs, event)


class SkipsWhatIsNoNumber(TensorBoard):
    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().batch_end(state, _without_none(event), effects)

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().test_end(state, _without_none(event), effects)

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, _without_none(event), effects)


class RemembersMetrics(TensorBoard):
    """A metric that an epoch does not log is written once more as it was."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.known: dict[str, Value] = {}

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        self.known |= event.logs
        return super().epoch_end(state, event._replace(logs=dict(self.known)), effects)


class WritesAtTheEnd(_Rewrites):
    """Everything goes to the file when the fit has ended."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.kept: list[Effect] = []

    def rewritten(self, effects: Iterable[Effect]) -> list[Effect]:
        self.kept += effects
        return []

    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        effects += self.kept
        self.kept = []
        return super().fit_end(state, event, effects)


class BeginsLate(TensorBoard):
    """The file is begun with the first scalar."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().fit_begin(state, event, [])


class EvaluatesIntoTrain(TensorBoard):
    """It begins no second run before an epoch has ended."""

    def test_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().test_begin(state, event, [])

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().test_end(state, event, [])

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        logs = {name.removeprefix("val_"): value for name, value in event.logs.items()}
        return super().epoch_end(state, event._replace(logs=logs), effects)


class StartsAnew(TensorBoard):
    """Every fit empties the files of the one before."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after = super().fit_begin(state, event, effects)
        effects[:] = [each._replace(append=False) if isinstance(each, Write) else each for each in effects]
        return after


def _by_default(**given: Any) -> Callable[[Mapping[str, Any], Dialect], Machine]:
    """With other defaults."""
    return lambda config, dialect: TensorBoard({**given, **config}, dialect)


def _wrong(name: str, make: Callable[[Mapping[str, Any], Dialect], Machine], says: str) -> Wrong:
    return Wrong(f"tensor-board-{name}", make, says, "TensorBoard")


WRONG = (
    _wrong("counts-from-one", CountsFromOne, "The first epoch has the step 1."),
    _wrong("keeps-the-name", KeepsTheName, "A metric of the validation keeps val_ in its tag."),
    _wrong("forgets-the-evaluation", ForgetsTheEvaluation, "Evaluations are written with their epochs alone."),
    _wrong("counts-epochs", CountsEpochs, "The step of an evaluation is the epoch's index."),
    _wrong("counts-the-fit", CountsTheFit, "The step of an evaluation is counted from the beginning of the fit."),
    _wrong("leaves-epochs-out", LeavesEpochsOut, "With update_freq, epochs between two turns are left out."),
    _wrong("writes-every-epoch", WritesEveryEpoch, "Every epoch is written, whatever update_freq is."),
    _wrong("counts-calls", CountsCalls, "Calls of the batch hook are counted in place of batches."),
    _wrong("counts-batches", CountsBatches, "Batches are counted in place of the calls of the batch hook."),
    _wrong("waits-for-turns", WaitsForTurns, "A batch between two turns is left out."),
    _wrong("reads-the-logs", ReadsTheLogs, "A learning rate in the logs takes the place of the optimizer's."),
    _wrong("writes-one-rate", WritesOneRate, "Of several optimizers one rate is written."),
    _wrong("writes-a-rate", WritesARate, "The rate is written of every optimizer."),
    _wrong("logs-the-rate", LogsTheRate, "The rate is put into the logs, too."),
    _wrong("starts-at-zero", StartsAtZero, "The first batch is number 0."),
    _wrong("goes-on-counting", GoesOnCounting, "A later fit goes on with the numbers of batches."),
    _wrong("writes-every-batch", WritesEveryBatch, "Batches are written without being asked for."),
    _wrong("takes-batch-for-epoch", TakesBatchForEpoch, 'update_freq="batch" is taken for "epoch".'),
    _wrong("forgets-the-speed", ForgetsTheSpeed, "write_steps_per_second does nothing."),
    _wrong("writes-the-speed-alone", WritesTheSpeedAlone, "With write_steps_per_second metrics are left out."),
    _wrong("skips-what-is-no-number", SkipsWhatIsNoNumber, "A metric that is None is left out."),
    _wrong("remembers-metrics", RemembersMetrics, "A metric that an epoch does not log is written as it was before."),
    _wrong("writes-at-the-end", WritesAtTheEnd, "Nothing is in the files before the fit has come to its end."),
    _wrong("begins-late", BeginsLate, "The file is begun with the first scalar."),
    _wrong("evaluates-into-train", EvaluatesIntoTrain, "There is no second run."),
    _wrong("starts-anew", StartsAnew, "Every fit empties the files."),
    _wrong("every-batch-by-default", _by_default(update_freq="batch"), 'The default of update_freq is "batch".'),
    _wrong("another-folder-by-default", _by_default(log_dir="runs"), 'The default of log_dir is "runs".'),
    _wrong(
        "speed-by-default", _by_default(write_steps_per_second=True), "The steps per second are written by default."
    ),
)
