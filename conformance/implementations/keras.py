"""The installed Keras, its hooks driven on a light stand-in model; and `tf-keras`, legacy Keras 2, in the same way.

The optimizer is a real one, and so are the compiled metrics; the model is not. Keras and its backend are imported when one of
these is made, never before.
"""

import contextlib
import importlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from callcheck.spec.dialect import Resolution, release_dialect
from callcheck.spec.metrics import Metric
from callcheck.spec.numbers import unsigned_zero
from callcheck.spec.scenario import Scenario

from .hooks import Hooks
from .protocol import Unavailable
from .standin import Model

INSTALL = "pip install 'callcheck[keras]'"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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
        with _quiet():
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


class RealOptimizer:
    """A stand-in model with a real optimizer of `keras`, whose rate is read again only after it was assigned.

    Reading a TensorFlow variable costs as much as a whole hook. One optimizer serves all scenarios; it has no other state.
    """

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
        return Model(self.optimizer)

    def set_rate(self, model: Model, rate: float) -> None:
        if self._rate != rate:
            self.variable.assign(rate)

    def rate(self, model: Model) -> float:
        if self._rate is None:
            self._rate = unsigned_zero(float(self.variable.numpy()))
        return self._rate

    def compile(self, model: Model, scenario: Scenario, fit: int) -> None:
        """Keras 2 does not ask what was compiled."""


class CompilingStandin(RealOptimizer):
    """As above, with real compiled metrics, which Keras 3 asks for `mode="auto"`."""

    def __init__(self, keras: Any) -> None:
        super().__init__(keras)
        self._made: dict[tuple[Metric, ...], Any] = {}
        self._loss = keras.metrics.Mean(name="loss")  # what every compiled model has among its metrics

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
