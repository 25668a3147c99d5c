"""TensorBoard: the scalars of batches, and how often they are written."""

from collections.abc import Iterator
from dataclasses import replace

from ...editing import configured
from ...scenario import Scenario, groups
from ...values import Logs
from ..clause import Case, EpochSeen, Expectations, clause
from .charts import DOCUMENTATION, OBSERVED, SPEED, TRAIN, Rows, added, as_stored, frequency, same, under

UPDATE_FREQ = f"{DOCUMENTATION} (update_freq)"
PER_SECOND = f"{DOCUMENTATION} (write_steps_per_second)"


def _calls(case: Case) -> Iterator[tuple[EpochSeen, Rows, int, Logs]]:
    """The calls of the batch hook: on how many batches the fit has trained by then, and what is logged."""
    per_execution = case.scenario.steps_per_execution
    for fit, rows in added(case):
        before = 0
        for epoch in case.epochs(fit):
            batches = epoch.shown.batch_logs()
            for last, logs in groups(batches, per_execution):
                yield epoch, rows, before + min(last + 1, len(batches)), logs
            before += len(batches)


def _turns(case: Case) -> Expectations:
    """The expectation that what a batch logs is written if it is its turn, and not otherwise."""
    every = frequency(case)
    if every is None:
        return
    for epoch, rows, number, logs in _calls(case):
        for name, value in logs.items():
            due = as_stored(value)
            if due is None or name == SPEED:
                continue
            got = under(rows[TRAIN], f"batch_{name}", number)
            if number % every == 0:
                yield epoch.expects_that(
                    same(got, due), f"batch_{name}={due!r} at step {number} of train", got=f"{got}",
                    because=f"it is the turn of batch {number}, and update_freq is {case['update_freq']!r}",
                )  # fmt: skip
            else:
                yield epoch.expects_that(
                    not got, f"no batch_{name} at step {number}", got=f"{got}", because=f"update_freq is {every}"
                )


@clause("tensor-board/update-freq/batches-at-every-turn", level="documented", source=UPDATE_FREQ)
def at_every_turn(case: Case) -> Expectations:
    """With a number as update_freq every so many batches, and no others, what the batch logs is written to the run train, under
    `batch_NAME`; its step is the batch's number in the fit, from 1. (With one batch at a time, and the progress bar. Run, tag
    and step are an inference.)"""
    if case.scenario.steps_per_execution == 1:
        yield from _turns(case)


@clause("tensor-board/update-freq/counts-batches", level="documented", source=UPDATE_FREQ)
def counts_batches(case: Case) -> Expectations:
    """With steps_per_execution=N, too, it is batches that are counted: a record is due where a group ends with a multiple. (With
    the progress bar.)"""
    if case.scenario.steps_per_execution > 1:
        yield from _turns(case)


@clause(
    "tensor-board/update-freq/counts-calls", level="observed", source="observed: keras 3.15.1",
    choices={
        "tensor-board/batch-step": "calls", "tensor-board/batches": "at-a-turn", "training/short-last-group": "told",
    },
)  # fmt: skip
def counts_calls(case: Case) -> Expectations:
    """With steps_per_execution the calls of the batch hook are counted, and a call's number is the step: with update_freq=100 and
    steps_per_execution=50 every 5000 batches."""
    every = frequency(case)
    if case.scenario.steps_per_execution == 1 or every is None:
        return
    number, fit = 0, 0
    for epoch, rows, _, logs in _calls(case):
        number, fit = (number if epoch.fit == fit else 0) + 1, epoch.fit
        for name, value in logs.items():
            due = as_stored(value)
            if due is not None and name != SPEED:
                got = under(rows[TRAIN], f"batch_{name}", number)
                yield epoch.expects_that(
                    not got if number % every else same(got, due),
                    f"no batch_{name} at step {number}" if number % every else f"batch_{name}={due!r} at step {number}",
                    got=f"{got}", because=f"it is call {number} of the batch hook, and update_freq is {every}",
                )  # fmt: skip


@clause(
    "tensor-board/update-freq/waits-for-no-turn", level="observed", source="observed: keras 3.0.5, 3.7.0, 3.10.0",
    choices={"tensor-board/batches": "every", "training/short-last-group": "told"},
)  # fmt: skip
def waits_for_no_turn(case: Case) -> Expectations:
    """With a number as update_freq what every batch logs is written, whatever the number is: as often as a metric is logged by
    the calls of the batch hook, its value is there. (Of each fit by itself, in which nobody raises.)"""
    if frequency(case) is None:
        return
    for fit, rows in added(case):
        due: dict[str, list[float | None]] = {}
        for epoch in case.epochs(fit):
            for _, logs in groups(epoch.shown.batch_logs(), case.scenario.steps_per_execution):
                for name, value in logs.items():
                    due.setdefault(name, []).append(as_stored(value))
        for name, values in due.items():
            if None not in values and name != SPEED:
                got = [row.get("value") for row in rows[TRAIN] if row.get("tag") == f"batch_{name}"]
                yield case.at(fit).expects_that(
                    repr(got) == repr(values), f"{values} under batch_{name}", got=f"{got}",
                    because="that is what the batches logged",
                )  # fmt: skip


@clause(
    "tensor-board/update-freq/numbers-no-batch", level="observed", source="observed: keras 3.0.5",
    choices={"tensor-board/batch-step": "zero"},
)  # fmt: skip
def numbers_no_batch(case: Case) -> Expectations:
    """The step of all that is written for batches is 0: on a chart they stand one above the other."""
    for fit, rows in added(case):
        for row in rows[TRAIN]:
            if str(row.get("tag")).startswith("batch_"):
                yield case.at(fit).expects_that(
                    row.get("step") == 0, f"{row.get('tag')} at step 0", got=f"step {row.get('step')}",
                    because="batches have no numbers",
                )  # fmt: skip


@clause(
    "tensor-board/update-freq/writes-no-metrics-of-batches", level="observed", source="observed: keras 2.7.0, 2.8.0, 2.10.0",
    choices={"tensor-board/batches": "none"},
)  # fmt: skip
def writes_no_metrics(case: Case) -> Expectations:
    """What batches log is not written, whatever update_freq is."""
    for fit, rows in added(case):
        logged = {name for epoch in case.epochs(fit) for logs in epoch.shown.batch_logs() for name in logs}
        for name in sorted(logged - {SPEED}):
            got = [row for row in rows[TRAIN] if row.get("tag") == f"batch_{name}"]
            yield case.at(fit).expects_that(
                not got, f"no batch_{name}", got=lambda got=got: f"{len(got)} of them",
                because="nothing is written for batches",
            )  # fmt: skip


@clause("tensor-board/update-freq/epoch-writes-no-batch", level="observed", source=OBSERVED)
def writes_no_batch(case: Case) -> Expectations:
    """With update_freq="epoch" nothing is written for a batch."""
    for fit, rows in added(case) if frequency(case) is None else ():
        got = [row["tag"] for run in rows.values() for row in run if str(row.get("tag")).startswith("batch_")]
        yield case.at(fit).expects_that(
            not got, "no scalar of a batch", got=lambda got=got: f"{got}", because="update_freq is epoch"
        )


def _with_one(scenario: Scenario) -> Scenario | None:
    given = scenario.config.get("update_freq")
    if given != "batch" and given != 1:
        return None
    return configured(scenario, update_freq=1 if given == "batch" else "batch")


@clause("tensor-board/update-freq/batch-is-one", level="documented", source=UPDATE_FREQ, related=_with_one, errors=True)
def batch_is_one(case: Case) -> Expectations:
    """update_freq="batch" does what update_freq=1 does."""
    yield from case.expects_the_same("batch is another word for 1")


def _without_speed(scenario: Scenario) -> Scenario | None:
    given = dict(scenario.config)
    return replace(scenario, config=given) if given.pop("write_steps_per_second", False) else None


@clause("tensor-board/steps-per-second/are-written-when-wanted", level="documented", source=PER_SECOND)
def steps_per_second(case: Case) -> Expectations:
    """With write_steps_per_second an epoch that logs anything has `epoch_steps_per_second`, and a batch whose turn it is
    `batch_steps_per_second`; without it there is neither, but for a metric of that name. (With one batch at a time, and epochs
    with update_freq="epoch".)"""
    wanted, every = bool(case["write_steps_per_second"]), frequency(case)
    for fit, rows in added(case) if every is None else ():
        for epoch in case.epochs(fit):
            if SPEED not in epoch.shown.logs:
                got = len(under(rows[TRAIN], f"epoch_{SPEED}", epoch.number))
                due = int(wanted and bool(epoch.shown.logs))
                yield epoch.expects_that(
                    got == due, f"{due} of epoch_{SPEED}", got=got, because=f"write_steps_per_second is {wanted}"
                )
    if every is not None and case.scenario.steps_per_execution == 1:
        for epoch, rows, number, logs in _calls(case):
            if SPEED not in logs:
                got, due = len(under(rows[TRAIN], f"batch_{SPEED}", number)), int(wanted and number % every == 0)
                yield epoch.expects_that(
                    got == due, f"{due} of batch_{SPEED} at step {number}", got=got,
                    because=f"write_steps_per_second is {wanted}, and update_freq {every}",
                )  # fmt: skip


@clause("tensor-board/steps-per-second/nothing-else-changes", level="observed", source=OBSERVED, related=_without_speed)
def speed_changes_nothing(case: Case) -> Expectations:
    """Whether the steps per second are written or not, all other scalars are the same. (Where no metric has that name, and with
    the progress bar.)"""
    if any(SPEED in name for fit in case.scenario.fits for epoch in fit.epochs for name in epoch.logs):
        return
    for (fit, ours), (_, theirs) in zip(added(case), added(case.beside()), strict=False):
        for run, rows in ours.items():
            left = [row for row in rows if SPEED not in str(row.get("tag"))]
            yield case.at(fit).expects_that(
                repr(left) == repr(theirs[run]), f"{theirs[run]} in {run}", got=f"{left}",
                because="that is there without write_steps_per_second",
            )  # fmt: skip
