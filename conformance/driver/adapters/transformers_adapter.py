"""transformers' EarlyStoppingCallback, and what the Trainer does around it after an evaluation: it keeps the best metric.

The callback alone does not know the best value: `Trainer._determine_best_metric` keeps it, and is asked here as the Trainer asks
it. A training begins with a state of its own. In the middle of an epoch (`eval_steps`) it is asked as at its end.
"""

from types import SimpleNamespace
from typing import Any, Dict

import transformers
from transformers import EarlyStoppingCallback, Trainer, TrainerControl, TrainerState
from transformers.trainer_utils import IntervalStrategy

from ..scenario import Scenario
from .shared import Adapter, Checking, as_logs, only_by_hooks, stopping


def _make(config: Dict[str, Any], scenario: Scenario) -> Checking:
    callback = EarlyStoppingCallback(config["patience"], config["min_delta"])
    arguments = SimpleNamespace(
        metric_for_best_model=config["monitor"], greater_is_better=config["mode"] == "max", load_best_model_at_end=True,
        eval_strategy=IntervalStrategy.EPOCH, save_strategy="epoch",
    )  # fmt: skip
    trainer = SimpleNamespace(args=arguments, state=TrainerState())
    control = TrainerControl()

    def begin(fit: int) -> None:
        trainer.state = TrainerState()
        control.should_training_stop = False
        callback.on_train_begin(arguments, trainer.state, control)

    def ask(value: Any, epoch: int, logs: Dict[str, Any]) -> bool:
        metrics = {"eval_" + name.replace("eval_", "", 1): each for name, each in as_logs(logs, float).items()}
        callback.on_evaluate(arguments, trainer.state, control, metrics)
        Trainer._determine_best_metric(trainer, metrics, None)
        return bool(control.should_training_stop)

    return Checking(config["monitor"], ask, begin)


def subject(way: str) -> Adapter:
    only_by_hooks("transformers", way)
    name = f"transformers {transformers.__version__} EarlyStoppingCallback"
    return Adapter(name, stopping(), _make, "transformers")
