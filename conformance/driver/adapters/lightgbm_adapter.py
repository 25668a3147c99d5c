"""LightGBM's early_stopping: called with the state of an iteration, and stops by an exception.

At the last iteration of a training it ends that in the same way; how many there are to be is told as more than ever come.
"""

from typing import Any, Dict

import lightgbm
from lightgbm.callback import CallbackEnv, EarlyStopException

from ..scenario import Scenario
from .shared import Adapter, Stopping, only_by_hooks, stopping

_Result = getattr(lightgbm, "EvalResult", None)
"""How an evaluation is told; before 4.7 as a plain tuple."""
_Told: Any = CallbackEnv
"""What a callback is told; to its types there is always a model."""
_MORE_THAN_EVER_COME = 1000000


def _make(config: Dict[str, Any], scenario: Scenario) -> Stopping:
    callback = lightgbm.early_stopping(config["patience"], min_delta=config["min_delta"], verbose=False)
    monitor, higher = config["monitor"], config["mode"] == "max"
    iteration = [0]

    def begin(fit: int) -> None:
        iteration[0] = 0

    def ask(value: float, epoch: int, logs: Dict[str, Any]) -> bool:
        told = ("validation", monitor, value, higher)
        env = _Told(
            model=None, params={}, iteration=iteration[0], begin_iteration=0, end_iteration=_MORE_THAN_EVER_COME,
            evaluation_result_list=[told if _Result is None else _Result(*told)],
        )  # fmt: skip
        iteration[0] += 1
        try:
            callback(env)
        except EarlyStopException:
            return True
        return False

    return Stopping(monitor, ask, begin)


def subject(way: str) -> Adapter:
    only_by_hooks("lightgbm", way)
    name = f"lightgbm {lightgbm.__version__} early_stopping"
    return Adapter(name, stopping(every_epoch=True), _make, "lightgbm")
