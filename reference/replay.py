"""From a scenario to its trace, in a dialect: the training loop as the callbacks see it, around their machines.

The loop's own facts: the stop flag is cleared when a fit begins; a batch hook that stops drops the epoch's remaining batches,
the epoch end is still called and the fit ends (choice `training/stop-in-an-epoch`); after an exception nothing more is called.
Validations in the middle of an epoch come after its batches, for a callback that looks at them; after one that stops nothing
more of the epoch is called, its end included.

Several callbacks are the composition of their machines, and nothing else: at every hook each has its turn, in the order of the
list. They share the model (rate, weights, stop flag, files), and the logs of a hook: each sees what those before it put there.
Others act between them. What somebody else raises ends its fit only, and so does a file that a fit cannot begin with, and a model
that cannot be trained.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Epoch, Fit, Other, Scenario, groups, is_of_evaluation
from callcheck.spec.trace import BatchTrace, EpochTrace, FitTrace, NotExpressible, Raised, Rejected, Trace
from callcheck.spec.values import Logs, Rate
from callcheck.spec.weights import Origin, Weights

from . import machine as m
from .calm import can_be_calm, passed
from .decision import Decision as Decision
from .expressible import beyond
from .happening import happen
from .machine import Event, made
from .model import Model, from_the_start, weights_seen
from .place import NOTHING_LOGGED, Place
from .policy import by, when
from .rate import keep_the_rate

Machines = Mapping[str, Callable[[Mapping[str, Any], Dialect], m.Machine]]
"""What makes the machine of a callback, by the callback's name."""

MACHINES: Machines = {
    name: getattr(import_module(f".{callback.module}", __package__), name) for name, callback in CALLBACKS.items()
}
"""The reference's own: the class of the callback's name, in the callback's module."""


Watch = Callable[[tuple[Any, ...]], object]
"""Is given the fields of each decision. Whether it has seen enough: the run then ends with that epoch, as if it were the last."""


def replay(
    scenario: Scenario,
    dialect: Dialect,
    *,
    internal: bool = False,
    optional: bool = True,
    machines: Machines = MACHINES,
    loop: "type[Replay] | None" = None,
) -> Trace | NotExpressible:
    """What an implementation of `dialect` does. `machines` take the place of the reference's own, `loop` that of its loop.

    `internal` asks for a callback's state too; without `optional` what is looked at only when asked for is left out, for a short
    trace. NotExpressible: what the reference does not predict, a file name that contains an array as numpy prints it, and in a
    dialect that writes folders what is there already.
    """
    return (loop or Replay)(scenario, dialect, machines, internal, optional).run()


def explain(
    scenario: Scenario, dialect: Dialect, *, optional: bool = False
) -> tuple[Trace | NotExpressible, tuple[Decision, ...]]:
    """The trace, and the reason for every decision in it. `optional` asks for the optional observables."""
    decisions: list[Decision] = []
    trace = watched(scenario, dialect, lambda decided: decisions.append(Decision(*decided)), optional=optional)
    return trace, tuple(decisions)


def watched(scenario: Scenario, dialect: Dialect, watch: Watch, *, optional: bool = False) -> Trace | NotExpressible:
    """The trace, as far as `watch` goes on, which is given the fields of every decision when it is taken: of a long run not all
    have to be kept."""
    return Replay(scenario, dialect, MACHINES, watch=watch, optional=optional).run()


class _Raise(Exception):
    """An exception ended the fit; `error` is its record."""

    def __init__(self, error: Raised) -> None:
        self.error = error


INDEX_TOLD: Mapping[str, Callable[[int, int, int], int]] = {
    "the-last": lambda last, group, number: last - group + number,
    "the-first": lambda last, group, number: last - group + 1,
    "the-last-of-a-full-group": lambda last, group, number: last,
}
"""Which index the batch hook is told, by the value of `training/batch-index`: of the last batch that a group has if it is full,
of how many batches that group is, and how many there are."""


STOP_AT_BEGIN: Mapping[str, tuple[bool, bool]] = {
    "one-epoch": (True, True),
    "no-epoch": (True, False),
    "cleared": (False, True),
}
"""Whether a stop flag that is set when a fit begins stays, and whether an epoch is run in spite of one that does, by the value of
`training/stop-when-a-fit-begins`."""


LOST: Mapping[str, frozenset[str]] = {"given": frozenset(), "lost": frozenset({"unknown-mode", "missing-metric"})}
"""The kinds of warnings of which nobody hears, by the value of `training/warnings`."""


class Replay:
    """One scenario under way: the callbacks, the model, what was seen so far."""

    model_class = Model
    stop_at_begin = by("training/stop-when-a-fit-begins", STOP_AT_BEGIN)
    drops_batches = when("training/stop-in-an-epoch", "after-the-batch")
    keeps_stop = when("training/stop-and-evaluation", "stays")
    index_told = by("training/batch-index", INDEX_TOLD)
    tells_short_groups = when("training/short-last-group", "told")
    lost = by("training/warnings", LOST)

    def __init__(
        self,
        scenario: Scenario,
        dialect: Dialect,
        machines: Machines,
        internal: bool = False,
        optional: bool = False,
        watch: Watch | None = None,
    ) -> None:
        self.scenario = scenario
        self.dialect = dialect
        self.machines = machines
        self.watch = watch
        self.several = bool(scenario.callbacks)
        self.model = self.model_class(scenario, dialect)
        self.places: list[Place] = []
        self.others: tuple[Other, ...] = ()
        self.last_seen: list[Any] = []
        self.last_record: EpochTrace
        self.internal = internal
        self.optional = optional
        self.told = -1
        self.epochs = 0
        self.enough = False
        """Whether who watches has seen enough."""
        self.has_its_history = True
        """Whether no other History can be in the model than the one of the list."""
        self.held: dict[str, Weights | None] = {}
        """Whose weights the model held so far at the moments of the epoch under way, of a model that keeps an average."""
        self._clear()

    def _clear(self) -> None:
        """Begin a new record of what is seen: nothing yet."""
        self.eventful = False
        self.batches: tuple[BatchTrace, ...] = ()
        for place in self.places:
            place.clear()

    def run(self) -> Trace | NotExpressible:
        field = beyond(self.scenario, self.dialect)
        if field is not None:
            return NotExpressible(parameter=field)
        for index, configured in enumerate(self.scenario.configured()):
            try:
                machine = self.machines[configured.callback](configured.config, self.dialect)
            except Exception as error:
                whose = index if self.several else None
                return Trace(rejected=Rejected(type=type(error).__name__, message=str(error), callback=whose))
            machine.existing = self.scenario.existing
            self.places.append(Place(index, machine, self.lost))
        self.hooks = {hook: self._calls(hook) for hook in m.HOOKS}
        fits = []
        try:
            for index, fit in enumerate(self.scenario.fits):
                fits.append(self._fit(index, fit))
                ended_by = fits[-1].error
                if self.enough or (ended_by is not None and ended_by.by != "other"):
                    break
        except m.Unpredictable as unknown:
            return NotExpressible(parameter=unknown.parameter)
        if self.several:
            return Trace(fits=tuple(fits), callbacks=tuple(place.in_trace(self.optional) for place in self.places))
        (only,) = self.places
        return Trace(fits=tuple(fits), **only.made(self.optional))

    def _calls(self, hook: str) -> dict[Place, Any]:
        """Whom a hook calls, in order."""
        return {place: getattr(place.machine, hook) for place in self.places if hook in place.machine.hooks}

    # ---------------------------------------------------------------------------------- fits and epochs

    def _fit(self, index: int, fit: Fit) -> FitTrace:
        self.fit = index
        epochs: list[EpochTrace] = []
        seen: dict[str, Any] = {}
        error, begun = None, False
        try:
            self.begin(fit)
            begun = True
            self.train(fit, epochs, seen)
        except _Raise as raised:
            error = raised.error
        if begun:
            for place in self.places:
                place.recorded = place.machine.recorded(place.state, self.model.texts, self.model.backups)
            if error is None or error.by == "other":
                self._note_attributes(fit, bool(epochs))
        if begun and self.optional:
            at_end, gone = self.model.changed_files()
            seen["files"] = None if seen["files"] is None or at_end is None else seen["files"] + at_end
            seen["gone"] = None if seen["gone"] is None or gone is None else seen["gone"] + gone
            seen["optimizer_steps"] = self.model.steps
        if self.several:
            seen["callbacks"] = tuple(place.in_fit(self.optional) for place in self.places)
        else:
            (only,) = self.places
            seen.update(only.around(self.optional))
        weights = weights_seen(self.model.weights, self.began, index)
        return FitTrace(epochs=tuple(epochs), weights=weights, error=error, **seen)

    def _note_attributes(self, fit: Fit, ran: bool) -> None:
        """What the callbacks' public attributes hold now that the fit has ended. A History puts itself into the model at the end
        of an epoch; before that, whether one that is new takes the place of another is the loop's affair."""
        shared = {"model": True, "params.epochs": self.scenario.first_epoch(fit) + len(fit.epochs)}
        named = "model.history"  # of several it is that of the last one, or of the loop's own
        histories = [
            place
            for place, each in zip(self.places, self.scenario.configured(), strict=True)
            if named in CALLBACKS[each.callback].attributes
        ]
        if any(place.recorded and place.recorded[0]["epoch"] for place in histories):
            self.has_its_history = True
        for place in self.places:
            own = {named: True} if ran and self.has_its_history and histories == [place] else {}
            place.note_attributes(lambda origin: weights_seen(origin, self.began, self.fit), **own, **shared)

    def begin(self, fit: Fit) -> None:
        """Make everything ready for a fit. Raises _Raise for a callback that cannot be made again, and a file that is missing."""
        model = self.model
        self.began = model.weights
        model.stop = False
        model.steps_in_fit = 0
        model.writers.clear()
        self._clear()
        if fit.instances != "same":
            self.has_its_history = False
        for path in fit.damaged:
            model.damage(path)
        for place in self.places:
            place.fit_begins()
        for place in self.places if self.fit else ():
            try:
                place.again(fit.instances)
            except m.Unpredictable:
                raise
            except Exception as error:
                raise self._raised(type(error), str(error), "fit_begin", **self._whose(place)) from error
        if fit.resume is not None:
            try:
                model.resume(fit.resume)
            except FileNotFoundError as error:
                raise self._raised(type(error), str(error), "fit_begin", by="other") from error
        self.began = model.weights
        self.metrics = self.scenario.compiled_metrics(fit)
        if fit.learning_rate is not None:
            model.set_rate(fit.learning_rate)

    def train(self, fit: Fit, epochs: list[EpochTrace], seen: dict[str, Any]) -> None:
        """The hooks of a fit; what was seen of its epochs goes to `epochs`, of its beginning to `seen`."""
        epoch = self.scenario.first_epoch(fit)
        if self.optional:
            seen["files"] = seen["gone"] = ()
        self.epochs = epoch + len(fit.epochs)
        self._around("fit_begin", epoch, fit)
        stays, runs = self.stop_at_begin if self.model.stop else (True, True)
        self.model.stop = self.model.stop and stays
        first = epoch
        epoch, batch = self.model.begins(fit, first)
        if (epoch, batch) != (first, 0):
            seen.update(initial_epoch=epoch, initial_batch=batch or None)
        contents = () if not runs else fit.epochs if epoch == first else fit.epochs[epoch - first :]
        if self.optional:
            seen["files"], seen["gone"] = self.model.changed_files()
            seen["weights_at_begin"] = from_the_start(self.model.weights) if contents else None
        done, calm = 0, can_be_calm(self)
        while done < len(contents) and not self.enough:
            self._epoch(epoch + done, contents[done], epochs, batch)
            done, batch = done + 1, 0
            if self.model.stop:
                break
            if calm:
                done += passed(self, contents, done, epoch + done, epochs)
        self._clear()
        self.model.finish()
        self._around("fit_end", max(epoch, epoch + done - 1), fit)

    def _around(self, hook: str, epoch: int, fit: Fit) -> None:
        """The hooks around the epochs; what is said there is the fit's."""
        self.others = fit.others
        try:
            self.call(hook, epoch, -1, NOTHING_LOGGED)
        finally:
            self.others = ()
            for place in self.places:
                place.keep_around()

    def _epoch(self, epoch: int, content: Epoch, epochs: list[EpochTrace], first: int = 0) -> None:
        """Run one epoch, from the batch `first` on; add what was seen of it to `epochs`, even if it raises."""
        if self.eventful:
            self._clear()
        hooks, model = self.hooks, self.model
        rate_in_epoch: Rate = None
        others = self.others = content.others
        try:
            if others or hooks["epoch_begin"]:
                self.call("epoch_begin", epoch, -1, NOTHING_LOGGED)
            self._note_held("epoch_begin")
            rate_in_epoch = model.rate
            if others or hooks["batch_begin"] or hooks["batch_end"] or model.fails or model.stop:
                whole = self._batches(epoch, content.batch_logs(), first)
                if whole and not self.keeps_stop and any(map(is_of_evaluation, content.logs)):
                    model.stop = False
            else:
                batches = 1 if content.batches is None else len(content.batches)
                model.trained(made(Origin, (self.fit, epoch, False)), batches + self.breaks_off(batches))
            for logs in content.validations if hooks["validation_end"] else ():
                self.call("validation_end", epoch, -1, logs)
                if model.stop:
                    break
            else:
                if others or hooks["test_begin"] or hooks["test_end"] or model.keeps_average:
                    self._evaluate(epoch, content)
                if content.stop:
                    model.stop = True
                if others or hooks["epoch_end"]:
                    self.call("epoch_end", epoch, -1, content.logs)
                self._note_held("epoch_end")
        finally:
            self.others = ()
            epochs.append(self._record(rate_in_epoch))
        if self.internal:
            for place in self.places:
                place.note_internal(self.fit)

    def _evaluate(self, epoch: int, content: Epoch) -> None:
        """The evaluation at the end of an epoch, where it has one."""
        logs = {name.removeprefix("val_"): value for name, value in content.logs.items() if name.startswith("val_")}
        if logs:
            self.call("test_begin", epoch, -1, NOTHING_LOGGED)
            self._note_held("evaluation")
            self.call("test_end", epoch, -1, logs)

    def _note_held(self, moment: str) -> None:
        if self.model.keeps_average:
            self.held[moment] = weights_seen(self.model.weights, self.began, self.fit)

    def _batches(self, epoch: int, batches: tuple[Logs, ...], first: int) -> bool:
        """Run them, from `first` on; whether the last of them was trained on."""
        per_execution = self.scenario.steps_per_execution
        for batch, logs in groups(batches, per_execution):
            if batch < first:
                continue
            if self.others or self.hooks["batch_begin"]:
                self.call("batch_begin", epoch, batch, NOTHING_LOGGED)
            if self.model.fails:
                message = "this model cannot be trained as it was loaded"
                raise self._raised(self.model.fails, message, "batch_end", epoch, batch, by="other")
            number = min(per_execution, len(batches) - (batch + 1 - per_execution))
            if self.breaks_off(number):
                self.model.trained(Origin(self.fit, epoch), number + 1)
                continue
            self.model.trained(Origin(self.fit, epoch), number)
            self.told = self.index_told(batch, per_execution, number)
            self.call("batch_end", epoch, batch, logs)
            if self.model.stop and self.drops_batches:
                return batch + 1 >= len(batches)
        return True

    def breaks_off(self, batches: int) -> bool:
        """Whether the last execution has too few of so many batches, and nobody is told of its end."""
        return batches % self.scenario.steps_per_execution != 0 and not self.tells_short_groups

    def _record(self, rate_in_epoch: Rate) -> EpochTrace:
        """What was seen of an epoch. Records are immutable: one in which the same was seen as in the last is the last."""
        model = self.model
        held, self.held = self.held, {}
        seen: list[Any] = [model.stop, model.rate, rate_in_epoch, held]
        if self.eventful:
            seen += [place.seen() for place in self.places]
        if self.optional:
            seen += [self.batches, *model.changed_files(), [place.count(model.texts) for place in self.places]]
        if seen == self.last_seen:
            return self.last_record
        done: dict[str, Any]
        if self.several:
            done = {"callbacks": tuple(place.in_epoch(self.optional) for place in self.places)}
        else:
            (only,) = self.places
            done = {"saved": only.saved, "warned": only.warned, "printed": only.printed, "logged": only.logged}
            done.update(only.touched(self.optional))
        if self.optional:
            done["batches"], done["files"], done["gone"] = seen[-4:-1]
        if model.keeps_average:
            done["held"] = held
        self.last_seen = seen
        self.last_record = EpochTrace(
            stop=model.stop, learning_rate=model.rate, learning_rate_in_epoch=rate_in_epoch, **done
        )
        return self.last_record

    # ---------------------------------------------------------------------------------- hooks

    def call(self, hook: str, epoch: int, batch: int, logs: Logs) -> None:
        """A hook of every callback, and what others do before and after each. Raises _Raise."""
        calls = self.hooks[hook]
        if not self.others:
            for place, transition in calls.items():
                logs = self.turn(place, transition, hook, epoch, batch, logs)
            return
        acting = [each for each in self.others if each.hook == hook and each.batch in (None, batch)]
        for place in self.places:
            self._act(
                [each for each in acting if each.after is None and place.index == (each.before or 0)], epoch, batch
            )
            if place in calls:
                logs = self.turn(place, calls[place], hook, epoch, batch, logs)
            self._act([each for each in acting if each.after == place.index], epoch, batch)

    def _act(self, others: list[Other], epoch: int, batch: int) -> None:
        for other in others:
            self.model.act(other)
            if other.raises is not None:
                raise self._raised(other.raises, "raised by somebody else", other.hook, epoch, batch, by="other")

    def event(self, epoch: int, told: int, logs: Logs) -> m.Event:
        """What a hook is told. `told`: the index of the batch."""
        model, hidden = self.model, self.model.rate_is_hidden
        return made(
            Event,
            (
                epoch, told, logs, None if hidden else model.rate, model.weights, self.metrics, model.stop, model.texts,
                model.backups, self.epochs, model.keeps_average, model.steps, model.steps_in_fit,
            ),
        )  # fmt: skip

    def turn(self, place: Place, transition: Any, hook: str, epoch: int, batch: int, logs: Logs) -> Logs:
        """One callback's hook, with its effects; the logs as those after it see them. Raises _Raise for what it raises."""
        model, before = self.model, place.state
        event = self.event(epoch, self.told if batch >= 0 else -1, logs)
        effects: list[m.Effect] = []
        place.effects = effects
        try:
            place.state, reason = transition(before, event, effects)
            if model.rate_is_scheduled:
                keep_the_rate(effects)
        except m.Unpredictable:
            raise
        except Exception as error:
            self._happen(place, effects, event, hook, batch)
            raise self._raised(type(error), str(error), hook, epoch, batch, **self._whose(place)) from error
        if effects:
            logs = self._happen(place, effects, event, hook, batch)
        if self.watch is not None and reason is not m.NOTHING:
            config = place.machine.config  # type: ignore[attr-defined]  # every machine that gives reasons has one
            decided = (self.fit, hook, event, reason, config, before, place.state, model.rate, place.index, effects)
            self.enough = bool(self.watch(decided)) or self.enough
        return logs

    def _whose(self, place: Place) -> dict[str, Any]:
        return {"callback": place.index} if self.several else {}

    def _raised(
        self, kind: type[Exception] | str, message: str, hook: str, epoch: int = -1, batch: int = -1, **whose: Any
    ) -> _Raise:
        """The end of the fit by an exception in a hook."""
        in_epoch = hook not in ("fit_begin", "fit_end")
        return _Raise(
            Raised(
                type=kind if isinstance(kind, str) else kind.__name__, message=message, fit=self.fit, hook=m.IN_TRACE[hook],
                epoch=epoch if in_epoch else None, batch=batch if batch >= 0 else None, **whose,
            )
        )  # fmt: skip

    def _happen(self, place: Place, effects: list[m.Effect], event: m.Event, hook: str, batch: int) -> Logs:
        """Let effects happen; the logs as those after this callback see them. `batch`: as the trace names it."""
        self.eventful = True
        logs, logged, removed = place.log(effects, event.logs, batch < 0)
        if batch >= 0 and (logged or removed):
            changed = tuple(name for name in logged if name in event.logs)
            self.batches += (
                BatchTrace(batch=batch, logged=logged, changed=changed, removed=removed, **self._whose(place)),
            )
        happen(self, place, effects, hook, batch)
        return logs
