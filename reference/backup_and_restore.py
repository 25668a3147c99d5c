"""BackupAndRestore: it keeps what training needs to go on, and a fit that finds that goes on from there.

Rules
1. When a fit begins and there is a backup: the model is given its weights, and the optimizer its rate and steps; where training
   goes on is a choice. A backup whose weights cannot be read raises, unless the one before it is kept and can be: that takes
   its place. What a damaged epoch number does is the choice `backup-and-restore/damaged-metadata`.
2. `save_freq="epoch"`: a backup at every epoch end. An integer: at a batch end, once that many batches (or calls: a choice)
   were seen since the last time; what exceeds it is dropped. Each takes the place of the one before, which `double_checkpoint`
   keeps beside it.
3. When training ends the backup is deleted, unless `delete_checkpoint` is false; after an exception it stays.
4. The instance remembers how many batches it has seen since the last backup, and, in some releases, the epoch that it counts
   itself (a choice).
"""

from collections.abc import Mapping
from json import JSONDecodeError
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from callcheck.spec.callbacks import BackupAndRestore as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect

from .machine import CHECKPOINT, NOTHING, BackUp, Backup, Discard, Effect, Event, GoOn, Machine, Reason, Unpredictable

RESTORED = Reason("backup-and-restore/restores", "There is a backup in {backup_dir}: the model goes on from it.")
RESTORED_BEFORE = Reason(
    "backup-and-restore/double-checkpoint/damaged-weights-give-way",
    "The backup in {backup_dir} is damaged: the model goes on from the one before.",
)
NO_BACKUP = Reason("backup-and-restore/restores", "There is no backup in {backup_dir}.")
BY_EPOCH = Reason("backup-and-restore/save-freq/after-every-epoch", "The epoch has ended: a backup.")
BY_BATCHES = Reason("backup-and-restore/save-freq/after-every-n-batches", "save_freq={save_freq} is reached: a backup.")
DELETED = Reason("backup-and-restore/delete-checkpoint/deletes-the-backup", "Training ends: the backup is deleted.")
KEPT = Reason("backup-and-restore/delete-checkpoint/keeps-the-backup", "Training ends: the backup is kept.")

WEIGHTS, METADATA = "latest.weights.h5", "training_metadata.json"
"""The files of a backup in Keras 3; that of the one before ends with .bkp."""


class State(NamedTuple):
    """`batches`: seen since the last backup. `last_batch`: the index seen last. `epoch`: the one that a backup names.
    `training`: a fit has begun and not come to its end."""

    batches: int = 0
    last_batch: int = 0
    epoch: int = 0
    training: bool = False


class BackupAndRestore(Machine):
    initial = State()

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        signature = dialect.signature("BackupAndRestore")
        configuration: Configuration = bind("BackupAndRestore", config, signature)
        self.config = configuration
        self.directory = str(configuration.backup_dir)
        self.accepts = dialect["backup-and-restore/save-freq"]
        self.restores = dialect["backup-and-restore/restores"]
        self.counts = dialect["backup-and-restore/batch-count"]
        self.runs_epoch = dialect["backup-and-restore/epoch-of-a-batch"] == "the-running-one"
        self.removes_all = dialect["backup-and-restore/deletes"] == "the-directory"
        self.in_files = self.restores != "the-batch"
        self.gives_way = dialect["backup-and-restore/damaged-metadata"] == "gives-way"
        if not self.directory and dialect["backup-and-restore/empty-dir"] == "refused":
            raise ValueError("backup_dir is empty")
        self.check_save_freq(configuration.save_freq)
        self.by_epoch = configuration.save_freq == "epoch"
        self.by_batch = not self.by_epoch if self.accepts == "anything" else isinstance(configuration.save_freq, int)
        self.initial = State(last_batch=-1 if self.counts == "batches" else 0)
        self.files = {doubled: self.of_backup(doubled) for doubled in (False, True)}

    def check_save_freq(self, save_freq: Any) -> None:
        """Raises what the constructor raises for it."""
        if self.accepts == "not-nothing" and not save_freq and not self.config.save_before_preemption:
            raise ValueError("save_freq or save_before_preemption has to be set")
        if self.accepts in ("integers", "off") and save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f'save_freq must be "epoch" or an integer, got {save_freq!r}')

    # ---------------------------------------------------------------------------------- hooks

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if isinstance(event.rate, Mapping):
            raise Unpredictable("learning_rate")  # each of several optimizers restores what it can
        self.check_files()
        backups = event.backups.get(self.directory, ())
        state = state._replace(training=True)
        if not backups:
            return state, NO_BACKUP
        latest, *before = backups
        try:
            self.load(latest, effects)
        except (OSError, JSONDecodeError) as error:
            if not before and self.holds(f"{WEIGHTS}.bkp"):
                raise Unpredictable("existing") from error  # somebody's own file is taken for the backup before
            if not before or not (self.gives_way or isinstance(error, OSError)):
                raise
            self.load(before[0], effects, previous=True)
            return state, RESTORED_BEFORE
        return state, RESTORED

    def load(self, backup: Backup, effects: list[Effect], previous: bool = False) -> None:
        """Rule 1. Raises OSError for weights that cannot be read, and then JSONDecodeError for the epoch."""
        if WEIGHTS in backup.damaged:
            raise OSError("a file of weights cannot be read")
        if METADATA in backup.damaged:
            effects.append(GoOn(self.directory, epoch=None, previous=previous))
            raise JSONDecodeError("there is nothing in the file", "", 0)
        effects.append(self.going_on(backup)._replace(previous=previous))

    def going_on(self, backup: Backup) -> GoOn:
        """Where a fit goes on from that backup."""
        if self.restores == "weights-alone":
            return GoOn(self.directory, epoch=None)
        return GoOn(self.directory, epoch=backup.epoch, after=backup.batch)

    def holds(self, name: str) -> bool:
        """Whether a file of that name was there before the first fit."""
        return str(PurePosixPath(self.directory, name)) in self.existing

    def check_files(self) -> None:
        """Rule 1. Raises what reading the files raises that are there before the first fit."""
        inside = {
            str(PurePosixPath(path).relative_to(self.directory)): path
            for path in self.existing
            if PurePosixPath(path).is_relative_to(self.directory)
        }
        inside.pop(".", None) if inside.get(".", "").endswith("/") else None
        if not inside:
            return
        if not self.in_files:
            if any(PurePosixPath(name).parts[:1] in ((), (CHECKPOINT,)) for name in inside):
                raise Unpredictable("existing")
            return
        theirs = inside.keys() - {WEIGHTS, METADATA, f"{WEIGHTS}.bkp", f"{METADATA}.bkp"}
        if any(name.endswith("/") or name.startswith((WEIGHTS, METADATA, ".")) for name in theirs):
            raise Unpredictable("existing")
        if WEIGHTS in inside:
            raise OSError("a file of weights cannot be read")
        if METADATA in inside and self.restores != "weights-alone":
            raise JSONDecodeError("there is nothing in the file", "", 0)

    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if self.counts == "batches":
            state = state._replace(last_batch=-1)
        return (state._replace(epoch=event.epoch) if self.runs_epoch else state), NOTHING

    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if self.by_epoch or (not self.config.save_freq and self.accepts in ("off", "not-nothing")):
            return state, NOTHING
        batches = state.batches + self.counted(state.last_batch, event.batch)
        state = state._replace(batches=batches, last_batch=event.batch)
        if not batches >= self.config.save_freq:
            return state, NOTHING
        self.back_up(self.in_epoch(state.epoch, event.batch), event, effects)
        return state._replace(batches=0), BY_BATCHES

    def in_epoch(self, epoch: int, batch: int) -> Backup:
        """What a backup after that batch says. Which of TensorFlow's are understood so is the choice
        `backup-and-restore/save-freq`; any other one is taken for that of an epoch."""
        if self.restores != "the-batch":
            return Backup(epoch)
        return Backup(epoch, batch) if self.by_batch else Backup(epoch + 1)

    def counted(self, last: int, batch: int) -> int:
        """How many more batches a batch end counts."""
        if self.counts == "calls":
            return 1
        return batch + 1 if batch <= last else batch - last

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not self.runs_epoch:
            state = state._replace(epoch=event.epoch + 1)
        if self.counts == "fewer-in-each-epoch":
            state = state._replace(last_batch=0)
        if not self.by_epoch:
            return state, NOTHING
        self.back_up(Backup(event.epoch + 1), event, effects)
        return state, BY_EPOCH

    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        state = state._replace(training=False)
        if not self.config.delete_checkpoint:
            return state, KEPT
        effects.append(Discard(self.directory, whole=self.removes_all))
        return state, DELETED

    def back_up(self, backup: Backup, event: Event, effects: list[Effect]) -> None:
        """Rule 2."""
        doubled = bool(self.config.double_checkpoint) and bool(event.backups.get(self.directory))
        effects.append(BackUp(self.directory, backup, keeps_one=doubled, files=self.files[doubled]))

    def of_backup(self, doubled: bool) -> tuple[str, ...] | None:
        """The files that there are after a backup, of which the one before is kept or not; None for those of TensorFlow."""
        if not self.in_files:
            return None
        names = [WEIGHTS] if self.restores == "weights-alone" else [WEIGHTS, METADATA]
        names += [f"{name}.bkp" for name in names] if doubled else []
        return tuple(str(PurePosixPath(self.directory, name)) for name in names)

    # ---------------------------------------------------------------------------------- the instance, and what is read

    def pickled(self, state: State) -> None:
        if state.training and not self.in_files:
            raise TypeError("what it holds of an interrupted fit cannot be pickled")

    def recorded(
        self, state: State, texts: Mapping[str, str], backups: Mapping[str, tuple[Backup, ...]]
    ) -> tuple[Mapping[str, Any], ...]:
        return tuple(
            {"epoch": None if self.restores == "weights-alone" or METADATA in each.damaged else each.epoch}
            | ({} if each.batch is None else {"batch": each.batch})
            for each in backups.get(self.directory, ())
            if WEIGHTS not in each.damaged
        )
