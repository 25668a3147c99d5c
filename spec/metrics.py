"""What a model can be compiled with, and which way each metric is better: the fact behind `mode="auto"`.

A metric is written `"accuracy"` (a name that Keras resolves) or `{"class": "AUC", "name": "myauc"}`. A metric class has
a direction, or none: then `mode="auto"` cannot decide. The directions were read off the metric classes of Keras 3.15.1
(their private `_direction`); a test holds this table to the installed Keras.
"""

import re
from dataclasses import dataclass
from typing import Any

UP = (
    "AUC Accuracy BinaryAccuracy BinaryIoU CategoricalAccuracy ConcordanceCorrelation CosineSimilarity F1Score "
    "FBetaScore IoU MeanIoU OneHotIoU OneHotMeanIoU PearsonCorrelation Precision PrecisionAtRecall R2Score Recall "
    "RecallAtPrecision SensitivityAtSpecificity SparseCategoricalAccuracy SparseTopKCategoricalAccuracy "
    "SpecificityAtSensitivity TopKCategoricalAccuracy"
).split()
DOWN = (
    "BinaryCrossentropy CategoricalCrossentropy CategoricalHinge Hinge KLDivergence LogCoshError MeanAbsoluteError "
    "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson RootMeanSquaredError "
    "SparseCategoricalCrossentropy SquaredHinge"
).split()
NEITHER = "FalseNegatives FalsePositives TrueNegatives TruePositives".split()

DIRECTIONS: dict[str, str | None] = {
    **dict.fromkeys(UP, "max"),
    **dict.fromkeys(DOWN, "min"),
    **dict.fromkeys(NEITHER, None),
}
"""The mode that `"auto"` takes for a metric of this class; None: it cannot decide."""


class UnknownMetric(ValueError):
    """The metric is not one that a scenario can name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A compiled metric: its class, the name under which it logs, and whether it was given by that name alone."""

    cls: str
    name: str
    by_name: bool = False


_IRREGULAR_NAMES = {"FBetaScore": "fbeta_score", "LogCoshError": "logcosh"}


def default_name(cls: str) -> str:
    """The name that Keras gives to a metric of this class: `MeanSquaredError` is `mean_squared_error`."""
    if cls in _IRREGULAR_NAMES:
        return _IRREGULAR_NAMES[cls]
    words = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", cls)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()


# Short names that Keras resolves by the shape of the model's output (callcheck's models have one output in [0, 1]),
# and the abbreviations of the regression metrics. The metric logs under the name that was given.
SHORT_NAMES = {
    "accuracy": "BinaryAccuracy",
    "acc": "BinaryAccuracy",
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
}
# Keras cannot make these from their name alone: their constructors need arguments, or the name is not registered.
_NOT_BY_NAME = {
    *_IRREGULAR_NAMES, "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "PrecisionAtRecall", "RecallAtPrecision",
    "SensitivityAtSpecificity", "SpecificityAtSensitivity",
}  # fmt: skip
_BY_NAME = {default_name(cls): cls for cls in DIRECTIONS if cls not in _NOT_BY_NAME} | SHORT_NAMES


def metric_from_json(data: Any) -> Metric:
    """Raises UnknownMetric with one sentence."""
    if isinstance(data, str):
        if data not in _BY_NAME:
            raise UnknownMetric(f"unknown metric name {data!r}")
        return Metric(cls=_BY_NAME[data], name=data, by_name=True)
    if not isinstance(data, dict) or not set(data) <= {"class", "name"} or "class" not in data:
        raise UnknownMetric('expected a metric name or {"class": ..., "name": ...}')
    cls, name = data["class"], data.get("name")
    if cls not in DIRECTIONS:
        raise UnknownMetric(f"unknown metric class {cls!r}")
    if name is not None and (not isinstance(name, str) or not name):
        raise UnknownMetric(f"expected a name for the {cls}, got {name!r}")
    return Metric(cls=cls, name=default_name(cls) if name is None else name)


def metric_to_json(metric: Metric) -> Any:
    return metric.name if metric.by_name else {"class": metric.cls, "name": metric.name}
