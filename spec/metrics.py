"""What a model can be compiled with, and which way each metric is better: the fact behind `mode="auto"`.

A metric is written `"accuracy"` (a name that Keras resolves), `{"class": "AUC", "name": "myauc"}`, or as a function of that
name, `{"function": "my_metric"}`. A metric class has a direction, or none: then `mode="auto"` cannot decide. The directions were
read off the metric classes of Keras 3.15.1 (their private `_direction`); a test holds this table to the installed Keras.

For a model with several outputs the metrics may be an object, a list for each output that has any, by its name.
"""

import re
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import Any

from .fields import Kind, ListOf
from .reading import InvalidScenario, shown

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A compiled metric: its class, the name under which it logs, and whether it was given by that name alone.

    A metric that is a function has its name and no class. `output`: the one that it is of, where metrics are given by output.
    """

    cls: str
    name: str
    by_name: bool = False
    output: str | None = None


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


def class_named(name: str) -> str | None:
    """The class of the metric that Keras calls so; None for a name that it does not know."""
    return _BY_NAME.get(name)


def class_in_name(name: str) -> str | None:
    """The class of the metric that Keras calls so, or whose name remains after an output's: `accuracy` of `a_accuracy`."""
    words = name.split("_")
    return next((cls for start in range(len(words)) if (cls := class_named("_".join(words[start:])))), None)


def metric_from_json(data: Any) -> Metric:
    """Raises InvalidScenario with one sentence."""
    if isinstance(data, str):
        if data not in _BY_NAME:
            raise InvalidScenario(f"unknown metric name {shown(data)}")
        return Metric(cls=_BY_NAME[data], name=data, by_name=True)
    if isinstance(data, dict) and data.keys() == {"function"}:
        name = data["function"]
        if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
            raise InvalidScenario(f"expected the name of a function, got {shown(name)}")
        return Metric(cls="", name=name)
    if not isinstance(data, dict) or not data.keys() <= {"class", "name"} or "class" not in data:
        raise InvalidScenario('expected a metric name or {"class": ..., "name": ...} or {"function": ...}')
    cls, name = data["class"], data.get("name")
    if not isinstance(cls, str) or cls not in DIRECTIONS:
        raise InvalidScenario(f"unknown metric class {shown(cls)}")
    if "name" in data and (not isinstance(name, str) or not name):
        raise InvalidScenario(f"expected a name for the {cls}, got {shown(name)}")
    return Metric(cls=cls, name=default_name(cls) if name is None else name)


def metric_to_json(metric: Metric) -> Any:
    if not metric.cls:
        return {"function": metric.name}
    return metric.name if metric.by_name else {"class": metric.cls, "name": metric.name}


_LIST = ListOf(Kind(metric_from_json, metric_to_json))
_BY_OUTPUT = ListOf(Kind(metric_from_json, metric_to_json), "metric")


def metrics_from_json(data: Any) -> tuple[Metric, ...]:
    """A list, or a list for each of several outputs that have metrics."""
    if not isinstance(data, dict):
        return _LIST.read(data)
    if not data:
        raise InvalidScenario("the object is empty; at least one output is needed")
    metrics: list[Metric] = []
    for output, items in data.items():
        try:
            metrics += (replace(metric, output=output) for metric in _BY_OUTPUT.read(items))
        except InvalidScenario as error:
            raise error.within(output) from None
    return tuple(metrics)


def metrics_to_json(metrics: tuple[Metric, ...]) -> Any:
    if not metrics or metrics[0].output is None:
        return _LIST.write(metrics)
    outputs = dict.fromkeys(metric.output for metric in metrics)
    return {each: [metric_to_json(metric) for metric in metrics if metric.output == each] for each in outputs}


METRICS = Kind(metrics_from_json, metrics_to_json)
