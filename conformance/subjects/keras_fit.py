"""`keras:fit`: the installed Keras on TensorFlow, through a real `fit` of a real compiled model, with real files.

Rules
- The subject stands in the list of callbacks between a feeder and a recorder. The feeder puts the scenario's logs into
  the dict that all callbacks of one call share; the recorder notes what the subject did. What the loop itself says, or
  the model while it is saved, is not the subject's.
- Whose weights these are is told by the weights themselves, all of them, and of a file by loading it back. Each epoch
  trains on data of its own, and batch normalization with momentum 0 keeps the mean of the last batch: no two epochs'
  weights are alike, whatever the learning rate.
- A model serves one scenario after the other: compiling and tracing a new one takes longer than a scenario.
"""

import importlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from callcheck.spec.dialect import Resolution, release_dialect
from callcheck.spec.metrics import Metric
from callcheck.spec.numbers import unsigned_zero
from callcheck.spec.scenario import Epoch, Fit, Scenario, groups
from callcheck.spec.trace import (
    UNTRAINED,
    EpochTrace,
    FitTrace,
    Origin,
    Raised,
    Rejected,
    Result,
    Save,
    Trace,
    Weights,
    weights_seen,
)
from callcheck.spec.values import Logs, Rate

from ..run import Nonsense
from .capture import Captured, captured
from .hooks import changed_in_logs, internal_state
from .keras import compiled, load, rates, set_rates, several_in_one
from .protocol import Capabilities, Unavailable
from .standin import arguments, as_logged, new_directory

KEPT = 32
"""Compiled models kept for later scenarios, the last used ones; each takes some MB."""


class KerasFit:
    """`keras:fit`: what is installed. Raises Unavailable, also where Keras is configured for another backend."""

    dialect: Resolution

    def __init__(self) -> None:
        keras = load("keras", "keras")
        backend = keras.config.backend()
        if backend != "tensorflow":
            raise Unavailable(f"keras:fit trains on the tensorflow backend, and keras is configured for {backend}")
        self.keras = keras
        self.dialect = release_dialect("keras", keras.__version__, backend)
        self.name = f"keras {keras.__version__} ({backend}, fit)"
        self.capabilities = Capabilities()
        self.data = _Data()
        self.twin = self._new_model()
        self.untrained = self.twin.get_weights()
        self._idle: dict[Any, Any] = {}

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result:
        with captured() as heard:
            directory = new_directory(scenario)
            try:
                subject = getattr(self.keras.callbacks, scenario.callback)(**arguments(scenario.config, directory))
            except Exception as error:
                return Trace(rejected=Rejected(type=type(error).__name__, message=str(error)))
            warned = heard.warned()
            metrics = scenario.compiled_metrics(scenario.fits[0])
            rate = scenario.learning_rate
            optimizer = tuple(rate) if isinstance(rate, Mapping) else rate is None
            # Taken out, and put back only if nothing but the subject raised: what was interrupted is not used again.
            model = self._idle.pop((metrics, scenario.steps_per_execution, optimizer), None)
            if model is None:
                model = self._new_model()
                model.optimizer = self._new_optimizer(rate)
                self.compile(model, metrics, scenario.steps_per_execution)
            training = _Training(self, scenario, subject, model, directory, heard)
            fits = training.run()
            self._idle[training.metrics, scenario.steps_per_execution, optimizer] = model
            if len(self._idle) > KEPT:
                del self._idle[next(iter(self._idle))]
        seen = {name: tuple(map(tuple, by_fit.values())) for name, by_fit in training.internal.items()}
        return Trace(fits=fits, warned=warned, internal=seen if internal else {})

    def _new_model(self) -> Any:
        layers = self.keras.layers
        return self.keras.Sequential(
            [
                self.keras.Input((1,)),
                layers.BatchNormalization(momentum=0.0, center=False, scale=False),
                layers.Dense(1, use_bias=False, activation="sigmoid"),
            ]
        )

    def _new_optimizer(self, rate: Rate) -> Any:
        if isinstance(rate, Mapping):
            return several_in_one(self.keras, rate)
        sgd = self.keras.optimizers.SGD
        return sgd() if rate is not None else type("WithoutRate", (_WithoutRate, sgd), {})()

    def compile(self, model: Any, metrics: tuple[Metric, ...], steps_per_execution: int) -> None:
        """Compile with these metrics, and have everything built; optimizer and weights stay."""
        weights = model.get_weights()
        model.compile(
            optimizer=model.optimizer,
            loss="mse",
            metrics=compiled(self.keras, metrics),
            steps_per_execution=steps_per_execution,
        )
        model.train_on_batch(*self.data.batch())
        model.set_weights(weights)

    def weights_in(self, path: str, weights_only: bool) -> list[Any]:
        """The weights in a file that was just saved, read with Keras's own loader."""
        if weights_only:
            self.twin.load_weights(path)
            return list(self.twin.get_weights())
        return list(self.keras.models.load_model(path, compile=False).get_weights())


class _WithoutRate:
    """Makes of a Keras optimizer one that needs no learning rate and has none: it leaves the weights to the layers."""

    @property
    def learning_rate(self) -> Any:
        raise AttributeError("this optimizer has no learning rate")

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None: ...

    def apply(self, grads: Any, trainable_variables: Any = None) -> None: ...


class _Data:
    """The training data: in every epoch as many batches as `start` was told, all of them with the same two inputs.

    The targets are 0, the one label that every metric takes of an output of one unit.
    Keras asks a dataset for its length once, before the fit. This one's changes from epoch to epoch, so it is unknown.
    """

    def __init__(self) -> None:
        tf: Any = importlib.import_module("tensorflow")
        self._stack = tf.stack
        self._number = tf.Variable(0.0)
        self._batches = tf.Variable(0, dtype=tf.int64)
        self.dataset = tf.data.Dataset.counter().take_while(lambda index: index < self._batches).map(self.batch)

    def start(self, number: int, batches: int) -> None:
        self._number.assign(number)
        self._batches.assign(batches)

    def batch(self, index: int = 0) -> tuple[Any, Any]:
        return self._stack([[self._number], [self._number + 1.0]]), self._stack([[0.0], [0.0]])


class _Seen:
    """What was seen of one epoch, or around a fit, so far."""

    def __init__(self) -> None:
        self.rate_in_epoch: Rate = None
        self.saved: list[Save] = []
        self.warned: list[str] = []
        self.printed: list[str] = []
        self.logs: tuple[Logs, dict[str, Any]] = ({}, {})
        """What the epoch end was given, and what became of it."""


def _identity(weights: Sequence[Any]) -> bytes:
    return b"".join(array.tobytes() for array in weights)


class _Training:
    """One scenario on its way: the hooks of the feeder and of the recorder, and what they know."""

    def __init__(
        self, keras_fit: KerasFit, scenario: Scenario, subject: Any, model: Any, directory: str, heard: Captured
    ) -> None:
        self.keras_fit = keras_fit
        self.scenario = scenario
        self.subject = subject
        self.model = model
        self.directory = directory
        self.heard = heard
        self.metrics = scenario.compiled_metrics(scenario.fits[0])
        self.internal: dict[str, dict[int, list[Any]]] = {}
        self.entered: tuple[str, int | None, int | None] | None = None
        """The subject's hook under way: its name, the epoch, the batch."""
        self.written: list[tuple[str, bool]] = []
        self.origins = {_identity(keras_fit.untrained): UNTRAINED}
        self.epochs_begun = 0

    def run(self) -> tuple[FitTrace, ...]:
        self.model.set_weights(self.keras_fit.untrained)
        self._set_rate(self.scenario.learning_rate)
        fits: list[FitTrace] = []
        for index, fit in enumerate(self.scenario.fits):
            metrics = self.scenario.compiled_metrics(fit)
            if metrics != self.metrics:
                self.keras_fit.compile(self.model, metrics, self.scenario.steps_per_execution)
                self.metrics = metrics
            fits.append(self._fit(index, fit))
            if fits[-1].error is not None:
                break
        return tuple(fits)

    def _fit(self, index: int, fit: Fit) -> FitTrace:
        if fit.learning_rate is not None:
            self._set_rate(fit.learning_rate)
        self.fit = index
        self.contents = fit.epochs
        self.first = self.scenario.first_epoch(fit)
        self.began = self._origin(self.model.get_weights())
        self.epochs: list[EpochTrace] = []
        self.seen = self.around = _Seen()
        plain = self.keras_fit.keras.callbacks.LambdaCallback
        feeder = plain(
            on_train_begin=lambda logs: self.enter("fit_begin"),
            on_epoch_begin=self.feed_epoch_begin,
            on_train_batch_begin=self.feed_batch_begin,
            on_train_batch_end=self.feed_batch_end,
            on_epoch_end=self.feed_epoch_end,
            on_train_end=self.feed_fit_end,
        )
        recorder = plain(
            on_train_begin=lambda logs: self.leave(),
            on_epoch_begin=lambda epoch, logs: self.leave(),
            on_train_batch_end=self.record_batch_end,
            on_epoch_end=self.record_epoch_end,
            on_train_end=lambda logs: self.leave(),
        )
        error = None
        self.model.save = partial(self.note_save, self.model.save, False)
        self.model.save_weights = partial(self.note_save, self.model.save_weights, True)
        try:
            self.model.fit(
                self.keras_fit.data.dataset, initial_epoch=self.first, epochs=self.first + len(fit.epochs),
                callbacks=[feeder, self.subject, recorder], verbose=0, shuffle=False,
            )  # fmt: skip
        except (Exception, SystemExit) as raised:
            if self.entered is None:
                raise
            hook, epoch, batch = self.entered
            error = Raised(
                type=type(raised).__name__, message=str(raised), fit=index, hook=hook, epoch=epoch, batch=batch
            )
            self.leave()
            if epoch is not None:
                self._end_epoch()
        finally:
            del self.model.save, self.model.save_weights
        weights = self._weights(self.model.get_weights())
        return FitTrace(epochs=tuple(self.epochs), weights=weights, printed=tuple(self.around.printed), error=error)

    # ---------------------------------------------------------------------------------- before the subject

    def enter(self, hook: str, epoch: int | None = None, batch: int | None = None) -> None:
        self._unheard()
        self.entered = hook, epoch, batch

    def _unheard(self) -> None:
        self.heard.printed()
        self.heard.warned()

    def feed_epoch_begin(self, epoch: int, logs: Any) -> None:
        self.epoch = epoch
        self.content: Epoch = self.contents[epoch - self.first]
        batches = self.content.batch_logs()
        self.groups = list(groups(batches, self.scenario.steps_per_execution))
        self.group = 0
        self.epochs_begun += 1
        self.keras_fit.data.start(self.epochs_begun, len(batches))
        self.seen = _Seen()
        self.enter("epoch_begin", epoch)

    def feed_batch_begin(self, batch: int, logs: Any) -> None:
        if self.group == 0:
            self.seen.rate_in_epoch = self._rate()

    def feed_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
        expected, content = self.groups[self.group]
        if batch != expected:
            raise Nonsense(f"the loop ends batch {batch} of epoch {self.epoch} where batch {expected} was expected")
        self.group += 1
        self.origins[_identity(self.model.get_weights())] = Origin(self.fit, self.epoch)
        self.replace(logs, content)
        self.enter("batch_end", self.epoch, batch)

    def feed_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        if self.group < len(self.groups) and not self.stopped:
            raise Nonsense(f"the loop ends epoch {epoch} after {self.group} of {len(self.groups)} groups of batches")
        self.model.stop_training = self.stopped or self.content.stop
        self.replace(logs, self.content.logs)
        self.seen.logs = self.content.logs, logs
        self.enter("epoch_end", epoch)

    def replace(self, logs: dict[str, Any], content: Logs) -> None:
        """Put the scenario's logs into the dict that all callbacks of one call share."""
        logs.clear()
        logs.update(as_logged(content, partial(self.keras_fit.keras.ops.convert_to_tensor, dtype="float32")))

    def feed_fit_end(self, logs: Any) -> None:
        self.seen = self.around
        self.enter("fit_end")

    # ---------------------------------------------------------------------------------- behind the subject

    def leave(self) -> None:
        """The subject's hook is over, by its end or by an exception."""
        self._listen()
        batch = self.entered[2] if self.entered else None
        self.entered = None
        for path, weights_only in self.written:
            weights = self._weights(self.keras_fit.weights_in(path, weights_only))
            self.seen.saved.append(Save(path=path.removeprefix(self.directory), weights=weights, batch=batch))
        self.written.clear()

    def _listen(self) -> None:
        self.seen.printed += self.heard.printed()
        self.seen.warned += self.heard.warned()

    def note_save(self, save: Any, weights_only: bool, filepath: Any, *arguments: Any, **options: Any) -> None:
        """Stands before the model's own `save`; what the model says meanwhile is not the subject's."""
        self._listen()
        try:
            save(filepath, *arguments, **options)
        finally:
            self._unheard()
        self.written.append((str(filepath), weights_only))

    def record_batch_end(self, batch: int, logs: Any) -> None:
        self.leave()
        self.stopped = bool(self.model.stop_training)
        if self.group == len(self.groups):
            # The epoch's last batch. By the flag the loop leaves the epoch; the feeder puts it right before the
            # subject's next hook. A loop that finds the data at an end takes this for the length of all later epochs.
            self.model.stop_training = True

    def record_epoch_end(self, epoch: int, logs: Any) -> None:
        self.leave()
        self._end_epoch()
        for name, value in internal_state(self.subject).items():
            self.internal.setdefault(name, {}).setdefault(self.fit, []).append(value)

    def _end_epoch(self) -> None:
        seen = self.seen
        self.epochs.append(
            EpochTrace(
                stop=bool(self.model.stop_training),
                learning_rate=self._rate(),
                learning_rate_in_epoch=seen.rate_in_epoch,
                saved=tuple(seen.saved),
                warned=tuple(seen.warned),
                printed=tuple(seen.printed),
                logged=changed_in_logs(*seen.logs),
            )
        )

    # ---------------------------------------------------------------------------------- what is there

    def _set_rate(self, rate: Rate) -> None:
        if isinstance(rate, Mapping):
            set_rates(self.model.optimizer, rate)
        elif rate is not None:
            self.model.optimizer.learning_rate = rate

    def _rate(self) -> Rate:
        if isinstance(self.scenario.learning_rate, float):
            return unsigned_zero(float(self.model.optimizer.learning_rate.numpy()))
        return None if self.scenario.learning_rate is None else rates(self.model.optimizer)

    def _weights(self, weights: Sequence[Any]) -> Weights:
        return weights_seen(self._origin(weights), self.began, self.fit)

    def _origin(self, weights: Sequence[Any]) -> Origin:
        origin = self.origins.get(_identity(weights))
        if origin is None:
            raise Nonsense(f"these weights were never the model's: {[array.tolist() for array in weights]}")
        return origin
