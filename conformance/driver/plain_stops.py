"""Run by the interpreter of any Keras, alone: a stop at every place of a plain `fit`, and how long training went on.

    python plain_stops.py keras

Prints, as JSON, the version and what was seen: where the stop was set, in the first epoch, whether the epochs are evaluated, how
many epochs and batches were trained, and what `fit` raised. Runs on Python 3.6 and newer.
"""

import importlib
import json
import sys
import warnings
from typing import Any, Dict, List, Optional, Tuple

BATCHES, EPOCHS = 3, 3
_HOOKS = ("fit_begin", "epoch_begin", "epoch_end", "test_begin", "test_end")
PLACES: List[Tuple[str, Optional[int]]] = [(hook, None) for hook in _HOOKS]
PLACES += [("batch_" + edge, batch) for edge in ("begin", "end") for batch in (0, BATCHES - 1)]


def watched(keras: Any, hook: str, batch: Optional[int]) -> Any:
    """A callback that sets the stop flag there, once, and counts."""

    class Watched(keras.callbacks.Callback):  # type: ignore[misc]
        epochs = steps = 0
        stopped = False

        def _at(self, reached: str, number: Optional[int] = None) -> None:
            if (reached, number) == (hook, batch) and not self.stopped:
                self.stopped = self.model.stop_training = True

        def on_train_begin(self, logs: Any = None) -> None:
            self._at("fit_begin")

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epochs += 1
            self._at("epoch_begin")

        def on_batch_begin(self, batch: int, logs: Any = None) -> None:
            self._at("batch_begin", batch)

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            self.steps += 1
            self._at("batch_end", batch)

        on_train_batch_begin, on_train_batch_end = on_batch_begin, on_batch_end

        def on_test_begin(self, logs: Any = None) -> None:
            self._at("test_begin")

        def on_test_end(self, logs: Any = None) -> None:
            self._at("test_end")

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._at("epoch_end")

    return Watched()


def fit(keras: Any, evaluated: bool, hook: str, batch: Optional[int]) -> Dict[str, Any]:
    """What is seen of one fit."""
    import numpy as np

    before_2 = keras.__version__.startswith("1.") and keras.__name__ == "keras"
    inputs, targets = np.ones((BATCHES, 1)), np.zeros((BATCHES, 1))
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(1, **({"input_dim": 1} if before_2 else {"input_shape": (1,)})))
    model.compile("sgd", "mse")
    callback = watched(keras, hook, batch)
    told = {"nb_epoch" if before_2 else "epochs": EPOCHS, "batch_size": 1, "verbose": 0, "callbacks": [callback]}
    if evaluated:
        told["validation_data"] = inputs, targets
    raised = None
    try:
        model.fit(inputs, targets, **told)
    except Exception as error:  # whatever it is, it is what fit does
        raised = type(error).__name__
    return {
        "evaluated": evaluated, "hook": hook, "batch": batch, "stopped": callback.stopped, "epochs": callback.epochs,
        "steps": callback.steps, "raised": raised,
    }  # fmt: skip


def main() -> None:
    warnings.simplefilter("ignore")
    package = importlib.import_module(sys.argv[1])
    keras = getattr(package, "keras", package) if sys.argv[1] == "tensorflow" else package
    seen = [fit(keras, evaluated, *place) for evaluated in (False, True) for place in PLACES]
    print(json.dumps({"version": package.__version__, "seen": seen}))


if __name__ == "__main__":
    main()
