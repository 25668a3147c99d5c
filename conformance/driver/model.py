"""A stand-in for the model, for driving a callback's hooks without training.

It has just what callbacks read: `stop_training`, `optimizer`, `metrics`, weights that can be got and set, and the ways of saving
and loading. Its weights are a list of one triple, (fit, epoch, averaged): whose training produced them. What it saves are real,
small files, so that a callback that reads or renames them works, and one that is in the way fails as it would really fail. That
hooks on a stand-in and a real `fit` agree is shown by a test.
"""

import json
import os
from typing import Any, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .files import Directory
from .values import UNTRAINED, ZERO, Origin, float32, unsigned_zero


class Optimizer:
    """A plain optimizer: a rate that is stored as float32, as Keras stores it."""

    def __init__(self) -> None:
        self._rate = 1.0

    @property
    def learning_rate(self) -> float:
        return self._rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        self._rate = unsigned_zero(float32(float(rate)))

    lr = learning_rate


class Scheduled:
    """An optimizer whose rate is a schedule of its own: it can be read, and setting it raises TypeError, as in Keras."""

    def __init__(self, rate: float) -> None:
        self._rate = unsigned_zero(float32(rate))

    @property
    def learning_rate(self) -> float:
        return self._rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        raise TypeError("this optimizer's learning rate is a schedule and cannot be set")

    lr = learning_rate


class WithoutRate:
    """An optimizer that has no learning rate."""

    built = True
    use_ema = False


class Written(NamedTuple):
    """A save: where, whether only weights, whose, and after how many steps of the optimizer."""

    path: str
    weights_only: bool
    weights: Origin
    steps: int


class Model:
    """What the callbacks read of a model, and nothing else. `world` tells the rate, and what a save consists of."""

    built = True
    trainable = True
    run_eagerly = False
    trainable_variables: Sequence[Any] = ()
    average: Origin = ZERO
    """That the optimizer keeps of the weights; of one that keeps none it is nobody's."""

    def __init__(self, optimizer: Any, directory: Directory, world: Any) -> None:
        self.optimizer = optimizer
        self.stop_training = False
        self.metrics: Sequence[Any] = []
        self.distribute_strategy: Optional[Any] = None  # Keras 2 asks: the default one
        self._is_graph_network = True  # ModelCheckpoint in TensorFlow up to 2.4 asks: else it saved weights alone
        self.weights_of = UNTRAINED
        self.steps = 0
        """Of the optimizer."""
        self.saved: List[Written] = []
        """Since it was last asked."""
        self.fails: Optional[BaseException] = None
        """What training it raises."""
        self._initial_epoch: Optional[int] = None  # BackupAndRestore of Keras 3 sets it
        self._directory = directory
        self._world = world

    _ckpt_saved_epoch = None  # ModelCheckpoint in TensorFlow 1.14 asks

    def _in_multi_worker_mode(self) -> bool:
        return False  # ModelCheckpoint in TensorFlow 2.1 and 2.2 asks

    def get_weights(self) -> List[Tuple[int, int, bool]]:
        return [self.weights_of]

    def set_weights(self, weights: Sequence[Iterable[int]]) -> None:
        fit, epoch, averaged = weights[0]
        self.weights_of = Origin(int(fit), int(epoch), bool(averaged))

    def save(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        if "options" in options and not self._world.takes_options(os.fspath(filepath)):
            raise ValueError("this format of a model takes no options")
        self._save(filepath, overwrite, False)

    def save_weights(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        self._save(filepath, overwrite, True)

    def load_weights(self, filepath: Any, **options: Any) -> None:
        if os.path.isfile(filepath) and not os.path.getsize(filepath):
            raise OSError(f"unable to open the file {os.fspath(filepath)}: there is nothing in it")
        self.goes_on(*self.read(filepath, "weights"))

    def begins(self) -> None:
        """A fit begins."""

    def trained(self, weights: Origin, steps: int) -> None:
        """The optimizer has made so many steps, and the weights are now these."""
        self.weights_of = weights
        self.steps += steps

    def finish(self) -> None:
        """Training has come to its end, before the hooks of that."""

    def goes_on(self, weights: Origin, rate: Any, steps: Optional[int], average: Optional[Origin] = None) -> None:
        """With what was saved; None: the rate, the steps, or the average stay as they are."""
        self.weights_of = weights
        self._world.set_rate(self, rate)
        self.steps = self.steps if steps is None else steps

    def _save(self, filepath: Any, overwrite: bool, weights_only: bool) -> None:
        """Write it, or fail as writing the file does: the directory is the callback's to make."""
        path = self._directory.inside(filepath)
        content = json.dumps(
            {
                "weights_only": weights_only,
                "weights": self.weights_of,
                "average": self.average,
                "rate": self._world.rate(self),
                "steps": self.steps,
            }
        )
        self._world.make_folder(path, weights_only)
        for file in self._world.form(path, weights_only):
            if file.startswith(path + os.sep):
                os.makedirs(path, exist_ok=True)
            _write(self._directory.inside(file), content, overwrite, self._world)
            self._directory.wrote(file)
        self.saved.append(Written(path, weights_only, self.weights_of, self.steps))

    def lies_at(self, written: Written) -> str:
        """The path under which a save is found when the hook is over."""
        path = written.path
        for file in self._world.form(written.path, written.weights_only):
            lies, rest = self._directory.lies_at(file), file[len(written.path) :]
            if lies != file:
                path = lies[: -len(rest)] if rest and lies.endswith(rest) else lies
        return path

    def read(self, filepath: Any, load: str) -> Tuple[Origin, Any, Optional[int], Optional[Origin]]:
        """Whose weights were saved there, the optimizer's rate, its steps and its average (None: these are not brought back).
        Raises FileNotFoundError for what cannot be loaded as the "model", or its "weights"."""
        path = self._directory.inside(filepath)
        for form in (False, True) if load == "model" else (True, False):
            file = self._world.form(path, form)[0]
            if not os.path.isfile(file) or not os.path.getsize(file):
                continue
            with open(file, encoding="utf-8") as stream:
                content = json.load(stream)
            brings = self._world.brings(path, content["weights_only"], load)
            if brings is not None:
                rate, steps = brings
                return (
                    Origin(*content["weights"]),
                    content["rate"] if rate else None,
                    content["steps"] if steps else None,
                    Origin(*content["average"]) if steps else None,
                )
        raise FileNotFoundError(f"nothing that can be loaded so was saved as {path}")


def _write(path: str, content: str, overwrite: bool, world: Any) -> None:
    """Make the file, or fail as Keras does: with the system's exception, or with h5py's where h5py writes."""
    try:
        with open(path, "w" if overwrite else "x", encoding="utf-8") as stream:
            stream.write(content)
    except OSError as error:
        if not world.writes_with_h5py(path):
            raise
        text = f"unable to open file: name = '{path}', errno = {error.errno}, error message = '{error.strerror}'"
        message = f"Unable to synchronously create file ({text})"
        raise (type(error)(error.errno, message) if world.h5py_tells_errors else OSError(message)) from None
