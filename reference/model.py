"""The model that the callbacks of a fit share: its weights, the optimizer's rate and steps, the stop flag, and what was saved.

Rules
1. How a rate is stored is the dialect's (`rate.STORED`).
2. A save holds the weights that the model has; loaded as a model it brings them back with the optimizer's rate and steps.
3. What was saved as weights cannot be loaded as a model. What weights bring back of the optimizer is a matter of the file's
   format: nothing in HDF5; in a .keras and a .weights.h5 file the choice `model-checkpoint/loaded-weights` says it, and
   `model-checkpoint/unbuilt-optimizer` whether the optimizer has to be built before.
4. A fit that resumes begins in a fresh model: with the scenario's rate, no steps, and then what the file brings.
   From HDF5 a whole model comes back that, by the choice `training/model-in-hdf5`, cannot be trained: its first step raises.
5. A backup holds weights, rate and steps, and a model that goes on from one has all three. Whether it begins there in later fits
   too is the choice `backup-and-restore/next-fit`.
6. An optimizer that keeps an average has a new one after every step, which after the first is the weights themselves; before,
   it is zero. Every `ema_overwrite_frequency` steps, and when training has come to its end, the average becomes the weights.
   Whatever brings back the optimizer's steps brings back the average.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from callcheck.spec.dialect import Dialect
from callcheck.spec.files import existing_files
from callcheck.spec.numbers import float32, unsigned_zero
from callcheck.spec.scenario import Fit, Other, Resume, Scenario
from callcheck.spec.values import Rate, ScheduledRate, map_rate
from callcheck.spec.weights import UNTRAINED, ZERO, Origin, Weights

from .machine import CHECKPOINT, Average, BackUp, Backup, Discard, GoOn, Restore, Swap, Unpredictable, made
from .policy import by, when
from .rate import STORED

HDF5 = (".h5", ".hdf5")
ONE_FILE = (".keras", *HDF5)
"""The endings of paths under which every Keras saves one file, of that name. Others may become folders, or several files."""


def one_file(dialect: Dialect) -> tuple[str, ...]:
    """The endings of paths under which weights are one file: before TensorFlow 1.13 one that ends with .hdf5 was a checkpoint."""
    return (".keras", ".h5") if dialect["model-checkpoint/folder"] == "for-near-checkpoints" else ONE_FILE


_PLAIN = re.compile(r"[^./]+(?:\.[^./]+)*").fullmatch
"""Whether a path is the name of a file, and nothing in it is superfluous: by far the most frequent case."""

WEIGHTS = ".weights.h5"
WITH_OPTIMIZER = (".keras", WEIGHTS)
"""The endings of files whose weights may bring something of the optimizer."""


def weights_seen(origin: Origin, began: Origin, fit: int) -> Weights | None:
    """`origin` as a trace of `fit` reports it, if the fit began with the weights of `began`; None for no epoch's."""
    if origin.fit < UNTRAINED.fit:
        return None
    if origin == began:
        return Weights(epoch=-1)
    return Weights(epoch=origin.epoch, fit=None if origin.fit == fit else origin.fit, averaged=origin.averaged)


def from_the_start(origin: Origin) -> Weights | None:
    """Whose weights they are, counted from the start of the scenario; None for nobody's."""
    if origin == ZERO:
        return None
    return Weights(epoch=origin.epoch, fit=None if origin == UNTRAINED else origin.fit, averaged=origin.averaged)


def _plain(path: str) -> str:
    """The path as there is one only of all that mean the same file."""
    return path if _PLAIN(path) else str(PurePosixPath(path))


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


FAILS = {"trains": None, "raises-not-implemented-error": "NotImplementedError", "raises-value-error": "ValueError"}
"""What training a whole model from HDF5 raises, by the value of `training/model-in-hdf5`."""


def previous(files: Sequence[str]) -> str:
    """Where the weights of the backup before the last are, of the files of both."""
    return files[len(files) // 2]


class Saved(NamedTuple):
    """What lies in a file that was saved."""

    weights_only: bool
    weights: Origin
    rate: Rate
    steps: int
    average: Origin = ZERO


class Model:
    """`steps`: those of the optimizer, in all; `steps_in_fit`: of the one under way; `average`: of the weights, where it
    `keeps_average`. `files`: the paths of all files that are there."""

    _store = by("learning-rate/stored-as", STORED)
    _hides_rates = when("learning-rate/several-optimizers", "unknown")
    _fails_from_hdf5 = by("training/model-in-hdf5", FAILS)
    _finds_the_average = when("swap-ema-weights/stopped-early", "the-average")
    _stays = when("backup-and-restore/next-fit", "there-again")
    weights_bring = by("model-checkpoint/loaded-weights", WEIGHTS_BRING)
    restores_unbuilt = when("model-checkpoint/unbuilt-optimizer", "restored")

    def __init__(self, scenario: Scenario, dialect: Dialect) -> None:
        self.dialect = dialect
        self.set_rate(scenario.learning_rate)
        self.first_rate = self.rate
        self.rate_is_scheduled = isinstance(scenario.learning_rate, ScheduledRate)
        in_one = isinstance(scenario.learning_rate, Mapping)
        self.rate_is_hidden = in_one and self._hides_rates
        self.fails: str | None = None
        """What training it raises, by the name of its class."""
        self.weights = UNTRAINED
        self.steps = 0
        self.steps_in_fit = 0
        self.keeps_average = scenario.use_ema
        self.overwrites = scenario.ema_overwrite_frequency
        self.average = ZERO
        self.stop = False
        self.files = set(map(str, existing_files(scenario.existing)))
        self.texts = {str(path): "" for path in existing_files(scenario.existing)}
        """What was written to files that are no saves, by path."""
        self.writers: dict[str, int] = {}
        """Who writes to which of them in the fit under way, by the index in the list."""
        self.backups: dict[str, tuple[Backup, ...]] = {}
        """Those that are there, by directory, the latest first."""
        self._latest: dict[str, str] = {}
        self._backup_files: dict[str, tuple[str, ...] | None] = {}
        self._backup_writers: dict[str, int] = {}
        self._goes_on: tuple[int, int | None] | None = None
        """The epoch, and the batch behind which, training begins; None: as fit is told."""
        self._saved: dict[str, Saved] = {}
        self._new: list[str] = []
        self._gone: list[str] = []
        self._unknown = False
        """Whether it is not known which files a save has made since the last time of asking."""
        self._unseen = False
        """Whether it is not known either which ones a backup has removed."""

    def set_rate(self, rate: Rate) -> None:
        """The rate, as it is stored."""
        self.rate = map_rate(rate, self._stored)

    def _stored(self, rate: float) -> float:
        """One that float32 holds is stored as it is by everybody."""
        return unsigned_zero(rate if float32(rate) == rate else self._store(rate))

    def trained(self, weights: Origin, steps: int) -> None:
        """That many batches were trained on, and the weights are now these."""
        self.steps_in_fit += steps
        if self.keeps_average:
            self._average(weights, steps)
            return
        self.weights = weights
        self.steps += steps

    def _average(self, weights: Origin, steps: int) -> None:
        """Rule 6, step by step."""
        for step in range(self.steps + 1, self.steps + steps + 1):
            self.average = weights if step == 1 else weights._replace(averaged=True)
            overwritten = self.overwrites is not None and step % self.overwrites == 0
            self.weights = self.average if overwritten else weights
        self.steps += steps

    def put(self, effect: Restore | Swap | Average) -> bool:
        """Weights into it, or into its average; whether it holds others than before."""
        before = self.weights
        if isinstance(effect, Restore):
            self.weights = effect.weights
        elif isinstance(effect, Swap):
            self.weights, self.average = self.average, self.weights
        else:
            self.average = self.weights
        return self.weights != before

    def finish(self) -> None:
        """Training has come to its end, before the hooks of that. Where the two are exchanged the average is in the model, and
        whether it is looked for there is a choice."""
        if not self.keeps_average:
            return
        exchanged = self.weights.averaged and not self.average.averaged
        if exchanged and self._finds_the_average:
            self.average = self.weights
        self.weights = self.average

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
        self._unknown = self._unknown or not path.endswith(one_file(self.dialect) if weights_only else ONE_FILE)
        self._saved[_plain(path)] = made(Saved, (weights_only, self.weights, self.rate, self.steps, self.average))
        self._new.append(path)

    def write(self, path: str, text: str, append: bool, writer: int) -> None:
        """A text to a file that is no save, by the callback of that index. Raises Unpredictable for a file that two of them
        write."""
        if self.writers.setdefault(path, writer) != writer:
            raise Unpredictable("filename")
        written = self.texts.pop(path, "") if append else ""
        written += text  # in place, as nobody else has it: a file of a million lines is not copied for each
        self.texts[path] = written
        self._new.append(path)

    # ---------------------------------------------------------------------------------- backups

    def back_up(self, effect: BackUp, writer: int) -> None:
        """By the callback of that index. Raises Unpredictable for a directory that two of them use."""
        directory = effect.directory
        if self._backup_writers.setdefault(directory, writer) != writer:
            raise Unpredictable("backup_dir")
        kept = self.backups.get(directory, ())[:1] if effect.keeps_one else ()
        self.backups[directory] = (effect.backup, *kept)
        self._unseen = self._unseen or effect.files is None
        self._new += effect.files or ()
        latest = effect.files[0] if effect.files else directory
        if effect.keeps_one and effect.files and latest in self._saved:
            self._saved[previous(effect.files)] = self._saved[latest]
        self._saved[latest] = Saved(True, self.weights, self.rate, self.steps, self.average)
        self._latest[directory] = latest
        self._backup_files[directory] = effect.files

    def damage(self, path: str) -> None:
        """A file is cut to nothing, if it is there. Raises Unpredictable for one of which it is not known what is in it."""
        named = str(PurePosixPath(path))
        # A checkpoint of TensorFlow's is several files, and one of TensorBoard's has another name on the disk.
        several = named in self._saved and not named.endswith(ONE_FILE)
        if several or PurePosixPath(named).name.startswith("events."):
            raise Unpredictable("damaged")
        for directory, files in self._backup_files.items():
            if files is None and PurePosixPath(named).is_relative_to(PurePosixPath(directory, CHECKPOINT)):
                raise Unpredictable("damaged")
            if files is not None and named in files:
                self._damage_backup(directory, files, named)
        self._saved.pop(named, None)
        if named in self.texts:
            self.texts[named] = ""

    def _damage_backup(self, directory: str, files: Sequence[str], path: str) -> None:
        there = list(self.backups[directory])
        whose, which = divmod(files.index(path), len(files) // len(there))
        damaged = there[whose].damaged | {PurePosixPath(files[which]).name}
        there[whose] = there[whose]._replace(damaged=damaged)
        self.backups[directory] = tuple(there)

    def go_on(self, effect: GoOn) -> None:
        latest = self._latest[effect.directory]
        if effect.previous:
            self._saved[latest] = self._saved[previous(self._backup_files[effect.directory] or ())]
            self.backups[effect.directory] = self.backups[effect.directory][1:] * 2
        saved = self._saved[latest]
        self.weights, self.rate, self.steps, self.average = saved.weights, saved.rate, saved.steps, saved.average
        if effect.epoch is not None:
            self._goes_on = effect.epoch, effect.after

    def discard(self, effect: Discard) -> None:
        latest = self._latest.pop(effect.directory, None)
        files = self._backup_files.pop(effect.directory, ())
        self.backups.pop(effect.directory, None)
        self._unseen = self._unseen or files is None
        inside = PurePosixPath(effect.directory)
        there = {*self.files, *self._saved, *self.texts}
        gone = (
            {path for path in there if PurePosixPath(path).is_relative_to(inside)} if effect.whole else {*(files or ())}
        )
        for path in (*gone, *([] if latest is None else [latest])):
            self._saved.pop(path, None)
            self.texts.pop(path, None)
        self._gone += sorted(gone)

    def begins(self, fit: Fit, first: int) -> tuple[int, int]:
        """The epoch and the batch with which training begins, told to begin with the epoch `first`. Raises Unpredictable where
        the scenario does not say what is there."""
        goes_on = self._goes_on
        if not self._stays:
            self._goes_on = None
        if goes_on is None:
            return first, 0
        epoch, after = goes_on
        if after is None:
            begun = (epoch or first, 0) if self._stays else (epoch, 0)
        else:
            batches = {len(content.batch_logs()) for content in fit.epochs}
            if len(batches) > 1 or after >= max(batches):
                raise Unpredictable("batches")  # a fit has to know how many there are in an epoch
            begun = (epoch + 1, 0) if after == max(batches) - 1 else (epoch, after + 1)
        if begun[0] < first:
            raise Unpredictable("initial_epoch")  # what these epochs show is not said
        return begun

    def resume(self, resume: Resume) -> None:
        """Rule 4. Raises FileNotFoundError for what cannot be loaded, Unpredictable for what is not one file."""
        if resume.load == "nothing":
            self._goes_on, self.weights, self.rate, self.steps, self.average = None, UNTRAINED, self.first_rate, 0, ZERO
            self.fails = None
            return
        saved = self._saved.get(_plain(resume.path))
        if not resume.path.endswith(ONE_FILE):
            raise Unpredictable("resume")
        if saved is None or (resume.load == "model" and saved.weights_only):
            raise FileNotFoundError(f"no {resume.load} can be loaded from {resume.path}")
        if (
            resume.load != "model"
            and not saved.weights_only
            and resume.path.endswith(WEIGHTS)
            and self.weights_bring.steps
        ):
            raise FileNotFoundError(f"{resume.path} holds a whole model, and is read as one of weights alone")
        if resume.load == "weights-unbuilt" and self.keeps_average:
            raise Unpredictable("resume")  # an optimizer that is not built keeps no average yet
        brings = Brings(rate=True, steps=True)
        if resume.load == "weights-unbuilt" and isinstance(self.first_rate, Mapping):
            raise Unpredictable("learning_rate")  # of several optimizers each restores what it can
        if resume.load == "weights-unbuilt" and not self.restores_unbuilt:
            brings = WEIGHTS_BRING["nothing-else"]
        elif resume.load != "model":
            brings = self.weights_bring if resume.path.endswith(WITH_OPTIMIZER) else WEIGHTS_BRING["nothing-else"]
        self._goes_on = None
        self.fails = self._fails_from_hdf5 if resume.load == "model" and resume.path.endswith(HDF5) else None
        self.weights = saved.weights
        self.rate = saved.rate if brings.rate else self.first_rate
        self.steps = saved.steps if brings.steps else 0
        self.average = saved.average if brings.steps else ZERO

    def remove(self, path: str) -> None:
        self._saved.pop(_plain(path), None)
        self._gone.append(path)

    def changed_files(self) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """The files that are new since the last time of asking, and those that are gone; None where it is not known which ones
        a save makes, or a backup."""
        if not self._new and not self._gone and not self._unseen:
            return (), ()
        saved, gone = (set(map(_plain, paths)) for paths in (self._new, self._gone))
        unseen, unknown = self._unseen, self._unseen or self._unknown
        self._unseen = self._unknown = False
        self._new, self._gone = [], []
        new = saved - self.files - gone
        self.files = (self.files | saved) - gone
        return None if unknown else tuple(sorted(new)), None if unseen else tuple(sorted(gone))
