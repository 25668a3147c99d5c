"""Lightning's EarlyStopping, on a stand-in for the Trainer that has what the callback reads.

A logged metric reaches it as a tensor of float32, as `self.log` stores it; a metric is checked at the end of an epoch's training.
"""

from types import SimpleNamespace
from typing import Any, Dict

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.trainer.states import TrainerFn

from ..scenario import Scenario
from .shared import Adapter, Stopping, as_logs, only_by_hooks, stopping


def _trainer() -> Any:
    return SimpleNamespace(
        callback_metrics={}, current_epoch=0, fast_dev_run=False, sanity_checking=False, should_stop=False,
        val_check_interval=1.0, check_val_every_n_epoch=1, state=SimpleNamespace(fn=TrainerFn.FITTING),
        strategy=SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision),
    )  # fmt: skip


def _make(config: Dict[str, Any], scenario: Scenario) -> Stopping:
    names = ("monitor", "min_delta", "patience", "mode")
    callback = EarlyStopping(**{name: config[name] for name in names})
    trainer = _trainer()

    def begin(fit: int) -> None:
        trainer.should_stop = False
        callback.setup(trainer, None, "fit")
        callback.on_train_start(trainer, None)

    def ask(value: Any, epoch: int, logs: Dict[str, Any]) -> bool:
        trainer.callback_metrics = as_logs(logs, lambda each: torch.tensor(each, dtype=torch.float32))
        trainer.current_epoch = epoch
        callback.on_train_epoch_end(trainer, None)
        return bool(trainer.should_stop)

    return Stopping(config["monitor"], ask, begin)


def subject(way: str) -> Adapter:
    only_by_hooks("lightning", way)
    return Adapter(f"lightning {lightning.__version__} EarlyStopping", stopping(), _make, "lightning")
