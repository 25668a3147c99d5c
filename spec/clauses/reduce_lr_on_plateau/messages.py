"""What ReduceLROnPlateau says, accepts and refuses: lines, warnings, logs, arguments and their defaults, exceptions."""

import math
from dataclasses import replace

from ...editing import configured, without
from ...numbers import float32
from ...scenario import Epoch, Fit, Scenario
from ...values import only
from ..clause import Case, Expectations, clause, equal_to
from ..monitoring import is_number
from ..rates import (
    ALL_BUT_PRINTED,
    agree,
    alike,
    logged_as,
    other_verbosity,
    rate_added,
    rates,
    same,
    side_by_side,
    silent,
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
    monitored,
    plan,
    settings,
)

# ---------------------------------------------------------------------------------------------- lines, logs, errors


@clause(
    "reduce-lr-on-plateau/verbose/prints-every-reduction",
    level="documented", source=f"{DOCS} (verbose)", observes=("learning_rate", "printed"),
)  # fmt: skip
def prints_every_reduction(case: Case) -> Expectations:
    """With verbose=1 there is one line for each reduction and no other; with verbose=0 there is none. (A reduction is seen if
    factor takes away a tenth at least, of a rate far from the ends of the range.)"""
    if not is_number(case["verbose"]) or not is_number(case["factor"]):
        return
    for epoch, before, after in rates(case):
        if not same(before, after) or (0.0 <= case["factor"] <= 0.9 and 1e-30 <= abs(before) <= 1e30):
            lines = ("reduced",) if not same(before, after) and case["verbose"] > 0 else ()
            yield epoch.expects_that(
                epoch.seen.printed == lines, f"printed {lines}", got=epoch.seen.printed,
                because=f"verbose={case['verbose']!r}, and the rate was {before!r} before and {after!r} after the end",
            )  # fmt: skip
    yield from silent(case)


@clause(
    "reduce-lr-on-plateau/verbose/changes-nothing-else",
    level="universal", source=f"{DOCS} (verbose)", observes=RATE, related=other_verbosity,
)  # fmt: skip
def verbose_changes_nothing_else(case: Case) -> Expectations:
    """Messages change nothing but what is printed."""
    return agree(side_by_side(case), ALL_BUT_PRINTED, f"only verbose differs there, {case['verbose']!r} here")


@clause(
    "reduce-lr-on-plateau/logs/logs-the-rate-before-the-reduction",
    level="observed", source=OBSERVED, observes=("learning_rate", "logged"),
)  # fmt: skip
def logs_the_rate_before_the_reduction(case: Case) -> Expectations:
    """Every epoch whose logs are not empty gets the rate that was in force in it added to them, and nothing else."""
    for epoch, before, _ in rates(case):
        added = rate_added(case, epoch, before)
        why = f"the rate in the epoch was {before!r}, and its logs are {'not ' if epoch.shown.logs else ''}empty"
        yield epoch.expects_that(same(epoch.seen.logged, added), f"logged {added}", got=epoch.seen.logged, because=why)


@clause(
    "reduce-lr-on-plateau/logs/the-type-of-the-logged-rate", level="observed", source=OBSERVED, observes=("logged",),
    optimizer="any",
)  # fmt: skip
def logs_a_number_of_this_kind(case: Case) -> Expectations:
    """The rate is logged as a Python float (Keras 2: as a number of numpy's)."""
    return logged_as(case)


@clause(
    "reduce-lr-on-plateau/arguments/warns-of-unknown-modes-and-epsilon",
    level="observed",
    source=OBSERVED,
    observes=("warned",),
    errors=True,
)
def arguments_warnings(case: Case) -> Expectations:
    """The constructor warns about an unknown mode, about an epsilon that stands for min_delta, and about nothing else."""
    if settings(case) is not None and case.trace.rejected is None and case.trace.warned is not None:
        epsilon = ("other",) if epsilon_counts(case) else ()
        mode = ("unknown-mode",) if case["mode"] not in ("auto", "min", "max") else ()
        yield case.expects_that(
            case.trace.warned == epsilon + mode, f"warnings {epsilon + mode}", got=case.trace.warned,
            because=f"mode={case['mode']!r}, and the arguments are {', '.join(case.scenario.config) or 'none'}",
        )  # fmt: skip


@clause(
    "reduce-lr-on-plateau/factor/one-or-more-is-rejected",
    level="observed",
    source=OBSERVED,
    errors=True,
    related=lambda scenario: configured(scenario, factor=1.0),
)
def one_or_more_is_rejected(case: Case) -> Expectations:
    """The constructor raises ValueError for a factor of one or more, and refuses no other number and no unknown argument."""
    for factor, trace in ((case["factor"], case.trace), (1.0, case.other)) if settings(case) is not None else ():
        due = "ValueError" if factor >= 1.0 else "nothing"
        got = "nothing" if trace.rejected is None else trace.rejected.type
        why = f"factor={factor!r}, the other arguments are numbers where they should be"
        yield case.expects_that(got == due, f"{due} from the constructor", got=got, because=why)


@clause(
    "reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare", level="observed", source=OBSERVED, errors=True
)
def raises_only_where_it_cannot_compare(case: Case) -> Expectations:
    """A hook raises exactly if mode auto cannot decide, at the first epoch end, or if the precision refuses a value, at the
    end of its epoch: ValueError, both times."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 or case.trace.rejected is not None else plan(case, s)
    if s is None or found is None:
        return
    raised = next((fit.error for fit in case.trace.fits if fit.error is not None), None)
    got = "no exception" if raised is None else f"{raised.type} in {raised.hook}"
    place = found.error if raised is None else (raised.fit, case.trace.fits[raised.fit].epochs_run - 1)
    due = "no exception" if place is None or place != found.error else "ValueError in epoch_end"
    spot = case if place is None else case.at(*place)
    yield spot.expects_that(got == due, due, got=got, because=lambda: _cause(case, s))


@clause(
    "reduce-lr-on-plateau/cooldown/is-not-looked-at-before-a-reduction", level="observed", source=OBSERVED, errors=True
)
def cooldown_is_not_looked_at(case: Case) -> Expectations:
    """A cooldown that is no number raises TypeError at the end of the first epoch with the metric after a reduction in the same
    fit, and does nothing before."""
    s = settings(replace(case, scenario=configured(case.scenario, cooldown=0)))
    if isinstance(case["cooldown"], int | float) or s is None or s.factor >= 1.0 or case.trace.rejected is not None:
        return
    found = plan(case, s)
    after: Expected | None = None  # a reduction, which the fit goes on after
    for e in () if found is None else found.epochs:
        after = None if after is None or after.fit != e.fit else after
        raised = case.trace.fits[e.fit].error if case.trace.fits[e.fit].epochs_run == e.index + 1 else None
        got = "no exception" if raised is None else f"{raised.type} in {raised.hook}"
        due = "TypeError in epoch_end" if after is not None and e.value is not None else "no exception"
        reduction = "no reduction" if after is None else f"a reduction in epoch {case.number(e.fit, after.index)}"
        why = f"cooldown={case['cooldown']!r}, and there is {reduction} before in the fit"
        yield case.at(e.fit, e.index).expects_that(got == due, due, got=got, because=why)
        if raised is not None:
            return
        after = e if e.reduced else after


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
def epsilon_is_swallowed(case: Case) -> Expectations:
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
def epsilon_is_min_delta(case: Case) -> Expectations:
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
def unknown_are_swallowed(case: Case) -> Expectations:
    """Arguments that nobody knows are accepted and do nothing."""
    return alike(case, f"only the argument {ANOTHER} differs there")


ANOTHER = "no_such_argument"


def _another_argument(scenario: Scenario) -> Scenario:
    return without(scenario, ANOTHER) if ANOTHER in scenario.config else configured(scenario, **{ANOTHER: 1})


@clause(
    "reduce-lr-on-plateau/arguments/defaults-are-those-documented",
    level="documented", source=SIGNATURE, observes=RATE, related=lambda scenario: _all_defaults(scenario),
)  # fmt: skip
def arguments_defaults(case: Case) -> Expectations:
    """Without arguments val_loss is minimized: factor 0.1, patience 10, min_delta 1e-4, cooldown 0, min_lr 0, no lines."""
    beside = case.beside()
    in_float32 = case.dialect["reduce-lr-on-plateau/rate-arithmetic"] == "float32"
    rate = float32(only(beside.scenario.learning_rate))
    stream = f"11 times 1.0, 10 times {_BY_HALF!r}, then {_BY_TWO!r}"
    for epoch in beside.epochs():
        if epoch.index in _DEFAULT_REDUCTIONS:
            rate = float32(rate * (float32(0.1) if in_float32 else 0.1))
        value = epoch.shown.logs["val_loss"]
        why = f"with the defaults, val_loss={value!r} is number {epoch.index + 1} of {stream}"
        yield epoch.expects(equal_to(rate), got=epoch.seen.learning_rate, because=why)
        printed = epoch.seen.printed or ()
        yield epoch.expects_that(
            not printed, "nothing printed", got=", ".join(printed), because="verbose is 0 by default"
        )


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
