"""When ModelCheckpoint has its turn, and what it does then: over the whole scenario, for its clauses. No clauses in here.

A turn is a moment at which a save is decided. Everything here is computed from the scenario and the dialect's choices
as a closed form, never by stepping through a state machine:

- Every hook call sees one group of batches, so that the turns are every n-th call, over all epochs and all fits.
- A value is an improvement if it is better than every value before it and than the threshold.

Where a configured value has no documented type, or the outcome depends on how an array is printed, the answer is None.
"""

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

from ...files import path_of
from ...scenario import Scenario, groups
from ...trace import Save, Weights
from ...values import Logs, Value
from ..clause import Case, EpochSeen
from ..monitoring import comparison, is_number

DOCUMENTATION = "https://keras.io/api/callbacks/model_checkpoint/"
TF_KERAS = "https://www.tensorflow.org/versions/r2.15/api_docs/python/tf/keras/callbacks/ModelCheckpoint"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"

Deed = Literal["saving", "missing-metric", "array-metric", "improved", "not-improved"]


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


def turns(case: Case) -> tuple[Turn, ...] | None:
    """The turns of the scenario; None if a parameter that decides has no documented type."""
    typed = (
        "filepath" in case.scenario.config
        and isinstance(case["monitor"], str)
        and isinstance(case["save_best_only"], bool)
        and isinstance(case["verbose"], int)
    )
    frequency = case["save_freq"]
    if not typed:
        return None
    if frequency == "epoch":
        legacy = case.dialect["model-checkpoint/arguments"] == "save-freq-and-keywords"
        period = case.scenario.config.get("period", 1) if legacy else 1
        if not is_number(period):
            return None
        every = math.ceil(period)
    elif is_integer(frequency):
        every = -(-frequency // case.scenario.steps_per_execution)
    else:
        return None
    calls = moments(case.scenario, by_batch=frequency != "epoch")
    return tuple(turn for count, turn in enumerate(calls, 1) if count % max(1, every) == 0)


def records(case: Case, values: list[float]) -> list[bool] | None:
    """Whether each value is better than the threshold and every value before it; None if that cannot be known.

    A NaN that is the first to be compared with hides all that follow.
    """
    compare = comparison(case)
    if compare is None:
        return None
    threshold = case["initial_value_threshold"]
    start = [] if compare.accepts_first else [compare.worst]
    known = [*(start if threshold is None else [threshold]), *values]
    hidden = bool(known) and math.isnan(known[0])
    try:
        return [
            count == 0
            or (not hidden and all(compare.better(value, than) for than in known[:count] if not math.isnan(than)))
            for count, value in enumerate(values, len(known) - len(values))
        ]
    except ValueError:  # a value that the precision refuses
        return None


def numbers(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, float]]:
    """The turns at which the metric is there as a number, with its value."""
    seen = ((turn, turn.logs.get(case["monitor"])) for turn in planned)
    return [(turn, value) for turn, value in seen if value is not None and not isinstance(value, tuple)]


def deeds(case: Case) -> list[tuple[Turn, Deed]] | None:
    """What each turn comes to; None if that cannot be known."""
    planned = turns(case)
    return None if planned is None else deeds_at(case, planned)


def deeds_at(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, Deed]] | None:
    """What the first turns come to; None if that cannot be known."""
    if not case["save_best_only"]:
        return [(turn, "saving") for turn in planned]
    monitor = case["monitor"]
    if arrays(case, planned) and case.dialect["model-checkpoint/array-metric"].startswith("compares"):
        return None
    seen = numbers(case, planned)
    improved = records(case, [value for _, value in seen])
    if improved is None:
        return None
    known: dict[tuple[int, int, float], Deed] = {
        turn.when: "improved" if better else "not-improved" for (turn, _), better in zip(seen, improved, strict=True)
    }
    return [
        (turn, known.get(turn.when, "array-metric" if monitor in turn.logs else "missing-metric")) for turn in planned
    ]


def arrays(case: Case, planned: tuple[Turn, ...]) -> list[tuple[Turn, tuple[float, ...]]]:
    """The turns at which the metric is there as an array, with its elements."""
    seen = ((turn, turn.logs.get(case["monitor"])) for turn in planned)
    return [(turn, value) for turn, value in seen if isinstance(value, tuple)]


def saves(case: Case, deed: Deed) -> bool:
    """Whether the dialect writes a file at a turn that comes to this."""
    if deed in ("missing-metric", "array-metric"):
        return case.dialect[f"model-checkpoint/{deed}"].startswith("saves")
    return deed in ("saving", "improved")


def weights_named(weights: Weights) -> str:
    """Whose weights they are, in words."""
    return f"the weights of epoch index {weights.epoch}" + ("" if weights.fit is None else f" of fit {weights.fit + 1}")


def in_epoch(epoch: EpochSeen, planned: list[tuple[Turn, Deed]]) -> list[tuple[Turn, Deed]]:
    """The turns of one epoch."""
    return [(turn, deed) for turn, deed in planned if (turn.fit, turn.epoch) == (epoch.fit, epoch.index)]


def saves_seen(case: Case) -> Iterator[tuple[EpochSeen, Save]]:
    """Every save that was seen, and the epoch in which it was made."""
    for epoch in case.epochs():
        for save in epoch.seen.saved or ():
            yield epoch, save


def moment(save: Save) -> str:
    """When the file was written, in words."""
    return "at the epoch end" if save.batch is None else f"at batch index {save.batch}"


def when(epoch: EpochSeen, save: Save) -> tuple[int, int, float]:
    """When the file was written, in the turns' order in time."""
    return epoch.fit, epoch.index, math.inf if save.batch is None else save.batch


def has_saved(epoch: EpochSeen, turn: Turn) -> bool:
    """Whether a file was written at that turn."""
    return any(save.batch == turn.batch for save in epoch.seen.saved or ())


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
        fields.setdefault("batch", turn.batch + 1)
    try:
        return filepath.format(**fields)
    except Exception as error:  # whatever a format raises is what the callback raises
        return error
