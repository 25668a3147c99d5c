"""ModelCheckpoint: save the model, or its weights, after every epoch or every so many batches; on request only the best.

Rules
1. `save_freq="epoch"`: at every epoch end. An integer: at a batch end, once that many batches were seen since the last time;
   the count goes on across epochs and fits, and what exceeds it is dropped. Only batch logs are seen there.
2. The file name is filled in first, whether or not anything is saved: `epoch` (choice `model-checkpoint/epoch-in-name`, also of
   the lines that are printed) and `batch` count from one, the other fields are the logs. A field that the logs do not have raises
   KeyError; a metric called `epoch` TypeError. Where fit itself puts `batch` and `size` into the logs of a batch (choice
   `model-checkpoint/batch-in-name`), they are metrics like any other, for `monitor` too; a batch of a scenario is one sample.
3. `save_best_only`: a missing metric warns and saves (choice `model-checkpoint/missing-metric`); an array metric, a tensor
   too, warns and saves (choice `model-checkpoint/array-metric`); otherwise an improvement on the best saves. An array
   without dimensions is a number (as the best, too: choice `model-checkpoint/best-of-an-array`).
4. The best is `initial_value_threshold` at first, and is never reset.
5. A save to a path at which a directory is, or to a name of more than 255 bytes, raises OSError; one for which a file would
   have to be a directory raises NotADirectoryError (choices `model-checkpoint/folder`, `failed-save`). A file that is there is
   overwritten.
6. By compiled metrics (choice `model-checkpoint/direction`), the direction is decided at the first epoch end, even if nothing
   depends on it. A batch end that has to compare before that raises TypeError.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from callcheck.spec.callbacks import ModelCheckpoint as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import PATH_LIKE, RELATIVE, existing_directories, existing_files, path_of
from callcheck.spec.values import ArrayNumber, Logs, Tensor, Value

from .machine import NOTHING, Effect, Event, Machine, Print, Reason, Save, Unpredictable, Warn
from .model import ONE_FILE, one_file
from .monitor import Monitor

EVERY = Reason("model-checkpoint/save-freq/saves-at-every-turn", "It is the turn of a save, and every one counts.")
FIRST = Reason("model-checkpoint/first-value", "{monitor}={value} is the first value and so the best: save.")
IMPROVED = Reason(
    "model-checkpoint/save-best-only/saves-exactly-the-improvements",
    "{monitor}={value} improves on the best, {before_best}: save.",
)
NOT_IMPROVED = Reason(
    "model-checkpoint/save-best-only/saves-exactly-the-improvements",
    "{monitor}={value} does not improve on the best, {before_best}: no save.",
)
MISSING = Reason("model-checkpoint/missing-metric", "{monitor} is not in the logs: a warning, and a save all the same.")
MISSING_SKIPPED = Reason("model-checkpoint/missing-metric", "{monitor} is not in the logs: a warning, and no save.")
ARRAY = Reason("model-checkpoint/array-metric", "{monitor} is an array: a warning, and a save.")


class _Array:
    """An array in a file name: with a format specification it fails as numpy's does; what numpy prints without one is not
    predicted."""

    def __format__(self, specification: str) -> str:
        if specification:
            raise TypeError("unsupported format string passed to an array")
        raise Unpredictable("filepath")


LONGEST = 255
"""Bytes in the name of a file, on the systems on which Keras is used (NAME_MAX)."""


class MisconfigurationException(Exception):
    """What Lightning raises."""


class State(NamedTuple):
    """`batches`: seen since the last turn. `last_batch`: the index seen last. `epochs`: ended since the last turn."""

    direction: str | None
    best: Value | None
    batches: int
    last_batch: int
    epochs: int


_SEVERAL = frozenset({tuple, Tensor})

SUFFIXES: dict[str, tuple[str, ...] | None] = {
    "keras-or-h5": (".keras", ".h5"),
    "keras": (".keras",),
    "free": None,
}
"""What a whole model's file name may end with, by the value of `model-checkpoint/suffix`; None: anything."""


class Arrays(NamedTuple):
    """`saves`: an array metric saves unseen, and `whole`, then the whole model. `prints`: one that is compared can be printed."""

    saves: bool = False
    whole: bool = False
    prints: bool = False


ARRAYS = {
    "saves": Arrays(saves=True),
    "saves-the-whole-model": Arrays(saves=True, whole=True),
    "compares": Arrays(),
    "compares-and-prints": Arrays(prints=True),
}
"""By the value of `model-checkpoint/array-metric`."""

PATH_LIKES = {"accepted": "", "only-for-weights": "construction", "fails-when-saving": "turn"}
"""When a PathLike is refused, by the value of `model-checkpoint/path-like`."""


FOLDERS: dict[str, frozenset[str] | None] = {
    "before-a-save": None,
    "at-every-turn": None,
    "never": frozenset(
        {"a model's file", "a file of weights", "a model in TensorFlow's format", "a checkpoint of TensorFlow's"}
    ),
    "for-checkpoints": frozenset({"a model's file", "a file of weights", "a model in TensorFlow's format"}),
    "for-near-checkpoints": frozenset({"a model's file", "a file of weights", "a model in TensorFlow's format"}),
    "for-formats-of-tensorflow": frozenset({"a model's file", "a file of weights"}),
    "for-whole-models": frozenset({"a file of weights"}),
}
"""For what no folder is made, by the value of `model-checkpoint/folder`; None where the callback makes it."""

FILES = ("a model's file", "a file of weights")
"""What is one file."""

BY_KEYWORDS = {
    "save-freq-and-keywords": ("load_weights_on_restart", "period"),
    "save-freq-and-keywords-but-threshold": ("load_weights_on_restart", "period"),
    "save-freq-and-restart": ("period",),
}
"""The signatures that know the arguments of older releases as keywords, with those of which they warn."""


def _check_legacy(config: Mapping[str, Any], older: tuple[str, ...]) -> tuple[str, ...]:
    """What the constructor warns about. Raises what it raises about arguments of older releases."""
    if config.get("options") is not None:
        if not config.get("save_weights_only") and path_of(config["filepath"]).endswith(".keras"):
            raise ValueError("the .keras format does not support options")
        raise TypeError("options must be an object of TensorFlow's")
    return tuple("other" for name in older if name in config)


class ModelCheckpoint(Machine):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        signature = dialect.signature("ModelCheckpoint")
        configuration: Configuration = bind("ModelCheckpoint", config, signature)
        self.config = configuration
        self.filepath = path_of(configuration.filepath)
        self.monitor = Monitor("model-checkpoint", dialect, configuration.monitor, configuration.mode)
        as_path = isinstance(configuration.filepath, Mapping) and PATH_LIKE in configuration.filepath
        self.refuses_path = PATH_LIKES[dialect["model-checkpoint/path-like"]] if as_path else ""
        if self.refuses_path == "construction" and not configuration.save_weights_only:
            raise AttributeError("a path has no attribute 'endswith'")
        warned = _check_legacy(config, BY_KEYWORDS[signature]) if signature in BY_KEYWORDS else ()
        self.warned = (*warned, "unknown-mode") if self.monitor.unknown_mode else warned
        if configuration.save_freq == "epoch":
            self.hooks -= {"batch_end"}
        elif not isinstance(configuration.save_freq, int):
            raise ValueError(f'save_freq must be "epoch" or an integer, got {configuration.save_freq!r}')
        suffixes = SUFFIXES[dialect["model-checkpoint/suffix"]]
        if suffixes is not None:
            suffixes = (".weights.h5",) if configuration.save_weights_only else suffixes
            if not self.filepath.endswith(suffixes):
                raise ValueError(f"filepath must end with {' or '.join(suffixes)}, got {self.filepath!r}")
        self.missing_metric_saves = dialect["model-checkpoint/missing-metric"] == "saves"
        self.missing_metric_raises = dialect["model-checkpoint/missing-metric"] == "raises"
        self.arrays = ARRAYS[dialect["model-checkpoint/array-metric"]]
        self.announces_after = dialect["model-checkpoint/announces"] == "before-and-after"
        self.folder = dialect["model-checkpoint/folder"]
        self.writes_files = suffixes is not None or self.folder == "never"
        self.without_folder = FOLDERS[self.folder]
        self.restarts = bool(config.get("load_weights_on_restart"))
        self.is_relative = isinstance(configuration.filepath, Mapping) and RELATIVE in configuration.filepath
        self.one_file = one_file(dialect)
        self.failed_save = dialect["model-checkpoint/failed-save"]
        self.refuses_best = dialect["model-checkpoint/best-keras-file"] == "refused"
        self.array_is_best = dialect["model-checkpoint/best-of-an-array"] == "as-logged"
        self.counts_samples = dialect["model-checkpoint/save-freq"] == "samples"
        self.first = 1 if dialect["model-checkpoint/epoch-in-name"] == "from-one" else 0
        self.alone = signature == "weights-alone"
        batch_in_name = dialect["model-checkpoint/batch-in-name"]
        self.knows_batch = batch_in_name == "from-one"
        self.batch_is_logged = batch_in_name == "from-zero"
        direction = self.monitor.direction_at_construction()
        best = configuration.initial_value_threshold
        first_batch = -1 if dialect["model-checkpoint/first-batches"] == "counted" else 0
        self.initial = State(direction, self.monitor.start(direction) if best is None else best, 0, first_batch, 0)

    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        direction, best, batches, last_batch, epochs = state
        if self.batch_is_logged:
            event = event._replace(logs={"batch": event.batch, "size": 1, **event.logs})
        seen_before = last_batch if event.batch > last_batch else -1
        batches += _samples(event.logs) if self.counts_samples else event.batch - seen_before
        if batches < self.config.save_freq:
            return State(direction, best, batches, event.batch, epochs), NOTHING
        best, reason = self._turn(direction, best, event, event.batch, effects)
        return State(direction, best, 0, event.batch, epochs), reason

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        direction, best, batches, last_batch, epochs = state
        if direction is None:
            direction = self.monitor.resolve(event.metrics)
        if self.config.save_freq != "epoch":
            return State(direction, best, batches, last_batch, epochs), NOTHING
        if not epochs + 1 >= self.config.period:
            return State(direction, best, batches, last_batch, epochs + 1), NOTHING
        best, reason = self._turn(direction, best, event, None, effects)
        return State(direction, best, batches, last_batch, 0), reason

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> tuple[Value | None, Reason]:
        """It is time to save: rules 2, 3 and 5. The best from now on, and why."""
        if self.refuses_path == "turn":
            if not self.writes_files and self._is_blocked(self.filepath):
                raise Unpredictable("existing")  # TensorFlow 1.14 looks into that folder when a fit begins
            raise AttributeError("a path has no attribute 'format'")
        path = _file_name(self.filepath, event.epoch + self.first, batch if self.knows_batch else None, event.logs)
        form = self._form(path)
        if self.existing and not self.writes_files:
            self._check_predicted(path, form)
        if self.folder == "at-every-turn":
            _check_folder(
                str(PurePosixPath(path).parent), self.existing
            )  # a file in its place passes for one that is there
        best, saves, reason = self._decide(direction, best, event.logs, effects)
        if saves:
            if (
                self.refuses_best
                and self.config.save_best_only
                and path.endswith(".keras")
                and not self.config.save_weights_only
            ):
                raise ValueError("the .keras format does not support options")
            if self.folder == "for-near-checkpoints" and form == "a checkpoint of TensorFlow's":
                folders = len(PurePosixPath(path).parents) - 1
                if folders > 1 or (self.is_relative and not folders):
                    raise ValueError(f"the folder of {path} is not made")
            makes_none = self.without_folder is not None and form in self.without_folder
            if makes_none and not _has_folder(path, self.existing):
                # The handler looks for these words in the message, in which the path stands.
                if self.failed_save == "passes-for-a-save" and "is a directory" not in path.lower():
                    if self.config.verbose > 0:
                        effects[-1] = Print("other")  # the line that says that it is saved is not true
                    return best, reason
                if self.failed_save == "raises-attribute-error":
                    raise AttributeError("an OSError has no attribute 'message'")
                raise OSError(f"there is no directory for {path}")
            _check_folder(path, self.existing)
            _check_file(path, self.existing)
            whole = reason is ARRAY and self.arrays.whole
            effects.append(Save(path, self.alone or (self.config.save_weights_only and not whole)))
            if self.announces_after and self.config.verbose > 0:
                effects.append(Print("saved"))
        return best, reason

    def _check_predicted(self, path: str, form: str) -> None:
        """Raises Unpredictable where TensorFlow writes a format of its own, or where what is there is in the way and the release
        of TensorFlow or of h5py decides what is raised."""
        makes_folder = self.without_folder is None or form not in self.without_folder
        decides = makes_folder or self.folder == "for-checkpoints"
        if form not in FILES or self.restarts or (decides and self._is_blocked(path)):
            raise Unpredictable("existing")
        if self.failed_save != "raises" and PurePosixPath(path) in existing_directories(self.existing):
            raise Unpredictable("existing")

    def _is_blocked(self, path: str) -> bool:
        """Whether a file lies where a folder of the path would have to be."""
        return not existing_files(self.existing).isdisjoint(PurePosixPath(path).parents)

    def _form(self, path: str) -> str:
        """What Keras 2 writes to a path: one file, if the name has its suffix."""
        if self.config.save_weights_only:
            return "a file of weights" if path.endswith(self.one_file) else "a checkpoint of TensorFlow's"
        return "a model's file" if path.endswith(ONE_FILE) else "a model in TensorFlow's format"

    def _line(self, kind: str) -> Print:
        """A line that names the epoch; one that counts it from zero is another."""
        return Print(kind if self.first else "other")

    def _decide(
        self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]
    ) -> tuple[Value | None, bool, Reason]:
        """The best from now on, whether to save, and why."""
        config = self.config
        if not config.save_best_only:
            if config.verbose > 0:
                effects.append(self._line("saving"))
            return best, True, EVERY
        value = logs.get(config.monitor)
        if value is None:
            if self.missing_metric_raises:
                raise MisconfigurationException(f"{config.monitor} is not in the metrics")
            effects.append(Warn("missing-metric"))
            return best, self.missing_metric_saves, MISSING if self.missing_metric_saves else MISSING_SKIPPED
        if isinstance(value, tuple) and self.arrays.saves:
            effects.append(Warn("array-metric"))
            return best, True, ARRAY
        if self.monitor.improves(value, best, direction):
            if config.verbose > 0:
                if isinstance(value, tuple) and not self.arrays.prints:
                    raise TypeError("unsupported format string passed to an array")  # it is printed as a number
                effects.append(self._line("improved"))
            return self.monitor.kept(value, best, direction), True, FIRST if best is None else IMPROVED
        if config.verbose > 0:
            effects.append(self._line("not-improved"))
        return best, False, NOT_IMPROVED

    def attributes(self, state: State) -> dict[str, Any]:
        best = state.best
        return {"best": best if self.array_is_best or not isinstance(best, ArrayNumber) else float(best)}


def _samples(logs: Logs) -> Any:
    """How many samples the batch says that it has, one if it does not."""
    return logs.get("size", 1)


def _has_folder(path: str, existing: tuple[str, ...]) -> bool:
    """Whether the folder of the file is there."""
    folder = PurePosixPath(path.rpartition("/")[0])
    return folder in {PurePosixPath(), *existing_directories(existing)}


def _check_folder(path: str, existing: tuple[str, ...]) -> None:
    """Rule 5. Raises what making the folder of the file raises."""
    if existing and not existing_files(existing).isdisjoint(PurePosixPath(path).parents):
        raise NotADirectoryError(f"a directory of {path} is a file")


def _check_file(path: str, existing: tuple[str, ...]) -> None:
    """Rule 5. Raises what writing to the path raises, as the callback hands it on."""
    if len(path) > LONGEST and any(len(part.encode()) > LONGEST for part in PurePosixPath(path).parts):
        raise OSError("the file name is too long")
    if existing and PurePosixPath(path) in existing_directories(existing):
        raise OSError(f"{path} is a directory")


def _file_name(filepath: str, epoch: int, batch: int | None, logs: Logs) -> str:
    """Rule 2, of that number of the epoch. Raises what `str.format` raises."""
    fields: Mapping[str, Any] = logs
    if not _SEVERAL.isdisjoint(map(type, logs.values())):
        fields = {name: _Array() if isinstance(value, tuple) else value for name, value in logs.items()}
    if batch is None or "batch" in logs:
        return filepath.format(epoch=epoch, **fields)
    return filepath.format(epoch=epoch, batch=batch + 1, **fields)
