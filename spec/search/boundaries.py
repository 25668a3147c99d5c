"""Where the bugs of callbacks are: named conditions on scenarios, which `strategies.py` promises to reach.

Rules
- A boundary is a pure predicate on a scenario: on what is shown to the callback, not on what the callback makes of it.
  Values after a stop count too.
- "The best" is the best so far in plain float64 arithmetic, in the direction of the newest Keras: a value is better if
  it is so by more than |min_delta|. ModelCheckpoint's best goes on from fit to fit and begins at its threshold.
- Each boundary lists the callbacks to which it applies; there, and only there, a pool has to reach it.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from ..callbacks import CALLBACKS, defaults, parameters
from ..files import PATH_LIKE, RELATIVE, existing_directories, existing_files, handed_over_as, path_of
from ..metrics import DIRECTIONS
from ..numbers import FLOAT32_MAX, FLOAT32_SMALLEST_NORMAL, float32, next_float32
from ..scenario import Fit, Scenario, groups
from ..values import ArrayNumber, Logs, Tensor, Value

Condition = Callable[[Scenario], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Boundary:
    """A named condition; called with a scenario of one of `callbacks`, it says whether that reaches it."""

    name: str
    callbacks: tuple[str, ...]
    condition: Condition

    def __call__(self, scenario: Scenario) -> bool:
        return self.condition(scenario)


# ---------------------------------------------------------------------------------------------- reading scenarios


def parameter(scenario: Scenario, name: str) -> Any:
    """The value of a parameter: as configured, or Keras's default; None where there is neither."""
    return scenario.config[name] if name in scenario.config else defaults(scenario.callback).get(name)


def number(scenario: Scenario, name: str) -> float:
    """The value of a parameter that is meant to be a number; NaN, which reaches no boundary, where it is none."""
    value = parameter(scenario, name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def monitor_name(scenario: Scenario) -> str:
    """The monitored metric. Raises nothing: what is not a text names no metric."""
    return str(parameter(scenario, "monitor"))


def sign_of_better(scenario: Scenario) -> float | None:
    """1 where more is better, -1 where less is, as the newest Keras decides; None where it does not."""
    mode = parameter(scenario, "mode")
    if mode in ("min", "max"):
        return 1.0 if mode == "max" else -1.0
    name = monitor_name(scenario).removeprefix("val_")
    decided = [found for found in _compiled_directions(scenario, scenario.fits[0], name) if found is not None]
    if decided:
        return 1.0 if decided[-1] == "max" else -1.0
    return -1.0 if name == "loss" else None


def _compiled_directions(scenario: Scenario, fit: Fit, name: str) -> list[str | None]:
    return [DIRECTIONS[metric.cls] for metric in scenario.compiled_metrics(fit) if metric.name == name]


class Shown(NamedTuple):
    """One value of the monitored metric: in which fit and epoch (counted in the fit), and the best so far, if any.

    `turned`: best and value turned so that less is better; `delta`: |min_delta|.
    """

    fit: int
    epoch: int
    value: float
    best: float | None
    delta: float
    sign: float

    @property
    def turned(self) -> tuple[float, float]:
        assert self.best is not None
        return -self.sign * self.value, -self.sign * self.best


def shown(scenario: Scenario) -> Iterator[Shown]:
    """The scalar values of the monitored metric at epoch ends, in order; none where it is not known which is better."""
    sign, monitor = sign_of_better(scenario), monitor_name(scenario)
    if sign is None:
        return
    checkpoint = scenario.callback == "ModelCheckpoint"
    delta = 0.0 if checkpoint else abs(number(scenario, "min_delta"))
    best = _mark(scenario) if checkpoint else None
    for position, fit in enumerate(scenario.fits):
        if not checkpoint:
            best = None
        for index, epoch in enumerate(fit.epochs):
            value = epoch.logs.get(monitor)
            if value is None or isinstance(value, tuple):
                continue
            yield Shown(position, index, value, best, delta, sign)
            if best is None or sign * (value - best) > delta:
                best = value


def _any_shown(condition: Callable[[Shown], bool]) -> Condition:
    return lambda scenario: any(condition(step) for step in shown(scenario) if step.best is not None)


def _near(step: Callable[[float, float], float], beyond: bool) -> Condition:
    """A value one `step` beyond, or short of, what is exactly min_delta better than the best (min_delta not 0)."""

    def condition(s: Shown) -> bool:
        value, best = s.turned
        edge = best - s.delta
        return s.delta > 0 and value == step(edge, -math.inf if beyond else math.inf) and value != edge

    return _any_shown(condition)


def _is_exactly_min_delta_better(s: Shown) -> bool:
    value, best = s.turned
    return s.delta > 0 and (value + s.delta == best or value == best - s.delta)


def _precisions_disagree(s: Shown) -> bool:
    value, best = s.turned
    return (value + s.delta < best) != (float32(value + s.delta) < float32(best))


def _side_matters(s: Shown) -> bool:
    value, best = s.turned
    return (value + s.delta < best) != (value < best - s.delta)


def _is_tie(s: Shown) -> bool:
    return s.value == s.best


def _tie_after_a_worse_value(scenario: Scenario) -> bool:
    steps = list(shown(scenario))
    return any(_is_tie(b) and a.fit == b.fit and a.best is not None and a.value != b.value for a, b in pairwise(steps))


def _inside_min_delta(s: Shown) -> bool:
    value, best = s.turned
    return s.delta > 0 and best - s.delta < value < best


def _is_step_better(step: Callable[[float, float], float]) -> Callable[[Shown], bool]:
    def condition(s: Shown) -> bool:
        value, best = s.turned
        return value == step(best, -math.inf) and value != best

    return condition


def _same_as_float32(s: Shown) -> bool:
    value, best = s.turned
    return value < best and float32(value) == float32(best)


def columns(scenario: Scenario) -> Iterator[list[Value | None]]:
    """The monitored metric at the epoch ends of each fit; None where it is missing."""
    monitor = monitor_name(scenario)
    for fit in scenario.fits:
        yield [epoch.logs.get(monitor) for epoch in fit.epochs]


def _any_value(condition: Callable[[float], bool]) -> Condition:
    return lambda scenario: any(
        value is not None and not isinstance(value, tuple) and condition(value)
        for column in columns(scenario)
        for value in column
    )


def _first(condition: Callable[[float], bool]) -> Condition:
    """The first value of a fit, others after it."""

    def reached(scenario: Scenario) -> bool:
        for column in columns(scenario):
            values = [value for value in column if isinstance(value, float)]
            if len(values) > 1 and condition(values[0]) and not condition(values[-1]):
                return True
        return False

    return reached


def _middle(condition: Callable[[float], bool]) -> Condition:
    """A value with finite ones before and after it in the same fit."""

    def reached(scenario: Scenario) -> bool:
        for column in columns(scenario):
            values = [value for value in column if isinstance(value, float)]
            finite = [index for index, value in enumerate(values) if math.isfinite(value)]
            if finite and any(condition(value) for value in values[finite[0] : finite[-1]]):
                return True
        return False

    return reached


def _throughout(condition: Callable[[Value | None], bool]) -> Condition:
    """All values of a fit of at least two epochs."""
    return lambda scenario: any(
        len(column) > 1 and all(condition(value) for value in column) for column in columns(scenario)
    )


def _is_nan(value: Value | None) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _is_infinite(value: Value | None) -> bool:
    return isinstance(value, float) and math.isinf(value)


def _is_negative_zero(value: float) -> bool:
    return value == 0.0 and math.copysign(1.0, value) < 0


def _first_is_infinity(better: bool) -> Condition:
    def reached(scenario: Scenario) -> bool:
        sign = sign_of_better(scenario)
        return sign is not None and _first(lambda value: value == (sign if better else -sign) * math.inf)(scenario)

    return reached


def _plateau(scenario: Scenario) -> bool:
    return any(
        isinstance(a, float) and a == b == c
        for column in columns(scenario)
        for a, b, c in zip(column, column[1:], column[2:], strict=False)
    )


def _longest_wait(scenario: Scenario) -> int:
    """The most epochs in a row, in one fit, without a value better than the best."""
    longest = wait = 0
    for s in shown(scenario):
        if s.epoch == 0 or s.best is None:
            wait = 0
        if s.best is not None:
            value, best = s.turned
            wait = 0 if value + s.delta < best else wait + 1
        longest = max(longest, wait)
    return longest


def _patience(condition: Callable[[float], bool]) -> Condition:
    return lambda scenario: condition(number(scenario, "patience"))


def _compiled(condition: Callable[[list[str | None]], bool]) -> Condition:
    """On the directions of the compiled metrics of the monitored name, under an automatic mode; `loss` aside."""

    def reached(scenario: Scenario) -> bool:
        name = monitor_name(scenario).removeprefix("val_")
        return (
            parameter(scenario, "mode") not in ("min", "max")
            and name != "loss"
            and condition(_compiled_directions(scenario, scenario.fits[0], name))
        )

    return reached


def _contradicts(scenario: Scenario) -> bool:
    mode = parameter(scenario, "mode")
    directions = _compiled_directions(scenario, scenario.fits[0], monitor_name(scenario).removeprefix("val_"))
    return (mode == "min" and "max" in directions) or (mode == "max" and "min" in directions)


def _configured(name: str, condition: Callable[[Any], bool]) -> Condition:
    return lambda scenario: condition(parameter(scenario, name))


def _left_out(name: str) -> Condition:
    return lambda scenario: name not in scenario.config


def _odd(*names: str) -> Condition:
    """A parameter that is no integer where one is meant."""
    return lambda scenario: any(type(value) is not int for name, value in scenario.config.items() if name in names)


def _unknown_argument(scenario: Scenario) -> bool:
    return any(name not in parameters(scenario.callback) for name in scenario.config)


def _later(condition: Callable[[Fit], bool]) -> Condition:
    return lambda scenario: any(condition(fit) for fit in scenario.fits[1:])


def _epochs(condition: Callable[[Any], bool]) -> Condition:
    return lambda scenario: any(condition(epoch) for fit in scenario.fits for epoch in fit.epochs)


# ---------------------------------------------------------------------------------------------- baseline, threshold


def _mark(scenario: Scenario) -> float | None:
    name = "initial_value_threshold" if scenario.callback == "ModelCheckpoint" else "baseline"
    return None if parameter(scenario, name) is None else number(scenario, name)


def _against_mark(condition: Callable[[list[float], float, float], bool]) -> Condition:
    """On a fit's values, the baseline or threshold, and |min_delta|; turned so that less is better."""

    def reached(scenario: Scenario) -> bool:
        mark, sign = _mark(scenario), sign_of_better(scenario)
        if mark is None or sign is None:
            return False
        for position in range(len(scenario.fits)):
            steps = [s for s in shown(scenario) if s.fit == position]
            if steps and condition([-sign * s.value for s in steps], -sign * mark, steps[0].delta):
                return True
        return False

    return reached


_MARKS: dict[str, Callable[[list[float], float, float], bool]] = {
    "is never beaten": lambda values, mark, delta: len(values) > 1 and all(not v + delta < mark for v in values),
    "is beaten by the first value": lambda values, mark, delta: values[0] + delta < mark,
    "is beaten by a later value": lambda values, mark, delta: (
        not values[0] + delta < mark and any(v + delta < mark for v in values)
    ),
    "is reached exactly": lambda values, mark, delta: any(v == mark for v in values),
    "is passed by one float32 step": lambda values, mark, delta: any(
        v == next_float32(mark - delta, -math.inf) != mark - delta for v in values
    ),
    "is missed by one float32 step": lambda values, mark, delta: any(
        v == next_float32(mark - delta, math.inf) != mark - delta for v in values
    ),
    "is infinite": lambda values, mark, delta: math.isinf(mark),
}

# ---------------------------------------------------------------------------------------------- rates


def _min_lr(condition: Callable[[float, float, float], bool]) -> Condition:
    """On the first rate as stored, factor, and min_lr as configured."""

    def reached(scenario: Scenario) -> bool:
        rate = scenario.learning_rate
        if "min_lr" not in scenario.config or not isinstance(rate, float):
            return False
        return condition(float32(rate), number(scenario, "factor"), number(scenario, "min_lr"))

    return reached


def _rates(scenario: Scenario) -> list[float]:
    """The rates that are set, of a single optimizer."""
    given = (scenario.learning_rate, *(fit.learning_rate for fit in scenario.fits))
    return [rate for rate in given if isinstance(rate, float)]


def _several_rates(condition: Callable[[Scenario, list[float]], bool]) -> Condition:
    """On the rates with which several optimizers in one begin, as stored."""

    def reached(scenario: Scenario) -> bool:
        rates = scenario.learning_rate
        return isinstance(rates, Mapping) and condition(scenario, [float32(rate) for rate in rates.values()])

    return reached


def _some_at_min_lr(scenario: Scenario, rates: list[float]) -> bool:
    bound = float32(number(scenario, "min_lr"))
    return any(rate > bound for rate in rates) and any(rate <= bound for rate in rates)


def _any_rate(condition: Callable[[float], bool]) -> Condition:
    return lambda scenario: any(condition(rate) for rate in _rates(scenario))


# ---------------------------------------------------------------------------------------------- files and batches


def _filepath(scenario: Scenario) -> str:
    return path_of(scenario.config.get("filepath", ""))


def _path_has(text: str) -> Condition:
    return lambda scenario: text in _filepath(scenario)


def _path_fields(scenario: Scenario) -> set[str]:
    parts = _filepath(scenario).split("{")[1:]
    return {part.split("}")[0].split(":")[0] for part in parts}


def _path_names_missing(scenario: Scenario) -> bool:
    known = {"epoch", "batch"} | {name for fit in scenario.fits for epoch in fit.epochs for name in epoch.logs}
    return not _path_fields(scenario) <= known


def _names(scenario: Scenario) -> Iterator[PurePosixPath]:
    """The names of the files, as far as they consist of epochs alone."""
    for fit in scenario.fits:
        for number in range(scenario.first_epoch(fit), scenario.first_epoch(fit) + len(fit.epochs)):
            with contextlib.suppress(KeyError, IndexError, ValueError):  # other fields, or braces that make none
                yield PurePosixPath(_filepath(scenario).format(epoch=number + 1))


def _file_exists(scenario: Scenario) -> bool:
    return any(name in existing_files(scenario.existing) for name in _names(scenario))


def _directory_exists(scenario: Scenario) -> bool:
    return any(name in existing_directories(scenario.existing) for name in _names(scenario))


def _file_for_a_directory(scenario: Scenario) -> bool:
    return any(not existing_files(scenario.existing).isdisjoint(name.parents) for name in _names(scenario))


def _by_batches(scenario: Scenario) -> int | None:
    """`save_freq`, if it is a positive integer."""
    freq = parameter(scenario, "save_freq")
    return freq if isinstance(freq, int) and not isinstance(freq, bool) and freq > 0 else None


def _wrong_suffix(scenario: Scenario) -> bool:
    suffixes = (".weights.h5",) if parameter(scenario, "save_weights_only") else (".keras", ".h5")
    return not _filepath(scenario).endswith(suffixes)


def _does_not_divide(scenario: Scenario) -> bool:
    freq = _by_batches(scenario)
    lengths = [len(epoch.batch_logs()) for fit in scenario.fits for epoch in fit.epochs]
    return freq is not None and any(length > freq and length % freq for length in lengths)


def _crosses_epochs(scenario: Scenario) -> bool:
    freq = _by_batches(scenario)
    return freq is not None and any(
        len(a.batch_logs()) < freq <= len(a.batch_logs()) + len(b.batch_logs())
        for fit in scenario.fits
        for a, b in pairwise(fit.epochs)
    )


def _short_group(scenario: Scenario) -> bool:
    steps = scenario.steps_per_execution
    return steps > 1 and any(len(epoch.batch_logs()) % steps for fit in scenario.fits for epoch in fit.epochs)


def _file_name_of_array(scenario: Scenario) -> bool:
    named = _path_fields(scenario)
    return _epochs(lambda epoch: any(isinstance(epoch.logs.get(name), tuple) for name in named))(scenario)


# ---------------------------------------------------------------------------------------------- schedules


def _described(scenario: Scenario) -> Mapping[str, Any]:
    schedule: Mapping[str, Any] = scenario.config.get("schedule", {})
    return schedule


def _schedule(condition: Callable[[Mapping[str, Any]], bool]) -> Condition:
    return lambda scenario: condition(_described(scenario))


def _last_epoch(scenario: Scenario) -> int:
    return max(scenario.first_epoch(fit) + len(fit.epochs) for fit in scenario.fits)


def _table(condition: Callable[[int, int], bool]) -> Condition:
    """On the length of the table and the number of epochs that it is asked about."""

    def reached(scenario: Scenario) -> bool:
        schedule = _described(scenario)
        return "table" in schedule and condition(len(schedule["table"]), _last_epoch(scenario))

    return reached


def _scheduled_rate(condition: Callable[[float], bool]) -> Condition:
    return _schedule(lambda schedule: any(condition(rate) for rate in schedule.get("table", ())))


# ---------------------------------------------------------------------------------------------- losses of batches


def _losses(epoch: Any) -> list[Value | None]:
    return [logs.get("loss") for logs in epoch.batch_logs()]


def _not_finite(value: Value | None) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _several(condition: Callable[[list[Value | None]], bool]) -> Condition:
    """On the losses of an epoch of at least three batches, in which exactly one is not finite."""
    return _epochs(
        lambda epoch: (
            len(_losses(epoch)) > 2
            and sum(_not_finite(loss) for loss in _losses(epoch)) == 1
            and condition(_losses(epoch))
        )
    )


def _hidden_in_a_group(scenario: Scenario) -> bool:
    """A loss that is not finite, which no call of the batch hook shows."""

    def hidden(batches: tuple[Logs, ...]) -> bool:
        seen = [logs.get("loss") for _, logs in groups(batches, scenario.steps_per_execution)]
        return any(_not_finite(logs.get("loss")) for logs in batches) and not any(_not_finite(loss) for loss in seen)

    return any(hidden(epoch.batch_logs()) for fit in scenario.fits for epoch in fit.epochs)


# ---------------------------------------------------------------------------------------------- the registry

_ALL = tuple(CALLBACKS)
_STOPPING = "EarlyStopping"
_PLATEAU = "ReduceLROnPlateau"
_CHECKPOINT = "ModelCheckpoint"
_SCHEDULER = "LearningRateScheduler"
_NAN = "TerminateOnNaN"
_WAITING = (_STOPPING, _PLATEAU)
_MONITORING = (*_WAITING, _CHECKPOINT)
_RATED = (_PLATEAU, _SCHEDULER)
_BATCHED = (_CHECKPOINT, _NAN)

_GROUPS: tuple[tuple[tuple[str, ...], dict[str, Condition]], ...] = (
    (_ALL, {
        "one fit": lambda s: len(s.fits) == 1,
        "two fits": lambda s: len(s.fits) == 2,
        "three fits": lambda s: len(s.fits) == 3,
        "a fit of one epoch": lambda s: any(len(fit.epochs) == 1 for fit in s.fits),
        "initial epoch above zero": lambda s: s.initial_epoch > 0,
        "a later fit with an initial epoch of its own": _later(lambda fit: fit.initial_epoch is not None),
        "somebody else stops": _epochs(lambda epoch: epoch.stop),
        "unknown argument": _unknown_argument,
    }),
    ((*_MONITORING, _SCHEDULER), {
        "verbose": _configured("verbose", bool),
        "not verbose": _configured("verbose", lambda verbose: not verbose),
    }),
    (_MONITORING, {
        "plateau of three epochs": _plateau,
        "tie with the best": _any_shown(_is_tie),
        "tie with the best after a worse value": _tie_after_a_worse_value,
        "one float32 step better than the best": _any_shown(_is_step_better(next_float32)),
        "one float64 step better than the best": _any_shown(_is_step_better(math.nextafter)),
        "better than the best, the same as float32": _any_shown(_same_as_float32),
        "float32 and float64 disagree about an improvement": _any_shown(_precisions_disagree),
        "NaN first": _first(math.isnan),
        "NaN in the middle": _middle(math.isnan),
        "NaN throughout": _throughout(_is_nan),
        "best infinity first": _first_is_infinity(better=True),
        "worst infinity first": _first_is_infinity(better=False),
        "infinity in the middle": _middle(math.isinf),
        "infinity throughout": _throughout(_is_infinite),
        "zero": _any_value(lambda value: value == 0.0 and not _is_negative_zero(value)),
        "negative zero": _any_value(_is_negative_zero),
        "negative zero against zero": _any_shown(lambda s: s.value == s.best == 0.0 and str(s.value) != str(s.best)),
        "negative value": _any_value(lambda value: value < 0),
        "float32 subnormal": _any_value(lambda value: 0 < abs(float32(value)) < FLOAT32_SMALLEST_NORMAL),
        "smallest normal float32": _any_value(lambda value: value == FLOAT32_SMALLEST_NORMAL),
        "largest float32": _any_value(lambda value: abs(value) == FLOAT32_MAX),
        "beyond float32": _any_value(lambda value: FLOAT32_MAX * 1.1 < abs(value) < math.inf),
        "missing metric": lambda s: any(
            None in column and any(value is not None for value in column) for column in columns(s)
        ),
        "missing metric first": lambda s: any(
            column[0] is None and any(value is not None for value in column) for column in columns(s)
        ),
        "missing metric throughout": _throughout(lambda value: value is None),
        "array metric": lambda s: any(
            isinstance(value, tuple) and len(value) > 1 for column in columns(s) for value in column
        ),
        "array metric of one element": lambda s: any(
            isinstance(value, tuple) and len(value) == 1 for column in columns(s) for value in column
        ),
        "a number in an array without dimensions": lambda s: any(
            isinstance(value, ArrayNumber) for column in columns(s) for value in column
        ),
        "a tensor": lambda s: any(isinstance(value, Tensor) for column in columns(s) for value in column),
        "a second metric": _epochs(lambda epoch: len(epoch.logs) > 1),
        "a later fit that begins worse than the best before": lambda s: _begins(s, lambda value, best: value > best),
        "a later fit that begins at the best before": lambda s: _begins(s, lambda value, best: value == best),
        "a later fit that begins better than the best before": lambda s: _begins(s, lambda value, best: value < best),
        "monitor left out": _left_out("monitor"),
        "monitor is a training metric": _configured("monitor", lambda monitor: monitor == "loss"),
        "monitor is not a loss": lambda s: "loss" not in monitor_name(s),
        "mode min": _configured("mode", lambda mode: mode == "min"),
        "mode max": _configured("mode", lambda mode: mode == "max"),
        "mode auto": lambda s: s.config.get("mode") == "auto",
        "mode left out": _left_out("mode"),
        "unknown mode": _configured("mode", lambda mode: mode not in ("min", "max", "auto")),
        "mode auto, compiled metric goes up": _compiled(lambda found: found == ["max"]),
        "mode auto, compiled metric goes down": _compiled(lambda found: found == ["min"]),
        "mode auto, compiled metric has no direction": _compiled(lambda found: found == [None]),
        "mode auto, no such metric compiled": _compiled(lambda found: not found),
        "mode auto, two compiled metrics of that name": _compiled(lambda found: len(found) > 1),
        "mode auto, metrics differ between fits": lambda s: (
            parameter(s, "mode") not in ("min", "max")
            and any(fit.metrics is not None and fit.metrics != s.metrics for fit in s.fits[1:])
        ),
        "mode contradicts the compiled metric": _contradicts,
    }),
    (_WAITING, {
        "exactly min_delta better than the best": _any_shown(_is_exactly_min_delta_better),
        "one float32 step beyond min_delta": _near(next_float32, beyond=True),
        "one float32 step short of min_delta": _near(next_float32, beyond=False),
        "one float64 step beyond min_delta": _near(math.nextafter, beyond=True),
        "one float64 step short of min_delta": _near(math.nextafter, beyond=False),
        "better than the best, by less than min_delta": _any_shown(_inside_min_delta),
        "negative min_delta": lambda s: number(s, "min_delta") < 0,
        "min_delta zero": lambda s: number(s, "min_delta") == 0,
        "min_delta left out": _left_out("min_delta"),
        "patience zero": _patience(lambda patience: patience == 0),
        "patience one": _patience(lambda patience: patience == 1),
        "patience two or three": _patience(lambda patience: patience in (2, 3)),
        "negative patience": _patience(lambda patience: patience < 0),
        "patience left out": _left_out("patience"),
        "patience is reached": lambda s: _patience(lambda patience: 1 <= patience <= _longest_wait(s))(s),
        "patience of at least four is reached": lambda s: _patience(
            lambda patience: 4 <= patience <= _longest_wait(s)
        )(s),
        "patience is not reached": lambda s: _patience(lambda patience: patience > _longest_wait(s) > 0)(s),
        "patience is no integer": _odd("patience"),
    }),
    ((_STOPPING,), {
        **{f"baseline {what}": _against_mark(condition) for what, condition in _MARKS.items()},
        "no baseline": lambda s: _mark(s) is None,
        "baseline and patience": lambda s: _mark(s) is not None and _patience(lambda patience: patience > 1)(s),
        "restore_best_weights": _configured("restore_best_weights", bool),
        "no restore_best_weights": _configured("restore_best_weights", lambda restore: not restore),
        "restore_best_weights over several fits": lambda s: (
            bool(parameter(s, "restore_best_weights")) and len(s.fits) > 1
        ),
        "restore_best_weights when somebody else stops": lambda s: (
            bool(parameter(s, "restore_best_weights")) and _epochs(lambda epoch: epoch.stop)(s)
        ),
        "start_from_epoch within the fit": lambda s: any(
            s.first_epoch(fit) < number(s, "start_from_epoch") < s.first_epoch(fit) + len(fit.epochs)
            for fit in s.fits
        ),
        "start_from_epoch after the last epoch": lambda s: number(s, "start_from_epoch") >= _last_epoch(s),
        "start_from_epoch before the first epoch": lambda s: any(
            0 < number(s, "start_from_epoch") <= s.first_epoch(fit) for fit in s.fits
        ),
        "start_from_epoch zero": lambda s: s.config.get("start_from_epoch") == 0,
        "better before start_from_epoch than after": lambda s: any(
            epoch < number(s, "start_from_epoch") for epoch in _improving_epochs(s)
        ),
    }),
    ((_PLATEAU,), {
        "adding min_delta to the value or taking it from the best makes a difference": _any_shown(_side_matters),
        "cooldown zero": lambda s: s.config.get("cooldown") == 0,
        "cooldown one": _configured("cooldown", lambda cooldown: cooldown == 1),
        "cooldown of two or more": lambda s: number(s, "cooldown") >= 2,
        "negative cooldown": lambda s: number(s, "cooldown") < 0,
        "cooldown left out": _left_out("cooldown"),
        "a plateau longer than patience and cooldown": lambda s: (
            number(s, "cooldown") > 0 and _longest_wait(s) > number(s, "patience") + number(s, "cooldown")
        ),
        "factor left out": _left_out("factor"),
        "factor of one or more": lambda s: number(s, "factor") >= 1,
        "factor just below one": lambda s: number(s, "factor") == math.nextafter(1.0, 0.0),
        "factor of zero or less": lambda s: number(s, "factor") <= 0,
        "factor NaN": _configured("factor", _is_nan),
        "min_lr left out": _left_out("min_lr"),
        "rate at min_lr": _min_lr(lambda rate, factor, min_lr: rate == min_lr),
        "rate one float32 step above min_lr": _min_lr(
            lambda rate, factor, min_lr: next_float32(rate, -math.inf) == min_lr < rate
        ),
        "rate one float32 step below min_lr": _min_lr(
            lambda rate, factor, min_lr: next_float32(rate, math.inf) == min_lr > rate
        ),
        "rate above min_lr, the same as float32": _min_lr(
            lambda rate, factor, min_lr: rate > min_lr and rate == float32(min_lr)
        ),
        "rate below min_lr, the same as float32": _min_lr(
            lambda rate, factor, min_lr: rate < min_lr and rate == float32(min_lr)
        ),
        "rate far below min_lr": _min_lr(lambda rate, factor, min_lr: 0 < 2 * rate < min_lr),
        "a reduction that lands on min_lr": _min_lr(lambda rate, factor, min_lr: 0 < rate * factor == min_lr < rate),
        "a second reduction that lands on min_lr": _min_lr(
            lambda rate, factor, min_lr: 0 < rate * factor * factor == min_lr < rate
        ),
        "a reduction that min_lr cuts short": _min_lr(lambda rate, factor, min_lr: rate * factor < min_lr < rate),
        "a reduction to one float32 step below min_lr": _min_lr(
            lambda rate, factor, min_lr: next_float32(rate * factor, math.inf) == min_lr < rate
        ),
        "a reduction to one float32 step above min_lr": _min_lr(
            lambda rate, factor, min_lr: 0 < next_float32(rate * factor, 0.0) == min_lr < rate
        ),
        "negative min_lr": _min_lr(lambda rate, factor, min_lr: min_lr < 0),
        "cooldown null": lambda s: parameter(s, "cooldown") is None,
        "min_lr null": lambda s: parameter(s, "min_lr") is None,
        "epsilon": lambda s: "epsilon" in s.config,
        "monitor learning_rate": _configured("monitor", lambda monitor: monitor == "learning_rate"),
        "several optimizers, some at min_lr": _several_rates(_some_at_min_lr),
    }),
    (_RATED, {
        "rate that float32 does not have": _any_rate(lambda rate: float32(rate) != rate),
        "rate zero": _any_rate(lambda rate: rate == 0),
        "rate float32 subnormal": _any_rate(lambda rate: 0 < rate < FLOAT32_SMALLEST_NORMAL),
        "rate infinite": _any_rate(math.isinf),
        "a later fit sets the rate": _later(lambda fit: fit.learning_rate is not None),
        "several optimizers of different rates": _several_rates(lambda scenario, rates: len(set(rates)) > 1),
        "several optimizers of the same rate": _several_rates(lambda scenario, rates: len(set(rates)) < len(rates)),
        "an optimizer without a rate": lambda s: s.learning_rate is None,
    }),
    ((_CHECKPOINT,), {
        **{f"initial_value_threshold {what}": _against_mark(condition) for what, condition in _MARKS.items()},
        "save_best_only": _configured("save_best_only", bool),
        "not save_best_only": _configured("save_best_only", lambda best_only: not best_only),
        "save_weights_only": _configured("save_weights_only", bool),
        "not save_weights_only": _configured("save_weights_only", lambda weights_only: not weights_only),
        "save_freq left out": _left_out("save_freq"),
        "save_freq epoch": lambda s: s.config.get("save_freq") == "epoch",
        "save_freq one": lambda s: _by_batches(s) == 1,
        "save_freq does not divide the epoch": _does_not_divide,
        "save_freq longer than an epoch": _crosses_epochs,
        "save_freq over several fits": lambda s: (_by_batches(s) or 0) > 1 and len(s.fits) > 1,
        "save_freq of one-batch epochs": lambda s: (_by_batches(s) or 0) > 1
        and all(len(epoch.batch_logs()) == 1 for fit in s.fits for epoch in fit.epochs),
        "save_freq and save_best_only": lambda s: _by_batches(s) is not None and bool(parameter(s, "save_best_only")),
        "save_freq, save_best_only and a metric that batches have": lambda s: (
            _by_batches(s) is not None
            and bool(parameter(s, "save_best_only"))
            and not monitor_name(s).startswith("val_")
        ),
        "save_freq is no positive integer": lambda s: parameter(s, "save_freq") != "epoch" and _by_batches(s) is None,
        "file name without fields": lambda s: "{" not in _filepath(s),
        "{epoch} in the file name": _path_has("{epoch}"),
        "{epoch:02d} in the file name": _path_has("{epoch:02d}"),
        "{batch} in the file name": lambda s: "batch" in _path_fields(s) and _by_batches(s) is not None,
        "{batch} in the file name, save_freq epoch": lambda s: "batch" in _path_fields(s) and _by_batches(s) is None,
        "a metric in the file name": _path_has(":.2f}"),
        "a missing key in the file name": _path_names_missing,
        "an array in the file name": _file_name_of_array,
        "a metric called epoch": _epochs(lambda epoch: "epoch" in epoch.logs),
        "a metric called batch": _epochs(lambda epoch: "batch" in epoch.logs),
        "a sub-folder": _path_has("/"),
        "numbers, some of them in arrays without dimensions": lambda s: any(
            {float, ArrayNumber} <= {type(value) for value in column} for column in columns(s)
        ),
        "a file of that name exists": _file_exists,
        "a directory in the place of the file": _directory_exists,
        "a file in the place of the directory": _file_for_a_directory,
        "filepath is a PathLike": lambda s: handed_over_as(s.config) == PATH_LIKE,
        "filepath is relative": lambda s: handed_over_as(s.config) == RELATIVE and "/" in _filepath(s),
        "filepath is relative, without a directory": lambda s: (
            handed_over_as(s.config) == RELATIVE and "/" not in _filepath(s)
        ),
        "wrong suffix": _wrong_suffix,
        "model as .h5": lambda s: not parameter(s, "save_weights_only")
        and _filepath(s).endswith(".h5")
        and not _filepath(s).endswith(".weights.h5"),
        "period": lambda s: "period" in s.config,
    }),
    (_BATCHED, {
        "several batches": _epochs(lambda epoch: len(epoch.batch_logs()) > 1),
        "several batches at a time": lambda s: s.steps_per_execution > 1,
        "short last group of batches": _short_group,
    }),
    ((_SCHEDULER,), {
        "table as long as the epochs": _table(lambda length, epochs: length == epochs),
        "table longer than the epochs": _table(lambda length, epochs: length > epochs),
        "table shorter than the epochs": _table(lambda length, epochs: length < epochs),
        "schedule of the epoch alone": _schedule(lambda schedule: schedule.get("accepts") == "epoch"),
        "schedule of an int and a float": _schedule(lambda schedule: schedule.get("accepts") == "int-and-float"),
        "schedule of the rate": _schedule(lambda schedule: "scale" in schedule),
        "schedule of the rate over several fits": lambda s: len(s.fits) > 1 and "scale" in _described(s),
        "schedule returns float32": _schedule(lambda schedule: schedule.get("returns") == "float32"),
        "schedule returns an integer": _schedule(lambda schedule: schedule.get("returns") == "int"),
        "schedule returns an array": _schedule(lambda schedule: schedule.get("returns") == "array"),
        "schedule returns nothing": _schedule(lambda schedule: schedule.get("returns") == "none"),
        "scheduled rate that float32 does not have": _scheduled_rate(lambda rate: float32(rate) != rate),
        "scheduled rate zero": _scheduled_rate(lambda rate: rate == 0),
        "scheduled rate negative": _scheduled_rate(lambda rate: rate < 0),
        "scheduled rate infinite": _scheduled_rate(math.isinf),
        "scale NaN": _schedule(lambda schedule: math.isnan(schedule.get("scale", 0.0))),
    }),
    ((_NAN,), {
        "loss NaN": _epochs(lambda epoch: any(_is_nan(loss) for loss in _losses(epoch))),
        "loss infinite": _epochs(lambda epoch: math.inf in _losses(epoch)),
        "loss negative infinity": _epochs(lambda epoch: -math.inf in _losses(epoch)),
        "not finite in the first batch": _several(lambda losses: _not_finite(losses[0])),
        "not finite in a middle batch": _several(lambda losses: any(map(_not_finite, losses[1:-1]))),
        "not finite in the last batch": _several(lambda losses: _not_finite(losses[-1])),
        "not finite in an only batch": _epochs(
            lambda epoch: len(_losses(epoch)) == 1 and _not_finite(_losses(epoch)[0])
        ),
        "finite throughout": lambda s: not _epochs(lambda epoch: any(map(_not_finite, _losses(epoch))))(s),
        "not finite, and hidden in a group of batches": _hidden_in_a_group,
        "not finite in the epoch's logs only": _epochs(
            lambda epoch: _not_finite(epoch.logs.get("loss")) and all(not _not_finite(loss) for loss in _losses(epoch))
        ),
        "not finite in another metric": _epochs(lambda epoch: _not_finite(epoch.logs.get("val_loss"))),
        "loss beyond float32": _epochs(
            lambda epoch: any(isinstance(v, float) and FLOAT32_MAX < abs(v) < math.inf for v in _losses(epoch))
        ),
        "missing loss": _epochs(lambda epoch: None in _losses(epoch)),
        "array loss": _epochs(lambda epoch: any(isinstance(loss, tuple) for loss in _losses(epoch))),
        "loss in an array without dimensions": _epochs(
            lambda epoch: any(isinstance(loss, ArrayNumber) for loss in _losses(epoch))
        ),
        "loss in a tensor": _epochs(lambda epoch: any(isinstance(loss, Tensor) for loss in _losses(epoch))),
        "raise_error": _configured("raise_error", bool),
        "raise_error false": lambda s: s.config.get("raise_error") is False,
        "a fit after a loss that is not finite": lambda s: any(
            _not_finite(loss) for fit in s.fits[:-1] for epoch in fit.epochs for loss in _losses(epoch)
        ),
    }),
)  # fmt: skip


def _begins(scenario: Scenario, condition: Callable[[float, float], bool]) -> bool:
    """Whether a later fit's first value stands so to the best of the fit before; turned so that less is better."""
    best: dict[int, float] = {}
    for s in shown(scenario):
        turned = -s.sign * s.value
        if s.fit not in best and s.fit - 1 in best and condition(turned, best[s.fit - 1]):
            return True
        best[s.fit] = min(best.get(s.fit, turned), turned)
    return False


def _improving_epochs(scenario: Scenario) -> list[int]:
    """The absolute epochs, per fit, that are better than everything after them in the fit."""
    found = []
    for index, fit in enumerate(scenario.fits):
        steps = [s for s in shown(scenario) if s.fit == index]
        for position, s in enumerate(steps[:-1]):
            if all(s.sign * (s.value - later.value) > 0 for later in steps[position + 1 :]):
                found.append(scenario.first_epoch(fit) + s.epoch)
    return found


BOUNDARIES: dict[str, Boundary] = {
    name: Boundary(name=name, callbacks=callbacks, condition=condition)
    for callbacks, conditions in _GROUPS
    for name, condition in conditions.items()
}
"""Every boundary by its name."""
