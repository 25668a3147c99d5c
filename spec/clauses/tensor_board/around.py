"""TensorBoard: its defaults, what it raises for, what stays of a fit that is interrupted or followed by another, and what it
leaves alone.
"""

from ...callbacks import defaults
from ...editing import configured
from ...files import existing_files
from ...scenario import Scenario
from ...values import Value
from ..clause import Case, Expectations, clause
from ..recording import changes_nothing
from .charts import (
    DOCUMENTATION,
    OBSERVED,
    SPEED,
    TRAIN,
    VALIDATION,
    Rows,
    added,
    as_stored,
    by_run,
    frequency,
    logged,
    same,
    under,
)

EVENTS = "events.out.tfevents"
SEEN = ("log_dir", "update_freq", "write_steps_per_second")
"""The parameters that decide what is written of that which is looked at."""


def _spelt_out(scenario: Scenario) -> Scenario | None:
    """With these at their defaults; asked for where all are left out, for files are slow to write."""
    given = defaults("TensorBoard")
    left_out = not any(name in scenario.config for name in SEEN)
    return configured(scenario, **{name: given[name] for name in SEEN}) if left_out else None


@clause(
    "tensor-board/arguments/defaults-are-those-documented", level="documented", source=f"{DOCUMENTATION} (signature)",
    errors=True, related=_spelt_out,
)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving log_dir, update_freq and write_steps_per_second out is giving log_dir="logs", update_freq="epoch",
    write_steps_per_second=False."""
    yield from case.expects_the_same(f"the defaults are {', '.join(f'{name}={case[name]!r}' for name in SEEN)}")


def _is_refused(value: Value) -> bool:
    return value is None or isinstance(value, tuple)


@clause(
    "tensor-board/values/what-is-no-number-raises", level="observed", source=OBSERVED, errors=True,
    choices={"tensor-board/batches": ("at-a-turn", "every")},
)  # fmt: skip
def no_number_raises(case: Case) -> Expectations:
    """A metric that is None, or has dimensions, raises ValueError: in the batch that logs it, even if nothing is written for
    batches, else when the epoch is evaluated, or ends. (With the progress bar.)"""
    for fit, _, seen in case.fits():
        for epoch in case.epochs(fit):
            refused = [
                name
                for logs in (*epoch.shown.batch_logs(), epoch.shown.logs)
                for name, value in logs.items()
                if _is_refused(value) and name not in ("learning_rate", SPEED)
            ]
            if refused:
                error = seen.error
                yield epoch.expects_that(
                    error is not None and error.type == "ValueError" and error.epoch == epoch.number,
                    f"ValueError in epoch index {epoch.number}", got="nothing raised" if error is None else error.type,
                    because=f"{refused[0]} is no number",
                )  # fmt: skip
                break


@clause(
    "tensor-board/interruption/ended-epochs-are-there", level="observed", source=OBSERVED, errors=True, resumed=True
)
def ended_epochs_are_there(case: Case) -> Expectations:
    """When an exception of somebody else's ends a fit, what was written for the epochs that had ended is in the files, to be read
    by everybody. (Of one fit, with update_freq="epoch".)"""
    seen = case.trace.fits[0] if case.trace.fits else None
    if seen is None or seen.error is None or seen.error.by != "other" or frequency(case) is not None:
        return
    for fit, rows in added(case):
        for epoch in list(case.epochs(fit))[:-1] if fit == 0 else ():
            for run in (TRAIN, VALIDATION):
                for name, value in logged(epoch, run).items():
                    due = as_stored(value)
                    if due is not None and not name.startswith(("learning_rate", SPEED)):
                        got = under(rows[run], f"epoch_{name}", epoch.number)
                        yield epoch.expects_that(
                            same(got, due), f"epoch_{name}={due!r} in {run}", got=f"{got}",
                            because="the epoch had ended when the fit was interrupted",
                        )  # fmt: skip


@clause("tensor-board/runs/begin-with-the-fit", level="observed", source=OBSERVED, errors=True)
def begin_with_the_fit(case: Case) -> Expectations:
    """When a first fit begins there is a file in the folder train of log_dir: before there is anything to be written. That in the
    folder validation comes with the first evaluation."""
    if case.trace.rejected is not None or not case.trace.fits or existing_files(case.scenario.existing):
        return
    fit, folder = case.trace.fits[0], case["log_dir"]
    if fit.files is None or (fit.error is not None and fit.error.hook == "fit_begin"):
        return
    due = [f"{folder}/{TRAIN}/{EVENTS}"]
    yield case.at(0).expects_that(
        list(fit.files) == due, f"{due[0]} when the fit begins", got=f"{list(fit.files)}", because="a fit begins"
    )
    for epoch in case.epochs(0) if fit.error is None else ():
        if epoch.seen.files is not None and logged(epoch, VALIDATION):
            path = f"{folder}/{VALIDATION}/{EVENTS}"
            yield epoch.expects_that(
                path in epoch.seen.files, path, got=f"{list(epoch.seen.files)}", because="it is the first evaluation"
            )
            return


@clause("tensor-board/reuse/earlier-fits-stay", level="observed", source=OBSERVED, errors=True)
def earlier_fits_stay(case: Case) -> Expectations:
    """What earlier fits wrote stays, and a later fit writes behind it, in a file of its own: where their epochs have the same
    numbers, there are several values at a step."""
    before: Rows = {}
    for index, _, seen in case.fits():
        if seen.recorded is None:
            continue
        now = by_run(seen.recorded)
        for run, rows in before.items():
            yield case.at(index).expects_that(
                repr(now[run][: len(rows)]) == repr(rows), f"the {len(rows)} scalars of {run} that were there, first",
                got=lambda rows=rows, run=run, now=now: f"{now[run][: len(rows)]}", because="nobody has removed them",
            )  # fmt: skip
        before = now


@clause("tensor-board/effects/only-writes", level="universal", source=f"follows from {DOCUMENTATION} (first sentence)")
def only_writes(case: Case) -> Expectations:
    """It stops nothing, prints nothing, leaves the logs as they are, and warns of nothing but a model that cannot be written as
    JSON, or a profile that cannot be made."""
    yield from changes_nothing(case, "it only writes down what was logged")
