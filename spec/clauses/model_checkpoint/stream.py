"""When ModelCheckpoint has its turn, and what there is to decide upon: over the whole scenario, for its clauses. No clauses in
here.

A turn is a moment at which a save is decided. Everything here is computed from the scenario alone, never by stepping through a
state machine, and reads no choice: every hook call sees one group of batches, so that the turns are every n-th call, over all
epochs and all fits. Where a choice decides, or a configured value has no documented type, the answer is None.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from ...files import path_of
from ...scenario import Scenario, groups
from ...trace import Save
from ...values import Logs, Value
from ...weights import Weights
from ..clause import Case, EpochSeen

DOCUMENTATION = "https://keras.io/api/callbacks/model_checkpoint/"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
KERAS_3 = "observed: keras 3.15.1"


class Turn(NamedTuple):
    """A moment at which a save is decided. `fit` and `epoch` count from zero, `epoch` within the fit; `number` is the
    absolute epoch; `batch` is None at an epoch end; `logs` is what can be seen there."""

    fit: int
    epoch: int
    number: int
    batch: int | None
    logs: Logs

    @property
    def when(self) -> tuple[int, int, float]:
        """The turns' order in time."""
        return self.fit, self.epoch, math.inf if self.batch is None else self.batch

    @property
    def hook(self) -> str:
        return "epoch_end" if self.batch is None else "batch_end"

    @property
    def place(self) -> str:
        return "the epoch end" if self.batch is None else f"the end of batch index {self.batch}"


def is_integer(value: object) -> bool:
    """Whether a configured value is an integer as Python sees it: true and false are 1 and 0."""
    return isinstance(value, int)


def moments(scenario: Scenario, by_batch: bool) -> Iterator[Turn]:
    """Every epoch end, or every call of the batch hook; a fit ends after the epoch in which somebody stops it."""
    for position, fit in enumerate(scenario.fits):
        first = scenario.first_epoch(fit)
        for index, epoch in enumerate(fit.epochs):
            if not by_batch:
                yield Turn(position, index, first + index, None, epoch.logs)
            else:
                for batch, logs in groups(epoch.batch_logs(), scenario.steps_per_execution):
                    yield Turn(position, index, first + index, batch, logs)
            if epoch.stop:
                break


def way(case: Case) -> str | None:
    """ "min" or "max" where no choice decides it: an explicit mode, or "auto" for the loss, which everybody minimizes."""
    mode = case["mode"]
    if mode in ("min", "max"):
        return str(mode)
    scenario = case.scenario
    called_loss = any(metric.name == "loss" for fit in scenario.fits for metric in scenario.compiled_metrics(fit))
    return "min" if case["monitor"] in ("loss", "val_loss") and not called_loss else None


def typed(case: Case) -> bool:
    """Whether the parameters that decide have the documented types."""
    frequency = case["save_freq"]
    return (
        "filepath" in case.scenario.config
        and isinstance(case["monitor"], str)
        and isinstance(case["save_best_only"], bool)
        and isinstance(case["verbose"], int)
        and (frequency == "epoch" or is_integer(frequency))
    )


def turns(case: Case) -> tuple[Turn, ...] | None:
    """The turns of the scenario; None where `period`, or the way in which batches are counted with several steps per
    execution, may matter."""
    by_batch = case["save_freq"] != "epoch"
    if not typed(case) or (case.scenario.steps_per_execution > 1 if by_batch else "period" in case.scenario.config):
        return None
    return turns_counted(case, case["save_freq"] if by_batch else 1)


def turns_counted(case: Case, every: float) -> tuple[Turn, ...]:
    """Every so many epoch ends, or batches; with several steps per execution, every call of the batch hook counts them all."""
    by_batch = case["save_freq"] != "epoch"
    calls = math.ceil(every / case.scenario.steps_per_execution) if by_batch else math.ceil(every)
    seen = moments(case.scenario, by_batch)
    return tuple(turn for count, turn in enumerate(seen, 1) if count % max(1, calls) == 0)


def looks(case: Case, every: float) -> tuple[Turn, ...]:
    """The first calls of the batch hook at which so many batches have been seen since the last such call, by the indices that it
    is told."""
    seen, last, found = 0, -1, []
    for turn in moments(case.scenario, by_batch=True):
        index = told(case, turn)
        seen += index - last if index > last else index + 1
        last = index
        if seen >= every:
            seen = 0
            found.append(turn)
    return tuple(found)


def numbers(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, float]]:
    """The turns at which the metric is there as a number, with its value."""
    seen = ((turn, turn.logs.get(case["monitor"])) for turn in planned)
    return [(turn, value) for turn, value in seen if value is not None and not isinstance(value, tuple)]


def arrays(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, tuple[float, ...]]]:
    """The turns at which the metric is there as an array, with its elements."""
    seen = ((turn, turn.logs.get(case["monitor"])) for turn in planned)
    return [(turn, value) for turn, value in seen if isinstance(value, tuple)]


def in_epoch(epoch: EpochSeen, planned: tuple[Turn, ...]) -> list[Turn]:
    """The turns of one epoch."""
    return [turn for turn in planned if (turn.fit, turn.epoch) == (epoch.fit, epoch.index)]


def told(case: Case, turn: Turn) -> int:
    """The index that the batch hook is told at that call."""
    group, batch = case.scenario.steps_per_execution, turn.batch
    assert batch is not None
    if group == 1:
        return batch
    which = case.dialect["training/batch-index"]
    if which == "the-first":
        return batch - group + 1
    there = len(case.scenario.fits[turn.fit].epochs[turn.epoch].batch_logs())
    return min(batch, there - 1) if which == "the-last" else batch


def file_name(case: Case, turn: Turn) -> str | Exception | None:
    """The file name at a turn, or what filling it in raises; None if it mentions an array, as its library prints it."""
    filepath = path_of(case["filepath"])
    fields: dict[str, Value | int] = dict(turn.logs)
    if "epoch" in fields:
        return TypeError("two values for the field epoch")
    if any(isinstance(value, tuple) and "{" + name in filepath for name, value in turn.logs.items()):
        return None
    fields["epoch"] = turn.number + 1
    if turn.batch is not None:
        fields.setdefault("batch", told(case, turn) + 1)
    try:
        return filepath.format(**fields)
    except Exception as error:  # whatever a format raises is what the callback raises
        return error


# ---------------------------------------------------------------------------------------------- what was seen


def saves_seen(case: Case) -> Iterator[tuple[EpochSeen, Save]]:
    """Every save that was seen, and the epoch in which it was made."""
    for epoch in case.epochs():
        for save in epoch.seen.saved or ():
            yield epoch, save


def has_saved(epoch: EpochSeen, turn: Turn) -> bool:
    """Whether a file was written at that turn."""
    return any(save.batch == turn.batch for save in epoch.seen.saved or ())


def when(epoch: EpochSeen, save: Save) -> tuple[int, int, float]:
    """When the file was written, in the turns' order in time."""
    return epoch.fit, epoch.index, math.inf if save.batch is None else save.batch


def moment(save: Save) -> str:
    """When the file was written, in words."""
    return "at the epoch end" if save.batch is None else f"at batch index {save.batch}"


def weights_named(weights: Weights) -> str:
    """Whose weights they are, in words."""
    return f"the weights of epoch index {weights.epoch}" + ("" if weights.fit is None else f" of fit {weights.fit + 1}")
