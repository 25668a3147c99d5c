"""From a scenario to its trace, in a dialect: the training loop as the callbacks see it, around their machines.

The loop's own facts: the stop flag is cleared when a fit begins; a batch hook that stops drops the epoch's remaining batches,
the epoch end is still called and the fit ends; after an exception nothing more is called. How a rate is
stored is the dialect's (`rate.STORED`).

Several callbacks are the composition of their machines, and nothing else: at every hook each has its turn, in the order of the
list. They share the model (rate, weights, stop flag, files), and the logs of a hook: each sees what those before it put there.
"""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from callcheck.spec.dialect import Dialect
from callcheck.spec.files import existing_files
from callcheck.spec.numbers import unsigned_zero
from callcheck.spec.scenario import Epoch, Fit, Scenario, groups
from callcheck.spec.trace import (
    UNTRAINED,
    BatchTrace,
    EpochTrace,
    FitTrace,
    NotExpressible,
    Origin,
    Raised,
    Rejected,
    Save,
    Trace,
    Weights,
    weights_seen,
)
from callcheck.spec.values import Logs, Rate, map_rate

from . import machine as m
from .decision import Decision as Decision
from .early_stopping import EarlyStopping
from .expressible import beyond
from .learning_rate_scheduler import LearningRateScheduler
from .model_checkpoint import ModelCheckpoint, Unpredictable
from .place import NOTHING_LOGGED, Place
from .rate import STORED
from .reduce_lr_on_plateau import ReduceLROnPlateau
from .terminate_on_nan import TerminateOnNaN

ONE_FILE = (".keras", ".h5", ".hdf5")
"""The endings of paths under which every Keras saves one file, of that name. Others may become folders, or several files."""

Machines = Mapping[str, Callable[[Mapping[str, Any], Dialect], m.Machine]]
"""What makes the machine of a callback, by the callback's name."""

MACHINES: Machines = {
    machine.__name__: machine
    for machine in (EarlyStopping, ReduceLROnPlateau, ModelCheckpoint, LearningRateScheduler, TerminateOnNaN)
}


def replay(
    scenario: Scenario,
    dialect: Dialect,
    *,
    internal: bool = False,
    optional: bool = True,
    machines: Machines = MACHINES,
) -> Trace | NotExpressible:
    """What an implementation of `dialect` does. `machines` take the place of the reference's own.

    `internal` asks for a callback's state too; without `optional` what is looked at only when asked for is left out, for a short
    trace. NotExpressible: what the reference does not predict, a file name that contains an array as numpy prints it, and in a
    dialect that writes folders what is there already.
    """
    return _Replay(scenario, dialect, machines, internal, optional).run()


def explain(scenario: Scenario, dialect: Dialect) -> tuple[Trace | NotExpressible, tuple[Decision, ...]]:
    """The trace, and the reason for every decision in it."""
    decisions: list[Decision] = []
    trace = watched(scenario, dialect, lambda *decided: decisions.append(Decision(*decided)))
    return trace, tuple(decisions)


def watched(scenario: Scenario, dialect: Dialect, watch: Callable[..., object]) -> Trace | NotExpressible:
    """The trace; `watch` is told the fields of every decision when it is taken, so that of a long run not all have to be kept."""
    return _Replay(scenario, dialect, MACHINES, watch=watch).run()


def _from_the_start(origin: Origin) -> Weights:
    """Whose weights they are, counted from the start of the scenario."""
    return Weights(epoch=origin.epoch, fit=None if origin == UNTRAINED else origin.fit)


class _Raise(Exception):
    """An exception of a callback ended the fit; `error` is its record."""

    def __init__(self, error: Raised) -> None:
        self.error = error


class _Replay:
    """One scenario under way: the callbacks, the optimizer's rate, the model's weights, what was seen so far."""

    def __init__(
        self,
        scenario: Scenario,
        dialect: Dialect,
        machines: Machines,
        internal: bool = False,
        optional: bool = False,
        watch: Callable[..., object] | None = None,
    ) -> None:
        self.scenario = scenario
        self.dialect = dialect
        self.machines = machines
        self.watch = watch
        self.several = bool(scenario.callbacks)
        self.store = STORED[dialect["learning-rate/stored-as"]]
        self.rate = self._stored(scenario.learning_rate)
        in_one = isinstance(scenario.learning_rate, Mapping)
        self.rate_is_hidden = in_one and dialect["learning-rate/several-optimizers"] == "unknown"
        self.weights = UNTRAINED
        self.stop = False
        self.places: list[Place] = []
        self.quiet: EpochTrace | None = None
        self.internal = internal
        self.optional = optional
        self.files = set(map(str, existing_files(scenario.existing)))
        self.written: list[str] = []
        """The paths written since it was last asked which files are new; of saves in `saved`."""
        self.saved: list[str] = []
        self._clear()

    def _stored(self, rate: Rate) -> Rate:
        """The rate as it is stored."""
        return map_rate(rate, lambda each: unsigned_zero(self.store(each)))

    def _clear(self) -> None:
        """Begin a new record of what is seen: nothing yet."""
        self.eventful = False
        self.batches: tuple[BatchTrace, ...] = ()
        for place in self.places:
            place.clear()

    def run(self) -> Trace | NotExpressible:
        field = beyond(self.scenario)
        if field is not None:
            return NotExpressible(parameter=field)
        for index, configured in enumerate(self.scenario.configured()):
            try:
                machine = self.machines[configured.callback](configured.config, self.dialect)
            except Exception as error:
                whose = index if self.several else None
                return Trace(rejected=Rejected(type=type(error).__name__, message=str(error), callback=whose))
            machine.existing = self.scenario.existing
            self.places.append(Place(index, machine))
        self.hooks = {hook: self._calls(hook) for hook in m.HOOKS}
        fits = []
        try:
            for index, fit in enumerate(self.scenario.fits):
                fits.append(self._fit(index, fit))
                if fits[-1].error is not None:
                    break
        except Unpredictable as unknown:
            return NotExpressible(parameter=unknown.parameter)
        if self.several:
            return Trace(fits=tuple(fits), callbacks=tuple(place.in_trace() for place in self.places))
        (only,) = self.places
        return Trace(fits=tuple(fits), warned=only.machine.warned, internal=only.internal_seen())

    def _calls(self, hook: str) -> list[tuple[Place, Any]]:
        """Whom a hook calls, in order."""
        return [(place, getattr(place.machine, hook)) for place in self.places if hook in place.machine.hooks]

    def _fit(self, index: int, fit: Fit) -> FitTrace:
        self.fit = index
        self.began = self.weights
        self.metrics = self.scenario.compiled_metrics(fit)
        self.stop = False
        self._clear()
        for place in self.places:
            place.fit_begins()
        if fit.learning_rate is not None:
            self.rate = self._stored(fit.learning_rate)
        epoch = self.scenario.first_epoch(fit)
        epochs: list[EpochTrace] = []
        begun_with: Weights | None = None
        files: tuple[str, ...] | None = () if self.optional else None
        error = None
        try:
            self._around("fit_begin", epoch)
            if self.optional:
                begun_with, files = _from_the_start(self.weights), self._new_files()
            for epoch, content in enumerate(fit.epochs, epoch):  # noqa: B020 - the first epoch, then each
                self._epoch(epoch, content, epochs)
                if self.stop:
                    break
            self._clear()
            self._around("fit_end", epoch)
        except _Raise as raised:
            error = raised.error
        at_end = self._new_files()
        said: dict[str, Any]
        if self.several:
            said = {"callbacks": tuple(place.in_fit(self.optional) for place in self.places)}
        else:
            (only,) = self.places
            said = {"printed": only.printed_around, "warned": only.warned_around if self.optional else None}
        return FitTrace(
            epochs=tuple(epochs), weights=weights_seen(self.weights, self.began, index), error=error,
            weights_at_begin=begun_with, files=None if files is None or at_end is None else files + at_end, **said,
        )  # fmt: skip

    def _around(self, hook: str, epoch: int) -> None:
        """The hooks around the epochs; what is said there is the fit's."""
        try:
            self._call(hook, epoch, -1, NOTHING_LOGGED)
        finally:
            for place in self.places:
                place.keep_around()

    def _epoch(self, epoch: int, content: Epoch, epochs: list[EpochTrace]) -> None:
        """Run one epoch; add what was seen of it to `epochs`, even if it raises."""
        if self.eventful:
            self._clear()
        hooks = self.hooks
        rate_in_epoch: Rate = None
        try:
            if hooks["epoch_begin"]:
                self._call("epoch_begin", epoch, -1, NOTHING_LOGGED)
            rate_in_epoch = self.rate
            self.weights = Origin(self.fit, epoch)
            if hooks["batch_end"]:
                for batch, logs in groups(content.batch_logs(), self.scenario.steps_per_execution):
                    self._call("batch_end", epoch, batch, logs)
                    if self.stop:
                        break
            self.stop = self.stop or content.stop
            if hooks["epoch_end"]:
                self._call("epoch_end", epoch, -1, content.logs)
        finally:
            epochs.append(self._record(rate_in_epoch))
        if self.internal:
            for place in self.places:
                place.note_internal(self.fit)

    def _record(self, rate_in_epoch: Rate) -> EpochTrace:
        """What was seen of an epoch. Records are immutable, so that one uneventful epoch shares that of another."""
        quiet, rate = self.quiet, self.rate
        uneventful = not self.eventful and not self.stop
        # The very same float will do, and is found at once.
        if uneventful and quiet and rate is quiet.learning_rate and rate_in_epoch is quiet.learning_rate_in_epoch:
            return quiet
        done: dict[str, Any]
        if self.several:
            done = {"callbacks": tuple(place.in_epoch(self.optional) for place in self.places)}
        else:
            (only,) = self.places
            done = {"saved": only.saved, "warned": only.warned, "printed": only.printed, "logged": only.logged}
            done.update(only.touched(self.optional))
        if self.optional:
            done.update(batches=self.batches, files=self._new_files())
        record = EpochTrace(stop=self.stop, learning_rate=rate, learning_rate_in_epoch=rate_in_epoch, **done)
        if uneventful:
            self.quiet = record
        return record

    def _call(self, hook: str, epoch: int, batch: int, logs: Logs) -> None:
        """Call one hook of every callback and let its effects happen. Raises _Raise for what one raises."""
        for place, transition in self.hooks[hook]:
            event = m.Event(epoch, batch, logs, None if self.rate_is_hidden else self.rate, self.weights, self.metrics)
            before = place.state
            effects: list[m.Effect] = []
            try:
                place.state, reason = transition(before, event, effects)
            except Unpredictable:
                raise
            except Exception as error:
                self._happen(place, effects, event, hook)
                in_epoch = hook not in ("fit_begin", "fit_end")
                raise _Raise(
                    Raised(
                        type=type(error).__name__, message=str(error), fit=self.fit, hook=hook,
                        epoch=epoch if in_epoch else None, batch=batch if batch >= 0 else None,
                        callback=place.index if self.several else None,
                    )
                ) from error  # fmt: skip
            if effects:
                logs = self._happen(place, effects, event, hook)
            if self.watch is not None and reason is not m.NOTHING:
                config = place.machine.config  # type: ignore[attr-defined]  # every machine that gives reasons has one
                self.watch(self.fit, hook, event, reason, config, before, place.state, self.rate, place.index)

    def _happen(self, place: Place, effects: list[m.Effect], event: m.Event, hook: str) -> Logs:
        """Let effects happen; the logs as those after this callback see them."""
        self.eventful = True
        batch = event.batch
        logs, logged, removed = place.log(effects, event.logs, batch < 0)
        if batch >= 0 and (logged or removed):
            changed = tuple(name for name in logged if name in event.logs)
            whose = place.index if self.several else None
            self.batches += (BatchTrace(batch=batch, logged=logged, changed=changed, removed=removed, callback=whose),)
        for effect in effects:
            if isinstance(effect, m.Write):
                self.written.append(effect.path)
            elif isinstance(effect, m.SetRate):
                self.rate = self._stored(effect.rate)
            elif isinstance(effect, m.Stop):
                self.stop = True
            elif isinstance(effect, m.Save):
                weights = weights_seen(self.weights, self.began, self.fit)
                place.saved += (Save(path=effect.path, weights=weights, batch=batch if batch >= 0 else None),)
                self.saved.append(effect.path)
            elif isinstance(effect, m.Print):
                place.printed += (effect.kind,)
            elif isinstance(effect, m.Warn):
                place.warned += (effect.kind,)
            elif isinstance(effect, m.Restore):
                if effect.weights != self.weights and hook not in place.weights_set:
                    place.weights_set += (hook,)
                self.weights = effect.weights
        return logs

    def _new_files(self) -> tuple[str, ...] | None:
        """The files that are new since the last time of asking; None where it is not known which ones a save makes."""
        if not (self.saved or self.written):
            return ()
        saved, written = self.saved, self.written
        self.saved, self.written = [], []
        if not all(path.endswith(ONE_FILE) for path in saved):
            return None
        paths = {str(PurePosixPath(path)) for path in (*saved, *written)}
        new = tuple(sorted(paths - self.files))
        self.files |= paths
        return new
