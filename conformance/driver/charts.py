"""What TensorBoard needs of a driver: a stand-in whose counters are variables, and its files read back.

Rules
- The files are read by the package `tensorboard` itself, run by run (train, validation), in the order in which they were begun.
- Of what is in them the scalars are told, as they are: float32. A speed has no value, because it is another one every time.
- A fit that is interrupted leaves the callback's writer in force for everybody who writes summaries in that process. When the
  scenario has ended it is nobody's any more.
"""

import contextlib
import gc
import glob
import importlib
import importlib.util
import os
import re
from typing import Any, Dict, Iterator, List

from .files import EVENTS
from .model import Model
from .protocol import CannotExpress
from .scenario import Scenario
from .values import number_to_json, unsigned_zero

TENSORBOARD = "TensorBoard"
RUNS = ("train", "validation")
"""The folders of `log_dir` in which there are files."""
_NUMBER = re.compile(r"\.(\d+)\.v2\Z")
_SPEEDS = ("batch_steps_per_second", "epoch_steps_per_second")
_NOT_LOOKED_AT = ("histogram_freq", "profile_batch", "embeddings_freq")


def available() -> bool:
    """Whether the callback can be had here: it writes through TensorFlow, which asks the package tensorboard how."""
    return all(importlib.util.find_spec(name) is not None for name in ("tensorflow", "tensorboard"))


def charts(scenario: Scenario) -> bool:
    """Whether a TensorBoard is in the list. Raises CannotExpress for one that is to record what is not looked at."""
    configs = [each.config for each in scenario.configured() if each.callback == TENSORBOARD]
    for config in configs:
        for name in _NOT_LOOKED_AT:
            if config.get(name):
                raise CannotExpress(name)
    return bool(configs)


class Charted(Model):
    """The stand-in. The optimizer's steps are in its variable, and the batches of a fit in one of the model's."""

    def __init__(self, optimizer: Any, directory: Any, world: Any) -> None:
        tf: Any = importlib.import_module("tensorflow")
        self._train_counter = tf.Variable(0, dtype=tf.int64)
        self._test_counter = tf.Variable(0, dtype=tf.int64)
        super().__init__(optimizer, directory, world)
        self._show()

    train_function = None
    train_tf_function = None
    """Of which no graph can be drawn."""

    def to_json(self) -> str:
        return "{}"

    def begins(self) -> None:
        self._train_counter.assign(0)

    def trained(self, weights: Any, steps: int) -> None:
        super().trained(weights, steps)
        self._train_counter.assign_add(steps)
        self._show()

    def goes_on(self, *saved: Any) -> None:
        super().goes_on(*saved)
        self._show()

    def _show(self) -> None:
        iterations = getattr(self.optimizer, "iterations", None)
        if iterations is not None:
            # By its class, so that nobody takes it for something that a callback did.
            type(iterations).assign(iterations, self.steps)


@contextlib.contextmanager
def undisturbed(scenario: Scenario) -> Iterator[None]:
    """Whoever writes summaries afterwards does so as before."""
    if not charts(scenario):
        yield
        return
    state = vars(importlib.import_module("tensorflow.python.ops.summary_ops_v2")._summary_state)
    before = dict(state)
    # What was never left sets it once more when it is collected as garbage: that is to happen here, and to look through nothing
    # but what the scenario has made.
    freeze, unfreeze = (getattr(gc, name, _nothing) for name in ("freeze", "unfreeze"))  # since Python 3.7
    freeze()
    try:
        yield
    finally:
        if state != before:
            gc.collect()
        unfreeze()
        state.clear()
        state.update(before)


def _nothing() -> None: ...


def scalars(path: str, without_speed: bool) -> List[Dict[str, Any]]:
    """What lies in that folder: a row for every scalar. `without_speed`: a speed is told without its value."""
    reader = importlib.import_module("tensorboard.backend.event_processing.event_file_loader").EventFileLoader
    array_of = importlib.import_module("tensorboard.util.tensor_util").make_ndarray
    rows = []
    for run in RUNS:
        for file in sorted(glob.glob(os.path.join(glob.escape(path), run, EVENTS + ".*")), key=_when):
            for event in reader(file).Load():
                for value in event.summary.value:
                    if value.metadata.plugin_data.plugin_name == "scalars":
                        row: Dict[str, Any] = {"run": run, "tag": value.tag, "step": int(event.step)}
                        if not (without_speed and value.tag in _SPEEDS):
                            row["value"] = number_to_json(unsigned_zero(float(array_of(value.tensor))))
                        rows.append(row)
    return rows


def _when(file: str) -> int:
    """Files are numbered throughout a process."""
    found = _NUMBER.search(file)
    return int(found.group(1)) if found else 0
