"""What ReduceLROnPlateau does to the rate: when it is reduced, to what, and how patience and cooldown count.

Rules
- Documented clauses hold what they see against the documented rule (`stream.py`), as far as it goes.
- Promises of the documentation that Keras breaks stand in their promised form; the deviations are declared elsewhere.
"""

import math
from collections.abc import Callable, Iterator

from ...callbacks import defaults
from ...editing import configured
from ...numbers import float32
from ...scenario import Scenario
from ...values import Value, only
from ..calculation import less_in_any_precision
from ..clause import Case, EpochSeen, Expectations, at_least, clause, equal_to
from ..monitoring import is_number
from ..rates import (
    ALL_BUT_PRINTED,
    EVERYTHING,
    agree,
    first_fit_twice,
    later_by,
    rates,
    same,
    second_time,
    side_by_side,
)
from .stream import (
    CALLBACK,
    DOCS,
    OBSERVED,
    RATE,
    expected_epochs,
    falls_of,
    monitored,
    reduced,
    settings,
)


@clause("reduce-lr-on-plateau/improvement/a-later-nan-is-none", level="observed", source=OBSERVED, observes=RATE)
def later_nan(case: Case) -> Expectations:
    """A NaN after the first value is no improvement and hides none: its epoch counts towards patience like any other without an
    improvement, and the next value is compared with the best before the NaN. (Ordinary settings, a known direction, a first fit
    whose first value is finite; as long as every epoch is monitored; with a cooldown, up to the first reduction.)"""
    found = list(expected_epochs(case, less_in_any_precision))
    for e, epoch in found if any(math.isnan(e.value) for e, _ in found) else ():
        seen = epoch.seen.learning_rate
        yield epoch.expects_that(e.met(only(seen)), f"learning_rate={e.after[0]!r}", got=seen, because=e.why)


def _factor_lowers(case: Case) -> bool:
    return is_number(case["factor"]) and is_number(case["min_lr"]) and 0.0 < case["factor"] < 1.0


# ---------------------------------------------------------------------------------------------- the rate


@clause(
    "reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
    level="documented", source=f"{DOCS} (patience, factor, min_lr)", observes=RATE,
)  # fmt: skip
def reduces_after_patience_epochs(case: Case) -> Expectations:
    """The rate becomes max(rate * factor, min_lr), as stored, at the end of an epoch exactly if that is the patience-th in a row
    without an improvement, counted from the last improvement or reduction, and the rate lies above min_lr as stored. (Ordinary
    settings, a known direction, a first fit whose first value is finite; as long as every epoch is monitored and its value
    clearly is an improvement or clearly none; with a cooldown, up to the first reduction.)"""
    for e, epoch in expected_epochs(case, less_in_any_precision):
        seen = epoch.seen.learning_rate
        yield epoch.expects_that(e.met(only(seen)), f"learning_rate={e.after[0]!r}", got=seen, because=e.why)


def _changes(case: Case) -> Iterator[tuple[EpochSeen, float, float]]:
    """The epochs whose end changed the rate, with the rate before and after it, where factor and min_lr are numbers."""
    if is_number(case["factor"]) and is_number(case["min_lr"]):
        yield from ((epoch, before, after) for epoch, before, after in rates(case) if not same(before, after))


def _multiplied(case: Case, way: slice) -> Expectations:
    """Every change is to the rate times factor, by one of these ways of calculating (of those of `reduced`)."""
    factor, min_lr = case["factor"], case["min_lr"]
    for epoch, before, after in _changes(case):
        due = reduced(before, factor, min_lr)[way]
        why = f"the rate changes to {before!r} * factor={factor!r}, at least min_lr={min_lr!r}"
        yield epoch.expects_that(any(same(after, each) for each in due), f"{due[0]!r}", got=after, because=why)


@clause("reduce-lr-on-plateau/factor/multiplies-the-rate", level="documented", source=f"{DOCS} (factor)", observes=RATE)
def multiplies_the_rate(case: Case) -> Expectations:
    """Whenever the rate changes, the new one is the old one times factor, or min_lr if that is more, as stored. (Multiplied as
    float64 or as float32.)"""
    return _multiplied(case, slice(2))


@clause(
    "reduce-lr-on-plateau/factor/is-multiplied-as-float64",
    level="observed", source="observed: keras 3.15.1", observes=RATE,
    choices={"reduce-lr-on-plateau/rate-arithmetic": "float64"},
)  # fmt: skip
def multiplies_as_float64(case: Case) -> Expectations:
    """The stored rate is multiplied by factor as float64, and the product rounded when it is stored."""
    return _multiplied(case, slice(1))


@clause(
    "reduce-lr-on-plateau/factor/is-multiplied-as-float32",
    level="observed", source="observed: tf-keras 2.21.0 with NumPy 2", observes=RATE,
    choices={"reduce-lr-on-plateau/rate-arithmetic": "float32"},
)  # fmt: skip
def multiplies_as_float32(case: Case) -> Expectations:
    """Rate and factor are multiplied as float32."""
    return _multiplied(case, slice(1, 2))


@clause(
    "reduce-lr-on-plateau/rate/never-rises",
    level="universal",
    source=f"follows from {DOCS} (first sentence)",
    observes=RATE,
)
def never_rises(case: Case) -> Expectations:
    """With 0 <= factor < 1 and a rate that is not negative, no epoch's end raises the rate."""
    if is_number(case["factor"]) and 0.0 <= case["factor"] < 1.0:
        why = f"the rate was that, and factor={case['factor']!r} is below one"
        for epoch, before, after in rates(case):
            if before >= 0.0:
                # a rate that is no number any more has not risen
                yield epoch.expects_that(not after > before, f"at most {before!r}", got=repr(after), because=why)


@clause(
    "reduce-lr-on-plateau/min-lr/is-the-lower-bound",
    level="universal",
    source=f"follows from {DOCS} (min_lr)",
    observes=RATE,
)
def is_the_lower_bound(case: Case) -> Expectations:
    """No reduction leaves a finite rate below min_lr as stored, and a finite rate that is not above min_lr as stored is not
    changed. (factor and min_lr are finite.)"""
    if not all(is_number(case[name]) and math.isfinite(case[name]) for name in ("min_lr", "factor")):
        return
    bound = min(case["min_lr"], float32(case["min_lr"]))
    for epoch, before, after in rates(case):
        if not math.isfinite(before):
            continue
        if before <= bound:
            why = f"the rate is at or below min_lr={case['min_lr']!r} already"
            yield epoch.expects(equal_to(before), got=after, because=why)
        elif after != before:
            why = f"min_lr={case['min_lr']!r} bounds the rate, which was {before!r}"
            yield epoch.expects(at_least(bound), got=after, because=why)


@clause(
    "reduce-lr-on-plateau/rate/changes-only-at-epoch-ends",
    level="observed", source=OBSERVED, observes=("learning_rate", "learning_rate_in_epoch"),
)  # fmt: skip
def changes_only_at_epoch_ends(case: Case) -> Expectations:
    """The rate in an epoch is the one that the end of the epoch before left behind."""
    for epoch, before, _ in rates(case):
        seen = epoch.seen.learning_rate_in_epoch
        why = "nothing changes the rate at an epoch's beginning"
        yield epoch.expects_that(same(seen, before), f"{before!r} in the epoch", got=seen, because=why)


# ---------------------------------------------------------------------------------------------- patience and cooldown


@clause(
    "reduce-lr-on-plateau/patience/more-patience-never-reduces-earlier",
    level="universal", source=f"follows from {DOCS} (patience)", observes=RATE, related=lambda scenario: _more_patience(scenario),
)  # fmt: skip
def more_patience_never_reduces_earlier(case: Case) -> Expectations:
    """In a first fit, with a patience that is one higher, the first fall comes no earlier. (patience is a whole number of 1 or
    more, factor lies between 0 and 1.)"""
    first, later = (next(iter(falls_of(run, 0)), None) for run in (case, case.beside()))
    if _factor_lowers(case) and (first is not None or later is not None):
        yield case.at(0, None if later is None else later.index).expects_that(
            later is None or (first is not None and first.index <= later.index),
            "a fall here at the latest",
            got="never" if first is None else f"in epoch {first.number}",
            because=f"with patience={case['patience'] + 1} it falls there",
        )


def _more_patience(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience", defaults(CALLBACK)["patience"])
    if not isinstance(patience, int) or isinstance(patience, bool) or patience < 1:
        return None
    return configured(scenario, patience=patience + 1)


@clause(
    "reduce-lr-on-plateau/patience/less-than-one-acts-as-one",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _patience_of_one(scenario),
)  # fmt: skip
def less_than_one_acts_as_one(case: Case) -> Expectations:
    """A patience below 1, be it 0 or negative, does what a patience of 1 does."""
    return agree(side_by_side(case), EVERYTHING, f"patience={case['patience']} acts as the patience=1 there")


def _patience_of_one(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience")
    return configured(scenario, patience=1) if is_number(patience) and patience < 1 else None


@clause(
    "reduce-lr-on-plateau/cooldown/waits-cooldown-epochs",
    level="documented", source=f"{DOCS} (cooldown)", observes=RATE,
)  # fmt: skip
def waits_cooldown_epochs(case: Case) -> Expectations:
    """After a reduction, cooldown epochs go by before epochs are counted again: two falls of a fit lie at least
    cooldown + patience epochs apart. (Ordinary settings, and a cooldown of 1 or more.)"""
    s = settings(case, without_mode=True)
    if s is None or s.cooldown < 1:
        return
    fall: EpochSeen | None = None
    for epoch, before, after in rates(case):
        fall = None if fall is None or fall.fit != epoch.fit else fall
        if fall is not None and epoch.index < fall.index + s.cooldown + s.patience:
            yield epoch.expects_that(
                not after < before,
                f"the next fall not before epoch {fall.number + s.cooldown + s.patience}",
                got=f"in epoch {epoch.number}",
                because=f"the rate fell in epoch {fall.number}, cooldown={s.cooldown}, patience={s.patience}",
            )
        fall = epoch if after < before else fall


def _on_a_plateau(case: Case, gap: Callable[[int], int]) -> Expectations:
    """Falls on a first fit's constant stream: after patience + 1 epochs, then every patience + gap(cooldown), down to min_lr."""
    s = settings(case, without_mode=True)
    if s is None:
        return
    every = s.patience + gap(s.cooldown)
    why = (
        f"on a plateau from the start, patience={s.patience} and cooldown={s.cooldown} reduce after {s.patience + 1} "
        f"epochs and then every {every}"
    )
    for epoch, before, after in rates(case, 0) if _is_plateau(monitored(case, 0, s.monitor), s.patience) else ():
        past = epoch.index - s.patience
        falls = past >= 0 and past % every == 0 and before > s.floor
        due = reduced(before, s.factor, s.min_lr) if falls else (before,)
        yield epoch.expects_that(any(same(after, each) for each in due), f"{due[0]!r}", got=after, because=why)


def _is_plateau(values: list[Value | None], patience: int) -> bool:
    """Whether there are more values than patience, all the same finite number."""
    first = values[0]
    return (
        len(values) > patience and isinstance(first, float) and math.isfinite(first) and all(v == first for v in values)
    )


@clause(
    "reduce-lr-on-plateau/cooldown/acts-as-one-less",
    level="observed", source=OBSERVED, observes=RATE, choices={"reduce-lr-on-plateau/cooldown": "one-less"},
)  # fmt: skip
def acts_as_one_less(case: Case) -> Expectations:
    """Where every epoch has the same value, the rate is reduced at the end of the (patience + 1)-th epoch, and then every
    patience + max(cooldown - 1, 0) epochs. (Ordinary settings, a finite value, a first fit; as long as the rate lies above min_lr
    as stored.)"""
    return _on_a_plateau(case, lambda cooldown: max(cooldown - 1, 0))


@clause(
    "reduce-lr-on-plateau/cooldown/acts-as-given",
    level="documented", source=f"{DOCS} (patience, cooldown)", observes=RATE,
)  # fmt: skip
def acts_as_given(case: Case) -> Expectations:
    """Where every epoch has the same value, the rate is reduced at the end of the (patience + 1)-th epoch, and then every
    patience + cooldown epochs. (Ordinary settings, a finite value, a first fit; as long as the rate lies above min_lr as
    stored.)"""
    return _on_a_plateau(case, lambda cooldown: cooldown)


@clause(
    "reduce-lr-on-plateau/cooldown/matters-only-after-a-reduction",
    level="universal", source=f"follows from {DOCS} (cooldown)", observes=RATE, related=lambda scenario: _no_cooldown(scenario),
)  # fmt: skip
def matters_only_after_a_reduction(case: Case) -> Expectations:
    """In a first fit, up to the first fall of the rate, a cooldown changes nothing but what is printed. (Where a reduction is a
    fall: factor lies between 0 and 0.9, the rate between 1e-30 and 1e30.)"""
    falls = falls_of(case, 0)
    end = falls[0].index if falls else len(case.trace.fits[0].epochs)
    pairs = ((epoch, beside) for epoch, beside in side_by_side(case) if epoch.fit == 0 and epoch.index <= end)
    return agree(
        pairs, ALL_BUT_PRINTED, f"cooldown={case['cooldown']} differs from the cooldown=0 there only after a fall"
    )


def _no_cooldown(scenario: Scenario) -> Scenario | None:
    cooldown = scenario.config.get("cooldown")
    factor = scenario.config.get("factor", defaults(CALLBACK)["factor"])
    # a fall must be seen: a factor next to one may leave the rate as it is, and the cooldown begins nevertheless
    if not is_number(cooldown) or not cooldown or not is_number(factor) or not 0.0 < factor <= 0.9:
        return None
    if not 1e-30 <= only(scenario.rate_given(0)) <= 1e30:
        return None
    return configured(scenario, cooldown=0)


def _below_zero_or_zero(scenario: Scenario) -> Scenario | None:
    cooldown = scenario.config.get("cooldown", defaults(CALLBACK)["cooldown"])
    return configured(scenario, cooldown=0 if cooldown else -1) if is_number(cooldown) and cooldown <= 0 else None


@clause(
    "reduce-lr-on-plateau/cooldown/below-zero-is-none",
    level="observed", source=OBSERVED, observes=RATE, related=_below_zero_or_zero,
)  # fmt: skip
def below_zero_is_none(case: Case) -> Expectations:
    """A cooldown below zero does what cooldown=0 does: no epoch is one of a cooldown. (But for `cooldown_counter`, which is that
    number after a reduction.)"""
    there = "0" if case["cooldown"] else "-1"
    return agree(side_by_side(case), EVERYTHING, f"cooldown is {case['cooldown']}, and {there} there: there is none")


# ---------------------------------------------------------------------------------------------- instances and streams


@clause(
    "reduce-lr-on-plateau/reuse/an-instance-used-again-behaves-as-a-new-one",
    level="observed", source=OBSERVED, observes=RATE, related=first_fit_twice,
    choices={"reduce-lr-on-plateau/reuse": "nothing"},
)  # fmt: skip
def every_fit_starts_anew(case: Case) -> Expectations:
    """An instance used for a second fit does what a new one does: best, patience and cooldown begin anew, but the direction that
    mode auto took stays."""
    return agree(second_time(case), EVERYTHING, "the instance is new there, and this is the same fit with it once more")


@clause(
    "reduce-lr-on-plateau/stream/epoch-numbers-do-not-matter",
    level="universal", source=f"follows from {DOCS} (patience: a number of epochs)", observes=RATE,
    related=lambda scenario: later_by(scenario, 7),
)  # fmt: skip
def epoch_numbers_do_not_matter(case: Case) -> Expectations:
    """As many epochs, begun with a higher initial_epoch, differ in nothing but their indices."""
    return agree(side_by_side(case), EVERYTHING, "only the numbers of the epochs are higher there, by 7")
