"""Callbacks that follow the Keras callback protocol, driven hook by hook on one stand-in model.

Rules
- Hooks get what a real fit gives them, the dict of logs that all callbacks of one call share among it.
- Several callbacks share the model; who saved something, or changed the logs, is told by when it happened.
"""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .attributes import Held
from .callbacks import Callbacks
from .capture import Captured
from .charts import undisturbed
from .files import Directory, path_of
from .loop import EVALUATION, IDLE, Loop, Training
from .protocol import CannotExpress, Capabilities, Observation
from .record import OtherRaised, Recorder
from .scenario import Configured, Epoch, Other, Resume, Scenario, logs_of_batch
from .values import NOTHING_CHANGED, ZERO, Given, Origin, ScheduledRate, as_logged
from .worlds import PlainWorld

_CALLED: Dict[str, Tuple[Tuple[str, ...], Tuple[Any, ...]]] = {
    "epoch_begin": (("on_epoch_begin",), ({},)),
    "batch_begin": (("on_train_batch_begin", "on_batch_begin"), ()),
    "batch_end": (("on_train_batch_end", "on_batch_end"), ()),
    **{hook: (("on_" + hook,), ()) for hook in EVALUATION},
}
"""What a hook calls, the first of these that is there (those of batches have their names since Keras 2.3), and what it is given
beside the loop's arguments."""
_LOOKED_AT_TOGETHER = {"batch_end": ("batch_begin", "batch_end")}
_METHODS = {
    hook: tuple(name for each in _LOOKED_AT_TOGETHER.get(hook, (hook,)) for name in _CALLED[each][0])
    for hook in _CALLED
}
"""What a hook, and those that are looked at with it, may call."""
_RAISES = object()
"""In place of a method that cannot be had: whoever calls it will see."""


class _Hooks:
    """One callback's hooks, as the loop calls them."""

    def __init__(self, callbacks: Callbacks, index: int, training: "KerasShaped") -> None:
        self.callbacks = callbacks
        self.index = index
        self.training = training
        self._plain: Dict[type, bool] = {}
        """Of which classes an instance's methods are those of the class, but for what it holds itself."""

    @property
    def callback(self) -> Any:
        return self.callbacks.made[self.index]

    def attach(self, params: Dict[str, Any]) -> None:
        callback = self.callback
        for name, value in (("params", params), ("model", self.training.model)):
            setter = getattr(callback, "set_" + name, None) or getattr(callback, "_set_" + name)  # Keras before 1.2.1
            setter(value)

    def fit_begin(self, fit: int) -> None:
        logs = self.training.world.logs_at_begin
        self.callback.on_train_begin(None if logs is None else dict(logs))

    def epoch_end(self, epoch: int, logs: Dict[str, Any]) -> None:
        self.callback.on_epoch_end(epoch, logs)

    def epoch_begin(self, *arguments: Any) -> Any:
        return self._call("epoch_begin", arguments)

    def batch_begin(self, batch: int) -> Any:
        return self._call("batch_begin", (batch, logs_of_batch(self.training.world.tells_of_batches, batch, {})))

    def batch_end(self, *arguments: Any) -> Any:
        return self._call("batch_end", arguments)

    def __getattr__(self, hook: str) -> Any:
        """A hook of an evaluation, which is not there where it would do nothing."""
        if hook not in EVALUATION or self._does_nothing(hook):
            raise AttributeError(hook)
        return lambda *arguments: self._call(hook, arguments)

    def _call(self, hook: str, arguments: Tuple[Any, ...]) -> Any:
        if self._does_nothing(hook):
            return IDLE
        names, more = _CALLED[hook]
        callback, name = self.callback, names[0]
        if len(names) > 1 and not hasattr(callback, name) and hasattr(callback, names[1]):
            name = names[1]
        getattr(callback, name)(*arguments, *more)
        return None

    def _does_nothing(self, hook: str) -> bool:
        """Whether all that it, and what is looked at with it, would call are the empty methods of the class from which all
        callbacks of a Keras are derived. Evaluations do not call what is not there at all."""
        callback, empty = self.callback, self.training.empty
        kind: Any = type(callback)
        if kind not in self._plain:
            self._plain[kind] = _asked_by_class(kind, callback)
        own = callback.__dict__ if self._plain[kind] else None
        nothing = hook in EVALUATION
        for name in _METHODS[hook]:
            if own is None or name in own:
                bound = self._method(name)
                method = None if bound is None else getattr(bound, "__func__", _RAISES)
            else:
                method = getattr(kind, name, None)
            if method is not None:
                nothing = True
                if method is not empty[name]:
                    return False
        return nothing

    def _method(self, name: str) -> Any:
        try:
            return getattr(self.callback, name, None)
        except (
            Exception
        ):  # of a property of the subject's own: it is raised again when the hook is called, and told there
            return _RAISES

    def fit_end(self) -> None:
        self.callback.on_train_end(self.training.last_logs())


def _asked_by_class(kind: Any, callback: Any) -> bool:
    """Whether asking the class for a method, which takes less, does as well: no instance decides for itself what is got of it."""
    decides = kind.__getattribute__ is not object.__getattribute__ or hasattr(kind, "__getattr__")
    return hasattr(callback, "__dict__") and not decides


class KerasShaped(Training):
    """The callbacks of one scenario, their model, and what happened since they were last looked at."""

    def __init__(self, scenario: Scenario, implementation: "Hooks", directory: Directory, recorder: Recorder) -> None:
        self.scenario = scenario
        self.directory = directory
        self.recorder = recorder
        recorder.sees_all = True
        directory.fill(scenario.existing)
        self.world = implementation.world
        self._tensor = lambda values: self.world.tensor(values)
        self.callbacks = Callbacks(scenario, implementation.make, directory, recorder, self._tensor)
        self.world = implementation.world_for(self.callbacks.made[0])
        self.stop_at_begin = self.world.stop_at_begin
        self.drops_batches = self.world.drops_batches
        self.index_told = self.world.index_told
        self.breaks_off = self.world.breaks_off
        if scenario.existing and not all(map(self._is_one_file, scenario.configured())):
            raise CannotExpress(
                "existing"
            )  # a stand-in does not know what gets in the way of several files, or a folder
        self.model = self.world.model(scenario, directory)
        base = self.world.callback_class
        self.empty = {name: getattr(base, name, None) for names in _METHODS.values() for name in names}
        """The methods of the class from which all callbacks of a Keras are derived: they do nothing."""
        self.runs = [_Hooks(self.callbacks, index, self) for index in range(len(scenario.configured()))]
        self.given: Optional[Given] = None

    def _is_one_file(self, each: Configured) -> bool:
        """Whether what the callback saves is one file, by its name."""
        path = path_of(each.config.get("filepath"))
        return not isinstance(path, str) or self.world.form(path, bool(each.config.get("save_weights_only"))) == (path,)

    def fit_begins(self, index: int) -> None:
        fit = self.scenario.fits[index]
        self.fit = index
        self.directory.damage(fit.damaged)
        if index:
            self.callbacks.again(fit.instances, self.model)
        if fit.resume is not None:
            self._resume(fit.resume)
        self.world.compile(self.model, self.scenario, index)
        self.model.begins()
        self.world.set_rate(self.model, fit.learning_rate)
        if self.stop_at_begin != "cleared":  # there it is cleared later
            self.model.stop_training = False
        first = self.scenario.first_epoch(fit)
        self.params = {"verbose": 0, "epochs": first + len(fit.epochs), "steps": None}
        self.recorder.weights = self.model.weights_of
        self.recorder.beside.watch(self.model, self.world, self.params, self.world.assignments)
        self._last: Dict[str, Any] = {}

    def attach(self) -> Sequence[Any]:
        return (self.params,)

    def begun(self) -> None:
        if self.stop_at_begin == "cleared":
            self.model.stop_training = self.recorder.stop = False

    def evaluates(self, content: Epoch) -> None:
        if self.world.clears_stop and content.evaluation_logs():
            self.model.stop_training = self.recorder.stop = False

    def begins_at(self, first: int) -> Tuple[int, int]:
        return self.world.begins_at(self.model, first, self.scenario, self.fit)

    def epoch_begins(self, epoch: int) -> None:
        self.epoch = epoch
        self._weights = Origin(self.fit, epoch)

    def train(self, steps: int) -> None:
        if self.model.fails is not None:
            raise OtherRaised(self.model.fails, by="other")
        self.model.trained(self._weights, steps)
        self.recorder.weights = self.model.weights_of
        self.world.trained(self.model)

    def finish(self) -> None:
        self.model.finish()
        self.recorder.weights = self.model.weights_of

    def logs(self, logs: Dict[str, Any], batch: Optional[int] = None) -> Dict[str, Any]:
        if batch is not None:
            logs = self.recorder.logs = logs_of_batch(self.world.tells_of_batches, batch, logs)
        self.callbacks.stay_inside(self.epoch, batch, logs)
        given = as_logged(logs, self._tensor)
        if batch is None:
            self._last = logs
        if batch is None or self.recorder.optional:
            self.given = Given(logs, given)
        return given

    def last_logs(self) -> Dict[str, Any]:
        """What the end of a fit is given: the logs of its last epoch, without what callbacks added."""
        return as_logged(self._last, self._tensor)

    def act(self, other: Other) -> None:
        if other.stop:
            self.model.stop_training = True
        if other.learning_rate is not None:
            self.world.set_rate(self.model, other.learning_rate)
        if other.weights is not None:
            self.model.weights_of = self.recorder.weights = ZERO

    def observe(self, callback: int) -> Observation:
        model = self.model
        saved: Tuple[str, ...] = ()
        if model.saved:
            paths = [(model.lies_at(each), each.weights_only) for each in model.saved]
            saved = tuple(self.callbacks.as_asked(callback, path, weights_only) for path, weights_only in paths)
            model.saved.clear()
        changes = NOTHING_CHANGED if self.given is None else self.given.changes()
        return Observation(
            bool(model.stop_training), self.world.rate(model), saved, model.weights_of, None, None, *changes
        )  # fmt: skip

    def hook_over(self) -> None:
        self.given = None

    def internal(self, callback: int) -> Optional[Dict[str, Any]]:
        return self.callbacks.internal(callback)

    def recorded(self, callback: int) -> Optional[List[Dict[str, Any]]]:
        return self.callbacks.written(callback)

    def attributes(self, callback: int) -> Dict[str, Any]:
        return self.callbacks.attributes(callback, Held(self.model, self._whose))

    def _whose(self, weights: Any) -> Optional[Dict[str, Any]]:
        fit, epoch, averaged = weights[0]
        return self.recorder.whose(Origin(int(fit), int(epoch), bool(averaged)))

    def counts(self, callback: int) -> Optional[Dict[str, int]]:
        return self.callbacks.counts(callback)

    def steps(self) -> int:
        return self.model.steps

    def _resume(self, resume: Resume) -> None:
        """A fresh model, with what is in the file. Raises CannotExpress."""
        if resume.load == "weights-unbuilt" and self.scenario.use_ema:
            raise CannotExpress("resume")  # an optimizer that is not built keeps no average yet
        if resume.load == "nothing":
            self.model = self.world.model(self.scenario, self.directory)
            return
        path = self.directory.path + "/" + resume.path
        try:
            weights, rate, steps, average = self.model.read(path, resume.load)
        except FileNotFoundError as error:
            raise OtherRaised(error, by="other") from error
        self.model = self.world.model(self.scenario, self.directory)
        scheduled = isinstance(self.scenario.learning_rate, ScheduledRate)
        self.model.goes_on(weights, None if scheduled else rate, steps, average)
        if resume.load == "model":
            self.model.fails = self.world.fails_in_training(path)


class Hooks:
    """An implementation made of a constructor `make(callback, **config)` and a world."""

    def __init__(
        self,
        name: str,
        make: Callable[..., Any],
        world: PlainWorld,
        capabilities: Optional[Capabilities] = None,
        **identity: Any,
    ) -> None:
        self.name = name
        self.make = make
        self.world = world
        self.capabilities = capabilities or Capabilities()
        self.identity = identity
        """What a greeting says beside the name: package, version, backend."""

    def world_for(self, callback: Any) -> PlainWorld:
        """The world in which this instance is driven."""
        return self.world

    def drive(self, scenario: Scenario, directory: Directory, recorder: Recorder, heard: Captured) -> Dict[str, Any]:
        """Run it. Raises CannotExpress | ConfigurationRejected."""
        with undisturbed(scenario):
            return self._drive(scenario, directory, recorder)

    def _drive(self, scenario: Scenario, directory: Directory, recorder: Recorder) -> Dict[str, Any]:
        training = KerasShaped(scenario, self, directory, recorder)
        try:
            return Loop(training, scenario, directory, recorder).run()
        finally:
            if recorder.beside.of_the_model():
                training.world.renew()
