"""XGBoost's EarlyStopping: `after_iteration` is called on a history of one validation set, and answers whether to stop."""

from typing import Any, Dict, List

import xgboost

from ..scenario import Scenario
from .shared import Adapter, Stopping, only_by_hooks, stopping


class _Model:
    """What the callback asks of a booster that has not been trained yet."""

    def num_boosted_rounds(self) -> int:
        return 0

    def set_attr(self, **attributes: str) -> None:
        """Where the best iteration is noted."""


def _make(config: Dict[str, Any], scenario: Scenario) -> Stopping:
    monitor = config["monitor"]
    callback = xgboost.callback.EarlyStopping(
        rounds=config["patience"], min_delta=config["min_delta"], maximize=config["mode"] == "max", metric_name=monitor,
        data_name="validation",
    )  # fmt: skip
    history: List[float] = []
    model = _Model()

    def begin(fit: int) -> None:
        history.clear()
        callback.before_training(model)

    def ask(value: float, epoch: int, logs: Dict[str, Any]) -> bool:
        history.append(value)
        return bool(callback.after_iteration(model, len(history) - 1, {"validation": {monitor: history}}))

    return Stopping(monitor, ask, begin)


def subject(way: str) -> Adapter:
    only_by_hooks("xgboost", way)
    name = f"xgboost {xgboost.__version__} EarlyStopping"
    return Adapter(name, stopping(every_epoch=True), _make, "xgboost")
