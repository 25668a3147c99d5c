"""What the clauses on ReduceLROnPlateau share: its closed form over the whole stream of monitored values. No clauses in here.

Rules
- Positions count the monitored epochs of a fit. A position is *bad* if its value does not improve on the record before it.
- The rate is reduced at a position exactly if the last max(1, patience) positions up to it are all bad and all lie after the
  cooldown of the reduction before, and the rate lies above min_lr as float32.
- Numbers only: for other types nothing is predicted.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...numbers import float32
from ...scenario import Scenario
from ...values import Value
from ..clause import Case, EpochSeen
from ..monitoring import Comparison, comparison, is_number
from ..rates import LOG_KEYS, log_key, rates

CALLBACK = "ReduceLROnPlateau"
DOCS = "https://keras.io/api/callbacks/reduce_lr_on_plateau/"
BASE = "keras 3.15.1, the docstring of MonitorCallback, which the class inherits from"
SIGNATURE = f"{DOCS} (signature)"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
RATE = ("learning_rate",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """A configuration of numbers. `need`: how many bad epochs in a row reduce. `gap`: after a reduction, how many
    monitored epochs do not count, as the dialect has it. `floor`: min_lr as stored."""

    monitor: str
    factor: float
    need: int
    cooldown: int
    gap: int
    min_delta: float
    min_lr: float
    floor: float
    prints: bool


def _is_count(value: object) -> bool:
    return is_number(value) and math.isfinite(value)


def epsilon_counts(case: Case) -> bool:
    """Whether the argument epsilon is given and stands for min_delta."""
    aliased = case.dialect["reduce-lr-on-plateau/epsilon"] == "alias-of-min-delta"
    return aliased and "epsilon" in case.scenario.config


def settings(case: Case) -> Settings | None:
    """The configuration, if it consists of numbers where numbers belong."""
    min_delta = case.scenario.config["epsilon"] if epsilon_counts(case) else case["min_delta"]
    numbers = (case["factor"], case["min_delta"], min_delta, case["min_lr"])
    if not all(is_number(number) for number in numbers) or not isinstance(case["monitor"], str):
        return None
    patience, cooldown, verbose = case["patience"], case["cooldown"], case["verbose"]
    if not _is_count(patience) or not _is_count(cooldown) or not isinstance(verbose, int | float):
        return None
    less = 1 if case.dialect["reduce-lr-on-plateau/cooldown"] == "one-less" else 0
    return Settings(
        monitor=case["monitor"],
        factor=case["factor"],
        need=max(1, math.ceil(patience)),
        cooldown=max(0, math.ceil(cooldown)),
        gap=max(0, math.ceil(cooldown) - less),
        min_delta=float(min_delta),
        min_lr=case["min_lr"],
        floor=float32(case["min_lr"]),
        prints=verbose > 0,
    )


def reduced(case: Case, s: Settings, rate: float) -> float:
    """What a reduction makes of `rate`, as stored."""
    if case.dialect["reduce-lr-on-plateau/rate-arithmetic"] == "float32":
        product = float32(rate * float32(s.factor))
        return s.floor if s.floor > product else product
    product = rate * s.factor
    return float32(s.min_lr if s.min_lr > product else product)


def compares(case: Case, s: Settings) -> Comparison | None:
    """How the case compares, epsilon considered; None if the direction cannot be known."""
    return comparison(case, s.min_delta)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What is expected of one epoch, and what it follows from. `bad`: the bad positions in a row that count, with this one."""

    fit: int
    index: int
    before: float
    after: float
    value: float | None
    record: float | None
    improved: bool
    cooling: bool
    bad: int
    reduced: bool
    s: Settings

    def why(self) -> str:
        """The reason, with the values."""
        s = self.s
        if self.value is None:
            return f"{s.monitor} is missing, so nothing is counted"
        if self.improved:
            before = "the first value is the best" if self.record is None else f"it improves on {self.record!r}"
            return f"{s.monitor}={self.value!r}: {before} (min_delta={s.min_delta!r}), so the count begins anew"
        against = (
            f"{s.monitor}={self.value!r} does not improve on {self.record!r} by more than min_delta={s.min_delta!r}"
        )
        if self.cooling:
            return f"{against}, but the epoch lies in the cooldown={s.cooldown} of the last reduction"
        count = f"{against}: bad epoch {self.bad} in a row, patience={s.need}"
        if self.reduced:
            return f"{count}; {self.before!r} * factor={s.factor!r}, at least min_lr={s.min_lr!r}"
        return f"{count}; the rate is not above min_lr={s.min_lr!r}" if self.bad >= s.need else count


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The epochs up to the first exception; `error`: the fit and the index of the epoch whose end raises ValueError."""

    epochs: tuple[Expected, ...]
    error: tuple[int, int] | None = None


def monitored(case: Case, fit: int, monitor: str) -> list[Value | None]:
    """The monitored values of the fit's epochs that were run; None where the metric is missing."""
    return [epoch.shown.logs.get(monitor) for epoch in case.epochs(fit)]


def plan(case: Case, s: Settings, better: Callable[[float, float], bool] | None = None) -> Plan | None:
    """What is expected of the epochs that were run. None if an array is monitored.

    `better` replaces the dialect's comparison by more than min_delta. What it raises, other than ValueError, is passed on.
    """
    found = compares(case, s)
    if found is None:
        return Plan(epochs=(), error=(0, 0))  # auto, and the first epoch end cannot decide
    closer = None
    if case.dialect["reduce-lr-on-plateau/anchor"] == "best-value":
        at_all = comparison(case, 0.0)
        assert at_all is not None
        closer = at_all.better
    watches_rate = s.monitor == log_key(case)
    better = found.better if better is None else better
    expected: list[Expected] = []
    rate = 0.0
    for fit, _, _ in case.fits():
        given = case.rate_given(fit)
        rate = rate if given is None else float32(given)
        record = None if found.accepts_first else found.worst
        improved: list[bool] = []
        free = 0  # the first position after the cooldown of the last reduction
        for index, value in enumerate(monitored(case, fit, s.monitor)):
            value = rate if watches_rate else value
            if isinstance(value, tuple):
                return None
            after, cooling, bad, best, reduces = rate, False, 0, record, False
            if value is not None:
                try:
                    improved.append(record is None or better(value, record))
                    if improved[-1] or (closer is not None and record is not None and closer(value, record)):
                        record = value
                except ValueError:
                    return Plan(epochs=tuple(expected), error=(fit, index))
                place = len(improved) - 1
                cooling = place < free
                window = improved[free:]
                bad = next((n for n, good in enumerate(reversed(window)) if good), len(window))
                reduces = bad >= s.need and rate > s.floor
                if reduces:
                    after, free = reduced(case, s, rate), place + 1 + s.gap
            expected.append(
                Expected(
                    fit=fit, index=index, before=rate, after=after, value=value, record=best,
                    improved=value is not None and improved[-1], cooling=cooling, bad=bad, reduced=reduces, s=s,
                )
            )  # fmt: skip
            rate = after
    return Plan(epochs=tuple(expected))


def monitored_metric(scenario: Scenario) -> str | None:
    """What is monitored, if that is a metric; None for the rate itself or for what is not a name."""
    monitor = scenario.config.get("monitor", "val_loss")
    return monitor if isinstance(monitor, str) and monitor not in LOG_KEYS else None


def values_of(scenario: Scenario, monitor: str | None) -> list[Value]:
    """All values of the monitored metric."""
    return [
        epoch.logs[monitor]
        for fit in scenario.fits
        for epoch in fit.epochs
        if monitor is not None and monitor in epoch.logs
    ]


def expected_epochs(case: Case) -> Iterator[tuple[Expected, EpochSeen]]:
    """Every epoch that can be predicted, with what is expected of it."""
    s = settings(case)
    found = None if s is None or s.factor >= 1.0 else plan(case, s)
    return iter(()) if found is None else zip(found.epochs, case.epochs(), strict=False)


def falls_of(case: Case, fit: int) -> list[EpochSeen]:
    """The epochs of the fit whose end lowered the rate."""
    return [epoch for epoch, before, after in rates(case) if epoch.fit == fit and after < before]
