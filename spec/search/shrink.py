"""Shrinking: from a scenario on which something holds to a smallest one on which it still holds.

Why not Hypothesis's `find`: it shrinks only what it generated itself, while a scenario to be shrunk comes from a pool,
a vector or a user. It minimises the draws of a strategy, where one changed draw changes the meaning of all later ones.
Here a step changes the scenario itself, as a person would, and a few dozen tries are enough.

Rules
- Every step makes the scenario simpler by one fixed order: fewer fits, epochs, batches, parameters and metrics, then
  simpler values. So shrinking ends, and the same scenario and condition always give the same result.
- Big steps come first. A step that worked is tried again at once, and all of them once more after the last.
- Values that are equal are simplified together first: a plateau stays a plateau.
- A result is a valid scenario: whatever the condition says, `from_json` accepts it.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import Any

from ..callbacks import FLOAT_PARAMETERS
from ..editing import change_epoch, change_fit, configs, each_epoch, each_logs, left_out, places, with_config
from ..files import path_of
from ..numbers import float32
from ..reading import InvalidScenario
from ..scenario import Fit, Scenario, check, key
from ..values import ArrayNumber, Logs, Rate, Tensor, Value, each_number
from .shrink_training import STEPS_OF_TRAINING, complexity_of_training

Condition = Callable[[Scenario], bool]
Step = Callable[[Scenario], Iterator[Scenario]]


def smallest(
    start: Scenario,
    condition: Condition,
    *,
    tries: int = 2000,
    ahead: Callable[[Sequence[Scenario]], object] = lambda candidates: None,
    at_once: int = 1,
) -> Scenario:
    """A simplest scenario, reached from `start` by small steps, for which `condition` still holds.

    `tries` bounds the calls of `condition`; what was reached by then is returned. `ahead` is shown the candidates, `at_once` at a
    time, before they are tried one by one: for conditions that are cheaper to find out together. Raises ValueError if the
    condition does not hold for `start`; what the condition raises is not caught.
    """
    if not condition(start):
        raise ValueError("the condition does not hold for the scenario to shrink")
    tried = {key(start)}
    current, weight = start, complexity(start)

    def untried(step: Step) -> Iterator[Scenario]:
        for candidate in step(current):
            if complexity(candidate) < weight and _is_valid(candidate) and key(candidate) not in tried:
                yield candidate

    progress = True
    while progress:
        progress = False
        for step in STEPS:
            improved = True
            while improved:
                improved = False
                candidates = untried(step)
                while not improved and (batch := list(islice(candidates, min(at_once, tries - 1)))):
                    ahead(batch)
                    for candidate in batch:
                        tries -= 1
                        tried.add(key(candidate))
                        if condition(candidate):
                            current, weight = candidate, complexity(candidate)
                            improved = progress = True
                            break
                if tries <= 1:
                    return current
    return current


def _is_valid(scenario: Scenario) -> bool:
    """Whether its fields go together: with a fit or a batch less, others may act where there is nothing."""
    try:
        check(scenario)
    except InvalidScenario:
        return False
    return True


# ---------------------------------------------------------------------------------------------- what is simpler


def _cost(value: Any) -> float:
    """How complicated a value is to read: 1.0 is simplest, then 0.0, small integers, short decimals, infinities."""
    if not isinstance(value, float):  # asked first: they nearly always are
        if isinstance(value, tuple | list):
            return 200 + sum(_cost(item) for item in value)
        if isinstance(value, Mapping):
            return 200 + sum(1 + _cost(item) for item in value.values())
        if isinstance(value, bool) or not isinstance(value, int):
            return float(len(repr(value)))
    number: float = value
    if math.isnan(number):
        return 120
    if math.isinf(number):
        return 110 + (number < 0)
    if number == 1:
        return 0
    text = repr(float(number))
    sign = 0.5 if text.startswith("-") else 0
    if number == int(number) and abs(number) < 100:
        return (1 if number == 0 else abs(number)) + sign
    return 100 * (len(text) > 6) + 10 * len(text) + sign + (abs(number) > 100)


_KINDS = {ArrayNumber: 1, tuple: 2, Tensor: 3, bool: 1, type(None): 1}
"""How much less simple than a plain number a value of each kind is."""


def complexity(scenario: Scenario) -> tuple[float, ...]:
    """The order in which scenarios are simpler than others; every step of shrinking lowers it."""
    fits = scenario.fits
    epochs = [epoch for fit in fits for epoch in fit.epochs]
    batches = [logs for epoch in epochs for logs in epoch.batches or ()]
    validations = [logs for epoch in epochs for logs in epoch.validations]
    logs = [*(epoch.logs for epoch in epochs), *batches, *validations]
    own = [item for fit in fits for item in (fit.initial_epoch, fit.metrics, fit.learning_rate) if item is not None]
    return (
        *complexity_of_training(scenario),
        len(fits),
        len(epochs),
        sum(epoch.batches is not None for epoch in epochs),
        len(batches),
        len(validations),
        sum(map(len, configs(scenario))) + len(own) + len(scenario.metrics) + len(scenario.outputs) + len(scenario.existing)
        + sum(e.stop for e in epochs) + (scenario.initial_epoch != 0) + (scenario.steps_per_execution != 1)
        + (scenario.learning_rate != 1.0) + scenario.use_ema + (scenario.ema_overwrite_frequency is not None),
        sum(len(entry) for entry in logs),
        sum(_KINDS.get(type(value), 0) for entry in logs for value in entry.values()),
        sum(len(name) for name in {name for entry in logs for name in entry}),
        sum(_cost(value) for config in configs(scenario) for value in config.values()) + sum(_cost(item) for item in own)
        + _cost(scenario.learning_rate) + scenario.initial_epoch + scenario.steps_per_execution
        + (scenario.ema_overwrite_frequency or 0) + sum(_cost(path) for path in scenario.existing),
        sum(_cost(value) for value in {repr(value): value for entry in logs for value in entry.values()}.values()),
        sum(_cost(value) for entry in logs for value in entry.values()),
    )  # fmt: skip


def _simpler(value: float) -> Iterator[float]:
    """Values to try in the place of this one, the simplest first."""
    tried = [1.0, 0.0, 2.0, 0.5, 3.0, 4.0, 5.0, -1.0, -2.0, math.inf, -math.inf]
    if math.isfinite(value):
        if abs(value) < 1e15:
            tried += [float(round(value)), round(value, 1), round(value, 2), round(value, 4), math.trunc(value) + 0.5]
        tried += [float32(value), float(f"{value:.1g}"), float(f"{value:.3g}"), abs(value)]
    for candidate in tried:
        if _cost(candidate) < _cost(value):
            yield candidate


# ---------------------------------------------------------------------------------------------- changing a scenario


def _all_logs(scenario: Scenario) -> Iterator[Logs]:
    """The logs of every epoch, every batch and every validation."""
    for _, _, epoch in places(scenario):
        yield epoch.logs
        yield from epoch.batches or ()
        yield from epoch.validations


# ---------------------------------------------------------------------------------------------- the steps


def _drop_fits(scenario: Scenario) -> Iterator[Scenario]:
    fits = scenario.fits
    for index in reversed(range(len(fits))):
        if len(fits) > 1:
            yield replace(scenario, fits=fits[:index] + fits[index + 1 :])
    for index in range(len(fits) - 1):
        joined = replace(fits[index], epochs=fits[index].epochs + fits[index + 1].epochs)
        yield replace(scenario, fits=(*fits[:index], joined, *fits[index + 2 :]))


def _drop_epochs(scenario: Scenario) -> Iterator[Scenario]:
    for number, fit in enumerate(scenario.fits):
        length = len(fit.epochs)
        size = length - 1
        while size:
            for begin in reversed(range(0, length - size + 1, size)):
                yield change_fit(scenario, number, epochs=fit.epochs[:begin] + fit.epochs[begin + size :])
            size //= 2


def _drop_settings(scenario: Scenario) -> Iterator[Scenario]:
    """What is set beside the callback: for the scenario, then for each fit and each epoch."""
    yield replace(scenario, steps_per_execution=1)
    yield replace(scenario, initial_epoch=0)
    if isinstance(scenario.learning_rate, Mapping):
        yield from _drop_optimizers(scenario, scenario.learning_rate)
    else:
        yield replace(scenario, learning_rate=1.0)
    yield replace(scenario, use_ema=False, ema_overwrite_frequency=None)
    yield replace(scenario, ema_overwrite_frequency=None)
    yield replace(scenario, metrics=(), outputs=())
    yield replace(scenario, metrics=())
    yield replace(scenario, outputs=())
    for index in range(len(scenario.existing)):
        yield replace(scenario, existing=scenario.existing[:index] + scenario.existing[index + 1 :])
    for index in range(len(scenario.metrics)):
        yield replace(scenario, metrics=scenario.metrics[:index] + scenario.metrics[index + 1 :])
    for number in range(len(scenario.fits)):
        for name in ("initial_epoch", "metrics", "learning_rate"):
            yield change_fit(scenario, number, **{name: None})
    for number, index, epoch in places(scenario):
        if epoch.stop:
            yield change_epoch(scenario, number, index, stop=False)


def _drop_optimizers(scenario: Scenario, rates: Mapping[str, float]) -> Iterator[Scenario]:
    """One of several optimizers alone, then one of them less."""

    def changed(change: Callable[[Any], Any]) -> Scenario:
        fits = tuple(
            replace(fit, learning_rate=None if fit.learning_rate is None else change(fit.learning_rate))
            for fit in scenario.fits
        )
        return replace(scenario, learning_rate=change(rates), fits=fits)

    yield from (changed(itemgetter(name)) for name in rates)
    if len(rates) > 1:
        yield from (changed(partial(left_out, name=name)) for name in rates)


def _drop_parameters(scenario: Scenario) -> Iterator[Scenario]:
    for index, config in enumerate(configs(scenario)):
        for name in reversed(list(config)):
            # a required parameter stays: without it a scenario would be about something else
            if name not in ("filepath", "filename", "schedule"):
                yield with_config(scenario, index, left_out(config, name))


def _drop_batches(scenario: Scenario) -> Iterator[Scenario]:
    yield replace(
        scenario,
        fits=tuple(
            replace(fit, epochs=tuple(replace(epoch, batches=None) for epoch in fit.epochs)) for fit in scenario.fits
        ),
    )
    for number, index, epoch in places(scenario):
        if epoch.batches is None:
            continue
        yield change_epoch(scenario, number, index, batches=None)
        for batch in reversed(range(len(epoch.batches))):
            if len(epoch.batches) > 1:
                rest = epoch.batches[:batch] + epoch.batches[batch + 1 :]
                yield change_epoch(scenario, number, index, batches=rest)


def _drop_validations(scenario: Scenario) -> Iterator[Scenario]:
    yield each_epoch(scenario, lambda epoch: replace(epoch, validations=()))
    for number, index, epoch in places(scenario):
        for place in reversed(range(len(epoch.validations))):
            rest = epoch.validations[:place] + epoch.validations[place + 1 :]
            yield change_epoch(scenario, number, index, validations=rest)


def _drop_metrics(scenario: Scenario) -> Iterator[Scenario]:
    """A metric everywhere, then one entry of the logs; tensors become arrays, and array metrics numbers."""
    for name in sorted({name for logs in _all_logs(scenario) for name in logs}):
        yield each_logs(scenario, partial(left_out, name=name))
    yield each_logs(scenario, lambda logs: {name: _plain(value) for name, value in logs.items()})
    yield each_logs(scenario, lambda logs: {name: _array(value) for name, value in logs.items()})
    for number, index, epoch in places(scenario):
        for name, value in epoch.logs.items():
            yield change_epoch(scenario, number, index, logs=left_out(epoch.logs, name))
            if type(value) in _KINDS:
                for simpler in (_plain(value), _array(value)):
                    yield change_epoch(scenario, number, index, logs={**epoch.logs, name: simpler})
            if isinstance(value, tuple) and len(value) > 2:
                yield change_epoch(scenario, number, index, logs={**epoch.logs, name: type(value)(value[:2])})
        for batch, logs in enumerate(epoch.batches or ()):
            for name in logs:
                yield _change_batch(scenario, number, index, batch, left_out(logs, name))


def _plain(value: Value) -> Value:
    """A plain number, in place of None too."""
    if value is None:
        return 1.0
    return float(value[0] if isinstance(value, tuple) else value)


def _array(value: Value) -> Value:
    """An array in place of a tensor."""
    return tuple(value) if isinstance(value, tuple) else value


def _change_batch(scenario: Scenario, number: int, index: int, batch: int, logs: Logs) -> Scenario:
    batches = scenario.fits[number].epochs[index].batches
    assert batches is not None
    return change_epoch(scenario, number, index, batches=(*batches[:batch], logs, *batches[batch + 1 :]))


def _rename_metrics(scenario: Scenario) -> Iterator[Scenario]:
    """The monitored metric becomes the default one, in the configuration and in the logs."""
    monitor = scenario.config.get("monitor")
    if not isinstance(monitor, str) or monitor == "val_loss":
        return
    others = {name for _, _, epoch in places(scenario) for name in epoch.logs}
    if "val_loss" not in others:
        renamed = replace(scenario, config=left_out(scenario.config, "monitor"))
        yield each_logs(
            renamed, lambda logs: {"val_loss" if name == monitor else name: value for name, value in logs.items()}
        )


def _simplify_parameters(scenario: Scenario) -> Iterator[Scenario]:
    for index, config in enumerate(configs(scenario)):
        for name, value in config.items():
            for simpler in _simpler_parameter(name, value):
                yield with_config(scenario, index, {**config, name: simpler})
    yield from _simplify_existing(scenario)
    for rate in _simpler_rate(scenario.learning_rate):
        yield replace(scenario, learning_rate=rate)
    for number in range(scenario.initial_epoch):
        yield replace(scenario, initial_epoch=number)
    for steps in range(1, scenario.steps_per_execution):
        yield replace(scenario, steps_per_execution=steps)
    for steps in range(1, scenario.ema_overwrite_frequency or 1):
        yield replace(scenario, ema_overwrite_frequency=steps)
    for number, fit in enumerate(scenario.fits):
        yield from _simplify_fit(scenario, number, fit)


def _simplify_existing(scenario: Scenario) -> Iterator[Scenario]:
    """A plain file name, and with it what bears that name or the name of its directory."""
    filepath = scenario.config.get("filepath")
    if not scenario.existing or filepath is None:
        return
    suffix = _suffix(path_of(filepath))
    for name, place in ((f"m{suffix}", f"m{suffix}"), (f"a/m{suffix}", "a")):
        slash = "/" if scenario.existing[0].endswith("/") else ""
        yield replace(
            scenario, config={**scenario.config, "filepath": _renamed(filepath, name)}, existing=(place + slash,)
        )


def _renamed(filepath: Any, name: str) -> Any:
    """Another path, handed over in the same way."""
    return dict.fromkeys(filepath, name) if isinstance(filepath, Mapping) else name


def _suffix(filepath: str) -> str:
    return next((end for end in (".weights.h5", ".keras", ".h5") if filepath.endswith(end)), "")


def _simplify_fit(scenario: Scenario, number: int, fit: Fit) -> Iterator[Scenario]:
    for epoch in range(fit.initial_epoch or 0):
        yield change_fit(scenario, number, initial_epoch=epoch)
    for rate in _simpler_rate(fit.learning_rate):
        yield change_fit(scenario, number, learning_rate=rate)


def _simpler_rate(rate: Rate) -> Iterator[Rate]:
    if isinstance(rate, Mapping):
        yield from ({**rate, name: simpler} for name, each in rate.items() for simpler in _simpler(each))
    elif rate is not None:
        yield from _simpler(rate)


def _simpler_parameter(name: str, value: Any) -> Iterator[Any]:
    if isinstance(value, bool) or value is None:
        return
    if name == "schedule":
        yield from _simpler_schedule(value)
    elif name == "filepath":
        if isinstance(value, Mapping):
            yield path_of(value)
        for stem in ("m", "m-{epoch}", "m-{batch}", "m-{epoch}-{batch}"):
            yield _renamed(value, stem + _suffix(path_of(value)))
    elif isinstance(value, float) and name in FLOAT_PARAMETERS:
        yield from _simpler(value)
    elif isinstance(value, int):
        yield from (number for number in (1, 0, 2, 3, 4, 5, 6, value - 1) if _cost(number) < _cost(value))
    elif name == "mode":
        yield "min"


def _simpler_schedule(schedule: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in ("returns", "accepts"):
        if name in schedule:
            yield left_out(schedule, name)
    if "scale" in schedule:
        yield from ({**schedule, "scale": scale} for scale in _simpler(schedule["scale"]))
        return
    table = schedule["table"]
    if len(table) > 1:
        yield {**schedule, "table": table[:-1]}
    for index, rate in enumerate(table):
        for simpler in _simpler(rate):
            yield {**schedule, "table": [*table[:index], simpler, *table[index + 1 :]]}


def _values(scenario: Scenario) -> list[float]:
    """The different scalar values in the logs, the most complicated first."""
    found = {
        repr(value): float(value) for logs in _all_logs(scenario) for value in logs.values() if isinstance(value, float)
    }
    return sorted(found.values(), key=lambda value: (-_cost(value), repr(value)))


def _simplify_values(scenario: Scenario) -> Iterator[Scenario]:
    """All values by their rank, then each different value wherever it stands, then single values."""
    values = _values(scenario)
    finite = sorted({value for value in values if math.isfinite(value)})
    rank = {value: float(number) for number, value in enumerate(finite, 1)}
    yield _map_values(scenario, lambda value: rank.get(value, value))
    for value in values:
        others = [other for other in values if _cost(other) < _cost(value) and repr(other) != repr(value)]
        for simpler in (*_simpler(value), *others):
            yield _map_values(scenario, _exchange(value, simpler))
    for number, index, epoch in places(scenario):
        for simpler_logs in _simpler_logs(epoch.logs, values):
            yield change_epoch(scenario, number, index, logs=simpler_logs)
        for batch, logs in enumerate(epoch.batches or ()):
            for simpler_logs in _simpler_logs(logs, values):
                yield _change_batch(scenario, number, index, batch, simpler_logs)


def _exchange(value: float, simpler: float) -> Callable[[float], float]:
    """`simpler` in the place of `value`; NaN is one value here, 0.0 and -0.0 are two."""
    return lambda seen: simpler if repr(seen) == repr(value) else seen


def _simpler_logs(logs: Logs, values: list[float]) -> Iterator[Logs]:
    for name, value in logs.items():
        for simpler in _simpler_single(value, values):
            yield {**logs, name: simpler}


def _simpler_single(value: Value, values: list[float]) -> Iterator[Value]:
    if value is None or isinstance(value, bool):
        yield 1.0
        return
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from (type(value)((*value[:index], simpler, *value[index + 1 :])) for simpler in _simpler(item))
        return
    for simpler in (*_simpler(value), *(other for other in values if _cost(other) < _cost(value))):
        yield each_number(value, lambda _, to=simpler: to)  # type: ignore[misc]  # mypy cannot infer a default


def _map_values(scenario: Scenario, change: Callable[[float], float]) -> Scenario:
    return each_logs(
        scenario,
        lambda logs: {name: each_number(value, change) for name, value in logs.items()},
    )


STEPS: tuple[Step, ...] = (
    *STEPS_OF_TRAINING, _drop_fits, _drop_epochs, _drop_settings, _drop_batches, _drop_validations, _drop_parameters,
    _drop_metrics, _rename_metrics, _simplify_parameters, _simplify_values,
)  # fmt: skip
"""The steps, in the order in which they are tried."""
