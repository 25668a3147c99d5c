"""What holds for every callback, whatever it is for: no callback reaches beyond its job.

Rules
- These clauses read no dialect, and no parameter but those that say whose job it is; they hold for a third party's
  callback too.
- Each callback has a job: stop flag, learning rate, files and weights belong to those that `JOBS` names.
- What a training loop does around a callback (one epoch after the other, the end at a stop or an error) is stated here
  once: a trace that breaks it was not made by a training loop.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ...callbacks import parameters, with_job
from ...editing import each_epoch
from ...numbers import float32
from ...scenario import HOOKS_OF_FITS, Epoch, Other, Scenario
from ...trace import EpochTrace, FitTrace, Trace
from ...values import Logs, map_rate, rate_to_json
from ..clause import Case, Expectations, Failed, clause, equal_traces
from ..rates import LOG_KEYS

JOBS = {job: with_job(job) for job in ("stop", "learning_rate", "saved", "weights", "files", "restored", "averages")}
"""Who may set the stop flag, change the rate, save, put back weights, write files of its own, have a fit begin elsewhere,
exchange weights and their average."""


def rate_names(scenario: Scenario) -> frozenset[str]:
    """The keys of the logs that belong to the callbacks that report the rate, even where a metric has that name."""
    several = scenario.learning_rate if isinstance(scenario.learning_rate, Mapping) else ()
    return frozenset((*LOG_KEYS, *(f"{key}_{optimizer}" for key in LOG_KEYS for optimizer in several)))


SOURCE = "follows from what each callback is for (https://keras.io/api/callbacks/); no text says so"
LOOP = "follows from what `fit` does (https://keras.io/api/models/model_training_apis/); no text says so"


# ---------------------------------------------------------------------------------------------- jobs


@clause(
    "every-callback/stop/only-those-that-stop-training",
    level="universal",
    source=SOURCE,
    observes=("stop",),
    except_for=JOBS["stop"],
)
def only_those_stop(case: Case) -> Expectations:
    """A callback stops training only if that is its job, as it is of EarlyStopping and TerminateOnNaN."""
    why = f"{case.scenario.callback} has no reason to stop training"
    for epoch in case.epochs():
        yield epoch.expects_that(not epoch.stopped, "no stop", got="a stop", because=why)


@clause(
    "every-callback/learning-rate/only-those-that-schedule-it",
    level="universal",
    source=SOURCE,
    observes=("learning_rate",),
    except_for=(*JOBS["learning_rate"], *JOBS["restored"]),
)
def only_those_schedule(case: Case) -> Expectations:
    """A callback changes the learning rate only if that is its job, as it is of ReduceLROnPlateau and LearningRateScheduler
    (BackupAndRestore brings one back). With every other one it is in every epoch the one that was set last, as given or rounded
    to float32, for each of several optimizers; one that follows a schedule of the optimizer's own it leaves to that."""
    rate = case.scenario.learning_rate
    why = f"{case.scenario.callback} does not schedule it"
    for fit, _, _ in case.fits():
        given = case.scenario.rate_given(fit)
        rate = rate if given is None else given
        stored = (rate_to_json(rate), rate_to_json(map_rate(rate, float32)))
        for epoch in case.epochs(fit):
            for place, seen in (
                ("at its end", epoch.seen.learning_rate),
                ("in its first batch", epoch.seen.learning_rate_in_epoch),
            ):
                if seen is not None:
                    as_set = rate_to_json(seen) in stored
                    yield epoch.expects_that(as_set, f"a learning rate of {rate} {place}", got=seen, because=why)


@clause(
    "every-callback/saved/only-those-that-save",
    level="universal",
    source=SOURCE,
    observes=("saved",),
    except_for=JOBS["saved"],
)
def only_those_save(case: Case) -> Expectations:
    """A callback writes model files only if that is its job, as it is of ModelCheckpoint and BackupAndRestore. (Except a
    TensorBoard with embeddings_freq, which keeps weights in log_dir.)"""
    why = f"{case.scenario.callback} does not save"
    for epoch in case.epochs():
        saved = epoch.seen.saved or ()
        yield epoch.expects_that(not saved, "nothing saved", got=", ".join(save.path for save in saved), because=why)


@clause("every-callback/weights/only-those-that-restore", level="universal", source=SOURCE, observes=("weights",))
def only_those_restore(case: Case) -> Expectations:
    """When training ends the model holds what its last epoch learned, unless it is the callback's job to put weights back, as it
    is of an EarlyStopping with restore_best_weights. (An optimizer with use_ema has `fit` itself put the average of it there.)"""
    if case.scenario.callback in JOBS["weights"] and case["restore_best_weights"]:
        return
    for fit, _, seen in case.fits():
        if not seen.epochs:
            continue
        last = case.number(fit, seen.epochs_run - 1)
        yield case.at(fit).expects_that(
            seen.weights is not None and (seen.weights.epoch, seen.weights.fit) == (last, None),
            f"the weights of the last epoch, index {last}",
            got=partial(_whose, seen, fit),
            because=f"{case.scenario.callback} has none to put back",
        )


def _whose(seen: FitTrace, fit: int) -> str:
    """The weights that the model holds when the fit has ended, in words."""
    if seen.weights is None:
        return "unknown ones"
    return f"those of epoch index {seen.weights.epoch} of fit {1 + (fit if seen.weights.fit is None else seen.weights.fit)}"


# ---------------------------------------------------------------------------------------------- what it was given


@clause("every-callback/stop/is-never-withdrawn", level="universal", source=LOOP, observes=("stop",))
def never_withdrawn(case: Case) -> Expectations:
    """At the end of an epoch a callback does not clear the stop flag that somebody else has set in that epoch."""
    why = "somebody else set it before this callback's epoch end"
    for epoch in case.epochs():
        if epoch.shown.stop:
            stop = epoch.seen.stop
            yield epoch.expects_that(bool(stop), "the stop flag still set", got=f"stop={stop}", because=why)


STAYS = {"training/stop-and-evaluation": "stays"}


def _has_a_full_group(epoch: Epoch, scenario: Scenario) -> bool:
    """Whether a batch ends in the epoch that no release leaves untold."""
    return len(epoch.batch_logs()) >= scenario.steps_per_execution


def _stopped_in(hook: str) -> Callable[[Scenario], Scenario | None]:
    """Of a short scenario: somebody else sets the stop flag in the first hook of that name, before the callback's own."""
    act = Other(hook=hook, before=0, stop=True)

    def related(scenario: Scenario) -> Scenario | None:
        if len(scenario.fits) > 1 or not 2 <= len(scenario.fits[0].epochs) <= 4:
            return None
        first, *later = scenario.fits[0].epochs
        if hook == "batch_end" and not _has_a_full_group(first, scenario):
            return None
        around = hook in HOOKS_OF_FITS
        stopped = replace(first, stop=False, others=() if around else (act,))
        fit = replace(scenario.fits[0], epochs=(stopped, *later), others=(act,) if around else ())
        return replace(scenario, fits=(fit,))

    return related


def _ends_with_its_epoch(case: Case, where: str) -> Expectations:
    for fit in case.other.fits:
        got = f"{fit.epochs_run} epochs, stop={[epoch.stop for epoch in fit.epochs]}"
        held = fit.epochs_run == 1 and bool(fit.epochs[0].stop)
        why = f"in the run beside it somebody else sets the stop flag at the first {where}"
        yield case.at(0, 0).expects_that(held, "1 epoch, and the stop flag still set", got=got, because=why)


@clause(
    "every-callback/stop/one-set-at-a-batch-is-never-withdrawn", level="universal", source=LOOP, observes=("stop",),
    choices=STAYS, related=_stopped_in("batch_end"),
)  # fmt: skip
def never_withdrawn_at_a_batch(case: Case) -> Expectations:
    """A callback does not clear the stop flag that somebody else has set at a batch's end: training ends with that epoch. (Of
    an epoch that has as many batches as steps_per_execution.)"""
    return _ends_with_its_epoch(case, "batch")


@clause(
    "every-callback/stop/one-set-when-an-epoch-begins-is-never-withdrawn", level="universal", source=LOOP,
    observes=("stop",), choices=STAYS, related=_stopped_in("epoch_begin"),
)  # fmt: skip
def never_withdrawn_when_an_epoch_begins(case: Case) -> Expectations:
    """A callback does not clear the stop flag that somebody else has set when an epoch begins: training ends with that epoch."""
    return _ends_with_its_epoch(case, "epoch's begin")


@clause(
    "every-callback/stop/one-set-when-a-fit-begins-is-never-withdrawn", level="universal", source=LOOP, observes=("stop",),
    choices={"training/stop-when-a-fit-begins": "one-epoch", **STAYS}, related=_stopped_in("fit_begin"),
)  # fmt: skip
def never_withdrawn_when_a_fit_begins(case: Case) -> Expectations:
    """A callback does not clear the stop flag that somebody else has set when a fit begins: training ends with the first
    epoch."""
    return _ends_with_its_epoch(case, "hook of the fit")


@clause("every-callback/logs/metrics-are-not-changed", level="universal", source=SOURCE, observes=("logged",))
def metrics_are_not_changed(case: Case) -> Expectations:
    """A callback may add to the logs of an epoch; the values that are there it leaves as they are, except those under the names
    learning_rate and lr, and with several optimizers these names with an underscore and an optimizer's."""
    rates = rate_names(case.scenario)
    for epoch in case.epochs():
        if epoch.shown.logs:
            logged = epoch.seen.logged or {}
            changed = [name for name in logged if name in epoch.shown.logs and name not in rates]
            yield epoch.expects_that(
                not changed,
                partial(_metrics, epoch.shown.logs, changed, " in the logs"),
                got=partial(_metrics, logged, changed),
                because="that is what the training logged",
            )


def _metrics(logs: Logs, names: list[str], tail: str = "") -> str:
    return ", ".join(f"{name}={logs[name]}" for name in names) + tail


@clause(
    "every-callback/mode/construction-warns-of-nothing-else", level="universal", source=SOURCE, observes=("warned",)
)
def construction_warns(case: Case) -> Expectations:
    """A constructor that is given no unknown or retired parameter (such as epsilon, period and load_weights_on_restart) warns
    of nothing, except a mode that is none of auto, min and max, and a TensorBoard with profile_batch, of a profile that the
    backend cannot make."""
    if any(name not in parameters(case.scenario.callback) for name in case.scenario.config):
        return
    mode = case.scenario.config.get("mode", "auto")
    allowed = () if mode in ("auto", "min", "max") else ("unknown-mode",)
    unexpected = [kind for kind in case.trace.warned or () if kind not in allowed]
    yield case.expects_that(
        not unexpected,
        "no warning at construction" if not allowed else "a warning of the mode at most",
        got=", ".join(unexpected),
        because=f"all parameters are known ones, and mode={mode!r}",
    )


# ---------------------------------------------------------------------------------------------- cause and effect


def _without_the_last_epoch(scenario: Scenario) -> Scenario | None:
    *fits, last = scenario.fits
    if len(last.epochs) > 1:
        fits.append(replace(last, epochs=last.epochs[:-1]))
    return replace(scenario, fits=tuple(fits)) if fits else None


@clause(
    "every-callback/causality/the-future-does-not-matter",
    level="universal",
    source=LOOP,
    errors=True,
    related=_without_the_last_epoch,
)
def no_look_ahead(case: Case) -> Expectations:
    """What happens in an epoch depends on nothing that comes later: without the last epoch of the last fit, all is the
    same up to there. (But for what SwapEMAWeights leaves in the model when a fit ends: it asks how many epochs fit was told.)"""
    kept = case.other.fits
    fits = list(case.trace.fits[: len(kept)])
    in_the_last = len(case.scenario.fits) == len(kept) == len(fits)
    if in_the_last and (fits[-1].epochs_run > kept[-1].epochs_run or case.scenario.callback in JOBS["averages"]):
        # The epoch that was left out was run, or counted: the end of that fit is another one.
        fits[-1] = _epochs_only(fits[-1], kept[-1].epochs_run)
        kept = (*kept[:-1], _epochs_only(kept[-1], kept[-1].epochs_run))
    yield from case.expects_the_same(
        "what follows cannot be known yet", replace(case.trace, fits=tuple(fits)), replace(case.other, fits=kept)
    )


def _epochs_only(fit: FitTrace, number: int) -> FitTrace:
    return FitTrace(epochs=fit.epochs[:number])


def _nobody_else_stops(scenario: Scenario) -> Scenario | None:
    if not any(epoch.stop for fit in scenario.fits for epoch in fit.epochs):
        return None
    return each_epoch(scenario, lambda epoch: replace(epoch, stop=False))


@clause(
    "every-callback/causality/somebody-else-stopping-does-not-matter",
    level="universal",
    source=LOOP,
    errors=True,
    related=_nobody_else_stops,
    except_for=("CSVLogger",),
)
def indifferent_to_stops(case: Case) -> Expectations:
    """In a first fit, a callback does the same in an epoch whether or not somebody else has set the stop flag at its end, before
    the callback's own hook. A later fit may find something else behind, since the one before it ended earlier. (Not of CSVLogger,
    which in older releases looked at the flag: what its rows are is said elsewhere.)"""
    if not case.trace.fits or not case.other.fits:
        return
    pairs = zip(case.scenario.fits[0].epochs, case.trace.fits[0].epochs, case.other.fits[0].epochs, strict=False)
    for index, (shown, seen, alone) in enumerate(pairs):
        if shown.stop:
            seen, alone = replace(seen, stop=None), replace(alone, stop=None)
        outcome = equal_traces(_one(alone), _one(seen), "that is what the callback does if nobody else stops training")
        yield replace(outcome, fit=0, epoch=index) if isinstance(outcome, Failed) else outcome


def _one(epoch: EpochTrace) -> Trace:
    return Trace(fits=(FitTrace(epochs=(epoch,)),))


# ---------------------------------------------------------------------------------------------- the training loop


@clause("every-callback/training/goes-on-until-a-stop", level="universal", source=LOOP, observes=("stop",), errors=True)
def until_a_stop(case: Case) -> Expectations:
    """A fit runs all its epochs, from the one with which it begins, unless the stop flag is set in one, or a hook raises: then
    that epoch is its last. (With which one it begins is said elsewhere: a BackupAndRestore may have it go on from a backup.)"""
    for fit, shown, seen in case.fits():
        for index, epoch in enumerate(seen.epochs[:-1]):
            yield case.at(fit, index).expects_that(
                not epoch.stop, "this epoch to be the last", got=f"{seen.epochs_run - index - 1} more",
                because="the stop flag is set in it",
            )  # fmt: skip
        ended = seen.error is not None or bool(seen.epochs and seen.epochs[-1].stop)
        due = max(0, case.scenario.first_epoch(shown) + len(shown.epochs) - case.number(fit, 0))
        yield case.at(fit).expects_that(
            seen.epochs_run == due or (ended and seen.epochs_run < due), f"{due} epochs", got=seen.epochs_run,
            because="nothing has stopped the fit",
        )  # fmt: skip


@clause("every-callback/training/ends-with-an-error", level="universal", source=LOOP, errors=True)
def ends_with_an_error(case: Case) -> Expectations:
    """A refused configuration runs nothing; all fits are run, one after the other, unless a hook raises: that fit is
    the last, and its last epoch the one that raised."""
    fits = case.trace.fits
    if case.trace.rejected is not None:
        expected, why = 0, f"the constructor raised {case.trace.rejected.type}"
    else:
        raised = next((fit for fit, seen in enumerate(fits) if seen.error is not None), None)
        expected = len(case.scenario.fits) if raised is None else raised + 1
        why = "no hook raised" if raised is None else f"a hook raised in fit {raised + 1}"
    yield case.expects_that(len(fits) == expected, f"{expected} fits", got=len(fits), because=why)
    for index, _, seen in case.fits():
        error = seen.error
        if error is not None and error.epoch is not None:
            last = case.number(index, seen.epochs_run - 1)
            yield case.at(index).expects_that(
                (error.fit, error.epoch) == (index, last),
                f"the error in the last epoch that was run, index {last}",
                got=f"epoch index {error.epoch} of fit {error.fit + 1}",
                because="nothing is called after an error",
            )
