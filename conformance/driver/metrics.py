"""What a model is compiled with: metrics by name, by class, as functions, as a scenario says them.

A Keras that lacks one, or refuses them for its models, cannot be asked: that is no affair of the callback's.
"""

import contextlib
from types import FunctionType
from typing import Any, Dict, Iterator, Mapping, Sequence

from .protocol import CannotExpress

ARGUMENTS: Dict[str, Dict[str, Any]] = {
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


def compiled(keras: Any, metrics: Any) -> Any:
    """What `compile` is given for these metrics, which are as in JSON: a list, or one for each output."""
    if isinstance(metrics, Mapping):
        return {output: compiled(keras, inner) for output, inner in metrics.items()}
    return [_metric(keras, each) for each in metrics]


def functions(metrics: Any) -> Dict[str, Any]:
    """Those of them that are functions, by name: what is needed to load again what was compiled with them."""
    several = metrics.values() if isinstance(metrics, Mapping) else [metrics]
    return {each.__name__: each for listed in several for each in listed if isinstance(each, FunctionType)}


_BY_SHAPE = ("accuracy", "acc")
"""Names that `compile` resolves by itself."""


def _called(keras: Any, name: str) -> Any:
    """The metric that a Keras calls so; the name where it knows none."""
    try:
        return keras.metrics.get(name)
    except ValueError:
        return name


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Raises CannotExpress where Keras refuses the metrics, such as two of one name in Keras 2, or a list for several outputs in
    Keras 3; and where the backend cannot train a model with several outputs, as numpy's."""
    try:
        yield
    except ValueError as error:
        if "metrics" not in str(error):
            raise
        raise CannotExpress("metrics") from None
    except NotImplementedError:
        raise CannotExpress("outputs") from None


def _metric(keras: Any, metric: Any) -> Any:
    if isinstance(metric, str):
        if metric not in _BY_SHAPE and isinstance(_called(keras, metric), str):
            raise CannotExpress("metrics")  # Keras 2 gives back the name, and fails when it trains
        return metric
    if "function" in metric:

        def function(y_true: Any, y_pred: Any) -> Any:
            return y_pred - y_true

        function.__name__ = metric["function"]
        return function
    named = {"name": metric["name"]} if "name" in metric else {}
    try:
        return getattr(keras.metrics, metric["class"])(**dict(ARGUMENTS.get(metric["class"], {}), **named))
    except AttributeError:
        raise CannotExpress("metrics") from None


class UnknownMetrics(Sequence[Any]):
    """The compiled metrics where no framework makes any: who looks at them cannot be asked."""

    def __getitem__(self, index: Any) -> Any:
        raise CannotExpress("metrics")

    def __len__(self) -> int:
        raise CannotExpress("metrics")
