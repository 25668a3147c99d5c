"""The worlds: what differs between the eras of Keras, for a driver of callbacks. One class for each.

PlainWorld      no framework at all
StandaloneKeras Keras 1.0 to 2.3, with a backend function for every variable
TfKeras         Keras 2 in TensorFlow 2: tf.keras, tf-keras, keras 2.4 to 2.15
TensorFlow1     tf.keras in TensorFlow 1 (`tensorflow_1`)
Keras3          Keras 3 on any backend

Each says how a model is made for a scenario, how a rate is set and read, what a tensor is, which files a save writes, and when a
fit clears the stop flag. In the worlds of Keras the optimizer is a real one, and so are the compiled metrics; the model is a
stand-in (`model`). A real model is made in `fit_models`. Frameworks are imported when a world is made, never before;
which one a Keras has is said in `packages`.
"""

import importlib
import importlib.util
import inspect
import json
import os
import sys
from functools import partial
from types import SimpleNamespace
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .averaged import AveragedModel
from .backups import checkpointed, known_steps
from .charts import Charted, charts
from .files import Directory, h5py_tells_errors, saved_form
from .metrics import UnknownMetrics, compiled, compiling
from .model import Model, Optimizer, Scheduled, WithoutRate
from .optimizers import several_in_one
from .protocol import CannotExpress
from .scenario import Scenario
from .values import ScheduledRate, numpy_tensor, unsigned_zero


class PlainWorld:
    """For callbacks that need no framework: a plain optimizer, no compiled metrics."""

    stop_at_begin = "one-epoch"
    """What becomes of a stop flag that is set in the hooks of a fit's beginning: it is "cleared", or training ends with the first
    epoch, or before it ("no-epoch")."""
    drops_batches, clears_stop = True, False
    """Whether a batch hook that stops leaves out the rest of an epoch's batches; whether its evaluation clears the flag."""
    logs_at_begin: Optional[Mapping[str, Any]] = {}
    """What `on_train_begin` is given."""
    groups_batches = True
    """Whether `compile` knows `steps_per_execution`."""
    index_told = "full"
    """Which index the batch hook is told at the end of several batches, as `scenario.index_told` has it."""
    breaks_off = False
    """Whether an execution is begun for which there are too few batches, or none, and breaks off."""
    tells_of_batches = False
    """Whether the training loop itself puts something into the logs of a batch, as `scenario.logs_of_batch` has it."""
    divides_logs = False
    """Whether callbacks that take tensors are given other logs than those that do not."""
    weights_bring = False, False
    """Whether the weights in a .keras or .weights.h5 file bring back the optimizer's rate, and whether its steps."""
    h5py_tells_errors = True
    """Whether h5py raises the system's exception by its kind, as newer ones do."""

    callback_class: Any = None
    """The class from which all callbacks are derived."""

    def writes_with_h5py(self, path: str) -> bool:
        """Whether a file of that name is HDF5."""
        return not path.endswith(".keras")

    def model(self, scenario: Scenario, directory: Directory) -> Model:
        """The model of a scenario, its rate set. Raises CannotExpress for a rate that there is not here."""
        if scenario.steps_per_execution != 1 and not self.groups_batches:
            raise CannotExpress("steps_per_execution")
        if scenario.use_ema:
            raise CannotExpress("use_ema")
        stand_in = Charted if charts(scenario) else Model
        model = stand_in(self.optimizer(scenario.learning_rate), directory, self)
        self.set_rate(model, scenario.learning_rate)
        return model

    def optimizer(self, rate: Any) -> Any:
        """An optimizer that can have such a rate."""
        if isinstance(rate, Mapping):
            raise CannotExpress("learning_rate")
        if isinstance(rate, ScheduledRate):
            return Scheduled(rate)
        return WithoutRate() if rate is None else Optimizer()

    def form(self, path: str, weights_only: bool) -> Tuple[str, ...]:
        """The files of which a save consists."""
        return (path,)

    def brings(self, path: str, weights_only: bool, load: str) -> Optional[Tuple[bool, bool]]:
        """Whether loading what was saved brings back the optimizer's rate, and whether its steps; None: it cannot be loaded."""
        if load == "model":
            return None if weights_only else (True, True)
        if path.endswith(".weights.h5") and not weights_only and any(self.weights_bring):
            return None  # the name says that it is one of weights alone, and it is read so
        if load == "weights-unbuilt":
            return False, False
        return self.weights_bring if path.endswith((".keras", ".weights.h5")) else (False, False)

    def fails_in_training(self, path: str) -> Optional[BaseException]:
        """What is raised in the first step with which the whole model is trained that was loaded from there; None: it can be
        trained. Raises CannotExpress."""
        return None

    def make_folder(self, path: str, weights_only: bool) -> None:
        """Make the folder in which the path lies, if a save makes it. Raises what that raises."""

    def takes_options(self, path: str) -> bool:
        """Whether a whole model can be saved there with `options`."""
        return True

    def trained(self, model: Model) -> None:
        """The optimizer has made a step."""

    def begins_at(self, model: Any, first: int, scenario: Scenario, fit: int) -> Tuple[int, int]:
        """The epoch and the batch with which a fit begins that was told to begin with the epoch `first`, when the hooks of its
        beginning are over. Raises CannotExpress for a fit that cannot be trained so."""
        return first, 0

    def tensor(self, values: Tuple[float, ...]) -> Any:
        """What a tensor in the logs is."""
        return numpy_tensor(values)

    def set_rate(self, model: Model, rate: Any) -> None:
        """Set the rate, or leave it where there is none. A schedule comes with an optimizer of its own."""
        if isinstance(rate, ScheduledRate):
            model.optimizer = self.optimizer(rate)
        elif rate is not None:
            if not isinstance(model.optimizer, Optimizer):
                raise CannotExpress("learning_rate")  # a schedule's, or one that has none
            model.optimizer.learning_rate = rate

    def rate(self, model: Model) -> Any:
        """The rate as stored, widened; of several optimizers each one's by its name; None for none."""
        return None if isinstance(model.optimizer, WithoutRate) else float(model.optimizer.learning_rate)

    def settings(self) -> Tuple[Any, ...]:
        """What the framework is set to for everybody, which no callback has to change."""
        return ()

    def set_settings(self, settings: Tuple[Any, ...]) -> None:
        """Set it to that again."""

    def renew(self) -> None:
        """Somebody has changed an optimizer that scenarios share: the next one gets another."""

    def assignments(self) -> int:
        """How often somebody assigned something to a variable of a shared optimizer, beside its rate."""
        return 0

    def compile(self, model: Model, scenario: Scenario, fit: int) -> None:
        """Make `model.metrics` what the model is compiled with in that fit."""
        model.metrics = UnknownMetrics() if scenario.compiled_metrics(scenario.fits[fit]) else []


class _Keras(PlainWorld):
    """What the worlds of Keras share: one real optimizer for all scenarios, until somebody changes more of it than its rate.

    Reading a variable costs as much as a whole hook, so it is read again only after it was assigned.
    """

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.callback_class = keras.callbacks.Callback
        self.groups_batches = "steps_per_execution" in inspect.signature(keras.models.Model.compile).parameters
        self.h5py_tells_errors = h5py_tells_errors(sys.modules.get("h5py"))
        self._settings = [
            (getattr(keras.backend, name), getattr(keras.backend, "set_" + name))
            for name in ("floatx", "epsilon", "image_data_format")
            if hasattr(keras.backend, "set_" + name)
        ]
        self.renew()

    def renew(self) -> None:
        self.one = self.plain_optimizer()
        self.variable: Any = getattr(self.one, "learning_rate", None)
        if self.variable is None:
            self.variable = self.one.lr
        self._read: Optional[float] = None
        self._remembers = self._note_assignments()
        self._several: Dict[Tuple[str, ...], Any] = {}

    def plain_optimizer(self) -> Any:
        """One that is built, where there is such a thing, as that of every model that was trained."""
        made = self.keras.optimizers.SGD(1.0)
        if hasattr(made, "build"):
            made.build([])
        return made

    def settings(self) -> Tuple[Any, ...]:
        return tuple(read() for read, _ in self._settings)

    def set_settings(self, settings: Tuple[Any, ...]) -> None:
        for (_, write), setting in zip(self._settings, settings):
            write(setting)

    def _note_assignments(self) -> bool:
        """Have every assignment noted, if that can be."""
        assign = self.variable.assign

        def noting(*arguments: Any, **keywords: Any) -> Any:
            self._read = None
            return assign(*arguments, **keywords)

        self.variable.assign = noting
        return True

    def optimizer(self, rate: Any) -> Any:
        if rate is None:
            return WithoutRate()
        if not isinstance(rate, (Mapping, ScheduledRate)):
            return self.one
        if isinstance(rate, ScheduledRate):
            return self.scheduled(rate)
        names = tuple(rate)
        if names not in self._several:
            self._several[names] = self.several(names)
        return self._several[names]

    def several(self, names: Tuple[str, ...]) -> Any:
        """Optimizers of these names, in one, for a Keras that has none itself: other packages had them."""
        return SimpleNamespace(optimizers=[self.keras.optimizers.SGD(name=name) for name in names], use_ema=False)

    def schedule(self, rate: float) -> Any:
        """A schedule of the optimizer's own that stays there."""
        return self.keras.optimizers.schedules.ExponentialDecay(float(rate), 1000, 1.0)

    def scheduled(self, rate: float) -> Any:
        """An optimizer with such a schedule."""
        return self.keras.optimizers.SGD(self.schedule(rate))

    def assign(self, variable: Any, rate: float) -> None:
        variable.assign(rate)

    def read(self, variable: Any) -> float:
        if hasattr(variable, "__float__"):  # in half of the time that an array takes, where there is this way
            return float(variable)
        return float(variable.numpy())

    def set_rate(self, model: Any, rate: Any) -> None:
        if rate is None:
            return
        if isinstance(rate, Mapping):
            for inner in model.optimizer.optimizers:
                self.assign(inner.learning_rate, rate[_name_of(inner)])
        elif isinstance(rate, ScheduledRate):
            model.optimizer = self.optimizer(rate)
        elif getattr(model.optimizer, "use_ema", False):
            self.assign(model.optimizer.learning_rate, rate)
        elif model.optimizer is not self.one:
            raise CannotExpress("learning_rate")  # a schedule's, or one that has none
        elif not (self._remembers and self._read == rate):
            self.assign(self.variable, rate)

    def rate(self, model: Any) -> Any:
        optimizer = model.optimizer
        if optimizer is self.one:
            if self._read is None or not self._remembers:
                self._read = unsigned_zero(self.read(self.variable))
            return self._read
        return self.rate_of(optimizer)

    def rate_of(self, optimizer: Any) -> Any:
        """The rate of another optimizer than the usual one."""
        if isinstance(optimizer, WithoutRate):
            return None
        if hasattr(optimizer, "optimizers"):
            return {_name_of(inner): unsigned_zero(self.read(inner.learning_rate)) for inner in optimizer.optimizers}
        rate = optimizer.learning_rate
        return unsigned_zero(self.read(rate(0) if callable(rate) else rate))


def _name_of(optimizer: Any) -> str:
    """The name that an optimizer was given; until Keras 2.10 it had it for itself."""
    return str(optimizer.name if hasattr(optimizer, "name") else optimizer._name)


class ByBackend(_Keras):
    """A Keras of which a variable is read and set through its backend: it may have no value outside of a session."""

    def assign(self, variable: Any, rate: float) -> None:
        self.keras.backend.set_value(variable, rate)

    def read(self, variable: Any) -> float:
        return float(self.keras.backend.get_value(variable))

    def rate_of(self, optimizer: Any) -> Any:
        return unsigned_zero(self.read(optimizer.lr)) if hasattr(optimizer, "lr") else super().rate_of(optimizer)


class StandaloneKeras(ByBackend):
    """Keras 1.0 to 2.3, which has a backend of its own choice and no schedule of the optimizer's. A save is one HDF5 file."""

    stop_at_begin = "cleared"
    tells_of_batches = True
    logs_at_begin = None

    def __init__(self, keras: Any, release: Tuple[int, ...]) -> None:
        super().__init__(keras)
        self.drops_batches, self.clears_stop = release >= (2, 0, 5), release >= (2, 2, 5)
        self._grows = release < (1, 1)
        """Whether its backend adds to the graph of TensorFlow whenever a variable is set, so that each step takes longer."""

    def _note_assignments(self) -> bool:
        return False  # its backend assigns by a session, or by a function of its own

    def several(self, names: Tuple[str, ...]) -> Any:
        raise CannotExpress("learning_rate")

    def schedule(self, rate: float) -> Any:
        raise CannotExpress("learning_rate")

    def assign(self, variable: Any, rate: float) -> None:
        if self._grows:
            variable.load(rate, self.keras.backend.get_session())
        else:
            super().assign(variable, rate)

    def tensor(self, values: Tuple[float, ...]) -> Any:
        raise CannotExpress("tensor")  # its training step gives numpy's numbers to everybody

    def writes_with_h5py(self, path: str) -> bool:
        return True


class TfKeras(_Keras):
    """Keras 2 in TensorFlow. It writes folders, or several files, for names without a known suffix."""

    index_told = "last"

    def __init__(self, keras: Any) -> None:
        super().__init__(keras)
        tensorflow = importlib.import_module("tensorflow").__version__.split(".")
        self._release = int(tensorflow[0]), int(tensorflow[1])
        self.weights_bring = False, self._release >= (2, 12)
        self.divides_logs = (2, 3) <= self._release < (2, 5)
        self.drops_batches = not (2, 2) <= self._release < (2, 4)
        if self._release < (2, 2):
            self.stop_at_begin, self.tells_of_batches = "no-epoch", True

    def make_folder(self, path: str, weights_only: bool) -> None:
        folder = os.path.dirname(os.path.abspath(path))
        if self.form(path, weights_only) != (path,):
            os.makedirs(folder, exist_ok=True)
        elif not weights_only and self._release >= (2, 4) and not os.path.exists(folder):
            importlib.import_module("tensorflow").io.gfile.makedirs(folder)  # with an exception of its own

    def writes_with_h5py(self, path: str) -> bool:
        return self.takes_options(path)

    def takes_options(self, path: str) -> bool:
        return not (path.endswith(".keras") and self._release >= (2, 13))  # a format of its own since

    def schedule(self, rate: float) -> Any:
        if self._release < (2, 13):
            raise CannotExpress("learning_rate")  # there the logs would get the schedule itself, which is no value
        return super().schedule(rate)

    def form(self, path: str, weights_only: bool) -> Tuple[str, ...]:
        return saved_form(path, weights_only)

    def brings(self, path: str, weights_only: bool, load: str) -> Optional[Tuple[bool, bool]]:
        if load == "weights" and weights_only and not path.endswith((".keras", ".h5", ".hdf5")):
            return True, True  # TensorFlow's checkpoint has the optimizer in it
        return super().brings(path, weights_only, load)

    def model(self, scenario: Scenario, directory: Directory) -> Model:
        model = super().model(scenario, directory)
        if not any(each.callback == "BackupAndRestore" for each in scenario.configured()):
            return model
        stand_in: Model = checkpointed(importlib.import_module("tensorflow"), model)
        return stand_in

    def begins_at(self, model: Any, first: int, scenario: Scenario, fit: int) -> Tuple[int, int]:
        state = getattr(model, "_training_state", None)
        if state is None:
            return first, 0
        if not hasattr(state, "maybe_load_initial_counters_from_ckpt"):  # before Keras 2.10
            return int(state.maybe_load_initial_epoch_from_ckpt(first, "train")), 0
        steps = known_steps(scenario, fit)
        epoch, batch = state.maybe_load_initial_counters_from_ckpt(steps, first, "train")
        if batch >= steps:
            raise CannotExpress("batches")
        return int(epoch), int(batch)

    def trained(self, model: Model) -> None:
        # A rate that was assigned in spite of the schedule holds until the next step.
        schedule = getattr(model.optimizer, "_learning_rate", None)
        if callable(schedule) and hasattr(model.optimizer, "_current_learning_rate"):
            self.assign(model.optimizer._current_learning_rate, float(schedule(0)))

    def tensor(self, values: Tuple[float, ...]) -> Any:
        return importlib.import_module("tensorflow").constant(values, dtype="float32")


class Keras3(_Keras):
    """Keras 3, on the backend that it is configured for. It asks the compiled metrics for `mode="auto"`. The variables of a
    compiled model's optimizer are saved with its weights."""

    weights_bring = True, True

    def __init__(self, keras: Any) -> None:
        super().__init__(keras)
        self._release = tuple(map(int, keras.__version__.split(".")[:2]))
        self.index_told = "first" if self._release < (3, 11) else "full"
        self.breaks_off = self._release < (3, 7) and keras.config.backend() == "tensorflow"
        self._made: Dict[str, Any] = {}
        self._loss = keras.metrics.Mean(name="loss")  # what every compiled model has among its metrics

    def model(self, scenario: Scenario, directory: Directory) -> Model:
        if not scenario.use_ema:
            return super().model(scenario, directory)
        if charts(scenario):
            raise CannotExpress("use_ema")
        model = AveragedModel(self.keras, directory, self, scenario.ema_overwrite_frequency)
        self.set_rate(model, scenario.learning_rate)
        return model

    def plain_optimizer(self) -> Any:
        made = self.keras.optimizers.SGD(1.0, momentum=0.8125)  # so that it has a variable beside those that all have
        made.build([self.keras.Variable(0.0)])
        return made

    def fails_in_training(self, path: str) -> Optional[BaseException]:
        # From HDF5 the optimizer comes built for no variables. Before Keras 3.13 something else fails while it says so.
        if not path.endswith((".h5", ".hdf5")):
            return None
        if self.keras.config.backend() != "tensorflow":
            raise CannotExpress("resume")  # on jax even the rate cannot be read any more
        if self._release < (3, 13):
            return NotImplementedError("numpy() is only available when eager execution is enabled")
        return ValueError("unknown variable: this optimizer was built for others")

    def renew(self) -> None:
        super().renew()
        self._assignments = 0
        for variable in self.one.variables:
            if variable is not self.variable:
                variable.assign = partial(self._note_assignment, variable.assign)

    def _note_assignment(self, assign: Any, *arguments: Any, **keywords: Any) -> Any:
        self._assignments += 1
        return assign(*arguments, **keywords)

    def assignments(self) -> int:
        return self._assignments

    def several(self, names: Tuple[str, ...]) -> Any:
        return (
            super().several(names)
            if not hasattr(self.keras.optimizers, "MultiOptimizer")
            else several_in_one(self.keras, names)
        )

    def begins_at(self, model: Any, first: int, scenario: Scenario, fit: int) -> Tuple[int, int]:
        return getattr(model, "_initial_epoch", None) or first, 0

    def read(self, variable: Any) -> float:
        if hasattr(variable, "__float__") or hasattr(variable, "numpy"):
            return super().read(variable)
        return float(self.keras.ops.convert_to_numpy(variable))

    def tensor(self, values: Tuple[float, ...]) -> Any:
        return self.keras.ops.convert_to_tensor(values, dtype="float32")

    def compile(self, model: Model, scenario: Scenario, fit: int) -> None:
        metrics = scenario.compiled_metrics(scenario.fits[fit])
        identity = json.dumps([metrics, scenario.outputs])
        if identity not in self._made:
            self._made[identity] = self._metrics(metrics, scenario.outputs)
        model.metrics = self._made[identity]

    def _metrics(self, metrics: Any, outputs: Tuple[str, ...]) -> List[Any]:
        if outputs or isinstance(metrics, Mapping):
            return self._of_outputs(metrics, outputs)
        return [self._loss, *([self._of_one(metrics)] if metrics else [])]

    def _of_one(self, metrics: Any) -> Any:
        import numpy as np

        made = importlib.import_module("keras.src.trainers.compile_utils").CompileMetrics(
            compiled(self.keras, metrics), None
        )
        made.build(np.zeros((2, 1)), np.zeros((2, 1), dtype="float32"))
        return made

    def _of_outputs(self, metrics: Any, outputs: Tuple[str, ...]) -> List[Any]:
        """Those of a real model, which is compiled, and trained on one batch, so that they are built. Raises CannotExpress where
        the backend cannot train, as numpy's."""
        import numpy as np

        layers = self.keras.layers
        given = self.keras.Input((1,))
        model = self.keras.Model(given, [layers.Dense(1, name=name)(given) for name in outputs])
        with compiling():
            model.compile(optimizer="sgd", loss="mse", metrics=compiled(self.keras, metrics))
            model.train_on_batch(np.zeros((2, 1)), [np.zeros((2, 1)) for _ in outputs])
        return list(model.metrics)
