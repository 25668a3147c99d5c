"""TensorBoard: the scalars of epochs and of their evaluations, and the learning rate.

What is judged is what the package tensorboard reads in the two runs when a fit has ended: tag, step and value of every scalar.
That a tag is `epoch_NAME`, and that the step is the epoch's index, is an inference; of the evaluation the documentation says
that tags begin with evaluation, and what the step is.
"""

from collections.abc import Iterator, Mapping

from ..clause import Case, EpochSeen, Expectation, Expectations, clause
from .charts import (
    DOCUMENTATION,
    OBSERVED,
    SPEED,
    TRAIN,
    VALIDATION,
    Rows,
    added,
    as_stored,
    frequency,
    logged,
    metrics,
    same,
    under,
)

EPOCHS = f"{DOCUMENTATION} (update_freq: with epoch, after every epoch)"
EVALUATION = f"{DOCUMENTATION} (second paragraph: the evaluation, against the optimizer's iterations)"


def _of_epochs(case: Case) -> Iterator[tuple[EpochSeen, Rows]]:
    for fit, rows in added(case):
        for epoch in case.epochs(fit):
            yield epoch, rows


def _stands_there(epoch: EpochSeen, rows: Rows) -> Expectations:
    """The expectation that the epoch's metrics stand in their runs."""
    for run in (TRAIN, VALIDATION):
        for name, value in metrics(epoch, run).items():
            due = as_stored(value)
            if due is not None:
                got = under(rows[run], f"epoch_{name}", epoch.number)
                yield epoch.expects_that(
                    same(got, due), f"epoch_{name}={due!r} at step {epoch.number} of {run}", got=f"{got}",
                    because="that is what the epoch logged, as float32",
                )  # fmt: skip


@clause("tensor-board/epochs/every-metric-at-the-index", level="documented", source=EPOCHS)
def every_metric(case: Case) -> Expectations:
    """With update_freq="epoch" every metric of an epoch is written once, under `epoch_NAME` at the epoch's index: to the run
    train, and what is called val_ to the run validation, without val_. It is stored as float32. (Except a metric called as the
    learning rate or the steps per second are, where these are written. Of each fit by itself, if no fit before in the process was
    interrupted whose TensorBoard had a number as update_freq: after that Keras 3.15.1 writes nothing, unless it was interrupted
    right after a turn. Runs, tag, step and float32 are an inference.)"""
    if frequency(case) is None:
        for epoch, rows in _of_epochs(case):
            yield from _stands_there(epoch, rows)


@clause("tensor-board/epochs/nothing-else", level="observed", source=OBSERVED)
def nothing_else(case: Case) -> Expectations:
    """Under `epoch_NAME` nothing is written that the epoch of that index did not log, but for the learning rate, and the steps
    per second where they are wanted; an epoch that logs nothing leaves nothing."""
    for fit, rows in added(case):
        there = {
            run: {(f"epoch_{name}", epoch.number) for epoch in case.epochs(fit) for name in logged(epoch, run)}
            for run in rows
        }
        filled = {epoch.number for epoch in case.epochs(fit) if epoch.shown.logs}
        for run, written in rows.items():
            for row in written:
                tag, step = str(row.get("tag")), row.get("step")
                if tag.startswith("epoch_"):
                    speed = tag == f"epoch_{SPEED}" and bool(case["write_steps_per_second"])
                    known = (tag, step) in there[run] or speed or tag.startswith("epoch_learning_rate")
                    yield case.at(fit).expects_that(
                        known and step in filled, f"nothing but what was logged in {run}", got=f"{tag} at step {step}",
                        because="no epoch of that index logged it",
                    )  # fmt: skip


def _evaluated(case: Case) -> Iterator[tuple[EpochSeen, Rows, int]]:
    """The epochs that are evaluated, with the steps that the optimizer has made by then."""
    steps = 0
    for epoch, rows in _of_epochs(case):
        steps += len(epoch.shown.batch_logs())
        if metrics(epoch, VALIDATION):
            yield epoch, rows, steps


def _evaluation(epoch: EpochSeen, rows: Rows, steps: int) -> Expectations:
    for name, value in metrics(epoch, VALIDATION).items():
        due = as_stored(value)
        if due is not None:
            got = under(rows[VALIDATION], f"evaluation_{name}_vs_iterations", steps)
            yield epoch.expects_that(
                same(got, due), f"evaluation_{name}_vs_iterations={due!r} at step {steps} of validation", got=f"{got}",
                because=f"the optimizer has made {steps} steps when the model is evaluated",
            )  # fmt: skip


@clause("tensor-board/evaluations/at-the-steps", level="documented", source=EVALUATION)
def at_the_steps(case: Case) -> Expectations:
    """With update_freq="epoch" every metric of an evaluation is written once more, to the run validation, under
    `evaluation_NAME_vs_iterations`, at the number of steps that the optimizer has made in all fits: beside what the epoch has.
    (The run, float32 and the end of the tag are an inference.)"""
    if frequency(case) is None:
        for epoch, rows, steps in _evaluated(case):
            yield from _evaluation(epoch, rows, steps)


@clause("tensor-board/update-freq/leaves-no-evaluation-out", level="documented", source=EVALUATION)
def leaves_no_evaluation_out(case: Case) -> Expectations:
    """With update_freq as a number of batches, too, the metrics of every evaluation are written, at the optimizer's steps. (Run
    and tag as with update_freq="epoch".)"""
    if frequency(case) is not None:
        for epoch, rows, steps in _evaluated(case):
            yield from _evaluation(epoch, rows, steps)


@clause(
    "tensor-board/update-freq/leaves-out-no-metrics-of-an-epoch", level="observed", source="observed: tf-keras 2.21.0",
    choices={"tensor-board/epochs": ("every", "evaluations-at-a-turn")},
)  # fmt: skip
def leaves_out_no_metrics(case: Case) -> Expectations:
    """With update_freq as a number of batches, too, the metrics of every epoch are written, at the epoch's index."""
    if frequency(case) is not None:
        for epoch, rows in _of_epochs(case):
            yield from _stands_there(epoch, rows)


@clause(
    "tensor-board/update-freq/an-epoch-between-two-turns-is-left-out", level="observed", source="observed: keras 3.15.1",
    choices={"tensor-board/epochs": "at-a-turn", "tensor-board/batch-step": "calls"},
)  # fmt: skip
def between_two_turns(case: Case) -> Expectations:
    """With update_freq as a number of batches an epoch leaves its metrics only if its last batch was at a turn, counted from the
    fit's beginning: with update_freq=100 and 50 batches, every second one. (With one batch at a time.)"""
    every = frequency(case)
    if every is None or case.scenario.steps_per_execution != 1:
        return
    for fit, rows in added(case):
        batches = 0
        for epoch in case.epochs(fit):
            batches += len(epoch.shown.batch_logs())
            if batches % every == 0:
                yield from _stands_there(epoch, rows)
            elif epoch.shown.logs:
                got = [row for run in rows.values() for row in run if _is_of(row, epoch)]
                yield epoch.expects_that(
                    not got, "nothing to be written for the epoch", got=lambda got=got: f"{[row['tag'] for row in got]}",
                    because=f"it ends with batch {batches} of the fit, and update_freq is {every}",
                )  # fmt: skip


@clause(
    "tensor-board/update-freq/an-evaluation-between-two-turns-is-left-out", level="observed",
    source="observed: keras 3.7.0, 3.10.0", choices={"tensor-board/epochs": "evaluations-at-a-turn"},
)  # fmt: skip
def evaluation_between_two_turns(case: Case) -> Expectations:
    """With update_freq as a number of batches an evaluation leaves its metrics only if the evaluations before it, of all fits,
    come to a turn, or there were none: with update_freq=2, and one batch in an evaluation, the first, the third and so on.
    (Where every epoch is evaluated.)"""
    every = frequency(case)
    evaluated = list(_evaluated(case))
    if every is None or len(evaluated) < sum(len(fit.epochs) for fit in case.scenario.fits):
        return
    for before, (epoch, rows, steps) in enumerate(evaluated):
        if before % every == 0:
            yield from _evaluation(epoch, rows, steps)
        else:
            got = [row for row in rows[VALIDATION] if row.get("step") == steps and _is_of_evaluation(row)]
            yield epoch.expects_that(
                not got, "nothing to be written for the evaluation", got=lambda got=got: f"{[row['tag'] for row in got]}",
                because=f"{before} evaluations were before it, and update_freq is {every}",
            )  # fmt: skip


def _is_of_evaluation(row: Mapping[str, object]) -> bool:
    return str(row.get("tag")).startswith("evaluation_")


def _is_of(row: Mapping[str, object], epoch: EpochSeen) -> bool:
    return str(row.get("tag")).startswith("epoch_") and row.get("step") == epoch.number


# ---------------------------------------------------------------------------------------------- the learning rate


def _rate_at(epoch: EpochSeen, rows: Rows, name: str, due: float) -> Expectation:
    got = under(rows[TRAIN], f"epoch_{name}", epoch.number)
    return epoch.expects_that(
        same(got, due), f"epoch_{name}={due!r} at step {epoch.number}", got=f"{got}",
        because="that is the optimizer's rate when the epoch ends",
    )  # fmt: skip


@clause(
    "tensor-board/learning-rate/is-the-optimizers", level="observed", source="observed: keras 3.15.1",
    choices={"tensor-board/learning-rate": "the-optimizers"},
)  # fmt: skip
def rate_is_the_optimizers(case: Case) -> Expectations:
    """With the metrics of an epoch that logs any, the optimizer's learning rate is written, under `epoch_learning_rate`, whatever
    the logs say of it. (With update_freq="epoch".)"""
    if frequency(case) is None:
        for epoch, rows in _of_epochs(case):
            if epoch.shown.logs and isinstance(epoch.seen.learning_rate, float):
                yield _rate_at(epoch, rows, "learning_rate", epoch.seen.learning_rate)


@clause(
    "tensor-board/learning-rate/of-several-each", level="observed", source="observed: keras 3.15.1", optimizer="several",
    choices={"tensor-board/learning-rate": "the-optimizers", "learning-rate/several-optimizers": "each-its-own"},
)  # fmt: skip
def of_several_each(case: Case) -> Expectations:
    """Of several optimizers in one each one's learning rate is written, under `epoch_learning_rate_` and its name. (With
    update_freq="epoch".)"""
    if frequency(case) is None:
        for epoch, rows in _of_epochs(case):
            if epoch.shown.logs and isinstance(epoch.seen.learning_rate, Mapping):
                for name, rate in epoch.seen.learning_rate.items():
                    yield _rate_at(epoch, rows, f"learning_rate_{name}", rate)


@clause(
    "tensor-board/learning-rate/only-a-schedules", level="observed", source="observed: tf-keras 2.21.0",
    choices={"tensor-board/learning-rate": "a-schedules"},
)  # fmt: skip
def only_a_schedules(case: Case) -> Expectations:
    """No learning rate is written of an optimizer without a schedule of its own, unless the logs hold one."""
    for epoch, rows in _of_epochs(case):
        if epoch.shown.logs and "learning_rate" not in epoch.shown.logs:
            got = under(rows[TRAIN], "epoch_learning_rate", epoch.number)
            yield epoch.expects_that(not got, "no rate", got=f"{got}", because="the logs hold none")
