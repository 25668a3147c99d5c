"""Stand-ins for the model, for driving a callback's hooks without training, and the arguments for its constructor.

A stand-in has just what the callbacks read: `stop_training`, `optimizer`, `metrics`, weights that can be got and set, and the two
ways of saving. These only note what was to be written where, but fail where writing the file would. Its weights
are a list of one pair, (fit, epoch): whose training produced them. That hooks on a stand-in and a real `fit` agree is shown by a
test.
"""

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from callcheck.spec.files import PATH_LIKE, RELATIVE, existing_directories, existing_files, handed_over_as, path_of
from callcheck.spec.numbers import float32, unsigned_zero
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import UNTRAINED, Origin
from callcheck.spec.values import ArrayNumber, Logs, Tensor, Value


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


class WithoutRate:
    """An optimizer that has no learning rate."""


class Model:
    """What the callbacks read of a model, and nothing else."""

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = optimizer
        self.stop_training = False
        self.metrics: Sequence[Any] = []
        self.distribute_strategy = None  # Keras 2 asks: the default one
        self.weights_of = UNTRAINED
        self.saved: list[tuple[str, bool]] = []
        """Path, and whether only the weights went there, since it was last asked."""
        self.touches = False
        """Whether a save makes an empty file, because something may stand in its way."""
        self._files: set[str] = set()

    def get_weights(self) -> list[tuple[int, int]]:
        return [self.weights_of]

    def set_weights(self, weights: Sequence[Iterable[int]]) -> None:
        fit, epoch = weights[0]
        self.weights_of = Origin(int(fit), int(epoch))

    def save(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        self._save(str(filepath), overwrite, weights_only=False)

    def save_weights(self, filepath: Any, overwrite: bool = True, **options: Any) -> None:
        self._save(str(filepath), overwrite, weights_only=True)

    def _save(self, path: str, overwrite: bool, weights_only: bool) -> None:
        """Note it, or fail as writing the file does: the directory is the callback's to make."""
        if self.touches:
            _touch(path, overwrite)
        elif not Path(path).parent.is_dir():
            raise FileNotFoundError(f"there is no directory for {path}")
        if path in self._files and not overwrite:
            raise FileExistsError(f"{path} exists, and is not to be overwritten")
        self._files.add(path)
        self.saved.append((path, weights_only))


def _touch(path: str, overwrite: bool) -> None:
    """Make an empty file, or fail as Keras does: with the system's exception, whose text is h5py's where h5py writes."""
    try:
        with open(path, "wb" if overwrite else "xb"):
            pass  # to open it is all: what would be written is nobody's concern here
    except OSError as error:
        if path.endswith(".keras"):
            raise
        text = f"unable to open file: name = '{path}', errno = {error.errno}, error message = '{error.strerror}'"
        raise type(error)(error.errno, f"Unable to synchronously create file ({text})") from None


@cache
def _root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="callcheck-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


_numbers = itertools.count()


def new_directory(scenario: Scenario) -> str:
    """The path of a temporary directory of its own; it ends with a slash. It is made only if something is to be in it, or if
    it is to be the working directory, which it is then: whoever calls changes back, as the runner does."""
    directory = f"{_root()}/{next(_numbers)}/"
    if handed_over_as(scenario.config) == RELATIVE:
        os.mkdir(directory)
        os.chdir(directory)
    if scenario.callback == "ModelCheckpoint":
        for path in existing_directories(scenario.existing):
            Path(directory, path).mkdir(parents=True, exist_ok=True)
        for path in existing_files(scenario.existing):
            Path(directory, path).touch()
    return directory


_ARRAYS = frozenset({tuple, ArrayNumber})


def numpy_tensor(values: tuple[float, ...]) -> Any:
    """The tensor of a callback that needs no framework."""
    import numpy as np

    return np.array(values, dtype="float32")


def as_logged(logs: Logs, tensor: Callable[[tuple[float, ...]], Any] = numpy_tensor) -> dict[str, Any]:
    """The logs as a hook gets them: Python floats, numpy arrays for array metrics, and what `tensor` makes for tensors."""
    logged: dict[str, Any] = dict(logs)
    for name, value in logs.items():
        if isinstance(value, Tensor):
            logged[name] = tensor(tuple(value))
        elif type(value) in _ARRAYS:
            import numpy as np

            logged[name] = np.array(value)
    return logged


def as_recorded(value: Any) -> float | tuple[float, ...]:
    """A value that a hook put into the logs, as a trace records it: of numbers that are not Python's own it says so.

    Raises TypeError or ValueError for what is no number.
    """
    if getattr(value, "ndim", 0):
        return tuple(float(item) for item in value)
    number = unsigned_zero(float(value))
    return number if isinstance(value, int | float) else ArrayNumber(number)


def as_recorded_before(value: Value) -> Value:
    """What a trace would record of a value of the logs, if a hook had put it there."""
    if isinstance(value, Tensor):
        return tuple(map(float32, value))
    return unsigned_zero(float(value)) if isinstance(value, ArrayNumber) else value


def _convert(rate: float, returns: str | None) -> Any:
    if returns == "int":
        return int(rate)
    if returns == "none":
        return None
    if returns in ("float32", "array"):
        import numpy as np

        return np.float32(rate) if returns == "float32" else np.array([rate])
    return rate


def schedule_function(description: Mapping[str, Any]) -> Callable[..., Any]:
    """The schedule that a scenario describes, as the function that LearningRateScheduler is given."""
    returns = description.get("returns")
    if "scale" in description:
        scale = description["scale"]
        return lambda epoch, rate: _convert(rate * scale, returns)
    table = description["table"]
    if "accepts" in description:
        return lambda epoch: _convert(table[epoch], returns)
    return lambda epoch, rate: _convert(table[epoch], returns)


def arguments(config: Mapping[str, Any], directory: str) -> dict[str, Any]:
    """The arguments for the constructor: a function for the schedule, the temporary directory in front of the file path,
    unless that is given as it is."""
    given = dict(config)
    if "schedule" in given:
        given["schedule"] = schedule_function(given["schedule"])
    if "filepath" in given:
        filepath = given["filepath"]
        in_directory = directory + path_of(filepath)
        if isinstance(filepath, Mapping):
            given["filepath"] = Path(in_directory) if PATH_LIKE in filepath else filepath[RELATIVE]
        else:
            given["filepath"] = in_directory
    return given
