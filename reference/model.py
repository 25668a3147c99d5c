"""The model that the callbacks of a fit share: its weights, the optimizer's rate and steps, the stop flag, and what was saved.

Rules
1. How a rate is stored is the dialect's (`rate.STORED`).
2. A save holds the weights that the model has; loaded as a model it brings them back with the optimizer's rate and steps.
3. What was saved as weights cannot be loaded as a model. What weights bring back of the optimizer is a matter of the file's
   format: nothing in HDF5; in a .keras and a .weights.h5 file the choice `model-checkpoint/loaded-weights` says it, and
   `model-checkpoint/unbuilt-optimizer` whether the optimizer has to be built before.
4. A fit that resumes begins in a fresh model: with the scenario's rate, no steps, and then what the file brings.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from callcheck.spec.dialect import Dialect
from callcheck.spec.files import existing_files
from callcheck.spec.numbers import unsigned_zero
from callcheck.spec.scenario import Other, Resume, Scenario
from callcheck.spec.trace import UNTRAINED, Origin, Weights
from callcheck.spec.values import Rate, map_rate

from .machine import Unpredictable
from .rate import STORED

ONE_FILE = (".keras", ".h5", ".hdf5")
"""The endings of paths under which every Keras saves one file, of that name. Others may become folders, or several files."""
WITH_OPTIMIZER = (".keras", ".weights.h5")
"""The endings of files whose weights may bring something of the optimizer."""
ZERO = Origin(-2, -2)
"""Weights that somebody set to zero: no epoch's."""


def weights_seen(origin: Origin, began: Origin, fit: int) -> Weights | None:
    """`origin` as a trace of `fit` reports it, if the fit began with the weights of `began`; None for no epoch's."""
    if origin.fit < UNTRAINED.fit:
        return None
    if origin == began:
        return Weights(epoch=-1)
    return Weights(epoch=origin.epoch, fit=None if origin.fit == fit else origin.fit)


class Brings(NamedTuple):
    """What loading a file brings back of the optimizer."""

    rate: bool
    steps: bool


WEIGHTS_BRING = {
    "the-optimizer": Brings(rate=True, steps=True),
    "its-steps": Brings(rate=False, steps=True),
    "nothing-else": Brings(rate=False, steps=False),
}
"""By the value of `model-checkpoint/loaded-weights`."""


class Saved(NamedTuple):
    """What lies in a file that was saved."""

    weights_only: bool
    weights: Origin
    rate: Rate
    steps: int


class Model:
    """`steps`: those of the optimizer. `files`: the paths of all files that are there."""

    def __init__(self, scenario: Scenario, dialect: Dialect) -> None:
        self._store = STORED[dialect["learning-rate/stored-as"]]
        self.set_rate(scenario.learning_rate)
        self.first_rate = self.rate
        in_one = isinstance(scenario.learning_rate, Mapping)
        self.rate_is_hidden = in_one and dialect["learning-rate/several-optimizers"] == "unknown"
        self.weights_bring = WEIGHTS_BRING[dialect["model-checkpoint/loaded-weights"]]
        self.restores_unbuilt = dialect["model-checkpoint/unbuilt-optimizer"] == "restored"
        self.weights = UNTRAINED
        self.steps = 0
        self.stop = False
        self.files = set(map(str, existing_files(scenario.existing)))
        self.texts = {str(path): "" for path in existing_files(scenario.existing)}
        """What was written to files that are no saves, by path."""
        self.writers: dict[str, int] = {}
        """Who writes to which of them in the fit under way, by the index in the list."""
        self._saved: dict[str, Saved] = {}
        self._new: list[str] = []
        self._gone: list[str] = []
        self._unknown = False
        """Whether it is not known which files a save has made since the last time of asking."""

    def set_rate(self, rate: Rate) -> None:
        """The rate, as it is stored."""
        self.rate = map_rate(rate, lambda each: unsigned_zero(self._store(each)))

    def trained(self, weights: Origin, steps: int) -> None:
        """That many batches were trained on, and the weights are now these."""
        self.weights = weights
        self.steps += steps

    def act(self, other: Other) -> None:
        """What somebody else does to it."""
        if other.stop:
            self.stop = True
        if other.learning_rate is not None:
            self.set_rate(other.learning_rate)
        if other.weights is not None:
            self.weights = ZERO

    # ---------------------------------------------------------------------------------- files

    def save(self, path: str, weights_only: bool) -> None:
        self._unknown = self._unknown or not path.endswith(ONE_FILE)
        self._saved[str(PurePosixPath(path))] = Saved(weights_only, self.weights, self.rate, self.steps)
        self._new.append(path)

    def write(self, path: str, text: str, append: bool, writer: int) -> None:
        """A text to a file that is no save, by the callback of that index. Raises Unpredictable for a file that two of them
        write."""
        if self.writers.setdefault(path, writer) != writer:
            raise Unpredictable("filename")
        self.texts[path] = self.texts.get(path, "") + text if append else text
        self._new.append(path)

    def resume(self, resume: Resume) -> None:
        """Rule 4. Raises FileNotFoundError for what cannot be loaded, Unpredictable for what is not one file."""
        saved = self._saved.get(str(PurePosixPath(resume.path)))
        if not resume.path.endswith(ONE_FILE):
            raise Unpredictable("resume")
        if saved is None or (resume.load == "model" and saved.weights_only):
            raise FileNotFoundError(f"no {resume.load} can be loaded from {resume.path}")
        brings = Brings(rate=True, steps=True)
        if resume.load == "weights-unbuilt" and isinstance(self.first_rate, Mapping):
            raise Unpredictable("learning_rate")  # of several optimizers each restores what it can
        if resume.load == "weights-unbuilt" and not self.restores_unbuilt:
            brings = WEIGHTS_BRING["nothing-else"]
        elif resume.load != "model":
            brings = self.weights_bring if resume.path.endswith(WITH_OPTIMIZER) else WEIGHTS_BRING["nothing-else"]
        self.weights = saved.weights
        self.rate = saved.rate if brings.rate else self.first_rate
        self.steps = saved.steps if brings.steps else 0

    def remove(self, path: str) -> None:
        self._saved.pop(str(PurePosixPath(path)), None)
        self._gone.append(path)

    def changed_files(self) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """The files that are new since the last time of asking, None where it is not known which ones a save makes; and those
        that are gone."""
        if not self._new and not self._gone:
            return (), ()
        made, gone = ({str(PurePosixPath(path)) for path in paths} for paths in (self._new, self._gone))
        unknown, self._unknown = self._unknown, False
        self._new, self._gone = [], []
        new = made - self.files - gone
        self.files = (self.files | made) - gone
        return None if unknown else tuple(sorted(new)), tuple(sorted(gone))
