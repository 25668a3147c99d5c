"""ignite's EarlyStopping: a handler of an evaluator's end, that terminates the trainer.

As in its documentation, a score is better if it is higher: for mode="min" the score function turns the sign. It reads the
metric as a score function does, so that one that is missing raises KeyError. It is asked whenever the evaluator has run, be it
in the middle of an epoch or at its end, and hung in with `add_event_handler`, so that nothing resets it when a fit begins.
"""

from typing import Any, Dict

import ignite
from ignite.engine import Engine
from ignite.handlers import EarlyStopping

from ..scenario import Scenario
from .shared import Adapter, Checking, only_by_hooks, stopping


def _make(config: Dict[str, Any], scenario: Scenario) -> Checking:
    monitor, sign = config["monitor"], 1.0 if config["mode"] == "max" else -1.0
    trainer, evaluator = Engine(lambda engine, batch: None), Engine(lambda engine, batch: None)
    handler = EarlyStopping(
        config["patience"], lambda engine: sign * engine.state.metrics[monitor], trainer, config["min_delta"]
    )

    def begin(fit: int) -> None:
        trainer.should_terminate = False

    def ask(value: Any, epoch: int, logs: Dict[str, Any]) -> bool:
        evaluator.state.metrics = logs
        handler(evaluator)
        return bool(trainer.should_terminate)

    return Checking(monitor, ask, begin)


def subject(way: str) -> Adapter:
    only_by_hooks("ignite", way)
    return Adapter(f"pytorch-ignite {ignite.__version__} EarlyStopping", stopping(), _make, "ignite")
