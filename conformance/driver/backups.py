"""What BackupAndRestore of Keras 2 asks of a loop and of a model: a known number of batches, and a place in checkpoints."""

import json
from typing import Any

from .model import Model, Written
from .protocol import CannotExpress
from .scenario import Scenario
from .values import Origin


def known_steps(scenario: Scenario, fit: int) -> int:
    """How many batches every epoch of the fit has. Raises CannotExpress where they have not the same, and a backup after a batch
    is to be restored: for that Keras 2 has to know in advance."""
    numbers = {len(epoch.batch_logs()) for epoch in scenario.fits[fit].epochs}
    if backs_up_batches(scenario) and len(numbers) > 1:
        raise CannotExpress("batches")
    return max(numbers)


def backs_up_batches(scenario: Scenario) -> bool:
    """Whether a BackupAndRestore keeps the middle of epochs. Raises CannotExpress with several batches at a time: Keras 2 mixes
    up their numbers."""
    found = any(
        each.config.get("save_freq", "epoch") != "epoch"
        for each in scenario.configured()
        if each.callback == "BackupAndRestore"
    )
    if found and scenario.steps_per_execution > 1:
        raise CannotExpress("steps_per_execution")
    return found


def checkpointed(tf: Any, model: Model) -> Any:
    """The stand-in as something that TensorFlow's checkpoints can hold: its state is a text in them."""

    class Checkpointed(type(model), tf.train.experimental.PythonState):  # type: ignore[misc]  # a base that is known only here
        def serialize(self) -> str:
            self.saved.append(Written("", True, self.weights_of, self.steps))
            return json.dumps([self.weights_of, self._world.rate(self), self.steps])

        def deserialize(self, text: Any) -> None:
            weights, rate, steps = json.loads(text)
            self.goes_on(Origin(*weights), rate, steps)

        def __reduce__(self) -> Any:
            return object, ()  # a real model can be pickled: whether a callback can, is for what else it holds to say

    held: Any = Checkpointed.__new__(Checkpointed)
    held.__dict__.update(vars(model))
    held.distribute_strategy = tf.distribute.get_strategy()
    held._distribution_strategy = None
    if not hasattr(held, "_train_counter"):
        held._train_counter = tf.Variable(0, dtype=tf.int64)
    return held
