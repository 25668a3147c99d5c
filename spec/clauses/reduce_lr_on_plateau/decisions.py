"""What ReduceLROnPlateau does to the rate: when it is reduced, to what, and how patience and cooldown count.

Rules
- One closed form (`stream.py`) predicts every epoch; here, and in `messages.py`, each thing that can be seen
  has a clause that compares it with that, so that a failure says what is wrong. It reads the choices of the dialect.
- Promises of the documentation that Keras breaks stand in their promised form; the deviations are declared elsewhere.
- A *fall* is an epoch whose end lowered the rate: all that an observer sees of a reduction.
"""

import math
from itertools import pairwise

from ...callbacks import defaults
from ...numbers import float32
from ...scenario import Scenario
from ...values import only
from ..clause import HELD, NOT_EXERCISED, Case, Failed, Outcome, clause
from ..monitoring import is_number
from ..rates import (
    ALL_BUT_PRINTED,
    EVERYTHING,
    LOG_KEYS,
    agree,
    configured,
    first_fit_twice,
    later_by,
    other,
    rates,
    same,
    second_time,
    side_by_side,
)
from .stream import CALLBACK, DOCS, OBSERVED, RATE, compares, expected_epochs, falls_of, monitored, reduced, settings


def _factor_lowers(case: Case) -> bool:
    return is_number(case["factor"]) and is_number(case["min_lr"]) and 0.0 < case["factor"] < 1.0


# ---------------------------------------------------------------------------------------------- the rate


@clause(
    "reduce-lr-on-plateau/patience/reduces-after-patience-epochs",
    level="documented", source=f"{DOCS} (patience, factor, min_lr, cooldown)", observes=RATE,
)  # fmt: skip
def reduces_after_patience_epochs(case: Case) -> Outcome:
    """The rate becomes max(rate * factor, min_lr) at the end of an epoch exactly if that is the patience-th epoch in a row
    without an improvement, none of them in the cooldown, and the rate lies above min_lr."""
    outcome: Outcome = NOT_EXERCISED
    for e, epoch in expected_epochs(case):
        outcome = HELD
        if not same(epoch.seen.learning_rate, e.after):
            return Failed(
                fit=e.fit,
                epoch=e.index,
                expected=f"learning_rate={e.after!r}",
                why=e.why(),
                got=f"{epoch.seen.learning_rate!r}",
            )
    return outcome


@clause("reduce-lr-on-plateau/factor/multiplies-the-rate", level="documented", source=f"{DOCS} (factor)", observes=RATE)
def multiplies_the_rate(case: Case) -> Outcome:
    """Whenever the rate changes, the new one is the old one times factor, or min_lr if that is more, as it is stored."""
    s = settings(case)
    outcome: Outcome = NOT_EXERCISED
    if s is None:
        return outcome
    for epoch, before, after in rates(case):
        if not same(before, after):
            outcome = HELD
            if not same(after, reduced(case, s, before)):
                why = f"the rate changes to {before!r} * factor={s.factor!r}, at least min_lr={s.min_lr!r}"
                return Failed(
                    fit=epoch.fit,
                    epoch=epoch.index,
                    expected=f"{reduced(case, s, before)!r}",
                    why=why,
                    got=f"{after!r}",
                )
    return outcome


@clause("reduce-lr-on-plateau/rate/never-rises", level="universal", source=f"{DOCS} (first sentence)", observes=RATE)
def never_rises(case: Case) -> Outcome:
    """With 0 <= factor < 1 and a rate that is not negative, no epoch's end raises the rate."""
    if not is_number(case["factor"]) or not 0.0 <= case["factor"] < 1.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for epoch, before, after in rates(case):
        if before >= 0.0:
            outcome = HELD
            if after > before:
                why = f"the rate was that, and factor={case['factor']!r} is below one"
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"at most {before!r}", why=why, got=f"{after!r}"
                )
    return outcome


@clause("reduce-lr-on-plateau/min-lr/is-the-lower-bound", level="universal", source=f"{DOCS} (min_lr)", observes=RATE)
def is_the_lower_bound(case: Case) -> Outcome:
    """No reduction takes a finite rate below min_lr, as float64 or as stored, and one that is there already is not changed."""
    if not all(is_number(case[name]) and math.isfinite(case[name]) for name in ("min_lr", "factor")):
        return NOT_EXERCISED
    bound = min(case["min_lr"], float32(case["min_lr"]))
    outcome: Outcome = NOT_EXERCISED
    for epoch, before, after in rates(case):
        if math.isfinite(before):
            outcome = HELD
            if after != before and not after >= bound:
                why = f"min_lr={case['min_lr']!r} bounds the rate, which was {before!r}"
                return Failed(
                    fit=epoch.fit, epoch=epoch.index, expected=f"at least {bound!r}", why=why, got=f"{after!r}"
                )
            if after != before and before <= bound:
                why = f"the rate is at or below min_lr={case['min_lr']!r} already"
                return Failed(fit=epoch.fit, epoch=epoch.index, expected=f"{before!r}", why=why, got=f"{after!r}")
    return outcome


@clause(
    "reduce-lr-on-plateau/rate/changes-only-at-epoch-ends",
    level="observed", source=OBSERVED, observes=("learning_rate", "learning_rate_in_epoch"),
)  # fmt: skip
def changes_only_at_epoch_ends(case: Case) -> Outcome:
    """The rate in an epoch is the one that the end of the epoch before left behind."""
    for epoch, before, _ in rates(case):
        if not same(epoch.seen.learning_rate_in_epoch, before):
            why = "nothing changes the rate at an epoch's beginning"
            return Failed(
                fit=epoch.fit,
                epoch=epoch.index,
                expected=f"{before!r} in the epoch",
                why=why,
                got=f"{epoch.seen.learning_rate_in_epoch!r}",
            )
    return HELD


# ---------------------------------------------------------------------------------------------- patience and cooldown


@clause(
    "reduce-lr-on-plateau/patience/more-patience-never-reduces-earlier",
    level="universal", source=f"{DOCS} (patience)", observes=RATE, related=lambda scenario: _more_patience(scenario),
)  # fmt: skip
def more_patience_never_reduces_earlier(case: Case) -> Outcome:
    """With patience one higher, the first fall of a fit comes no earlier."""
    if not _factor_lowers(case):
        return NOT_EXERCISED
    sooner, later = falls_of(case, 0), falls_of(other(case), 0)
    if not later:
        return HELD if sooner else NOT_EXERCISED
    if not sooner or later[0][0] < sooner[0][0]:
        came = f"in epoch {case.number(0, sooner[0][0])}" if sooner else "never"
        why = f"with patience={case['patience'] + 1} it falls there"
        return Failed(fit=0, epoch=later[0][0], expected="a fall here at the latest", why=why, got=came)
    return HELD


def _more_patience(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience", defaults(CALLBACK)["patience"])
    if not isinstance(patience, int) or isinstance(patience, bool) or patience < 1:
        return None
    return configured(scenario, patience=patience + 1)


@clause(
    "reduce-lr-on-plateau/patience/less-than-one-acts-as-one",
    level="observed", source=OBSERVED, observes=RATE, related=lambda scenario: _patience_of_one(scenario),
)  # fmt: skip
def less_than_one_acts_as_one(case: Case) -> Outcome:
    """A patience of zero or less does what a patience of one does."""
    return agree(side_by_side(case), EVERYTHING, f"patience={case['patience']} acts as the patience=1 there")


def _patience_of_one(scenario: Scenario) -> Scenario | None:
    patience = scenario.config.get("patience")
    return configured(scenario, patience=1) if is_number(patience) and patience < 1 else None


@clause(
    "reduce-lr-on-plateau/cooldown/waits-cooldown-epochs",
    level="documented", source=f"{DOCS} (cooldown)", observes=RATE,
)  # fmt: skip
def waits_cooldown_epochs(case: Case) -> Outcome:
    """After a reduction, cooldown epochs go by before epochs are counted again: two falls of a fit lie at least
    cooldown + patience epochs apart."""
    s = settings(case)
    if s is None or s.cooldown < 1 or s.factor >= 1.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    for fit, _, seen in case.fits():
        falls = [index for index, _, _ in falls_of(case, fit)]
        if falls and falls[0] + 1 < seen.epochs_run:
            outcome = HELD
        for first, second in pairwise(falls):
            if second - first < s.cooldown + s.need:
                due = first + s.cooldown + s.need
                why = f"the rate fell in epoch {case.number(fit, first)}, cooldown={s.cooldown}, patience={s.need}"
                return Failed(
                    fit=fit,
                    epoch=second,
                    expected=f"the next fall not before epoch {case.number(fit, due)}",
                    why=why,
                    got=f"in epoch {case.number(fit, second)}",
                )
    return outcome


def _on_a_plateau(case: Case, gap: int) -> Outcome:
    """Falls on a constant stream: after patience + 1 epochs, then every patience + gap, down to min_lr."""
    s = settings(case)
    found = None if s is None else compares(case, s)
    if s is None or found is None or s.monitor in LOG_KEYS or not 0.0 <= s.min_delta < math.inf or s.factor >= 1.0:
        return NOT_EXERCISED
    outcome: Outcome = NOT_EXERCISED
    rate = 0.0
    for fit, _, _ in case.fits():
        values = monitored(case, fit, s.monitor)
        first = values[0]
        if not isinstance(first, float) or not math.isfinite(first) or any(value != first for value in values):
            return outcome
        given = case.rate_given(fit)
        rate = rate if given is None else float32(given)
        for epoch in case.epochs(fit):
            past = epoch.index - s.need
            if past >= 0 and past % (s.need + gap) == 0 and rate > s.floor:
                rate = reduced(case, s, rate)
            outcome = HELD if past >= 0 else outcome
            if not same(epoch.seen.learning_rate, rate):
                why = (
                    f"on a plateau from the start, patience={s.need} and cooldown={s.cooldown} reduce after {s.need + 1} "
                    f"epochs and then every {s.need + gap}"
                )
                return Failed(
                    fit=fit, epoch=epoch.index, expected=f"{rate!r}", why=why, got=f"{epoch.seen.learning_rate!r}"
                )
    return outcome


@clause(
    "reduce-lr-on-plateau/cooldown/acts-as-one-less",
    level="observed", source=OBSERVED, observes=RATE, choices={"reduce-lr-on-plateau/cooldown": "one-less"},
)  # fmt: skip
def acts_as_one_less(case: Case) -> Outcome:
    """On a constant stream the rate falls after patience + 1 epochs, then every patience + max(cooldown - 1, 0) epochs."""
    s = settings(case)
    return NOT_EXERCISED if s is None else _on_a_plateau(case, max(s.cooldown - 1, 0))


@clause(
    "reduce-lr-on-plateau/cooldown/acts-as-given",
    level="documented", source=f"{DOCS} (cooldown)", observes=RATE,
    choices={"reduce-lr-on-plateau/cooldown": "exact"},
)  # fmt: skip
def acts_as_given(case: Case) -> Outcome:
    """On a constant stream the rate falls after patience + 1 epochs, then every patience + cooldown epochs."""
    s = settings(case)
    return NOT_EXERCISED if s is None else _on_a_plateau(case, s.cooldown)


@clause(
    "reduce-lr-on-plateau/cooldown/matters-only-after-a-reduction",
    level="universal", source=f"{DOCS} (cooldown)", observes=RATE, related=lambda scenario: _no_cooldown(scenario),
)  # fmt: skip
def matters_only_after_a_reduction(case: Case) -> Outcome:
    """Up to the first fall of the rate, a cooldown changes nothing."""
    falls = falls_of(case, 0)
    end = falls[0][0] if falls else len(case.trace.fits[0].epochs)
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


# ---------------------------------------------------------------------------------------------- instances and streams


@clause(
    "reduce-lr-on-plateau/reuse/an-instance-used-again-behaves-as-a-new-one",
    level="observed", source=OBSERVED, observes=RATE, related=first_fit_twice,
)  # fmt: skip
def every_fit_starts_anew(case: Case) -> Outcome:
    """An instance used for a second fit does what a new one does: best, patience and cooldown begin anew."""
    return agree(second_time(case), EVERYTHING, "the instance is new there, and this is the same fit with it once more")


@clause(
    "reduce-lr-on-plateau/stream/epoch-numbers-do-not-matter",
    level="universal", source=f"{DOCS} (patience: a number of epochs)", observes=RATE,
    related=lambda scenario: later_by(scenario, 7),
)  # fmt: skip
def epoch_numbers_do_not_matter(case: Case) -> Outcome:
    """A higher initial_epoch changes nothing."""
    return agree(side_by_side(case), EVERYTHING, "only the numbers of the epochs are higher there, by 7")
