"""What ReduceLROnPlateau says, accepts and refuses: lines, warnings, logs, arguments and their defaults, exceptions."""

import math
from dataclasses import replace

from ...numbers import float32
from ...scenario import Epoch, Fit, Scenario
from ...values import only
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import is_number
from ..rates import (
    ALL_BUT_PRINTED,
    agree,
    alike,
    configured,
    log_key,
    logged_as,
    other,
    other_verbosity,
    same,
    side_by_side,
    silent,
    without,
)
from .stream import (
    CALLBACK,
    DOCS,
    OBSERVED,
    RATE,
    SIGNATURE,
    Expected,
    Settings,
    compares,
    epsilon_counts,
    expected_epochs,
    monitored,
    plan,
    settings,
)

# ---------------------------------------------------------------------------------------------- lines, logs, errors


@clause(
    "reduce-lr-on-plateau/verbose/prints-every-reduction",
    level="documented", source=f"{DOCS} (verbose)", observes=("printed",),
)  # fmt: skip
def prints_every_reduction(case: Case) -> Outcome:
    """With verbose=1 there is one line for each reduction and no other; with verbose=0 there is none."""
    outcome: Outcome = NOT_EXERCISED
    for e, epoch in expected_epochs(case):
        outcome = HELD
        expected = ("reduced",) if e.reduced and e.s.prints else ()
        if epoch.seen.printed != expected:
            why = f"verbose={case['verbose']!r}, and {e.why()}"
            return Failed(
                fit=e.fit, epoch=e.index, expected=f"printed {expected}", why=why, got=f"{epoch.seen.printed}"
            )
    return silent(case) or outcome


@clause(
    "reduce-lr-on-plateau/verbose/changes-nothing-else",
    level="universal", source=f"{DOCS} (verbose)", observes=RATE, related=other_verbosity,
)  # fmt: skip
def verbose_changes_nothing_else(case: Case) -> Outcome:
    """Messages change nothing but what is printed."""
    return agree(side_by_side(case), ALL_BUT_PRINTED, f"only verbose differs there, {case['verbose']!r} here")


@clause(
    "reduce-lr-on-plateau/logs/logs-the-rate-before-the-reduction",
    level="observed", source=OBSERVED, observes=("logged",),
)  # fmt: skip
def logs_the_rate_before_the_reduction(case: Case) -> Outcome:
    """Every epoch whose logs are not empty gets the rate that was in force in it added to them, and nothing else."""
    outcome: Outcome = NOT_EXERCISED
    key = log_key(case)
    for e, epoch in expected_epochs(case):
        outcome = HELD
        logs = epoch.shown.logs
        there = key in logs and isinstance(logs[key], float) and same(logs[key], e.before)
        expected = {key: e.before} if logs and not there else {}
        if not same(epoch.seen.logged, expected):
            why = f"the rate in the epoch was {e.before!r}, and its logs are {'not ' if logs else ''}empty"
            return Failed(fit=e.fit, epoch=e.index, expected=f"logged {expected}", why=why, got=f"{epoch.seen.logged}")
    return outcome


@clause(
    "reduce-lr-on-plateau/logs/the-type-of-the-logged-rate", level="observed", source=OBSERVED, observes=("logged",),
    optimizer="any",
)  # fmt: skip
def logs_a_number_of_this_kind(case: Case) -> Outcome:
    """The rate is logged as a Python float (Keras 2: as a number of numpy's)."""
    return logged_as(case)


@clause(
    "reduce-lr-on-plateau/arguments/warns-of-unknown-modes-and-epsilon",
    level="observed",
    source=OBSERVED,
    observes=("warned",),
    errors=True,
)
def arguments_warnings(case: Case) -> Outcome:
    """The constructor warns about an unknown mode, about an epsilon that stands for min_delta, and about nothing else."""
    if settings(case) is None or case.trace.rejected is not None or case.trace.warned is None:
        return NOT_EXERCISED
    epsilon = ("other",) if epsilon_counts(case) else ()
    expected = (*epsilon, "unknown-mode") if case["mode"] not in ("auto", "min", "max") else epsilon
    if case.trace.warned != expected:
        return Failed(
            fit=None,
            epoch=None,
            expected=f"warnings {expected}",
            why=f"mode={case['mode']!r}, and the arguments are {', '.join(case.scenario.config) or 'none'}",
            got=f"{case.trace.warned}",
        )
    return HELD


@clause(
    "reduce-lr-on-plateau/factor/one-or-more-is-rejected",
    level="observed",
    source=OBSERVED,
    errors=True,
    related=lambda scenario: configured(scenario, factor=1.0),
)
def one_or_more_is_rejected(case: Case) -> Outcome:
    """The constructor raises ValueError for a factor of one or more, and refuses no other number and no unknown argument."""
    if settings(case) is None:
        return NOT_EXERCISED
    for factor, trace in ((case["factor"], case.trace), (1.0, case.other)):
        expected = "ValueError" if factor >= 1.0 else "nothing"
        got = "nothing" if trace.rejected is None else trace.rejected.type
        if got != expected:
            why = f"factor={factor!r}, the other arguments are numbers where they should be"
            return Failed(fit=None, epoch=None, expected=f"{expected} from the constructor", why=why, got=got)
    return HELD


@clause(
    "reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare", level="observed", source=OBSERVED, errors=True
)
def raises_only_where_it_cannot_compare(case: Case) -> Outcome:
    """A hook raises exactly if mode auto cannot decide, at the first epoch end, or if the precision refuses a value, at the
    end of its epoch: ValueError, both times."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 or case.trace.rejected is not None else plan(case, s)
    if s is None or found is None:
        return NOT_EXERCISED
    for fit, _, seen in case.fits():
        error = seen.error
        if error is not None:
            place = (fit, seen.epochs_run - 1)
            due = found.error == place
            if due and (error.type, error.hook) == ("ValueError", "epoch_end"):
                return HELD
            return Failed(
                fit=fit,
                epoch=seen.epochs_run - 1,
                expected="ValueError in epoch_end" if due else "no exception",
                why=_cause(case, s),
                got=f"{error.type} in {error.hook}",
            )
    if found.error is None:
        return HELD
    return Failed(
        fit=found.error[0],
        epoch=found.error[1],
        expected="ValueError in epoch_end",
        why=_cause(case, s),
        got="no exception",
    )


@clause(
    "reduce-lr-on-plateau/cooldown/is-not-looked-at-before-a-reduction", level="observed", source=OBSERVED, errors=True
)
def cooldown_is_not_looked_at(case: Case) -> Outcome:
    """A cooldown that is no number raises TypeError at the end of the first epoch with the metric after a reduction in the same
    fit, and does nothing before."""
    s = settings(replace(case, scenario=configured(case.scenario, cooldown=0)))
    if isinstance(case["cooldown"], int | float) or s is None or s.factor >= 1.0 or case.trace.rejected is not None:
        return NOT_EXERCISED
    found = plan(case, s)
    if found is None:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    after: Expected | None = None  # a reduction, which the fit goes on after
    for e in found.epochs:
        after = None if after is None or after.fit != e.fit else after
        raised = case.trace.fits[e.fit].error if case.trace.fits[e.fit].epochs_run == e.index + 1 else None
        got = "no exception" if raised is None else f"{raised.type} in {raised.hook}"
        due = "TypeError in epoch_end" if after is not None and e.value is not None else "no exception"
        if got != due:
            reduction = (
                "no reduction before" if after is None else f"a reduction in epoch {case.number(e.fit, after.index)}"
            )
            why = f"cooldown={case['cooldown']!r}, and there is {reduction} in the fit"
            return Failed(fit=e.fit, epoch=e.index, expected=due, why=why, got=got)
        outcome = HELD
        if raised is not None:
            return outcome
        after = e if e.reduced else after
    return outcome


def _cause(case: Case, s: Settings) -> str:
    if compares(case, s) is None:
        return f"mode={case['mode']!r} cannot decide on {s.monitor}"
    values = [value for fit, _, _ in case.fits() for value in monitored(case, fit, s.monitor)]
    return f"{s.monitor} is {values} up to there, compared in {case.dialect['reduce-lr-on-plateau/precision']}"


@clause(
    "reduce-lr-on-plateau/epsilon/is-swallowed",
    level="observed",
    source="observed: keras 3.15.1",
    observes=RATE,
    choices={"reduce-lr-on-plateau/epsilon": "swallowed"},
    errors=True,
    related=lambda scenario: _another_epsilon(scenario),
)
def epsilon_is_swallowed(case: Case) -> Outcome:
    """The argument epsilon of older releases is accepted and does nothing."""
    return alike(case, "only epsilon differs there, which does nothing")


def _another_epsilon(scenario: Scenario) -> Scenario:
    """Without epsilon if there is one, and else with one that hardly anything improves by."""
    return without(scenario, "epsilon") if "epsilon" in scenario.config else configured(scenario, epsilon=1e6)


@clause(
    "reduce-lr-on-plateau/epsilon/is-min-delta",
    level="observed",
    source="observed: tf-keras 2.21.0",
    observes=RATE,
    choices={"reduce-lr-on-plateau/epsilon": "alias-of-min-delta"},
    errors=True,
    related=lambda scenario: _epsilon_and_delta_swapped(scenario),
)
def epsilon_is_min_delta(case: Case) -> Outcome:
    """The argument epsilon takes the place of min_delta."""
    return alike(case, "what is epsilon here is min_delta there, or the other way round")


def _epsilon_and_delta_swapped(scenario: Scenario) -> Scenario | None:
    """An epsilon as min_delta; a min_delta as epsilon, beside a min_delta by which hardly anything improves."""
    if "epsilon" in scenario.config:
        epsilon = scenario.config["epsilon"]
        return configured(without(scenario, "epsilon"), min_delta=float(epsilon)) if is_number(epsilon) else None
    delta = scenario.config.get("min_delta")
    if not is_number(delta) or not math.isfinite(delta):
        return None  # as epsilon, which a scenario passes on as it is, a NaN or an infinity could not be written
    return configured(scenario, min_delta=1e6, epsilon=delta)


@clause(
    "reduce-lr-on-plateau/arguments/swallows-what-it-does-not-know",
    level="observed",
    source=OBSERVED,
    observes=RATE,
    errors=True,
    related=lambda scenario: _another_argument(scenario),
)
def unknown_are_swallowed(case: Case) -> Outcome:
    """Arguments that nobody knows are accepted and do nothing."""
    return alike(case, f"only the argument {ANOTHER} differs there")


ANOTHER = "no_such_argument"


def _another_argument(scenario: Scenario) -> Scenario:
    return without(scenario, ANOTHER) if ANOTHER in scenario.config else configured(scenario, **{ANOTHER: 1})


@clause(
    "reduce-lr-on-plateau/arguments/defaults-are-those-documented",
    level="documented", source=SIGNATURE, observes=RATE, related=lambda scenario: _all_defaults(scenario),
)  # fmt: skip
def arguments_defaults(case: Case) -> Outcome:
    """Without arguments val_loss is minimized: factor 0.1, patience 10, min_delta 1e-4, cooldown 0, min_lr 0, no lines."""
    beside = other(case)
    in_float32 = case.dialect["reduce-lr-on-plateau/rate-arithmetic"] == "float32"
    rate = float32(only(beside.scenario.learning_rate))
    for epoch in beside.epochs():
        if epoch.index in _DEFAULT_REDUCTIONS:
            rate = float32(rate * (float32(0.1) if in_float32 else 0.1))
        value = epoch.shown.logs["val_loss"]
        if not same(epoch.seen.learning_rate, rate):
            stream = f"11 times 1.0, 10 times {_BY_HALF!r}, then {_BY_TWO!r}"
            why = f"with the defaults, val_loss={value!r} is number {epoch.index + 1} of {stream}"
            return Failed(fit=0, epoch=epoch.index, expected=f"{rate!r}", why=why, got=f"{epoch.seen.learning_rate!r}")
        if epoch.seen.printed:
            return Failed(
                fit=0,
                epoch=epoch.index,
                expected="nothing printed",
                why="verbose is 0 by default",
                got=", ".join(epoch.seen.printed),
            )
    return HELD


_BY_HALF, _BY_TWO = 1.0 - 0.5e-4, 1.0 - 2e-4
_DEFAULT_STREAM = (*(1.0,) * 11, *(_BY_HALF,) * 10, *(_BY_TWO,) * 11)
# The first value and the one that improves by twice min_delta begin the count anew; half of min_delta is no improvement.
_DEFAULT_REDUCTIONS = (10, 20, 31)


def _all_defaults(scenario: Scenario) -> Scenario | None:
    """A scenario in which every default matters; asked for where the patience is left out, which is seldom enough."""
    if "patience" in scenario.config:
        return None
    epochs = tuple(Epoch(logs={"val_loss": value}) for value in _DEFAULT_STREAM)
    return Scenario(callback=CALLBACK, learning_rate=1e-20, fits=(Fit(epochs=epochs),))
