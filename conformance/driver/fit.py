"""The run through a real `fit` of a real compiled model, with real files.

Rules
- In the list of callbacks an observer stands before the first subject, between every two, and behind the last. The first one
  feeds: it puts the scenario's logs into the dict that all callbacks of one call share. Each notes what the subject before it
  did, lets others act, and announces the next. What the loop itself says, or the model while it is saved, is not the subject's.
- Whose weights these are is told by the weights themselves, all of them, and of a file by loading it back.
"""

import os
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple
from zipfile import BadZipFile

from .attributes import Held
from .callbacks import Callbacks
from .capture import Captured
from .charts import undisturbed
from .files import Directory
from .loop import PASSING, REPORTED_AS, beginning, exception_named
from .protocol import CannotExpress, Capabilities, Nonsense, Observation
from .real import RealModels
from .real_averaged import AveragedModels
from .record import OtherRaised, Recorder
from .scenario import Epoch, Fit, Other, Scenario, groups, index_told, logs_of_batch
from .values import NOTHING_CHANGED, UNTRAINED, ZERO, Given, Origin, as_logged


class RealFit:
    """An implementation made of a constructor `make(callback, **config)` and the real models of a Keras."""

    def __init__(
        self,
        name: str,
        make: Callable[..., Any],
        models: RealModels,
        capabilities: Optional[Capabilities] = None,
        **identity: Any,
    ) -> None:
        self.name = name
        self.make = make
        self.models = models
        self._averaged: Optional[AveragedModels] = None
        self.keras = models.keras
        known = capabilities or Capabilities()
        self.capabilities = Capabilities(
            callbacks=known.callbacks, parameters=known.parameters, observables=known.observables | {"optimizer_steps"},
            reusable=known.reusable, domain=known.domain,
        )  # fmt: skip
        self.identity = identity
        """What a greeting says beside the name: package, version, backend."""

    def models_for(self, scenario: Scenario) -> RealModels:
        """Those that a scenario trains. Raises CannotExpress."""
        if not scenario.use_ema:
            return self.models
        if self._averaged is None:
            self._averaged = AveragedModels(self.models.package)
        return self._averaged

    def drive(self, scenario: Scenario, directory: Directory, recorder: Recorder, heard: Captured) -> Dict[str, Any]:
        """Run it. Raises CannotExpress | ConfigurationRejected."""
        with undisturbed(scenario):
            return _Training(self, scenario, directory, recorder, heard).run()


_EVALUATION = ("on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end")


def _identity(weights: Sequence[Any]) -> bytes:
    return b"".join(array.tobytes() for array in weights)


class _Training:
    """One scenario on its way: what the observers do, and what they know."""

    def __init__(
        self, real_fit: RealFit, scenario: Scenario, directory: Directory, recorder: Recorder, heard: Captured
    ) -> None:
        self.models = real_fit.models_for(scenario)
        self.scenario = scenario
        self.directory = directory
        self.recorder = recorder
        recorder.sees_all = True
        self.heard = heard
        directory.fill(scenario.existing)
        self.tensor = self.models.world.tensor
        self.callbacks = Callbacks(scenario, real_fit.make, directory, recorder, self.tensor)
        self.real = self.models.take(scenario)
        """Put back only if nothing but the subject raised: what was interrupted is not used again."""
        self.origins = {_identity(self.real.untrained): UNTRAINED}
        if scenario.use_ema:
            self.origins[_identity([abs(array * 0) for array in self.real.untrained])] = ZERO  # none of them below zero
        self.entered: Optional[Tuple[str, Optional[int]]] = None
        """The subject's hook under way, and the batch."""
        self.subject = 0
        self.written: List[Tuple[str, bool]] = []
        self.compiled_with: Dict[str, Any] = {}
        """The metrics of the model that was saved, by path."""
        self.given: Optional[Given] = None
        self.raised: Optional[BaseException] = None
        self.epochs_begun = 0
        self.looks_at_weights = recorder.optional or scenario.use_ema
        self.evaluates = scenario.evaluates or self.callbacks.have_hooks(_EVALUATION, self.models.world.callback_class)

    def run(self) -> Dict[str, Any]:
        scenario, models = self.scenario, self.models
        models.set_rate(self.real, scenario.learning_rate)
        for index, fit in enumerate(scenario.fits):
            error = self._fit(index, fit)
            if error is not None and error.get("by") != "other":
                break
        if not self.recorder.beside.of_the_model():
            models.keep(self.real, scenario)
        return self.recorder.trace()

    def _fit(self, index: int, fit: Fit) -> Optional[Dict[str, Any]]:
        recorder, scenario = self.recorder, self.scenario
        metrics = scenario.compiled_metrics(fit)
        self.fit = index
        self.directory.damage(fit.damaged)
        try:
            if index:
                self.callbacks.again(fit.instances, self.real.model)
            if fit.resume is not None:
                path = self.directory.inside(self.directory.path + "/" + fit.resume.path)
                whole = fit.resume.load == "model"
                known = self.compiled_with.get(path, metrics) if whole else metrics
                try:
                    self.real = self.models.resumed(path, fit.resume.load, scenario, known)
                except (OSError, ValueError, KeyError, BadZipFile) as unread:
                    raise OtherRaised(FileNotFoundError(str(unread)), by="other") from unread
        except OtherRaised as raised:
            return recorder.could_not_begin(index, raised)
        if metrics != self.real.metrics:
            self.models.compile(self.real, metrics, scenario)
        self.models.set_rate(self.real, fit.learning_rate)
        self.contents = fit.epochs
        self.first = scenario.first_epoch(fit)
        self.begun = self.first, 0
        self.backups: Dict[int, Any] = {}
        self.last: Dict[str, Any] = {}
        self.epoch: Optional[int] = None
        self.others: Tuple[Other, ...] = fit.others
        recorder.weights = self._origin(self.real.model.get_weights())
        recorder.fit_begins(index)
        error = self._train()
        self._note_files()
        recorder.weights = self._origin(self.real.model.get_weights())
        for callback in range(len(self.callbacks.made)):
            recorder.note_recorded(callback, self.callbacks.written(callback))
            if recorder.asks_for_attributes(error):
                recorder.note_attributes(
                    callback, self.callbacks.attributes(callback, Held(self.real.model, self._whose))
                )
        recorder.fit_ends(error, **self._optional())
        return error

    def _optional(self) -> Dict[str, Any]:
        if not self.recorder.optional:
            return {}
        files = {"files": self.recorder.files, "gone": self.recorder.gone}
        return dict(self.recorder.at_begin(), optimizer_steps=self.models.steps(self.real), **files)

    def _note_files(self) -> None:
        if self.recorder.optional:
            self.recorder.files_changed(*self.directory.changes())

    def _train(self) -> Optional[Dict[str, Any]]:
        """Call `fit`; the record of what ended it before its end."""
        model = self.real.model
        made = self.callbacks.made
        observers = [self._observer(place) for place in range(len(made) + 1)]
        listed = [observers[0], *self._divided(observers)]
        for subject, observer in zip(made, observers[1:]):
            listed += [subject, observer]
        model.save = partial(self.note_save, model.save, False)
        model.save_weights = partial(self.note_save, model.save_weights, True)
        model.load_weights = partial(self.note_load, model.load_weights)
        self.raised = None
        try:
            evaluated = self.scenario.evaluated(self.fit) if self.evaluates else []
            self.models.fit(self.real, listed, self.first, self.scenario, self.fit, evaluated)
        except PASSING:
            raise
        except BaseException as error:
            return self._ended_by(error)
        finally:
            del model.save, model.save_weights, model.load_weights
        return None

    def _ended_by(self, error: BaseException) -> Dict[str, Any]:
        """The record of what ended a fit before its end. Raises it if it is nobody's known."""
        if self.raised is not None:
            whose: Dict[str, Any] = {"by": "other"}
            error = self.raised
        elif self.entered is None and self.real.loaded:
            whose = {"by": "other"}  # the model's, which cannot be trained as it was loaded
        elif self.entered is None:
            raise error
        else:
            whose = {"callback": self.subject} if self.scenario.several else {}
        hook, batch = self.entered or self.at
        record = self.recorder.error(error, REPORTED_AS.get(hook, hook), batch, **whose)
        if self.entered is not None:
            self.leave(raised=True)
        if record["epoch"] is not None:
            self._end_epoch()
        return record

    def _observer(self, place: int) -> Any:
        """The callback at that place between the subjects; the first one feeds, the last one ends the hook."""
        return self.models.keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: self.at_fit_begin(place),
            on_epoch_begin=lambda epoch, logs: self.at_epoch_begin(place, epoch),
            on_epoch_end=lambda epoch, logs: self.at_epoch_end(place, epoch, logs),
            on_train_end=lambda logs: self.at_fit_end(place, logs),
            **self._batch_hooks(place),
            **(self._evaluation_hooks(place) if self.evaluates else {}),
        )

    def _divided(self, observers: Sequence[Any]) -> List[Any]:
        """Where some callbacks are given other logs than others: who feeds is before all, who looks sees what the subject was
        given, and one more finds out what that is for the first subject, which may raise."""
        made = self.callbacks.made
        if not self.models.world.divides_logs or not made:
            return []
        observers[0]._supports_tf_logs = True
        finder = self.models.keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: self._are_given(logs),
            on_train_batch_end=lambda batch, logs: self._are_given(logs),
        )
        for subject, observer in zip((made[0], *made), (finder, *observers[1:])):
            observer._supports_tf_logs = getattr(subject, "_supports_tf_logs", False)
        return [finder]

    def _are_given(self, logs: Dict[str, Any]) -> None:
        if self.given is not None:
            self.given.look_at(logs)

    def _batch_hooks(self, place: int) -> Dict[str, Any]:
        """By the names of the era."""
        names = ("on_train_batch_begin", "on_train_batch_end")
        if self.models.batch_hooks_are_short:
            names = ("on_batch_begin", "on_batch_end")
        begin = lambda batch, logs: self.at_batch_begin(place, batch)  # noqa: E731 - one of two of the same kind
        end = lambda batch, logs: self.at_batch_end(place, batch, logs)  # noqa: E731
        return dict(zip(names, (begin, end)))

    def _evaluation_hooks(self, place: int) -> Dict[str, Any]:
        """LambdaCallback takes them without knowing of them."""
        return {
            "on_test_begin": lambda logs=None: self.at_test(place, "test_begin"),
            "on_test_batch_begin": lambda batch, logs=None: self.at_test(place, "test_batch_begin"),
            "on_test_batch_end": lambda batch, logs=None: self.at_test(place, "test_batch_end", logs),
            "on_test_end": lambda logs=None: self.at_test(place, "test_end", logs),
        }

    # ---------------------------------------------------------------------------------- the hooks of the observers

    def pass_by(self, place: int, hook: str, batch: Optional[int] = None) -> None:
        """The subject before has left, and the next one enters; at both ends, and between, others act."""
        self.at = (hook, batch)
        if place > 0:
            self.leave()
        self._let_act(place, hook, batch)
        if place < len(self.callbacks.made):
            self.heard.printed()
            self.heard.warned()
            self.subject = place
            self.entered = REPORTED_AS.get(hook, hook), batch
            self._watch(place)
        else:
            self.given = None

    def _let_act(self, place: int, hook: str, batch: Optional[int]) -> None:
        """Others do what they do between the subject before that place and the one at it."""
        acting = [other for other in self.others if other.hook == hook and other.batch in (None, batch)]
        self._act([other for other in acting if place > 0 and other.after == place - 1])
        self._act([other for other in acting if other.before == place])

    def _watch(self, place: int) -> None:
        """Notice what the subject at that place does beside its work."""
        params = getattr(self.callbacks.made[place], "params", None)
        state = partial(self.models.state, self.real)
        self.recorder.beside.watch(self.real.model, self.models.world, params, state)

    def at_fit_begin(self, place: int) -> None:
        self.pass_by(place, "fit_begin")
        if place == len(self.callbacks.made):
            self._note_files()
            world = self.models.world
            self.begun = beginning(self.first, *world.begins_at(self.real.model, self.first, self.scenario, self.fit))
            self.recorder.note_beginning(self.first, *self.begun)

    def at_epoch_begin(self, place: int, epoch: int) -> None:
        if place == 0:
            self.epoch = epoch
            self.content: Epoch = self.contents[epoch - self.first]
            self.others = self.content.acts()
            batches = self.content.batch_logs()
            begun, first_batch = self.begun
            skipped = first_batch if epoch == begun else 0
            self.groups = [each for each in groups(batches, self.scenario.steps_per_execution) if each[0] >= skipped]
            self.group = 0
            self.stopped = False
            self.epochs_begun += 1
            self.models.data.start(self.epochs_begun, len(batches))
            self.recorder.epoch_begins(epoch)
        self.pass_by(place, "epoch_begin")
        self._note_held(place, "epoch_begin")

    def at_batch_begin(self, place: int, batch: int) -> None:
        if place == 0 and self.group == 0:
            self.recorder.rate = self.models.rate(self.real)
            self.recorder.batches_begin()
        if place > 0:
            self.entered = None  # what is said here is heard at the batch's end
        self.at = "batch_end", self.groups[self.group][0]
        self._let_act(place, "batch_begin", self.groups[self.group][0])
        if place < len(self.callbacks.made):
            self.subject = place
            self.entered = self.at

    def at_batch_end(self, place: int, batch: int, logs: Dict[str, Any]) -> None:
        if place == 0:
            last, content = self.groups[self.group]
            group = self.scenario.steps_per_execution
            number = min(group, len(self.content.batch_logs()) - (last + 1 - group))
            expected = index_told(self.models.world.index_told, last, group, number)
            if batch != expected:
                raise Nonsense(f"the loop ends batch {batch} of epoch {self.epoch} where batch {expected} was expected")
            self.recorder.told = batch
            self.group += 1
            for weights, whose in self.models.made(self.real, Origin(self.fit, self._running())):
                self.origins[_identity(weights)] = whose
            self.recorder.weights = self._origin(self.real.model.get_weights())
            tells = self.models.world.tells_of_batches
            told = logs_of_batch(tells, batch, {})
            if not told.keys() <= logs.keys():
                raise Nonsense(
                    f"the loop puts {', '.join(logs)} into a batch's logs where {', '.join(told)} were expected"
                )
            self.replace(logs, logs_of_batch(tells, batch, content), batch)
        else:
            self._are_given(logs)
        self.pass_by(place, "batch_end", self.groups[self.group - 1][0])
        if place == len(self.callbacks.made):
            self.stopped = bool(self.real.model.stop_training)
            if self.group == len(self.groups):
                if self.stopped and self.models.world.clears_stop and self.content.evaluation_logs():
                    raise CannotExpress("stop")  # the loop is left before the evaluation, which would clear the flag
                # The epoch's last batch. By the flag the loop leaves the epoch; it is put right before the subject's next
                # hook. A loop that finds the data at an end takes this for the length of all later epochs.
                self.real.model.stop_training = True

    def at_test(self, place: int, hook: str, logs: Optional[Dict[str, Any]] = None) -> None:
        if place == 0 and hook == "test_begin":
            self.real.model.stop_training = self.stopped
        if place == 0 and logs is not None:
            logs.clear()
            logs.update(as_logged(self.content.evaluation_logs(), self.tensor))
        self.pass_by(place, hook)
        if hook == "test_begin":
            self._note_held(place, "evaluation")
        if place == len(self.callbacks.made):
            self.stopped = bool(self.real.model.stop_training)

    def at_epoch_end(self, place: int, epoch: int, logs: Dict[str, Any]) -> None:
        if place == 0:
            if self.group < len(self.groups) and not self.stopped:
                raise Nonsense(
                    f"the loop ends epoch {epoch} after {self.group} of {len(self.groups)} groups of batches"
                )
            self.real.model.stop_training = self.stopped
            self.last = self.content.logs
            self.replace(logs, self.content.logs)
        else:
            self._are_given(logs)
        self.pass_by(place, "epoch_end")
        self._note_held(place, "epoch_end")
        if place == len(self.callbacks.made):
            self._end_epoch()
            for index in range(len(self.callbacks.made)) if self.recorder.asks_for_state else ():
                self.recorder.note_internal(index, self.callbacks.internal(index))

    def at_fit_end(self, place: int, logs: Optional[Dict[str, Any]]) -> None:
        if place == 0 and logs is not None:
            logs.clear()
            logs.update(as_logged(self.last, self.tensor))
        if place == 0 and self.scenario.use_ema:  # the model has put the average in their place
            self.recorder.weights = self._origin(self.real.model.get_weights())
        self.others = self.scenario.fits[self.fit].others
        self.pass_by(place, "fit_end")

    # ---------------------------------------------------------------------------------- what they do

    def replace(self, logs: Dict[str, Any], content: Dict[str, Any], batch: Optional[int] = None) -> None:
        """Put the scenario's logs into the dict that all callbacks of one call share."""
        self.callbacks.stay_inside(self._running(), batch, content)
        logs.clear()
        logs.update(as_logged(content, self.tensor))
        self.recorder.logs = content
        if batch is None or self.recorder.optional:
            self.given = Given(content, logs)

    def leave(self, raised: bool = False) -> None:
        """The subject's hook is over, by its end or by an exception."""
        assert self.entered is not None
        hook, batch = self.entered
        self.entered = None
        left = self.recorder.beside.left()
        if self.recorder.optional:
            self.recorder.steps = self.models.steps(self.real)
        saves = []
        checkpoint = self.models.checkpoint_of(self.callbacks.made[self.subject])
        if checkpoint is not None and hook != "fit_begin" and checkpoint != self.backups.get(self.subject):
            weights = self._origin(self.models.weights_in_checkpoint(checkpoint, self.scenario.outputs))
            saves.append(self.recorder.save(self.callbacks.as_asked(self.subject, checkpoint, True), weights))
        self.backups[self.subject] = checkpoint
        for announced, weights_only in self.written:
            path = self.directory.lies_at(announced)
            weights = self._origin(self.models.weights_in(path, weights_only, self.scenario.outputs))
            saves.append(self.recorder.save(self.callbacks.as_asked(self.subject, path, weights_only), weights))
        self.written.clear()
        self.recorder.saw(self.subject, self._observation(), hook, batch, raised, saves, left)

    def _observation(self) -> Observation:
        changes = NOTHING_CHANGED if self.given is None else self.given.changes()
        return Observation(
            stop=bool(self.real.model.stop_training), learning_rate=self.models.rate(self.real),
            weights=self._origin(self.real.model.get_weights()) if self.looks_at_weights else None,
            logged=changes.added, changed=changes.changed, removed=changes.removed,
        )  # fmt: skip

    def note_save(self, save: Any, weights_only: bool, filepath: Any, *arguments: Any, **options: Any) -> None:
        """Stands before the model's own `save`; what the model says meanwhile is not the subject's."""
        path = self.directory.inside(filepath)
        self.recorder.heard(self.subject)
        try:
            save(filepath, *arguments, **options)
        finally:
            self.heard.printed()
            self.heard.warned()
        self.written.append((path, weights_only))
        self.compiled_with[path] = self.real.metrics
        if os.path.isfile(path):
            self.directory.wrote(path)

    def note_load(self, load: Any, *arguments: Any, **options: Any) -> None:
        """Stands before the model's own `load_weights`, which brings the optimizer's back, too."""
        load(*arguments, **options)
        self.recorder.beside.look_at_state()

    def _act(self, others: Sequence[Other]) -> None:
        model = self.real.model
        for other in others:
            if other.stop:
                model.stop_training = True
            if other.learning_rate is not None:
                self.models.set_rate(self.real, other.learning_rate)
            if other.weights is not None:
                zeros = [array * 0 for array in model.get_weights()]
                self.origins[_identity(zeros)] = ZERO
                model.set_weights(zeros)
                self.recorder.weights = ZERO
            if other.raises is not None:
                self.raised = exception_named(other.raises)
                raise self.raised

    def _end_epoch(self) -> None:
        recorder = self.recorder
        self.others = ()
        self.given = None
        recorder.stop = bool(self.real.model.stop_training)
        recorder.rate = self.models.rate(self.real)
        for callback in range(len(self.callbacks.made)) if recorder.optional else ():
            recorder.note_counts(callback, self.callbacks.counts(callback))
        recorder.epoch_ends(self.directory.changes() if recorder.optional else None)

    def _note_held(self, place: int, moment: str) -> None:
        """Behind the last subject it is told whose weights the model holds."""
        if place == len(self.callbacks.made):
            self.recorder.note_held(moment)

    def _running(self) -> int:
        assert self.epoch is not None
        return self.epoch

    def _whose(self, weights: Sequence[Any]) -> Optional[Dict[str, Any]]:
        return self.recorder.whose(self.origins.get(_identity(weights)))

    def _origin(self, weights: Sequence[Any]) -> Origin:
        origin = self.origins.get(_identity(weights))
        if origin is None:
            raise Nonsense(f"these weights were never the model's: {[array.tolist() for array in weights]}")
        return origin
