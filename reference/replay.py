"""From a scenario to its trace, in a dialect: the training loop as the callback sees it, around one machine.

The loop's own facts: the stop flag is cleared when a fit begins; a batch hook that stops drops the epoch's remaining batches,
the epoch end is still called and the fit ends; after an exception nothing more is called. Rates are stored as float32.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from callcheck.spec.dialect import Dialect
from callcheck.spec.files import existing_files
from callcheck.spec.numbers import float32, shortest_float32, unsigned_zero
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
    added_to_logs,
    weights_seen,
)
from callcheck.spec.values import Logs, Rate, Value, map_rate

from . import machine as m
from .early_stopping import EarlyStopping
from .expressible import beyond
from .learning_rate_scheduler import LearningRateScheduler
from .model_checkpoint import ModelCheckpoint, Unpredictable
from .reduce_lr_on_plateau import ReduceLROnPlateau
from .terminate_on_nan import TerminateOnNaN

NOTHING_LOGGED: Mapping[str, float] = {}
ONE_FILE = (".keras", ".h5", ".hdf5")
"""The endings of paths under which every Keras saves one file, of that name. Others may become folders, or several files."""

MACHINES: dict[str, Callable[[Mapping[str, Any], Dialect], m.Machine]] = {
    machine.__name__: machine
    for machine in (EarlyStopping, ReduceLROnPlateau, ModelCheckpoint, LearningRateScheduler, TerminateOnNaN)
}


class Decision(NamedTuple):
    """Why a hook did what it did. `before` and `after` are the machine's states, `rate` what the optimizer has afterwards.

    It is put into words when asked, as most decisions of a long run never are.
    """

    fit: int
    hook: str
    event: m.Event
    reason: m.Reason
    config: Any
    before: Any
    after: Any
    rate: Rate

    @property
    def epoch(self) -> int:
        """The absolute epoch, from 0."""
        return self.event.epoch

    @property
    def value(self) -> Value | None:
        """What the logs have under the monitored name (`loss`, for a callback that monitors no other)."""
        return self.event.logs.get(getattr(self.config, "monitor", "loss"))

    @property
    def rule(self) -> str:
        """The id of the clause or the choice that decided."""
        return self.reason.rule

    @property
    def sentence(self) -> str:
        """The reason, with the values in it."""
        names = {field.name: getattr(self.config, field.name) for field in fields(self.config)}
        names.update(epoch=self.epoch, value=self.value, rate=_said(self.rate), before_rate=_said(self.event.rate))
        names["margin"] = f" by more than min_delta={names['min_delta']}" if names.get("min_delta") else ""
        if self.before is not None:
            names.update({f"before_{name}": value for name, value in self.before._asdict().items()})
            names.update(self.after._asdict())
        return self.reason.sentence.format(**{name: _shortest(value) for name, value in names.items()})


def _shortest(value: Any) -> Any:
    """What is a float32 as short as float32 tells it: metrics and rates come from there. Everything else as it is."""
    return shortest_float32(value) if type(value) is float and float32(value) == value else value


def _said(rate: Rate) -> str:
    """The rate in words, as short as float32 tells it."""
    if isinstance(rate, Mapping):
        return ", ".join(f"{name}: {shortest_float32(each)}" for name, each in rate.items())
    return "none" if rate is None else shortest_float32(rate)


def replay(
    scenario: Scenario,
    dialect: Dialect,
    *,
    internal: bool = False,
    optional: bool = True,
    make: Callable[[Mapping[str, Any], Dialect], m.Machine] | None = None,
) -> Trace | NotExpressible:
    """What an implementation of `dialect` does. `make` takes the place of the reference's own machine.

    `internal` asks for a callback's state too; without `optional` what is looked at only when asked for is left out, for a short
    trace. NotExpressible: what the reference does not predict, a file name that contains an array as numpy prints it, and in a
    dialect that writes folders what is there already.
    """
    unknown = beyond(scenario)
    if unknown is not None:
        return NotExpressible(parameter=unknown)
    return _Replay(scenario, dialect, make or MACHINES[scenario.callback], internal, optional).run()


def _stored(rate: Rate) -> Rate:
    """The rate as it is stored."""
    return map_rate(rate, lambda each: unsigned_zero(float32(each)))


def explain(scenario: Scenario, dialect: Dialect) -> tuple[Trace | NotExpressible, tuple[Decision, ...]]:
    """The trace, and the reason for every decision in it."""
    decisions: list[Decision] = []
    unknown = beyond(scenario)
    if unknown is not None:
        return NotExpressible(parameter=unknown), ()
    replayed = _Replay(scenario, dialect, MACHINES[scenario.callback], decisions=decisions)
    return replayed.run(), tuple(decisions)


def _from_the_start(origin: Origin) -> Weights:
    """Whose weights they are, counted from the start of the scenario."""
    return Weights(epoch=origin.epoch, fit=None if origin == UNTRAINED else origin.fit)


class _Raise(Exception):
    """An exception of the callback ended the fit; `error` is its record."""

    def __init__(self, error: Raised) -> None:
        self.error = error


class _Replay:
    """One scenario under way: the machine's state, the optimizer's rate, the model's weights, what was seen so far."""

    def __init__(
        self,
        scenario: Scenario,
        dialect: Dialect,
        make: Callable[[Mapping[str, Any], Dialect], m.Machine],
        internal: bool = False,
        optional: bool = False,
        decisions: list[Decision] | None = None,
    ) -> None:
        self.scenario = scenario
        self.dialect = dialect
        self.make = make
        self.decisions = decisions
        self.rate = _stored(scenario.learning_rate)
        several = isinstance(scenario.learning_rate, Mapping)
        self.rate_is_hidden = several and dialect["learning-rate/several-optimizers"] == "unknown"
        self.weights = UNTRAINED
        self.stop = False
        self.quiet: EpochTrace | None = None
        self.internal: dict[str, list[list[Any]]] | None = {} if internal else None
        self.optional = optional
        self.files = set(map(str, existing_files(scenario.existing)))
        self._clear()

    def _clear(self) -> None:
        """Begin a new record of what is seen: nothing yet."""
        self.eventful = False
        self.saved: tuple[Save, ...] = ()
        self.warned: tuple[str, ...] = ()
        self.printed: tuple[str, ...] = ()
        self.logged: Mapping[str, float] = NOTHING_LOGGED
        self.removed: tuple[str, ...] = ()
        self.written: tuple[str, ...] = ()
        self.batches: tuple[BatchTrace, ...] = ()
        self.weights_set: tuple[str, ...] = ()

    def run(self) -> Trace | NotExpressible:
        try:
            self.machine = self.make(self.scenario.config, self.dialect)
        except Exception as error:
            return Trace(rejected=Rejected(type=type(error).__name__, message=str(error)))
        self.machine.existing = self.scenario.existing
        self.state = self.machine.initial
        has = self.machine.hooks
        self.hooks = {hook: getattr(self.machine, hook) if hook in has else None for hook in m.HOOKS}
        fits = []
        try:
            for index, fit in enumerate(self.scenario.fits):
                fits.append(self._fit(index, fit))
                if fits[-1].error is not None:
                    break
        except Unpredictable as unknown:
            return NotExpressible(parameter=unknown.parameter)
        internal = {name: tuple(tuple(values) for values in seen) for name, seen in (self.internal or {}).items()}
        return Trace(fits=tuple(fits), warned=self.machine.warned, internal=internal)

    def _fit(self, index: int, fit: Fit) -> FitTrace:
        self.fit = index
        self.began = self.weights
        self.metrics = self.scenario.compiled_metrics(fit)
        self.stop = False
        self._clear()
        if fit.learning_rate is not None:
            self.rate = _stored(fit.learning_rate)
        epoch = self.scenario.first_epoch(fit)
        epochs: list[EpochTrace] = []
        printed: tuple[str, ...] = ()
        warned: tuple[str, ...] = ()
        begun_with: Weights | None = None
        files: tuple[str, ...] | None = () if self.optional else None
        error = None
        try:
            self._call("fit_begin", epoch, -1, {})
            printed, warned = self.printed, self.warned
            if self.optional:
                begun_with, files = _from_the_start(self.weights), self._new_files()
            for epoch, content in enumerate(fit.epochs, epoch):  # noqa: B020 - the first epoch, then each
                self._epoch(epoch, content, epochs)
                if self.stop:
                    break
            self._clear()
            self._call("fit_end", epoch, -1, {})
            printed, warned = printed + self.printed, warned + self.warned
        except _Raise as raised:
            error = raised.error
            if error.hook in ("fit_begin", "fit_end"):
                printed, warned = printed + self.printed, warned + self.warned
        weights = weights_seen(self.weights, self.began, index)
        at_end = self._new_files()
        return FitTrace(
            epochs=tuple(epochs), weights=weights, printed=printed, error=error, weights_at_begin=begun_with,
            warned=warned if self.optional else None,
            files=None if files is None or at_end is None else files + at_end,
        )  # fmt: skip

    def _epoch(self, epoch: int, content: Epoch, epochs: list[EpochTrace]) -> None:
        """Run one epoch; add what was seen of it to `epochs`, even if it raises."""
        if self.eventful:
            self._clear()
        hooks = self.hooks
        rate_in_epoch: Rate = None
        try:
            if hooks["epoch_begin"] is not None:
                self._call("epoch_begin", epoch, -1, NOTHING_LOGGED)
            rate_in_epoch = self.rate
            self.weights = Origin(self.fit, epoch)
            if hooks["batch_end"] is not None:
                for batch, logs in groups(content.batch_logs(), self.scenario.steps_per_execution):
                    self._call("batch_end", epoch, batch, logs)
                    if self.stop:
                        break
            self.stop = self.stop or content.stop
            if hooks["epoch_end"] is not None:
                self._call("epoch_end", epoch, -1, content.logs)
        finally:
            epochs.append(self._record(rate_in_epoch, content.logs))
        if self.internal is not None:
            for name, value in self.machine.internal(self.state).items():
                fits = self.internal.setdefault(name, [])
                fits.extend([] for _ in range(self.fit + 1 - len(fits)))
                fits[-1].append(value)

    def _record(self, rate_in_epoch: Rate, logs: Logs) -> EpochTrace:
        """What was seen of an epoch. Records are immutable, so that one uneventful epoch shares that of another."""
        quiet, rate = self.quiet, self.rate
        uneventful = not self.eventful and not self.stop
        # The very same float will do, and is found at once.
        if uneventful and quiet and rate is quiet.learning_rate and rate_in_epoch is quiet.learning_rate_in_epoch:
            return quiet
        logged = added_to_logs(logs, self.logged) if self.logged else NOTHING_LOGGED
        optional: dict[str, Any] = {}
        if self.optional:
            optional = {
                "changed": tuple(sorted(name for name in logged if name in logs)), "removed": tuple(sorted(self.removed)),
                "batches": self.batches, "files": self._new_files(), "weights_set": self.weights_set,
            }  # fmt: skip
        record = EpochTrace(
            stop=self.stop, learning_rate=rate, learning_rate_in_epoch=rate_in_epoch, saved=self.saved,
            warned=self.warned, printed=self.printed, logged=logged, **optional,
        )  # fmt: skip
        if uneventful:
            self.quiet = record
        return record

    def _call(self, hook: str, epoch: int, batch: int, logs: Logs) -> None:
        """Call one hook and let its effects happen. Raises _Raise for what the callback raises."""
        transition = self.hooks[hook]
        if transition is None:
            return
        event = m.Event(epoch, batch, logs, None if self.rate_is_hidden else self.rate, self.weights, self.metrics)
        before = self.state
        effects: list[m.Effect] = []
        try:
            self.state, reason = transition(before, event, effects)
        except Unpredictable:
            raise
        except Exception as error:
            self._happen(effects, hook, batch, logs)
            in_epoch = hook not in ("fit_begin", "fit_end")
            raise _Raise(
                Raised(
                    type=type(error).__name__, message=str(error), fit=self.fit, hook=hook,
                    epoch=epoch if in_epoch else None, batch=batch if batch >= 0 else None,
                )
            ) from error  # fmt: skip
        if effects:
            self._happen(effects, hook, batch, logs)
        if self.decisions is not None and reason is not m.NOTHING:
            config = self.machine.config  # type: ignore[attr-defined]  # every machine that gives reasons has one
            self.decisions.append(Decision(self.fit, hook, event, reason, config, before, self.state, self.rate))

    def _happen(self, effects: list[m.Effect], hook: str, batch: int, logs: Logs) -> None:
        self.eventful = True
        if batch >= 0:
            self._note_batch(effects, batch, logs)
        for effect in effects:
            if isinstance(effect, m.Log):
                if batch < 0:
                    self.logged = {**self.logged, effect.key: effect.value}
            elif isinstance(effect, m.Unlog):
                if batch < 0:
                    self.removed += (effect.key,)
            elif isinstance(effect, m.Write):
                self.written += (effect.path,)
            elif isinstance(effect, m.SetRate):
                self.rate = _stored(effect.rate)
            elif isinstance(effect, m.Stop):
                self.stop = True
            elif isinstance(effect, m.Save):
                weights = weights_seen(self.weights, self.began, self.fit)
                self.saved += (Save(path=effect.path, weights=weights, batch=batch if batch >= 0 else None),)
            elif isinstance(effect, m.Print):
                self.printed += (effect.kind,)
            elif isinstance(effect, m.Warn):
                self.warned += (effect.kind,)
            else:
                if effect.weights != self.weights and hook not in self.weights_set:
                    self.weights_set += (hook,)
                self.weights = effect.weights

    def _note_batch(self, effects: list[m.Effect], batch: int, logs: Logs) -> None:
        """What was done to the logs of a batch, if anything was."""
        logged = added_to_logs(logs, {effect.key: effect.value for effect in effects if isinstance(effect, m.Log)})
        removed = tuple(effect.key for effect in effects if isinstance(effect, m.Unlog))
        if logged or removed:
            changed = tuple(name for name in logged if name in logs)
            self.batches += (BatchTrace(batch=batch, logged=logged, changed=changed, removed=removed),)

    def _new_files(self) -> tuple[str, ...] | None:
        """The files that are new since the last time of asking; None where it is not known which ones a save makes."""
        if not (self.saved or self.written):
            return ()
        if not all(save.path.endswith(ONE_FILE) for save in self.saved):
            return None
        made = {str(PurePosixPath(path)) for path in (*(save.path for save in self.saved), *self.written)}
        new = tuple(sorted(made - self.files))
        self.files |= made
        return new
