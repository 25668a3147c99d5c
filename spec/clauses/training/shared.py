"""What the clauses on training share: the callbacks of a list, and what each was seen to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...callbacks import defaults, parameters
from ...scenario import Configured, Scenario, acts
from ...trace import CallbackInEpoch, CallbackInFit, EpochTrace, FitTrace
from ..clause import Case, EpochSeen

OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
RATE_KEYS = ("learning_rate", "lr")
"""The keys under which ReduceLROnPlateau and LearningRateScheduler log the rate."""
BACKUP = "BackupAndRestore"
SETS_THE_RATE = frozenset({"ReduceLROnPlateau", "LearningRateScheduler"})


PLACES = ("filepath", "filename", "log_dir", "backup_dir")
"""The parameters that name a file or a folder that is written to."""


def value(configured: Configured, parameter: str) -> Any:
    """The value of a parameter: as configured, or Keras's default."""
    config = configured.config
    return config[parameter] if parameter in config else defaults(configured.callback).get(parameter)


def write_apart(callbacks: Sequence[Configured]) -> bool:
    """Whether no two of them write to one file or folder, nor a TensorBoard into another's records."""
    places = [str(value(each, name)) for each in callbacks for name in PLACES if name in parameters(each.callback)]
    boards = [each for each in callbacks if each.callback == "TensorBoard"]
    return len(set(places)) == len(places) and (len(boards) < 2 or not any(map(writes_batches, boards)))


def writes_batches(configured: Configured) -> bool:
    """Whether it is a TensorBoard with a number as update_freq."""
    return configured.callback == "TensorBoard" and value(configured, "update_freq") != "epoch"


def done(seen: EpochTrace, index: int) -> EpochTrace | CallbackInEpoch:
    """What the callback of that index did in an epoch."""
    return seen if seen.callbacks is None else seen.callbacks[index]


def ended(seen: FitTrace, index: int) -> FitTrace | CallbackInFit:
    """What the callback of that index did around the epochs of a fit."""
    return seen if seen.callbacks is None else seen.callbacks[index]


def names(scenario: Scenario) -> tuple[str, ...]:
    """The callbacks in their order."""
    return tuple(each.callback for each in scenario.configured())


def nobody_acts(epoch: EpochSeen) -> bool:
    """Whether nobody but the callbacks does anything in the epoch."""
    return not epoch.shown.stop and not epoch.shown.others


def saves_epochs(configured: Configured) -> bool:
    """Whether it is a checkpoint that saves at the end of every epoch, whatever the metrics are."""
    return (
        configured.callback == "ModelCheckpoint"
        and value(configured, "save_freq") == "epoch"
        and not value(configured, "save_best_only")
        and configured.config.get("period", 1) == 1
    )


def is_named(configured: Configured, words: tuple[str, ...]) -> bool:
    """Whether one of these words stands in a text of the configuration: a metric that it looks at, or a field of its path."""
    texts = [each for part in configured.config.values() for each in _texts(part)]
    return any(word in text for word in words for text in texts)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for inner in part.values():
            yield from _texts(inner)
    elif isinstance(part, str):
        yield part


def resumes(scenario: Scenario) -> bool:
    """Whether a fit begins with what lies in a file."""
    return any(fit.resume is not None for fit in scenario.fits)


def acted_on(scenario: Scenario) -> bool:
    """Whether somebody else is at work, other than by stopping before all callbacks."""
    return any(act for fit in scenario.fits for act in acts(fit))


def same_epochs(case: Case) -> Iterator[tuple[EpochSeen, EpochSeen]]:
    """In a relation, every epoch of this run beside that of the other one, as far as both have it."""
    yield from zip(case.epochs(), case.beside().epochs(), strict=False)
