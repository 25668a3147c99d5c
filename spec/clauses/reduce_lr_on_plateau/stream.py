"""What the clauses on ReduceLROnPlateau share: the documented rule over the whole stream of monitored values. No clauses in here.

Rules
- The rule: an epoch is *bad* if its value does not improve on the best of the fit by more than min_delta. At the end of the
  patience-th bad epoch in a row the rate becomes max(rate * factor, min_lr), if it lies above min_lr, and the count begins anew.
- No dialect is asked. Where the documentation leaves open what counts (a first value that is no finite number, a missing metric,
  an array, a cooldown that has begun, a later fit), and where only the way of calculating decides, nothing is predicted.
- A *fall* is an epoch whose end lowered the rate: all that an observer sees of a reduction.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ...numbers import float32
from ...scenario import Scenario
from ...values import Value
from ..calculation import Better, OpenError
from ..clause import Case, EpochSeen
from ..monitoring import is_number
from ..rates import LOG_KEYS, rates, same

CALLBACK = "ReduceLROnPlateau"
DOCS = "https://keras.io/api/callbacks/reduce_lr_on_plateau/"
SIGNATURE = f"{DOCS} (signature)"
OBSERVED = "observed: keras 3.15.1, tf-keras 2.21.0"
RATE = ("learning_rate",)


# ---------------------------------------------------------------------------------------------- the configuration


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Ordinary settings, as the glossary calls them. `sign`: by which values are multiplied so that less is
    better. `floor`: min_lr as stored."""

    monitor: str
    sign: float
    factor: float
    patience: int
    cooldown: int
    min_delta: float
    min_lr: float
    floor: float


def known_direction(scenario: Scenario) -> str | None:
    """The direction, if it is given, or if mode auto finds it by whatever it goes: a loss is minimized."""
    mode, monitor = scenario.config.get("mode", "auto"), scenario.config.get("monitor", "val_loss")
    if mode != "auto":
        return mode if mode in ("min", "max") else None
    compiled = {metric.name for fit in scenario.fits for metric in scenario.compiled_metrics(fit)}
    return "min" if monitor in ("loss", "val_loss") and "loss" not in compiled else None


def has_numbers(case: Case) -> bool:
    """Whether numbers stand where numbers belong, and a name where a name does."""
    numbers = all(is_number(case[name]) for name in ("factor", "min_delta", "min_lr"))
    counts = all(is_number(case[name]) and math.isfinite(case[name]) for name in ("patience", "cooldown"))
    return numbers and counts and isinstance(case["monitor"], str) and isinstance(case["verbose"], int | float)


def settings(case: Case, *, without_mode: bool = False) -> Settings | None:
    """The configuration, if its settings are ordinary and the direction is known. `without_mode`: whatever that is."""
    patience, cooldown, factor, min_delta = (case[name] for name in ("patience", "cooldown", "factor", "min_delta"))
    if not has_numbers(case) or case["monitor"] in LOG_KEYS or "epsilon" in case.scenario.config:
        return None
    if not (isinstance(patience, int) and patience >= 1 and isinstance(cooldown, int) and cooldown >= 0):
        return None
    if not 0.0 < factor < 1.0 or not 0.0 <= min_delta < math.inf or not math.isfinite(case["min_lr"]):
        return None
    way = "min" if without_mode else known_direction(case.scenario)
    if way is None:
        return None
    return Settings(
        monitor=case["monitor"], sign=-1.0 if way == "max" else 1.0, factor=factor, patience=patience,
        cooldown=cooldown, min_delta=float(min_delta), min_lr=case["min_lr"], floor=float32(case["min_lr"]),
    )  # fmt: skip


def reduced(rate: float, factor: float, min_lr: float) -> tuple[float, ...]:
    """What a reduction makes of a stored rate: multiplied as float64 and stored, or multiplied as float32."""
    product, stored = rate * factor, float32(rate * float32(factor))
    return float32(min_lr if min_lr > product else product), max(stored, float32(min_lr))


# ---------------------------------------------------------------------------------------------- the rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What is expected of one epoch, and what it follows from. `bad`: the bad epochs in a row, with this one. `after`: what the
    rate may be, by either arithmetic."""

    s: Settings
    before: float
    after: tuple[float, ...]
    value: float
    best: float | None
    bad: int

    def met(self, rate: float) -> bool:
        return any(same(rate, after) for after in self.after)

    def why(self) -> str:
        """The reason, with the values."""
        s = self.s
        if self.best is None:
            return f"{s.monitor}={self.value!r}: the first value is the best, so the count begins anew"
        if self.bad == 0:
            return (
                f"{s.monitor}={self.value!r}: it improves on {self.best!r} (min_delta={s.min_delta!r}), so the count "
                "begins anew"
            )
        count = (
            f"{s.monitor}={self.value!r} does not improve on {self.best!r} by more than min_delta={s.min_delta!r}: bad "
            f"epoch {self.bad} in a row, patience={s.patience}"
        )
        if self.bad < s.patience:
            return count
        if self.before > s.floor:
            return f"{count}; {self.before!r} * factor={s.factor!r}, at least min_lr={s.min_lr!r}"
        return f"{count}; the rate is not above min_lr={s.min_lr!r}"


def expected_epochs(case: Case, better: Better) -> Iterator[tuple[Expected, EpochSeen]]:
    """What the rule expects of the epochs of the first fit, up to where something is left open; what an instance remembers in a
    later fit is left open from its beginning."""
    s = settings(case)
    # the best value may be the last significant improvement, or the least of all: where they answer differently, it is open
    significant: float | None = None
    least, bad = math.inf, 0
    for epoch, before, _ in rates(case, 0) if s is not None else ():
        assert s is not None
        value = epoch.shown.logs.get(s.monitor)
        if not isinstance(value, float) or (significant is None and not math.isfinite(value)):
            return
        best, moved = significant, s.sign * value
        try:
            references = set() if best is None else {s.sign * best, least}
            answers = {better(moved, than, s.min_delta) for than in references} or {True}
        except OpenError:
            return
        if len(answers) != 1:
            return
        (improved,) = answers
        bad = 0 if improved else bad + 1
        significant = value if improved else best
        least = moved if improved or moved < least else least
        reduces = bad >= s.patience and before > s.floor
        after = reduced(before, s.factor, s.min_lr) if reduces else (before,)
        yield Expected(s=s, before=before, after=after, value=value, best=best, bad=bad), epoch
        if reduces and s.cooldown:
            return
        bad = 0 if reduces else bad


def falls_of(case: Case, fit: int) -> list[EpochSeen]:
    """The epochs of the fit whose end lowered the rate."""
    return [epoch for epoch, before, after in rates(case, fit) if after < before]


# ---------------------------------------------------------------------------------------------- what is monitored


def monitored(case: Case, fit: int, monitor: str) -> list[Value | None]:
    """The monitored values of the fit's epochs that were run; None where the metric is missing."""
    return [epoch.shown.logs.get(monitor) for epoch in case.epochs(fit)]


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
