"""Real compiled models, for a real `fit`: their data, their files, and what differs between the eras of Keras.

Rules
- Each epoch trains on data of its own, and batch normalization with momentum 0 keeps the mean of the last batch: no two epochs'
  weights are alike, whatever the learning rate.
- How many batches an epoch has changes from epoch to epoch, so nobody is told in advance.
- A model serves one scenario after the other: compiling and tracing a new one takes longer than a scenario.
"""

import importlib
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .backups import backs_up_batches, known_steps
from .metrics import compiled, compiling, functions
from .packages import Package
from .protocol import CannotExpress, Unavailable
from .scenario import Scenario
from .tensorflow_1 import TensorFlow1
from .values import Origin, ScheduledRate
from .worlds import Keras3, StandaloneKeras, TfKeras

KEPT = 32
"""Compiled models kept for later scenarios, the last used ones; each takes some MB."""


class _WithoutRate:
    """Makes of a Keras 3 optimizer one that needs no learning rate and has none: it leaves the weights to the layers."""

    @property
    def learning_rate(self) -> Any:
        raise AttributeError("this optimizer has no learning rate")

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None: ...

    def be_built(self, trainable_variables: Any) -> None:
        """As any other optimizer is that has trained."""
        given: Any = self
        if not given.built:
            given.build(trainable_variables)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        self.iterations: Any
        self.iterations.assign(self.iterations + 1)


class RealModel:
    """A compiled model: `untrained` are the weights that it had first, `metrics` what it is compiled with, as in JSON. One that
    was `loaded` is trained as it is: whether it can be is seen in the fit."""

    def __init__(self, model: Any, optimizer: Any, loaded: bool = False) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loaded = loaded
        model.stop_training = False  # Keras before 2.4 makes it in the first fit
        self.untrained: List[Any] = model.get_weights()
        self.metrics: Any = None


class RealModels:
    """The models of a Keras 3 on TensorFlow, or of a Keras 2 in TensorFlow 2."""

    batch_hooks_are_short = False
    """Whether LambdaCallback knows the batch hooks by their short names: `on_batch_end`."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.keras = package.keras
        self.world: Any = package.world
        self.data: Any = self._new_data()
        self._twins: Dict[Tuple[str, ...], Any] = {}
        self._untrained: Dict[Tuple[str, ...], List[Any]] = {}
        self._idle: Dict[str, RealModel] = {}

    # ---------------------------------------------------------------------------------- models

    def take(self, scenario: Scenario) -> RealModel:
        """A model compiled for the scenario's first fit, untrained. Raises CannotExpress."""
        if scenario.steps_per_execution != 1 and (not isinstance(self.world, Keras3) or self.world.breaks_off):
            raise CannotExpress("steps_per_execution")  # these want to be told in advance how many steps there are
        metrics = scenario.compiled_metrics(scenario.fits[0])
        real = self._idle.pop(_identity(scenario, metrics), None) or self.fresh(scenario, metrics)
        real.model.set_weights(real.untrained)
        self.set_steps(real, 0)
        # What BackupAndRestore leaves would hold for another scenario: in Keras 3 the epoch in which it went on, and in Keras 2
        # nothing where there has to be something, so that no fit without it could begin. TensorFlow 1 has no such callback, and
        # in 1.15 no fit could begin with what is put here.
        if not isinstance(self.world, TensorFlow1):
            real.model._initial_epoch = real.model._training_state = None
        return real

    def keep(self, real: RealModel, scenario: Scenario) -> None:
        """Keep it for later scenarios: one in which nothing but the subject has raised."""
        if isinstance(scenario.learning_rate, ScheduledRate) or real.loaded:
            return  # what was assigned in spite of a schedule would be there again, and so would what a file has brought
        self._idle[_identity(scenario, real.metrics)] = real
        if len(self._idle) > KEPT:
            del self._idle[next(iter(self._idle))]

    def fresh(self, scenario: Scenario, metrics: Any) -> RealModel:
        """A new model, compiled and built, with the weights that all models of its outputs have first."""
        real = self._new_real(scenario)
        self.compile(real, metrics, scenario)
        return real

    def _new_real(self, scenario: Scenario) -> RealModel:
        optimizer = self.new_optimizer(scenario)
        real = RealModel(self.new(scenario.outputs), optimizer)
        real.untrained = self._untrained.setdefault(scenario.outputs, real.untrained)
        real.model.set_weights(real.untrained)
        return real

    def new(self, outputs: Tuple[str, ...]) -> Any:
        """A model with one output, or with these."""
        layers = self.keras.layers
        given = self.keras.layers.Input((1,))
        normal = layers.BatchNormalization(momentum=0.0, center=False, scale=False)(given)
        made = [
            layers.Dense(1, use_bias=False, activation="sigmoid", name=name)(normal) for name in outputs or ("output",)
        ]
        return self._model(given, made if outputs else made[0])

    def _model(self, given: Any, outputs: Any) -> Any:
        return self.keras.Model(given, outputs)

    def new_optimizer(self, scenario: Scenario) -> Any:
        """Raises CannotExpress for a rate that there is not here."""
        rate, momentum = scenario.learning_rate, _momentum(scenario)
        if isinstance(rate, dict):
            if not hasattr(self.keras.optimizers, "MultiOptimizer"):
                raise CannotExpress("learning_rate")
            return self.world.several(tuple(rate))
        if isinstance(rate, ScheduledRate):
            return self.world.scheduled(rate)
        if rate is not None:
            return self.keras.optimizers.SGD(1.0, momentum=momentum)
        if not isinstance(self.world, Keras3):
            raise CannotExpress("learning_rate")
        return self.without_rate()(momentum=momentum)

    def without_rate(self) -> Any:
        """The class of an optimizer that has no rate, in Keras 3."""
        return type("WithoutRate", (_WithoutRate, self.keras.optimizers.SGD), {})

    def compile(self, real: RealModel, metrics: Any, scenario: Scenario) -> None:
        """Compile with these metrics, and have everything built; optimizer, its steps and weights stay."""
        weights, steps = real.model.get_weights(), self.steps(real)
        inputs, targets = self.data.batch()
        real.metrics = metrics
        with compiling():
            self._compile(real, compiled(self.keras, metrics), scenario.steps_per_execution)
            if real.loaded:
                return
            real.model.train_on_batch(inputs, [targets for _ in scenario.outputs] if scenario.outputs else targets)
        if isinstance(real.optimizer, _WithoutRate):
            real.optimizer.be_built(real.model.trainable_variables)
        real.model.set_weights(weights)
        self.set_steps(real, steps)

    def _compile(self, real: RealModel, metrics: Any, steps_per_execution: int) -> None:
        several = {} if steps_per_execution == 1 else {"steps_per_execution": steps_per_execution}
        real.model.compile(
            # by its name Keras 3 saves it in a .h5 file and does not find it again
            optimizer=real.optimizer,
            loss=self.keras.losses.MeanSquaredError(),
            metrics=metrics,
            **several,
        )

    # ---------------------------------------------------------------------------------- what is in them

    def rate(self, real: RealModel) -> Any:
        return None if isinstance(real.optimizer, _WithoutRate) else self.world.rate_of(real.optimizer)

    def set_rate(self, real: RealModel, rate: Any) -> None:
        """Raises CannotExpress for a rate that the optimizer cannot be given."""
        if isinstance(rate, dict):
            for inner in real.optimizer.optimizers:
                inner.learning_rate = rate[inner.name]
        elif isinstance(rate, ScheduledRate):
            self._assign(real.optimizer, self.world.schedule(rate))
        elif rate is not None:
            self._assign(real.optimizer, rate)

    def _assign(self, optimizer: Any, rate: Any) -> None:
        try:
            optimizer.learning_rate = rate
        except TypeError:
            raise CannotExpress("learning_rate") from None  # a schedule's

    def steps(self, real: RealModel) -> int:
        return int(self.world.read(real.optimizer.iterations))

    def made(self, real: RealModel, origin: Origin) -> Sequence[Tuple[List[Any], Origin]]:
        """The weights that a step of the optimizer has just made, and whose they are: `origin` is the epoch's training."""
        return [(real.model.get_weights(), origin)]

    def state(self, real: RealModel) -> Any:
        """What the variables of the optimizer hold beside its rate, as something that can be compared; of Keras 3 alone."""
        if not isinstance(self.world, Keras3):
            return None
        return [variable.numpy().tobytes() for variable in real.optimizer.variables if variable.name != "learning_rate"]

    def set_steps(self, real: RealModel, steps: int) -> None:
        self.world.assign(real.optimizer.iterations, steps)

    # ---------------------------------------------------------------------------------- files

    def weights_in(self, path: str, weights_only: bool, outputs: Tuple[str, ...]) -> List[Any]:
        """The weights in a file that was just saved, read with Keras's own loader."""
        if not weights_only:
            return list(self.keras.models.load_model(path, compile=False).get_weights())
        twin = self._twin(outputs)
        twin.load_weights(path)
        return list(twin.get_weights())

    def _twin(self, outputs: Tuple[str, ...]) -> Any:
        if outputs not in self._twins:
            self._twins[outputs] = self.new(outputs)
        return self._twins[outputs]

    def checkpoint_of(self, callback: Any) -> Optional[str]:
        """The checkpoint of TensorFlow's in which a callback keeps what training needs to go on; None: there is none."""
        state = getattr(callback, "_training_state", None)
        return None if state is None else state.write_checkpoint_manager.latest_checkpoint

    def weights_in_checkpoint(self, path: str, outputs: Tuple[str, ...]) -> List[Any]:
        """The weights in a checkpoint of TensorFlow's that holds a model."""
        tf: Any = importlib.import_module("tensorflow")
        twin = self._twin(outputs)
        tf.train.Checkpoint(model=twin).restore(path).expect_partial()
        return list(twin.get_weights())

    def resumed(self, path: str, load: str, scenario: Scenario, metrics: Any) -> RealModel:
        """The model that is in a file, compiled with these metrics; or a fresh one with its weights, or with nothing."""
        if load == "model":
            return self._loaded(path, scenario, metrics)
        if load == "weights-unbuilt":
            return self._unbuilt(path, scenario, metrics)
        real = self.fresh(scenario, metrics)
        if not isinstance(scenario.learning_rate, ScheduledRate):
            self.set_rate(real, scenario.learning_rate)
        if load == "weights":
            real.model.load_weights(path)
        return real

    def _loaded(self, path: str, scenario: Scenario, metrics: Any) -> RealModel:
        """The model itself, with its optimizer. Raises CannotExpress for one whose file can be read, but not what it was compiled
        with; and where Keras could not train it for the optimizer's sake, which without a rate is one of the driver's own."""
        if scenario.learning_rate is None and self.world.fails_in_training(path) is not None:
            raise CannotExpress("learning_rate")
        known = dict(functions(compiled(self.keras, metrics)), WithoutRate=self.without_rate())
        try:
            model = self.keras.models.load_model(path, custom_objects=known)
        except Exception:  # by its own kind for a metric not known again; another cause raises once more
            if not metrics:
                raise
            self.keras.models.load_model(path, custom_objects=known, compile=False)
            raise CannotExpress("metrics") from None
        if getattr(model, "optimizer", None) is None:
            raise CannotExpress("resume")
        real = RealModel(model, model.optimizer, loaded=True)
        real.metrics = metrics
        return real

    def _unbuilt(self, path: str, scenario: Scenario, metrics: Any) -> RealModel:
        """A model that was compiled and nothing else, with the weights of a file."""
        real = self._new_real(scenario)
        self._compile(real, compiled(self.keras, metrics), scenario.steps_per_execution)
        real.metrics = metrics
        self.set_rate(real, scenario.learning_rate)
        real.model.load_weights(path)
        return real

    # ---------------------------------------------------------------------------------- training

    def _new_data(self) -> Any:
        return _Dataset()

    def fit(
        self, real: RealModel, callbacks: Sequence[Any], first: int, scenario: Scenario, fit: int, evaluated: Sequence[int]
    ) -> None:  # fmt: skip
        """Call `fit` for that fit of the scenario. `evaluated`: at the end of which epochs the model is, counted from 1."""
        data = self.data.for_outputs(len(scenario.outputs))
        if isinstance(self.world, TfKeras) and backs_up_batches(scenario):
            data = data.apply(
                importlib.import_module("tensorflow").data.experimental.assert_cardinality(known_steps(scenario, fit))
            )
        real.model.fit(
            data, initial_epoch=first, epochs=first + len(scenario.fits[fit].epochs), callbacks=callbacks, verbose=0,
            shuffle=False, **self._validation(len(scenario.outputs), evaluated),
        )  # fmt: skip

    def _validation(self, outputs: int, epochs: Sequence[int]) -> Dict[str, Any]:
        return {"validation_data": self.data.one_batch(outputs), "validation_freq": epochs} if epochs else {}


def _momentum(scenario: Scenario) -> float:
    """Where a fit resumes, the optimizer keeps something for every weight, as RMSprop and Adam do: what it takes to have that
    again is the question. A plain SGD has nothing to lose."""
    return 0.5 if any(fit.resume is not None for fit in scenario.fits) else 0.0


def _identity(scenario: Scenario, metrics: Any) -> str:
    rate = scenario.learning_rate
    kind = tuple(rate) if isinstance(rate, dict) else rate if isinstance(rate, ScheduledRate) else rate is None
    return repr((
        metrics, scenario.steps_per_execution, kind, type(kind), scenario.outputs, _momentum(scenario),
        scenario.ema_overwrite_frequency,
    ))  # fmt: skip


class _Dataset:
    """The training data: in every epoch as many batches as `start` was told, all of them with the same two inputs.

    The targets are 0, the one label that every metric takes of an output of one unit.
    Keras asks a dataset for its length once, before the fit. This one's changes from epoch to epoch, so it is unknown.
    Nothing tunes it: the thread that would may miss its end, and whoever lets go of an iterator waits for it, for seconds.
    """

    def __init__(self) -> None:
        tf: Any = importlib.import_module("tensorflow")
        self._untuned = _untuned(tf)
        self._from_tensors = tf.data.Dataset.from_tensors
        self._stack = tf.stack
        self._number = tf.Variable(0.0)
        self._batches = tf.Variable(0, dtype=tf.int64)
        self._dataset = self._taken(tf, tf.data.Dataset.range(2**62)).map(self.batch).with_options(self._untuned)

    def _taken(self, tf: Any, numbers: Any) -> Any:
        """As many of the numbers as there are to be batches."""

        def wanted(index: Any) -> Any:
            return index < self._batches

        if hasattr(numbers, "take_while"):
            return numbers.take_while(wanted)
        return numbers.apply(tf.data.experimental.take_while(wanted))  # before TensorFlow 2.6

    def start(self, number: int, batches: int) -> None:
        self._number.assign(number)
        self._batches.assign(batches)

    def batch(self, index: int = 0) -> Tuple[Any, Any]:
        return self._stack([[self._number], [self._number + 1.0]]), self._stack([[0.0], [0.0]])

    def one_batch(self, outputs: int) -> Any:
        """Data to evaluate a model with, of one output or of so many."""
        targets = [[0.0], [0.0]]
        return self._from_tensors(([[0.0], [1.0]], (targets,) * outputs if outputs else targets)).with_options(
            self._untuned
        )

    def for_outputs(self, outputs: int) -> Any:
        return self._dataset.map(lambda x, y: (x, (y,) * outputs)) if outputs else self._dataset


def _untuned(tf: Any) -> Any:
    """Options of a dataset that is not tuned while it is read."""
    options = tf.data.Options()
    if hasattr(options, "autotune"):
        options.autotune.enabled = False
    else:
        options.experimental_optimization.autotune = False  # before TensorFlow 2.6
    return options


class StandaloneModels(RealModels):
    """The models of Keras 2.1.2 to 2.3: fed by a generator, saved as HDF5, without steps per execution."""

    batch_hooks_are_short = True

    def _model(self, given: Any, outputs: Any) -> Any:
        return self.keras.models.Model(given, outputs)

    def _new_data(self) -> Any:
        return _Generator()

    def _compile(self, real: RealModel, metrics: Any, steps_per_execution: int) -> None:
        real.model.compile(optimizer=real.optimizer, loss="mse", metrics=metrics)

    def rate(self, real: RealModel) -> Any:
        return self.world.rate_of(real.optimizer)

    def _assign(self, optimizer: Any, rate: Any) -> None:
        self.world.assign(getattr(optimizer, "learning_rate", None) or optimizer.lr, rate)

    def fit(
        self, real: RealModel, callbacks: Sequence[Any], first: int, scenario: Scenario, fit: int, evaluated: Sequence[int]
    ) -> None:  # fmt: skip
        epochs = len(scenario.fits[fit].epochs)
        try:
            real.model.fit_generator(
                self.data.for_outputs(len(scenario.outputs)), steps_per_epoch=2**31, initial_epoch=first, epochs=first + epochs,
                callbacks=list(callbacks), verbose=0, shuffle=False, workers=0,
            )  # fmt: skip
        finally:
            vars(real.model).pop("history", None)  # the loop's own, which tells nothing of one in the list


class GraphModels(StandaloneModels):
    """The models of tf.keras in TensorFlow 1: fed by a generator too. What is loaded back is loaded into a graph of its own."""

    def _assign(self, optimizer: Any, rate: Any) -> None:
        self.world.assign(optimizer.lr, rate)

    def weights_in(self, path: str, weights_only: bool, outputs: Tuple[str, ...]) -> List[Any]:
        if weights_only:
            return super().weights_in(path, weights_only, outputs)
        tf: Any = importlib.import_module("tensorflow")
        graph = tf.Graph()
        session = getattr(tf.compat, "v1", tf).Session(graph=graph)  # by the name that it has there without a warning
        with graph.as_default(), session:
            return super().weights_in(path, weights_only, outputs)


class _Generator:
    """The same data without TensorFlow's datasets; the loop is left by the stop flag, so that there is always more."""

    def __init__(self) -> None:
        self._number = 0.0

    def start(self, number: int, batches: int) -> None:
        self._number = float(number)

    def batch(self) -> Tuple[Any, Any]:
        import numpy as np

        return np.array([[self._number], [self._number + 1.0]]), np.zeros((2, 1))

    def for_outputs(self, outputs: int) -> Iterator[Any]:
        while True:
            inputs, targets = self.batch()
            yield inputs, [targets] * outputs if outputs else targets


def real_models(package: Package) -> RealModels:
    """The models of a Keras. Raises Unavailable for one that cannot be trained here."""
    if package.backend != "tensorflow":
        raise Unavailable(
            f"{package.name}:fit trains on the tensorflow backend, and {package.name} is configured for {package.backend}"
        )
    if isinstance(package.world, TensorFlow1):
        if package.version.startswith("1.4."):
            raise Unavailable(
                "tensorflow:fit needs TensorFlow 1.5: that of 1.4 takes its batches from threads, ahead of the epoch"
            )
        return GraphModels(package)
    if package.name == "tensorflow" and package.version.startswith(("2.0.", "2.1.", "2.2.", "2.3.")):
        raise Unavailable(
            "tensorflow:fit needs TensorFlow 2.4, or 1: that of 2.0 to 2.3 takes no data whose length changes from epoch to epoch"
        )
    if isinstance(package.world, StandaloneKeras):
        if package.version.startswith(("1.", "2.0.", "2.1.0", "2.1.1")):
            raise Unavailable(
                "keras:fit needs Keras 2.1.2: those before take their batches from threads, ahead of the epoch"
            )
        return StandaloneModels(package)
    return RealModels(package)
