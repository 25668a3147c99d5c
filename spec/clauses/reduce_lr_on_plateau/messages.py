"""What ReduceLROnPlateau says, accepts and refuses: lines, warnings, logs, arguments and their defaults, exceptions."""

import math
from dataclasses import replace

from ...editing import configured, without
from ...numbers import FLOAT32_MAX, float32
from ...scenario import Epoch, Fit, Scenario
from ...trace import Raised
from ..clause import Case, Expectations, clause
from ..monitoring import compiled_direction, is_number
from ..rates import (
    ALL_BUT_PRINTED,
    LOG_KEYS,
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
    falls_of,
    has_numbers,
    known_direction,
    monitored,
    monitored_metric,
    reduced,
    settings,
    values_of,
)

# ---------------------------------------------------------------------------------------------- lines, logs, errors


@clause(
    "reduce-lr-on-plateau/verbose/prints-every-reduction",
    level="documented", source=f"{DOCS} (verbose)", observes=("learning_rate", "printed"),
)  # fmt: skip
def prints_every_reduction(case: Case) -> Expectations:
    """With verbose=1 there is one line for each reduction and no other; with verbose=0 there is none. (Where a reduction changes
    the stored rate: factor lies between 0 and 0.9, the rate between 1e-30 and 1e30, of either sign, and the rate is not min_lr as
    stored.)"""
    factor, min_lr = case["factor"], case["min_lr"]
    if not all(is_number(number) for number in (case["verbose"], factor, min_lr)):
        return
    for epoch, before, after in rates(case):
        is_seen = 0.0 <= factor <= 0.9 and 1e-30 <= abs(before) <= 1e30 and before != float32(min_lr)
        if is_seen or not same(before, after):
            lines = ("reduced",) if not same(before, after) and case["verbose"] > 0 else ()
            yield epoch.expects_that(
                epoch.seen.printed == lines, f"printed {lines}", got=epoch.seen.printed,
                because=f"verbose={case['verbose']!r}, and the rate was {before!r} before and {after!r} after the end",
            )  # fmt: skip
    yield from silent(case)


@clause(
    "reduce-lr-on-plateau/min-lr/is-compared-as-stored",
    level="observed", source=OBSERVED, observes=("learning_rate", "printed"),
    choices={"reduce-lr-on-plateau/min-lr": "as-stored"},
)  # fmt: skip
def min_lr_is_compared_as_stored(case: Case) -> Expectations:
    """A rate that is min_lr as stored is not reduced any more, also where that is min_lr rounded up: no line is printed."""
    for epoch, before, _ in rates(case) if is_number(case["min_lr"]) else ():
        if before == float32(case["min_lr"]):
            printed = epoch.seen.printed
            why = f"the rate is {before!r}, which is min_lr={case['min_lr']!r} as stored"
            yield epoch.expects_that(not printed, "nothing printed", got=printed, because=why)


@clause(
    "reduce-lr-on-plateau/verbose/changes-nothing-else",
    level="universal", source=f"follows from {DOCS} (verbose)", observes=RATE, related=other_verbosity,
)  # fmt: skip
def verbose_changes_nothing_else(case: Case) -> Expectations:
    """Messages change nothing but what is printed."""
    return agree(side_by_side(case), ALL_BUT_PRINTED, f"only verbose differs there, {case['verbose']!r} here")


@clause(
    "reduce-lr-on-plateau/logs/logs-the-rate-before-the-reduction",
    level="observed", source=OBSERVED, observes=("learning_rate", "logged"),
)  # fmt: skip
def logs_the_rate_before_the_reduction(case: Case) -> Expectations:
    """At the end of an epoch whose logs are not empty the rate before a reduction, which was in force in the epoch, stands in
    them under learning_rate (tf-keras and Keras 2: lr), in place of a metric of that name; nothing else is added or changed. (One
    optimizer.)"""
    for epoch, before, _ in rates(case):
        added = rate_added(case, epoch, before)
        why = f"the rate in the epoch was {before!r}, and its logs are {'not ' if epoch.shown.logs else ''}empty"
        yield epoch.expects_that(same(epoch.seen.logged, added), f"logged {added}", got=epoch.seen.logged, because=why)


@clause(
    "reduce-lr-on-plateau/logs/the-type-of-the-logged-rate", level="observed", source=OBSERVED, observes=("logged",),
    optimizer="any",
)  # fmt: skip
def logs_a_number_of_this_kind(case: Case) -> Expectations:
    """The rate is logged as a Python float (tf-keras and Keras 2: as a number of NumPy's)."""
    return logged_as(case)


@clause(
    "reduce-lr-on-plateau/mode/warns-of-an-unknown-mode",
    level="observed", source=OBSERVED, observes=("warned",), errors=True, choices={"training/warnings": "given"},
)  # fmt: skip
def warns_of_an_unknown_mode(case: Case) -> Expectations:
    """The constructor issues one warning of a mode that is none of auto, min and max, and no other. (Numeric arguments that are
    numbers, and no epsilon.)"""
    if has_numbers(case) and case.trace.rejected is None and "epsilon" not in case.scenario.config:
        warned = ("unknown-mode",) if case["mode"] not in ("auto", "min", "max") else ()
        yield case.expects_that(
            case.trace.warned == warned, f"warnings {warned}", got=case.trace.warned,
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
    """The constructor raises ValueError for a factor of 1 or more, and refuses no other number and no unknown argument. (Numeric
    arguments that are numbers.)"""
    for factor, trace in ((case["factor"], case.trace), (1.0, case.other)) if has_numbers(case) else ():
        due = "ValueError" if factor >= 1.0 else "nothing"
        got = "nothing" if trace.rejected is None else trace.rejected.type
        why = f"factor={factor!r}, the other arguments are numbers where they should be"
        yield case.expects_that(got == due, f"{due} from the constructor", got=got, because=why)


@clause(
    "reduce-lr-on-plateau/errors/ordinary-input-never-fails", level="universal", source=f"follows from {DOCS} (Args)", errors=True
)  # fmt: skip
def ordinary_input_never_fails(case: Case) -> Expectations:
    """With ordinary settings, a known direction, one learning rate that can be set, and values that are finite single numbers, of
    which the sums with min_delta are in the range of float32, nothing is refused and nothing raises. (The documented arguments
    alone, and instances that are neither pickled nor copied.)"""
    s = settings(case)
    moved = any(fit.instances not in ("same", "new") for fit in case.scenario.fits)
    if s is None or moved or not case.knows(*case.scenario.config):
        return
    values = values_of(case.scenario, s.monitor)
    if not all(isinstance(value, float) and abs(value) + s.min_delta < FLOAT32_MAX for value in values):
        return
    why = f"config={dict(case.scenario.config)} is an ordinary one, and so are the values"
    refusal, (place, raised) = case.trace.rejected, _first_raised(case)
    got = "nothing" if refusal is None else refusal.type
    yield case.expects_that(refusal is None, "nothing raised by the constructor", got=got, because=why)
    got = "no exception" if raised is None else raised.type
    yield case.at(*place).expects_that(raised is None, "no exception", got=got, because=why)


def _pickled(scenario: Scenario) -> Scenario | None:
    """The instance pickled before the second of two short fits."""
    if len(scenario.fits) != 2 or sum(len(fit.epochs) for fit in scenario.fits) > 10:
        return None
    first, second = scenario.fits
    return replace(scenario, fits=(first, replace(second, instances="pickled"))) if second.instances == "same" else None


@clause(
    "reduce-lr-on-plateau/instance/can-be-pickled", level="observed", source="observed: keras 3.15.1", errors=True,
    related=_pickled, choices={"reduce-lr-on-plateau/pickling": "works"},
)  # fmt: skip
def can_be_pickled(case: Case) -> Expectations:
    """An instance can be pickled between two fits, and what is read of it does in the next one what the instance itself would
    do. (It takes the model along: of a model that can be saved and read by itself, without a class or a loss of one's own that
    is not registered.)"""
    yield from case.expects_the_same("the instance itself goes on so", ours=case.other, other=case.trace)


_At = tuple[int | None, int | None]
_NOWHERE: _At = (None, None)


def _first_raised(case: Case) -> tuple[_At, Raised | None]:
    """Where a hook first raised, and what."""
    for fit, _, seen in case.fits():
        if seen.error is not None:
            return (fit, seen.epochs_run - 1), seen.error
    return _NOWHERE, None


@clause(
    "reduce-lr-on-plateau/errors/raises-only-where-it-cannot-compare", level="observed",
    source="observed: keras 3.15.1 on TensorFlow", errors=True,
    choices={
        "reduce-lr-on-plateau/direction": "compiled-metric",
        "reduce-lr-on-plateau/precision": "float32-tensorflow",
        "reduce-lr-on-plateau/first-value": "accepted",
        "reduce-lr-on-plateau/reuse": "nothing",
    },
)  # fmt: skip
def raises_only_where_it_cannot_compare(case: Case) -> Expectations:
    """A hook raises in two cases alone, and ValueError in both. A mode other than min and max cannot decide: at the end of the
    first epoch. Or a finite value lies beyond the range of float32: at the end of its epoch; if it is the first of a fit, which
    is compared with nothing, at the end of the next monitored epoch. (One learning rate that can be set, whose name is not the
    monitor; numeric arguments that are numbers; values that are plain numbers, and further from either end of the range than 1e32
    and twice min_delta.)"""
    monitor, delta = case["monitor"], case["min_delta"]
    if not has_numbers(case) or monitor in LOG_KEYS or case["factor"] >= 1.0 or case.trace.rejected is not None:
        return
    values = values_of(case.scenario, monitor)
    # whether a value is refused must not depend on which side min_delta is added to
    if not all(
        type(value) is float and not abs(abs(value) - FLOAT32_MAX) <= 2.0 * abs(delta) + 1e32 for value in values
    ):
        return
    undecided = case["mode"] not in ("min", "max") and compiled_direction(case.scenario) is None
    due = (0, 0) if undecided else _refused(case)
    at, raised = _first_raised(case)
    place = due if raised is None else at
    got = "no exception" if raised is None else f"{raised.type} in {raised.hook}"
    expected = "ValueError in epoch_end" if place == due != _NOWHERE else "no exception"
    shown = [value for fit, _, _ in case.fits() for value in monitored(case, fit, monitor)]
    why = f"mode={case['mode']!r} cannot decide on {monitor}" if undecided else f"{monitor} is {shown} up to there"
    yield case.at(*place).expects_that(got == expected, expected, got=got, because=why)


def _refused(case: Case) -> _At:
    """The fit, and the index of the epoch in it, of which the end compares what the precision refuses."""
    for fit, shown in enumerate(case.scenario.fits):
        end = next((index for index, epoch in enumerate(shown.epochs) if epoch.stop), len(shown.epochs))
        epochs = [(index, epoch.logs) for index, epoch in enumerate(shown.epochs[: end + 1])]
        stream = [(index, logs[case["monitor"]]) for index, logs in epochs if case["monitor"] in logs]
        numbers = [value if isinstance(value, float) else math.nan for _, value in stream]
        beyond = [place for place, value in enumerate(numbers) if FLOAT32_MAX < abs(value) < math.inf]
        if beyond and max(beyond[0], 1) < len(stream):
            return fit, stream[max(beyond[0], 1)][0]
    return _NOWHERE


@clause(
    "reduce-lr-on-plateau/cooldown/is-not-looked-at-before-a-reduction", level="observed", source=OBSERVED, errors=True
)
def cooldown_is_not_looked_at(case: Case) -> Expectations:
    """A cooldown that is no number raises TypeError at the end of the first monitored epoch after a reduction in the same fit,
    and does nothing before. (Where a reduction is a fall: factor lies between 0 and 0.9, the rate between 1e-30 and 1e30; and
    where nothing else raises: a known direction, other arguments that are numbers, single numbers up to 1e30 as values.)"""
    monitor = monitored_metric(case.scenario)
    others = has_numbers(replace(case, scenario=configured(case.scenario, cooldown=0)))
    if isinstance(case["cooldown"], int | float) or not others or case.trace.rejected is not None:
        return
    if monitor is None or known_direction(case.scenario) is None or not 0.0 < case["factor"] <= 0.9:
        return
    before = [rate for _, rate, _ in rates(case)]
    values = values_of(case.scenario, monitor)
    if not all(1e-30 <= rate <= 1e30 for rate in before):
        return
    if any(isinstance(value, tuple) or abs(value) > 1e30 for value in values):
        return
    falls = [(epoch.fit, epoch.index) for fit, _, _ in case.fits() for epoch in falls_of(case, fit)]
    for epoch in case.epochs():
        fall = next((index for fit, index in falls if fit == epoch.fit and index < epoch.index), None)
        fit = case.trace.fits[epoch.fit]
        raised = fit.error if fit.epochs_run == epoch.index + 1 else None
        got = "no exception" if raised is None else f"{raised.type} in {raised.hook}"
        due = "TypeError in epoch_end" if fall is not None and monitor in epoch.shown.logs else "no exception"
        reduction = "no reduction" if fall is None else f"a reduction in epoch {case.number(epoch.fit, fall)}"
        why = f"cooldown={case['cooldown']!r}, and there is {reduction} before in the fit"
        yield epoch.expects_that(got == due, due, got=got, because=why)


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
    """The argument epsilon of older releases is accepted without a warning and does nothing."""
    why = "only epsilon differs there, which does nothing"
    yield from alike(case, why)
    warned, expected = case.trace.warned, case.other.warned
    if warned is not None and expected is not None:
        yield case.expects_that(warned == expected, f"warnings {expected}", got=warned, because=why)


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


@clause(
    "reduce-lr-on-plateau/epsilon/is-warned-of",
    level="observed", source="observed: tf-keras 2.21.0", observes=("warned",), errors=True,
    choices={"reduce-lr-on-plateau/epsilon": "alias-of-min-delta"},
)  # fmt: skip
def epsilon_is_warned_of(case: Case) -> Expectations:
    """The constructor issues a warning of an epsilon, before any other."""
    if "epsilon" in case.scenario.config and case.trace.rejected is None and case.trace.warned is not None:
        warned = case.trace.warned
        yield case.expects_that(warned[:1] == ("other",), "a warning of epsilon", got=warned, because="it is given")


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
    """Arguments that the callback does not know are accepted and do nothing."""
    return alike(case, f"only the argument {ANOTHER} differs there")


ANOTHER = "no_such_argument"


def _another_argument(scenario: Scenario) -> Scenario:
    return without(scenario, ANOTHER) if ANOTHER in scenario.config else configured(scenario, **{ANOTHER: 1})


@clause(
    "reduce-lr-on-plateau/arguments/defaults-are-those-documented",
    level="documented", source=SIGNATURE, observes=RATE, related=lambda scenario: _all_defaults(scenario),
)  # fmt: skip
def arguments_defaults(case: Case) -> Expectations:
    """Without arguments val_loss is monitored in mode auto, which minimizes it: factor 0.1, patience 10, min_delta 1e-4,
    cooldown 0, min_lr 0, no lines. (The model is compiled with no metric called loss.)"""
    stream = f"11 times 1.0, 10 times {_BY_HALF!r}, then {_BY_TWO!r}"
    for epoch, before, after in rates(case.beside()):
        due = reduced(before, 0.1, 0.0) if epoch.index in _DEFAULT_REDUCTIONS else (before,)
        value = epoch.shown.logs["val_loss"]
        why = f"with the defaults, val_loss={value!r} is number {epoch.index + 1} of {stream}"
        yield epoch.expects_that(any(same(after, each) for each in due), f"{due[0]!r}", got=after, because=why)
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
