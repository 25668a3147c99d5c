"""What holds for every callback, whatever it is for: no callback reaches beyond its job.

Rules
- These clauses read no dialect, and no parameter but those that say whose job it is; they hold for a third party's
  callback too.
- Each callback has a job: stop flag, learning rate, files and weights belong to those that `JOBS` names.
- What a training loop does around a callback (one epoch after the other, the end at a stop or an error) is stated here
  once: a trace that breaks it was not made by a training loop.
"""

from dataclasses import replace

from ...callbacks import parameters, with_job
from ...numbers import float32
from ...scenario import Scenario
from ...trace import EpochTrace, FitTrace, Trace, difference
from ...values import map_rate, rate_to_json
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause, differs

JOBS = {job: with_job(job) for job in ("stop", "learning_rate", "saved", "weights")}
"""Who may set the stop flag, change the rate, write files, put back weights."""

RATE_NAMES = ("learning_rate", "lr")
"""The keys of the logs that belong to the callbacks that report the rate, even where a metric has that name."""

SOURCE = "https://keras.io/api/callbacks/ (what each callback is for)"
LOOP = "https://keras.io/api/models/model_training_apis/ (fit)"


# ---------------------------------------------------------------------------------------------- jobs


@clause(
    "every-callback/stop/only-those-that-stop-training",
    level="universal",
    source=SOURCE,
    observes=("stop",),
    except_for=JOBS["stop"],
)
def only_those_stop(case: Case) -> Outcome:
    """ReduceLROnPlateau, ModelCheckpoint and LearningRateScheduler do not stop training."""
    for epoch in case.epochs():
        if epoch.seen.stop and not epoch.shown.stop:
            return Failed(
                fit=epoch.fit,
                epoch=epoch.index,
                expected="no stop",
                why=f"{case.scenario.callback} has no reason to stop training",
                got="a stop",
            )
    return HELD


@clause(
    "every-callback/learning-rate/only-those-that-schedule-it",
    level="universal",
    source=SOURCE,
    observes=("learning_rate",),
    except_for=JOBS["learning_rate"],
)
def only_those_schedule(case: Case) -> Outcome:
    """EarlyStopping, ModelCheckpoint and TerminateOnNaN leave the learning rate as it is: in every epoch it is the one
    that was set last, as given or rounded to float32, for each of several optimizers."""
    rate = case.scenario.learning_rate
    for fit, _, _ in case.fits():
        given = case.scenario.rate_given(fit)
        rate = rate if given is None else given
        stored = (rate_to_json(rate), rate_to_json(map_rate(rate, float32)))
        for epoch in case.epochs(fit):
            for name, seen in (
                ("at its end", epoch.seen.learning_rate),
                ("in its first batch", epoch.seen.learning_rate_in_epoch),
            ):
                if seen is not None and rate_to_json(seen) not in stored:
                    return Failed(
                        fit=epoch.fit,
                        epoch=epoch.index,
                        expected=f"a learning rate of {rate} {name}",
                        why=f"{case.scenario.callback} does not schedule it",
                        got=repr(seen),
                    )
    return HELD


@clause(
    "every-callback/saved/only-those-that-save",
    level="universal",
    source=SOURCE,
    observes=("saved",),
    except_for=JOBS["saved"],
)
def only_those_save(case: Case) -> Outcome:
    """Only ModelCheckpoint writes files."""
    for epoch in case.epochs():
        if epoch.seen.saved:
            return Failed(
                fit=epoch.fit,
                epoch=epoch.index,
                expected="nothing saved",
                why=f"{case.scenario.callback} does not save",
                got=", ".join(save.path for save in epoch.seen.saved),
            )
    return HELD


@clause("every-callback/weights/only-those-that-restore", level="universal", source=SOURCE, observes=("weights",))
def only_those_restore(case: Case) -> Outcome:
    """When training ends the model holds what its last epoch learned, unless EarlyStopping was asked to restore."""
    if case.scenario.callback in JOBS["weights"] and case["restore_best_weights"]:
        return NOT_EXERCISED
    for fit, shown, seen in case.fits():
        last = case.scenario.first_epoch(shown) + seen.epochs_run - 1
        held = seen.weights
        if held is None or (held.epoch, held.fit) != (last, None):
            of_fit = fit + 1 if held is None or held.fit is None else held.fit + 1
            return Failed(
                fit=fit,
                epoch=None,
                expected=f"the weights of the last epoch, index {last}",
                why=f"{case.scenario.callback} has none to put back",
                got="unknown ones" if held is None else f"those of epoch index {held.epoch} of fit {of_fit}",
            )
    return HELD


# ---------------------------------------------------------------------------------------------- what it was given


@clause("every-callback/stop/is-never-withdrawn", level="universal", source=LOOP, observes=("stop",))
def never_withdrawn(case: Case) -> Outcome:
    """A stop flag that somebody else has set stays set."""
    outcome: Outcome = NOT_EXERCISED
    for epoch in case.epochs():
        if epoch.shown.stop:
            if not epoch.seen.stop:
                return Failed(
                    fit=epoch.fit,
                    epoch=epoch.index,
                    expected="the stop flag still set",
                    why="somebody else set it before this callback's epoch end",
                    got=f"stop={epoch.seen.stop}",
                )
            outcome = HELD
    return outcome


@clause("every-callback/logs/metrics-are-not-changed", level="universal", source=SOURCE, observes=("logged",))
def metrics_are_not_changed(case: Case) -> Outcome:
    """A callback may add to the logs; the values that are there it leaves as they are, but for the learning rate's."""
    for epoch in case.epochs():
        for name, value in (epoch.seen.logged or {}).items():
            if name in epoch.shown.logs and name not in RATE_NAMES:
                return Failed(
                    fit=epoch.fit,
                    epoch=epoch.index,
                    expected=f"{name}={epoch.shown.logs[name]} in the logs",
                    why="that is what the training logged",
                    got=f"{name}={value}",
                )
    return HELD


@clause(
    "every-callback/mode/construction-warns-of-nothing-else", level="universal", source=SOURCE, observes=("warned",)
)
def construction_warns(case: Case) -> Outcome:
    """With known parameters, the constructor warns of an unknown mode at most."""
    if any(name not in parameters(case.scenario.callback) for name in case.scenario.config):
        return NOT_EXERCISED
    mode = case.scenario.config.get("mode", "auto")
    allowed = () if mode in ("auto", "min", "max") else ("unknown-mode",)
    unexpected = [kind for kind in case.trace.warned or () if kind not in allowed]
    if not unexpected:
        return HELD
    return Failed(
        fit=None,
        epoch=None,
        expected="no warning at construction" if not allowed else "a warning of the mode at most",
        why=f"all parameters are known ones, and mode={mode!r}",
        got=", ".join(unexpected),
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
def no_look_ahead(case: Case) -> Outcome:
    """What happens in an epoch depends on nothing that comes later: without the last epoch of the last fit, all is the
    same up to there."""
    kept = case.other.fits
    fits = list(case.trace.fits[: len(kept)])
    if len(case.scenario.fits) == len(kept) == len(fits) and fits[-1].epochs_run > kept[-1].epochs_run:
        # The epoch that was left out was run: the end of that fit is another one.
        fits[-1] = _epochs_only(fits[-1], kept[-1].epochs_run)
        kept = (*kept[:-1], _epochs_only(kept[-1], kept[-1].epochs_run))
    found = difference(replace(case.other, fits=kept), replace(case.trace, fits=tuple(fits)))
    if found is None:
        return HELD
    return differs(found, "what follows cannot be known yet")


def _epochs_only(fit: FitTrace, number: int) -> FitTrace:
    return FitTrace(epochs=fit.epochs[:number])


def _nobody_else_stops(scenario: Scenario) -> Scenario | None:
    if not any(epoch.stop for fit in scenario.fits for epoch in fit.epochs):
        return None
    fits = tuple(
        replace(fit, epochs=tuple(replace(epoch, stop=False) for epoch in fit.epochs)) for fit in scenario.fits
    )
    return replace(scenario, fits=fits)


@clause(
    "every-callback/causality/somebody-else-stopping-does-not-matter",
    level="universal",
    source=LOOP,
    errors=True,
    related=_nobody_else_stops,
)
def indifferent_to_stops(case: Case) -> Outcome:
    """A callback does the same in an epoch whether or not somebody else has set the stop flag in it."""
    if not case.trace.fits or not case.other.fits:
        return NOT_EXERCISED
    pairs = zip(case.scenario.fits[0].epochs, case.trace.fits[0].epochs, case.other.fits[0].epochs, strict=False)
    for index, (shown, seen, alone) in enumerate(pairs):
        if shown.stop:
            seen, alone = replace(seen, stop=None), replace(alone, stop=None)
        found = difference(_one(alone), _one(seen))
        if found is not None:
            failed = differs(found, "that is what the callback does if nobody else stops training")
            return replace(failed, fit=0, epoch=index)
    return HELD


def _one(epoch: EpochTrace) -> Trace:
    return Trace(fits=(FitTrace(epochs=(epoch,)),))


# ---------------------------------------------------------------------------------------------- the training loop


@clause("every-callback/training/goes-on-until-a-stop", level="universal", source=LOOP, observes=("stop",), errors=True)
def until_a_stop(case: Case) -> Outcome:
    """A fit runs all its epochs unless the stop flag is set in one, or something raises: then that epoch is its
    last."""
    for fit, shown, seen in case.fits():
        for index, epoch in enumerate(seen.epochs[:-1]):
            if epoch.stop:
                return Failed(
                    fit=fit, epoch=index, expected="this epoch to be the last", why="the stop flag is set in it",
                    got=f"{seen.epochs_run - index - 1} more",
                )  # fmt: skip
        cut_short = seen.epochs_run < len(shown.epochs)
        if seen.epochs_run > len(shown.epochs) or (cut_short and seen.error is None and not seen.epochs[-1].stop):
            return Failed(
                fit=fit, epoch=None, expected=f"{len(shown.epochs)} epochs", why="nothing has stopped the fit",
                got=f"{seen.epochs_run}",
            )  # fmt: skip
    return HELD


@clause("every-callback/training/ends-with-an-error", level="universal", source=LOOP, errors=True)
def ends_with_an_error(case: Case) -> Outcome:
    """A refused configuration runs nothing; all fits are run, one after the other, unless a hook raises: that fit is
    the last, and its last epoch the one that raised."""
    fits = case.trace.fits
    if case.trace.rejected is not None:
        expected, why = 0, f"the constructor raised {case.trace.rejected.type}"
    else:
        raised = next((fit for fit, seen in enumerate(fits) if seen.error is not None), None)
        expected = len(case.scenario.fits) if raised is None else raised + 1
        why = "no hook raised" if raised is None else f"a hook raised in fit {raised + 1}"
    if len(fits) != expected:
        return Failed(fit=None, epoch=None, expected=f"{expected} fits", why=why, got=f"{len(fits)}")
    for index, shown, seen in case.fits():
        error = seen.error
        if error is None or error.epoch is None:
            continue
        last = case.scenario.first_epoch(shown) + seen.epochs_run - 1
        if (error.fit, error.epoch) != (index, last):
            return Failed(
                fit=index, epoch=None, expected=f"the error in the last epoch that was run, index {last}",
                why="nothing is called after an error", got=f"epoch index {error.epoch} of fit {error.fit + 1}",
            )  # fmt: skip
    return HELD
