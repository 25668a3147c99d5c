"""Training that goes wrong: loops that treat several callbacks wrongly, files that bring back something else, and callbacks that
disturb each other."""

from typing import Any

from callcheck.reference.early_stopping import EarlyStopping, State
from callcheck.reference.learning_rate_scheduler import LearningRateScheduler
from callcheck.reference.machine import Effect, Event, GoOn, Log, Reason, Restore, SetRate, Stop
from callcheck.reference.model import Model
from callcheck.reference.model_checkpoint import ModelCheckpoint
from callcheck.reference.place import Place
from callcheck.reference.replay import Replay
from callcheck.spec.callbacks import TRAINING
from callcheck.spec.scenario import Fit, Resume
from callcheck.spec.trace import EpochTrace
from callcheck.spec.values import Logs, only

from .wrong import Wrong

# ---------------------------------------------------------------------------------------------- loops


class LeavesAtTheStop(Replay):
    """It looks at the stop flag after every callback, and not at the end of the epoch."""

    def turn(self, place: Place, transition: Any, hook: str, epoch: int, batch: int, logs: Logs) -> Logs:
        if hook == "epoch_end" and self.model.stop and place.index:
            return logs
        return super().turn(place, transition, hook, epoch, batch, logs)


class TrainsOn(Replay):
    """The stop flag is looked at when the epoch has ended."""

    def train(self, fit: Fit, epochs: list[EpochTrace], seen: dict[str, Any]) -> None:
        self.drops_batches = False
        super().train(fit, epochs, seen)


class CopiesTheLogs(Replay):
    """Every callback gets a dict of its own."""

    def turn(self, place: Place, transition: Any, hook: str, epoch: int, batch: int, logs: Logs) -> Logs:
        super().turn(place, transition, hook, epoch, batch, logs)
        return logs


class SavesLast(Replay):
    """Checkpoints have their turn when the others had theirs."""

    def call(self, hook: str, epoch: int, batch: int, logs: Logs) -> None:
        calls = self.hooks[hook]
        last = {place: turn for place, turn in calls.items() if isinstance(place.machine, ModelCheckpoint)}
        self.hooks[hook] = {place: turn for place, turn in calls.items() if place not in last} | last
        super().call(hook, epoch, batch, logs)


class EndsInEveryCase(Replay):
    """The end of training is announced in a `finally`."""

    def train(self, fit: Fit, epochs: list[EpochTrace], seen: dict[str, Any]) -> None:
        try:
            super().train(fit, epochs, seen)
        except Exception:
            if epochs:
                self._around("fit_end", -1, fit)
            raise


class KeepsTheInstances(Replay):
    """What should be new is the old instance once more."""

    def begin(self, fit: Fit) -> None:
        states = [place.state for place in self.places]
        super().begin(fit)
        for place, state in zip(self.places, states, strict=True):
            place.state = state


# ---------------------------------------------------------------------------------------------- files


class KeepsTheFirst(Model):
    """A file that is there is not written again."""

    def save(self, path: str, weights_only: bool) -> None:
        if path not in self.files:
            super().save(path, weights_only)
            self.files.add(path)


class WritesOnce(Replay):
    model_class = KeepsTheFirst


class ForgetsTheOptimizer(Model):
    def resume(self, resume: Resume) -> None:
        super().resume(resume)
        self.steps = 0
        self.rate = self.first_rate


class BringsBackWeightsOnly(Replay):
    model_class = ForgetsTheOptimizer


class BuiltForNothing(Model):
    def resume(self, resume: Resume) -> None:
        super().resume(resume)
        self.fails = "ValueError"


class TrainsNothingLoaded(Replay):
    """The optimizer knows the variables of the model before."""

    model_class = BuiltForNothing


class ForgetsTheOptimizerOfABackup(Model):
    def go_on(self, effect: GoOn) -> None:
        held = self.rate, self.steps
        super().go_on(effect)
        self.rate, self.steps = held


class RestoresWeightsOnly(Replay):
    model_class = ForgetsTheOptimizerOfABackup


# ---------------------------------------------------------------------------------------------- callbacks


class RestoresOnlyItsOwnStop(EarlyStopping):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        done: list[Effect] = []
        ended = super().fit_end(state, event, done)
        effects += [effect for effect in done if state.stopped_epoch or not isinstance(effect, Restore)]
        return ended


class LogsWhatItSaved(ModelCheckpoint):
    """The best value is handed on under the metric's own name."""

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if isinstance(after.best, float):
            effects.append(Log(self.config.monitor, after.best))
        return after, reason


class RestoresAtOnce(EarlyStopping):
    """The best weights are put back in the epoch that stops."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        after, reason = super().epoch_end(state, event, effects)
        if after.best_weights is not None and any(isinstance(effect, Stop) for effect in effects):
            effects.append(Restore(after.best_weights))
        return after, reason


class NeverRaisesTheRate(LearningRateScheduler):
    def epoch_begin(self, state: None, event: Event, effects: list[Effect]) -> tuple[None, Reason]:
        done: list[Effect] = []
        begun = super().epoch_begin(state, event, done)
        effects += [
            SetRate(min(only(event.rate), only(each.rate))) if isinstance(each, SetRate) else each for each in done
        ]
        return begun


class LogsWhatItSet(LearningRateScheduler):
    """What it logs is the rate that it set when the epoch began."""

    def epoch_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        done: list[Effect] = []
        _, reason = super().epoch_begin(None, event, done)
        effects += done
        return next(each.rate for each in done if isinstance(each, SetRate)), reason

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, super().epoch_end(None, event._replace(rate=state), effects)[1]


def _loop(name: str, loop: type[Replay], says: str) -> Wrong:
    return Wrong(name=name, make=None, says=says, callback=TRAINING, loop=loop)


def _callback(name: str, make: Any, says: str) -> Wrong:
    return Wrong(name=name, make=make, says=says, callback=make.__bases__[0].__name__)


WRONG: tuple[Wrong, ...] = (
    _loop("leaves-at-the-stop", LeavesAtTheStop, "The callbacks after the one that stops do not see the epoch's end."),
    _loop("trains-on", TrainsOn, "An epoch in which training is stopped is trained on to its end."),
    _callback(
        "restores-only-its-own-stop", RestoresOnlyItsOwnStop, "Weights are put back only after a stop of its own."
    ),
    _loop("copies-the-logs", CopiesTheLogs, "Every callback gets logs of its own."),
    _callback("logs-what-it-saved", LogsWhatItSaved, "A checkpoint puts its best value into the logs of the others."),
    _callback(
        "restores-at-once", RestoresAtOnce, "Best weights are put back before the other callbacks had their turn."
    ),
    _callback("never-raises-the-rate", NeverRaisesTheRate, "A schedule is followed only downwards."),
    _callback("logs-what-it-set", LogsWhatItSet, "A schedule logs what it set, whatever became of it."),
    _loop("writes-once", WritesOnce, "A file that is there is not written again."),
    _loop("brings-back-weights-only", BringsBackWeightsOnly, "A model is loaded without its optimizer."),
    _loop("trains-nothing-loaded", TrainsNothingLoaded, "What was loaded from a file cannot be trained."),
    _loop("saves-last", SavesLast, "Checkpoints are called after all others."),
    _loop("keeps-the-instances", KeepsTheInstances, "What should be a new instance remembers the fit before."),
    _loop("ends-in-every-case", EndsInEveryCase, "The end of training is announced after an exception, too."),
    _loop("restores-weights-only", RestoresWeightsOnly, "A backup brings back the weights, and not the optimizer."),
)
