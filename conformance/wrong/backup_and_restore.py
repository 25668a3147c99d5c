"""Wrong variants of BackupAndRestore."""

from collections.abc import Mapping
from typing import Any

from callcheck.reference.backup_and_restore import BackupAndRestore, State
from callcheck.reference.machine import BackUp, Backup, Discard, Effect, Event, GoOn, Print, Reason
from callcheck.reference.model import Model
from callcheck.reference.replay import Replay
from callcheck.spec.dialect import Dialect

from .wrong import Wrong

After = tuple[State, Reason]


class SkipsEverySecondEpoch(BackupAndRestore):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        done: list[Effect] = []
        ended = super().epoch_end(state, event, done)
        effects += done if event.epoch % 2 == 0 else []
        return ended


class CountsAnew(BackupAndRestore):
    """The count of batches begins anew in every epoch."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state._replace(batches=0), event, effects)


class CountsCalls(BackupAndRestore):
    """The batch hook's calls are counted, whatever the dialect says."""

    def counted(self, last: int, batch: int) -> int:
        return 1


class BacksUpByDefault(BackupAndRestore):
    """Where save_freq is left out there is a backup after every batch."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"save_freq": 1, **config}, dialect)


class BacksUpAfterEveryBatch(BackupAndRestore):
    """False is taken for 0, whatever the dialect says."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.accepts = "integers"


class TakesFalseForNone(BackupAndRestore):
    """False means that there are no backups, whatever the dialect says."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.accepts = "off"


class TakesAnything(BackupAndRestore):
    def check_save_freq(self, save_freq: Any) -> None: ...


class RefusesWithTypeError(BackupAndRestore):
    def check_save_freq(self, save_freq: Any) -> None:
        try:
            super().check_save_freq(save_freq)
        except ValueError as error:
            raise TypeError(str(error)) from error


class KnowsOnlyEpochs(BackupAndRestore):
    def check_save_freq(self, save_freq: Any) -> None:
        if save_freq != "epoch":
            raise ValueError(f'save_freq must be "epoch", got {save_freq!r}')


class NamesItsFiles(BackupAndRestore):
    def of_backup(self, doubled: bool) -> tuple[str, ...] | None:
        files = super().of_backup(doubled)
        return None if files is None else tuple(path.replace("latest", "last") for path in files)


class TakesAnEmptyName(BackupAndRestore):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        choices = {"backup-and-restore/empty-dir": "working-directory"}
        super().__init__(config, dialect.replace(dialect.name, **choices))


class OnlyTheEpoch(Model):
    """Of a backup it takes where training begins, and nothing else."""

    def go_on(self, effect: GoOn) -> None:
        held = self.weights, self.rate, self.steps
        super().go_on(effect)
        self.weights, self.rate, self.steps = held


class RestoresOnlyTheEpoch(Replay):
    model_class = OnlyTheEpoch


class OnlyTheWeights(Model):
    def go_on(self, effect: GoOn) -> None:
        held = self.rate, self.steps
        super().go_on(effect)
        self.rate, self.steps = held


class ForgetsTheOptimizer(Replay):
    model_class = OnlyTheWeights


class RepeatsTheEpoch(BackupAndRestore):
    """The epoch that was backed up is run once more."""

    def going_on(self, backup: Backup) -> GoOn:
        on = super().going_on(backup)
        return on if on.epoch is None or on.after is not None else on._replace(epoch=on.epoch - 1)


class SkipsTheRest(BackupAndRestore):
    """After a backup in the middle of an epoch the rest of it is left out."""

    def going_on(self, backup: Backup) -> GoOn:
        on = super().going_on(backup)
        by_epoch = self.by_epoch or on.epoch is None
        return on if by_epoch else on._replace(epoch=(on.epoch or 0) + 1, after=None)


class NamesTheNextEpoch(BackupAndRestore):
    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().batch_end(state._replace(epoch=event.epoch + 1), event, effects)
        return after._replace(epoch=state.epoch), reason


class Remembering(Model):
    """It begins there for ever."""

    def begins(self, *arguments: Any) -> tuple[int, int]:
        kept, self._stays = self._goes_on, True
        begun = super().begins(*arguments)
        self._goes_on = kept
        return begun


class Forgetting(Model):
    """A model that was restored begins there once."""

    def begins(self, *arguments: Any) -> tuple[int, int]:
        begun = super().begins(*arguments)
        self._goes_on = None
        return begun


class BeginsThereForEver(Replay):
    model_class = Remembering


class BeginsThereOnce(Replay):
    model_class = Forgetting


class KeepsTheBackup(BackupAndRestore):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().fit_end(state, event, [])


class DeletesTheBackup(BackupAndRestore):
    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        ended = super().fit_end(state, event, [])
        effects.append(Discard(self.directory, whole=self.removes_all))
        return ended


class LeavesWhatIsNotItsOwn(BackupAndRestore):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.removes_all = False


class DeletesWhatItRestored(BackupAndRestore):
    """A backup is good for one fit."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        begun = super().fit_begin(state, event, effects)
        effects += [Discard(self.directory, whole=False)] if effects else []
        return begun


class _Keeping(BackupAndRestore):
    two: bool

    def back_up(self, backup: Backup, event: Event, effects: list[Effect]) -> None:
        super().back_up(backup, event, effects)
        effects[-1:] = [
            each._replace(keeps_one=self.two) if isinstance(each, BackUp) else each for each in effects[-1:]
        ]


class KeepsTwo(_Keeping):
    two = True


class KeepsOne(_Keeping):
    two = False


class NamesTheRunningEpoch(BackupAndRestore):
    """A backup after a batch names the epoch that is under way, whatever the dialect says."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        choices = {"backup-and-restore/epoch-of-a-batch": "the-running-one"}
        super().__init__(config, dialect.replace(dialect.name, **choices))


class KnowsNoneBefore(BackupAndRestore):
    def load(self, backup: Backup, effects: list[Effect], previous: bool = False) -> None:
        if previous:
            raise OSError("a file of weights cannot be read")
        super().load(backup, effects)


class GivesWay(BackupAndRestore):
    """The one before takes the place of a backup of which anything is damaged."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        self.gives_way = True
        return super().fit_begin(state, event, effects)


class BeginsAnew(BackupAndRestore):
    """What is damaged is taken for nothing."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        sound = {folder: tuple(each for each in there if not each.damaged) for folder, there in event.backups.items()}
        return super().fit_begin(state, event._replace(backups=sound), effects)


class SaysSo(BackupAndRestore):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        effects.append(Print("other"))
        return super().epoch_end(state, event, effects)


# ---------------------------------------------------------------------------------------------- what catches them


def _wrong(name: str, make: type[BackupAndRestore], says: str) -> Wrong:
    return Wrong(name=f"backup-and-restore-{name}", says=says, callback="BackupAndRestore", make=make)


def _loop(name: str, loop: type[Replay], says: str) -> Wrong:
    return Wrong(name=f"backup-and-restore-{name}", says=says, callback="BackupAndRestore", make=None, loop=loop)


WRONG: tuple[Wrong, ...] = (
    _wrong(
        "names-the-running-epoch", NamesTheRunningEpoch, "A backup after a batch names the epoch that is under way."
    ),
    _wrong("skips-every-second-epoch", SkipsEverySecondEpoch, "A backup is made after every second epoch."),
    _wrong("counts-anew", CountsAnew, "The count of batches begins anew in every epoch."),
    _wrong("counts-calls", CountsCalls, "A call of the batch hook counts as one batch, however many it stands for."),
    _wrong("by-batches-by-default", BacksUpByDefault, "Where save_freq is left out, it is 1."),
    _wrong("after-every-batch", BacksUpAfterEveryBatch, "save_freq=False backs up after every batch."),
    _wrong("takes-false-for-none", TakesFalseForNone, "save_freq=False backs up nothing, where it is 0."),
    _wrong("takes-anything", TakesAnything, "Any save_freq is accepted."),
    _wrong("refuses-with-type-error", RefusesWithTypeError, "What save_freq cannot be raises TypeError."),
    _wrong("knows-only-epochs", KnowsOnlyEpochs, "An integer save_freq is refused."),
    _wrong("names-its-files", NamesItsFiles, "The files of a backup have other names."),
    _wrong("takes-an-empty-name", TakesAnEmptyName, "An empty backup_dir is accepted."),
    _loop("restores-only-the-epoch", RestoresOnlyTheEpoch, "The epoch is restored, and the weights are not."),
    _loop("forgets-the-optimizer", ForgetsTheOptimizer, "The weights are restored, and the optimizer is not."),
    _wrong("repeats-the-epoch", RepeatsTheEpoch, "The epoch that was backed up is run once more."),
    _wrong("skips-the-rest", SkipsTheRest, "After a backup in the middle of an epoch the rest of it is left out."),
    _wrong("names-the-next-epoch", NamesTheNextEpoch, "A backup in the middle of an epoch names the next one."),
    _loop("begins-there-for-ever", BeginsThereForEver, "A model that was restored begins there in every later fit."),
    _loop("begins-there-once", BeginsThereOnce, "A model that was restored begins there once."),
    _wrong("keeps-the-backup", KeepsTheBackup, "The backup is never deleted."),
    _wrong("deletes-the-backup", DeletesTheBackup, "The backup is always deleted."),
    _wrong("leaves-what-is-not-its-own", LeavesWhatIsNotItsOwn, "What else lies in backup_dir is left there."),
    _wrong("deletes-what-it-restored", DeletesWhatItRestored, "A backup that was restored is deleted at once."),
    _wrong("keeps-two", KeepsTwo, "Two backups are kept, asked for or not."),
    _wrong("keeps-one", KeepsOne, "One backup is kept, whatever double_checkpoint says."),
    _wrong("knows-none-before", KnowsNoneBefore, "A damaged backup raises, whatever is kept beside it."),
    _wrong("gives-way", GivesWay, "A damaged epoch number gives way to the backup before it."),
    _wrong("begins-anew", BeginsAnew, "A damaged backup is passed over."),
    _wrong("says-so", SaysSo, "It prints a line at every epoch's end."),
)
