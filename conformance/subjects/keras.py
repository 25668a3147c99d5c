"""The installed Keras, its hooks driven on a light stand-in model; and `tf-keras`, legacy Keras 2, in the same way.

The optimizer is a real one, and so are the compiled metrics; the model is not. Keras and its backend are imported when one of
these is made, never before.
"""

import contextlib
import importlib
import importlib.util
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from callcheck.spec.dialect import Resolution, release_dialect
from callcheck.spec.metrics import Metric
from callcheck.spec.numbers import unsigned_zero
from callcheck.spec.scenario import Scenario
from callcheck.spec.values import Rate

from .hooks import Hooks
from .protocol import CannotExpress, Unavailable
from .standin import Model, WithoutRate

INSTALL = "pip install 'callcheck[keras]'"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep away from the terminal what TensorFlow's native code writes while it is imported; show it if that fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryFile() as written:
        kept = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(kept, written.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def load(module: str, distribution: str) -> Any:
    """The imported module. Raises Unavailable with one sentence if that is not possible."""
    if importlib.util.find_spec(module) is None:
        raise Unavailable(f"{distribution} is not installed; {INSTALL.replace('keras', distribution)} installs it")
    try:
        with quiet():
            return importlib.import_module(module)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Unavailable(f"{distribution} is installed but cannot be imported: {reason}") from error


ARGUMENTS: dict[str, dict[str, Any]] = {
    "IoU": {"num_classes": 2, "target_class_ids": [0]},
    "MeanIoU": {"num_classes": 2},
    "OneHotIoU": {"num_classes": 2, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 2},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
"""What a metric class needs besides its name."""


def compiled(keras: Any, metrics: tuple[Metric, ...]) -> list[Any]:
    """What `compile` is given for these metrics."""
    return [
        metric.name
        if metric.by_name
        else getattr(keras.metrics, metric.cls)(name=metric.name, **ARGUMENTS.get(metric.cls, {}))
        for metric in metrics
    ]


def several_in_one(keras: Any, names: Iterable[str]) -> Any:
    """A MultiOptimizer whose optimizers have these names; all that is trained is the last one's. Raises CannotExpress where
    Keras has none."""
    if not hasattr(keras.optimizers, "MultiOptimizer"):
        raise CannotExpress("learning_rate")
    *others, last = (keras.optimizers.SGD(name=name) for name in names)
    return keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(last, {f"none of {other.name}": other for other in others})
    )


def set_rates(optimizer: Any, rates: Mapping[str, float]) -> None:
    """Set the rate of each of several optimizers in one."""
    for inner in optimizer.optimizers:
        inner.learning_rate = rates[inner.name]


def rates(optimizer: Any) -> dict[str, float]:
    """The rate of each of several optimizers in one, as stored."""
    return {inner.name: unsigned_zero(float(inner.learning_rate.numpy())) for inner in optimizer.optimizers}


class RealOptimizer:
    """A stand-in model with a real optimizer of `keras`, whose rate is read again only after it was assigned.

    Reading a TensorFlow variable costs as much as a whole hook. One optimizer serves all scenarios; it has no other state.
    """

    writes_files = False  # Keras 2 writes folders, or several files, for names without a known suffix

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.optimizer = keras.optimizers.SGD(1.0)
        self._rate: float | None = None
        variable = self.optimizer.learning_rate
        assign = variable.assign

        def noting(*arguments: Any, **keywords: Any) -> Any:
            self._rate = None
            return assign(*arguments, **keywords)

        variable.assign = noting
        self.variable = variable

    def model(self, scenario: Scenario) -> Model:
        if isinstance(scenario.learning_rate, Mapping):
            return Model(self.several(tuple(scenario.learning_rate)))
        return Model(WithoutRate() if scenario.learning_rate is None else self.optimizer)

    def several(self, names: tuple[str, ...]) -> Any:
        """Optimizers of these names, in one, for a Keras that has none itself: other packages had them."""
        return SimpleNamespace(optimizers=[self.keras.optimizers.SGD(name=name) for name in names])

    def tensor(self, values: tuple[float, ...]) -> Any:
        """What a tensor in the logs is: TensorFlow's."""
        return importlib.import_module("tensorflow").constant(values, dtype="float32")

    def set_rate(self, model: Model, rate: Rate) -> None:
        if isinstance(rate, Mapping):
            set_rates(model.optimizer, rate)
        elif self._rate != rate:
            self.variable.assign(rate)

    def rate(self, model: Model) -> Rate:
        if model.optimizer is not self.optimizer:
            return None if isinstance(model.optimizer, WithoutRate) else rates(model.optimizer)
        if self._rate is None:
            self._rate = unsigned_zero(float(self.variable.numpy()))
        return self._rate

    def compile(self, model: Model, scenario: Scenario, fit: int) -> None:
        """Keras 2 does not ask what was compiled."""


class CompilingStandin(RealOptimizer):
    """As above, with real compiled metrics, which Keras 3 asks for `mode="auto"`."""

    writes_files = True

    def __init__(self, keras: Any) -> None:
        super().__init__(keras)
        self._made: dict[tuple[Metric, ...], Any] = {}
        self._loss = keras.metrics.Mean(name="loss")  # what every compiled model has among its metrics
        self._several: dict[tuple[str, ...], Any] = {}

    def several(self, names: tuple[str, ...]) -> Any:
        if not hasattr(self.keras.optimizers, "MultiOptimizer"):
            return super().several(names)
        if names not in self._several:
            self._several[names] = several_in_one(self.keras, names)
        return self._several[names]

    def tensor(self, values: tuple[float, ...]) -> Any:
        """What a tensor in the logs is: the backend's."""
        return self.keras.ops.convert_to_tensor(values, dtype="float32")

    def compile(self, model: Model, scenario: Scenario, fit: int) -> None:
        metrics = scenario.compiled_metrics(scenario.fits[fit])
        if metrics not in self._made:
            self._made[metrics] = [self._loss, *(self._make(metrics) if metrics else [])]
        model.metrics = self._made[metrics]

    def _make(self, metrics: tuple[Metric, ...]) -> list[Any]:
        import numpy as np
        from keras.src.trainers.compile_utils import CompileMetrics

        made = CompileMetrics(compiled(self.keras, metrics), None)
        made.build(np.zeros((2, 1)), np.zeros((2, 1), dtype="float32"))
        return [made]


class InstalledKeras(Hooks):
    """`keras`: what is installed, on the backend that it is configured for. Raises Unavailable."""

    def __init__(self) -> None:
        keras = load("keras", "keras")
        self.keras = keras
        super().__init__(
            f"keras {keras.__version__} ({keras.config.backend()}, hooks)",
            lambda callback, **config: getattr(keras.callbacks, callback)(**config),
            CompilingStandin(keras),
        )

    @property
    def dialect(self) -> Resolution:
        """Its own release's. Raises InvalidDialect for a release older than the chain."""
        return release_dialect("keras", self.keras.__version__, self.keras.config.backend())


class InstalledTfKeras(Hooks):
    """`tf-keras`: legacy Keras 2 as it is installed. Raises Unavailable."""

    def __init__(self) -> None:
        tf_keras = load("tf_keras", "tf-keras")
        self.tf_keras = tf_keras
        super().__init__(
            f"tf-keras {tf_keras.__version__} (tensorflow, hooks)",
            lambda callback, **config: getattr(tf_keras.callbacks, callback)(**config),
            RealOptimizer(tf_keras),
        )

    @property
    def dialect(self) -> Resolution:
        """Its own release's. Raises InvalidDialect for a release older than the chain."""
        return release_dialect("tf-keras", self.tf_keras.__version__)
