"""What the clauses on TensorBoard share: the scalars that a fit has added to the two runs. No clauses in here."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...numbers import FLOAT32_SMALLEST_NORMAL, float32, unsigned_zero
from ...values import ArrayNumber, Value
from ..clause import Case, EpochSeen

DOCUMENTATION = "https://keras.io/api/callbacks/tensorboard/"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
TRAIN, VALIDATION = "train", "validation"
SPEED = "steps_per_second"

Row = Mapping[str, Any]
Rows = dict[str, list[Row]]


def by_run(recorded: tuple[Row, ...]) -> Rows:
    """The scalars of each run, in the order in which they were written."""
    return {run: [row for row in recorded if row.get("run") == run] for run in (TRAIN, VALIDATION)}


def added(case: Case) -> Iterator[tuple[int, Rows]]:
    """The index of each fit, and what it has added to the runs. Nothing is said of an update_freq that is neither a word nor a
    number of batches."""
    before: Rows = {TRAIN: [], VALIDATION: []}
    given = case["update_freq"]
    known = given in ("epoch", "batch") or (type(given) is int and given > 0)
    for index, _, seen in case.fits() if known else ():
        if seen.recorded is not None:
            now = by_run(seen.recorded)
            yield index, {run: rows[len(before[run]) :] for run, rows in now.items()}
            before = now


def under(rows: list[Row], tag: str, step: int) -> list[Any]:
    """The values that stand under that tag at that step."""
    return [row.get("value") for row in rows if row.get("tag") == tag and row.get("step") == step]


def frequency(case: Case) -> int | None:
    """update_freq as a number of batches; None: epochs alone."""
    given = case["update_freq"]
    return None if given == "epoch" else 1 if given == "batch" else given


def as_stored(value: Value) -> float | None:
    """A metric as float32, a zero without its sign; None for one of which nothing is said here: no number, and a number in an
    array that float32 has only as a subnormal."""
    if value is None or isinstance(value, tuple):
        return None
    stored = unsigned_zero(float32(float(value)))
    if isinstance(value, ArrayNumber) and 0.0 < abs(float(value)) < FLOAT32_SMALLEST_NORMAL:
        return None
    return stored


def logged(epoch: EpochSeen, run: str) -> dict[str, Value]:
    """What an epoch logs for a run, under the names that it has there."""
    logs = epoch.shown.logs.items()
    if run == VALIDATION:
        return {name.removeprefix("val_"): value for name, value in logs if name.startswith("val_")}
    return {name: value for name, value in logs if not name.startswith("val_")}


def metrics(epoch: EpochSeen, run: str) -> dict[str, Value]:
    """The same without the rate and the speed, of which the callback knows better."""
    found = logged(epoch, run)
    return {name: value for name, value in found.items() if not name.startswith(("learning_rate", SPEED))}


def same(got: list[Any], due: float) -> bool:
    """Whether there is this one value."""
    return len(got) == 1 and repr(got[0]) == repr(due)
