"""Scenarios as scripts train: several callbacks, later instances, resumed and interrupted fits, others at work.

One of the callbacks draws the whole scenario, as its own module does; of what the others draw only the configuration is taken.
Most of them look at the same metric, as in scripts.
"""

import math
from dataclasses import replace
from importlib import import_module
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..callbacks import CALLBACKS, defaults
from ..editing import each_logs
from ..files import path_of
from ..metrics import Metric
from ..scenario import (
    HOOKS_OF_BATCHES,
    HOOKS_OF_EVALUATIONS,
    Configured,
    Epoch,
    Fit,
    Other,
    Resume,
    Scenario,
    groups,
    is_of_evaluation,
)
from ..values import Rate, map_rate
from .aimed_training import AIMS as AIMS
from .conditions import Condition
from .drawing import below, chance, weighted

_STOP, _REDUCE, _SAVE = "EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"
_SCHEDULE, _NAN, _RECORD = "LearningRateScheduler", "TerminateOnNaN", "History"
_LOG, _BACKUP, _SWAP, _CHART = "CSVLogger", "BackupAndRestore", "SwapEMAWeights", "TensorBoard"
_EVERYDAY = weighted(
    ((_STOP, _SAVE), 4), ((_STOP, _REDUCE), 4), ((_SAVE, _STOP), 3), ((_REDUCE, _SAVE), 4), ((_SAVE, _REDUCE), 4),
    ((_REDUCE, _STOP), 3), ((_STOP, _REDUCE, _SAVE), 8), ((_SAVE, _STOP, _REDUCE), 4), ((_SAVE, _REDUCE, _STOP), 4),
    ((_REDUCE, _STOP, _SAVE), 3), ((_SCHEDULE, _REDUCE), 3), ((_REDUCE, _SCHEDULE), 3), ((_SCHEDULE, _SAVE), 3),
    ((_SAVE, _SCHEDULE, _STOP), 2), ((_NAN, _SAVE), 2), ((_SAVE, _NAN, _REDUCE), 2), ((_NAN, _STOP, _SAVE), 2),
    ((_NAN, _STOP), 3), ((_STOP, _NAN), 3), ((_SAVE, _SAVE), 3), ((_STOP, _STOP), 2), ((_REDUCE, _REDUCE), 2),
    ((_SCHEDULE, _SCHEDULE), 1), ((_SAVE,), 3), ((_STOP,), 2), ((_REDUCE,), 2), ((_SCHEDULE,), 1),
)  # fmt: skip
_RECORDED = weighted(
    ((_RECORD, _STOP), 2), ((_REDUCE, _RECORD), 2), ((_RECORD, _REDUCE, _SAVE), 2), ((_SCHEDULE, _RECORD, _STOP), 1),
    ((_RECORD,), 1), ((_LOG, _STOP), 2), ((_REDUCE, _LOG), 2), ((_LOG, _REDUCE, _SAVE), 2),
    ((_STOP, _LOG, _RECORD), 1), ((_SCHEDULE, _LOG), 1), ((_LOG,), 2),
    ((_CHART, _STOP), 1), ((_STOP, _REDUCE, _SAVE, _CHART), 1), ((_REDUCE, _CHART, _LOG), 1), ((_CHART, _SCHEDULE), 1),
    ((_NAN, _CHART), 1),
)  # fmt: skip
_KEPT = weighted(
    ((_BACKUP, _STOP), 2), ((_STOP, _SAVE, _BACKUP), 3), ((_SAVE, _BACKUP), 3), ((_BACKUP, _REDUCE, _SAVE), 2),
    ((_REDUCE, _BACKUP), 2), ((_SCHEDULE, _BACKUP), 2), ((_LOG, _BACKUP), 1), ((_BACKUP, _RECORD, _STOP), 1),
    ((_BACKUP,), 1), ((_SWAP, _SAVE), 2), ((_SAVE, _SWAP), 1), ((_SWAP, _STOP), 1), ((_SWAP, _BACKUP), 1),
    ((_SWAP,), 1), ((_CHART, _BACKUP), 1),
)  # fmt: skip
_LISTS = weighted((_EVERYDAY, 63), (_RECORDED, 18), (_KEPT, 19))
"""Lists of callbacks as scripts have them: those that act, those with one that records, those with what outlives a fit."""
_INSTANCES = weighted(("same", 5), ("new", 5), ("copied", 2), ("pickled", 2))
_LOAD = weighted(("model", 4), ("weights", 2), ("weights-unbuilt", 1))
_HOOK = weighted(
    ("epoch_end", 6), ("batch_end", 3), ("epoch_begin", 2), ("batch_begin", 1), ("test_begin", 1), ("test_end", 1)
)
_HOOK_AROUND = weighted(("fit_begin", 1), ("fit_end", 1))
_RAISED = weighted(("KeyboardInterrupt", 4), ("OSError", 1), ("MemoryError", 1))
_ACT = weighted(("raises", 4), ("learning_rate", 3), ("stop", 2), ("weights", 2))
_RATE = weighted((0.1, 3), (0.5, 3), (1.0, 1), (0.01, 1))
_FUNCTION = weighted(("my_metric", 3), ("accuracy", 1), ("auc", 1))
"""The names of metrics that are functions: no direction is known of them."""
_ODD = weighted((None, 2), (True, 1), (False, 1))
_INITIAL_EPOCH = weighted((None, 3), (0, 1), (2, 1))


def _drawn_config(draw: DrawFn, drawn: Scenario, leading: Scenario) -> dict[str, Any]:
    """What was drawn for one of the callbacks, mostly looking at what the leading one monitors."""
    config = dict(drawn.config)
    both = (defaults(each.callback).get("monitor") for each in (drawn, leading))
    if all(both) and drawn is not leading and chance(draw, 75):
        for name in ("monitor", "mode"):
            config.pop(name, None)
            if name in leading.config:
                config[name] = leading.config[name]
    if all(both) and drawn is not leading and chance(draw, 6):
        config.update(monitor="learning_rate", mode="min")  # which others may log
    if drawn.callback == _NAN and drawn is leading and chance(draw, 40):
        config["raise_error"] = True
    return config


def _paths(scenario: Scenario) -> list[str]:
    """Under which a checkpoint may have saved in the first fit: one for each of its epochs, as far as it is known."""
    paths: dict[str, None] = {}
    for each in scenario.configured():
        template = path_of(each.config.get("filepath", ""))
        first = scenario.fits[0]
        for number, epoch in enumerate(first.epochs, scenario.first_epoch(first) + 1):
            try:
                path = template.format(epoch=number, batch=1, **epoch.logs)
            except (KeyError, TypeError, ValueError, IndexError):
                continue
            if path and "/../" not in path and not path.startswith("/"):
                paths[path] = None
    return list(paths)


def _drawn_resume(draw: DrawFn, paths: list[str]) -> Resume:
    path = paths[draw(below(len(paths)))]
    load = draw(_LOAD)
    # what was saved as weights is seldom taken for a model
    if path.endswith(".weights.h5") and load == "model" and not chance(draw, 10):
        load = "weights"
    return Resume(path=path, load=load)


def _drawn_other(draw: DrawFn, epoch: Epoch, scenario: Scenario) -> Other:
    """In an epoch; in the hooks of its evaluation, where it has one."""
    hook, act = draw(_HOOK), draw(_ACT)
    if hook in HOOKS_OF_EVALUATIONS and not any(map(is_of_evaluation, epoch.logs)):
        hook = "epoch_end"
    batches = [batch for batch, _ in groups(epoch.batch_logs(), scenario.steps_per_execution)]
    batch = batches[draw(below(len(batches)))] if hook in HOOKS_OF_BATCHES and chance(draw, 60) else None
    return _acting(draw, hook, batch, act, scenario)


def _acting(draw: DrawFn, hook: str, batch: int | None, act: str, scenario: Scenario) -> Other:
    place = draw(below(2 * len(scenario.configured()) + 1))
    index = None if place == 0 else (place - 1) // 2
    rate: Rate = None
    if act == "learning_rate":
        if scenario.learning_rate is None:
            act = "stop" if hook != "fit_end" else "weights"
        else:
            rate = map_rate(scenario.learning_rate, lambda _: draw(_RATE))
    return Other(
        hook=hook, batch=batch, before=index if place % 2 else None, after=None if place % 2 else index,
        stop=act == "stop", learning_rate=rate, weights="zero" if act == "weights" else None,
        raises=draw(_RAISED) if act == "raises" else None,
    )  # fmt: skip


def _with_others(draw: DrawFn, fit: Fit, scenario: Scenario) -> Fit:
    epochs = tuple(
        replace(epoch, others=tuple(_drawn_other(draw, epoch, scenario) for _ in range(1 + chance(draw, 20))))
        if chance(draw, 25)
        else epoch
        for epoch in fit.epochs
    )
    return replace(fit, epochs=epochs, others=_drawn_around(draw, scenario) if chance(draw, 8) else fit.others)


def _drawn_around(draw: DrawFn, scenario: Scenario) -> tuple[Other, ...]:
    act, hook = draw(_ACT), draw(_HOOK_AROUND)
    return (_acting(draw, hook, None, "raises" if (act, hook) == ("stop", "fit_end") else act, scenario),)


def _started_again(draw: DrawFn, fit: Fit, scenario: Scenario) -> list[Fit]:
    """A fit that is interrupted, and the same once more, mostly as a new process runs it."""
    whole = replace(fit, others=(), epochs=tuple(replace(epoch, others=()) for epoch in fit.epochs))
    at = draw(below(len(whole.epochs)))
    act = _drawn_other(draw, whole.epochs[at], scenario)
    raising = replace(act, stop=False, learning_rate=None, weights=None, raises=draw(_RAISED))
    interrupted = replace(
        whole,
        epochs=tuple(
            replace(epoch, others=(raising,)) if at == index else epoch for index, epoch in enumerate(whole.epochs)
        ),
    )
    fresh = Resume(load="nothing") if chance(draw, 70) else None
    again = replace(whole, instances="new" if chance(draw, 80) else "same", resume=fresh)
    return [interrupted, again]


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    names = draw(draw(_LISTS))
    drawn = [draw(import_module(f"{__package__}.{CALLBACKS[name].module}").scenarios()) for name in names]
    leading: Scenario = drawn[draw(below(len(names)))]
    if _BACKUP in names:
        leading = next((each for each in drawn if each.callback != _BACKUP), leading)  # it draws no metrics
    if _NAN in names and chance(draw, 40):
        leading = drawn[names.index(_NAN)]  # which alone has losses that are not finite
    scenario = leading
    if len(names) > 1 or chance(draw, 10):
        callbacks = tuple(
            Configured(callback=each.callback, config=_drawn_config(draw, each, leading)) for each in drawn
        )
        scenario = replace(leading, callback="", config={}, callbacks=callbacks)
    fits = list(scenario.fits)
    if len(fits) == 1 and chance(draw, 50):
        # the same stream once more: what an instance remembers shows best there
        fits.append(replace(fits[0], initial_epoch=draw(_INITIAL_EPOCH)))
    if _SWAP in names and type(scenario.learning_rate) is float and not scenario.outputs and chance(draw, 90):
        scenario = replace(scenario, use_ema=True)
    paths = _paths(scenario) if isinstance(scenario.learning_rate, float) else []
    for index, fit in enumerate(fits[1:], 1):
        if chance(draw, 60):
            fits[index] = replace(fit, instances=draw(_INSTANCES))
        if paths and chance(draw, 50):
            fits[index] = replace(fits[index], resume=_drawn_resume(draw, paths))
    if chance(draw, 35):
        fits = [_with_others(draw, fit, scenario) for fit in fits]
    if _BACKUP in names and chance(draw, 80):
        fits = _started_again(draw, fits[0], scenario)
    scenario = replace(scenario, fits=tuple(fits))
    if not scenario.outputs and chance(draw, 8):
        scenario = replace(scenario, metrics=(*scenario.metrics, Metric(cls="", name=draw(_FUNCTION))))
    return _with_odd_values(draw, scenario) if chance(draw, 8) else scenario


def _with_odd_values(draw: DrawFn, scenario: Scenario) -> Scenario:
    """With true, false and None in the place of a few numbers."""
    return each_logs(
        scenario, lambda logs: {name: draw(_ODD) if chance(draw, 25) else value for name, value in logs.items()}
    )


# ---------------------------------------------------------------------------------------------- boundaries


def _listed(*names: str) -> Condition:
    """These callbacks in this order, others between them or not."""

    def condition(scenario: Scenario) -> bool:
        rest = iter(each.callback for each in scenario.configured())
        return all(name in rest for name in names)

    return condition


def _raises(scenario: Scenario) -> bool:
    """Whether a TerminateOnNaN raises in the first fit, unless something else ends that before."""
    losses = [logs.get("loss") for epoch in scenario.fits[0].epochs for logs in epoch.batch_logs()]
    raising = any(each.callback == _NAN and each.config.get("raise_error") for each in scenario.configured())
    return raising and any(isinstance(loss, float) and not math.isfinite(loss) for loss in losses)


def _acts(name: str) -> Condition:
    return lambda s: any(getattr(act, name) for fit in s.fits for epoch in fit.epochs for act in epoch.others)


def _begins(load: str) -> Condition:
    return lambda s: any(fit.resume is not None and fit.resume.load == load for fit in s.fits)


def _given(kind: str) -> Condition:
    return lambda s: any(fit.instances == kind for fit in s.fits)


def _holds(kind: type) -> Condition:
    return lambda s: any(type(v) is kind for fit in s.fits for epoch in fit.epochs for v in epoch.logs.values())


BOUNDARIES: dict[str, Condition] = {
    "a metric that is None": _holds(type(None)),
    "a metric that is a boolean": _holds(bool),
    "a metric that is a function": lambda s: any(not metric.cls for metric in s.metrics),
    "stopping, reducing, saving": _listed(_STOP, _REDUCE, _SAVE),
    "saving before reducing": _listed(_SAVE, _REDUCE),
    "reducing before saving": _listed(_REDUCE, _SAVE),
    "a schedule before reducing": _listed(_SCHEDULE, _REDUCE),
    "reducing before a schedule": _listed(_REDUCE, _SCHEDULE),
    "two checkpoints": _listed(_SAVE, _SAVE),
    "logged to a file after the rate is logged": _listed(_REDUCE, _LOG),
    "logged to a file in a fit of new instances": lambda s: (
        _LOG in {each.callback for each in s.configured()} and any(fit.instances == "new" for fit in s.fits)
    ),
    "written down before the rate is logged": _listed(_RECORD, _REDUCE),
    "written down after the rate is logged": _listed(_REDUCE, _RECORD),
    "the rate in the logs monitored": lambda s: any(
        "rate" in str(each.config.get("monitor")) for each in s.configured()
    ),
    "resumed from a model": _begins("model"),
    "resumed from weights": _begins("weights"),
    "interrupted with a backup, and started again": lambda s: (
        _BACKUP in {each.callback for each in s.configured()} and _acts("raises")(s) and len(s.fits) > 1
    ),
    "in a fresh model": _begins("nothing"),
    "written as scalars before the rate is reduced": _listed(_CHART, _SCHEDULE),
    "saved behind an average": lambda s: s.use_ema and _listed(_SWAP, _SAVE)(s),
    "saved before an average": lambda s: s.use_ema and _listed(_SAVE, _SWAP)(s),
    "interrupted with an average": lambda s: s.use_ema and _acts("raises")(s),
    "new instances": _given("new"),
    "copied instances": _given("copied"),
    "pickled instances": _given("pickled"),
    "others raise": _acts("raises"),
    "others stop": _acts("stop"),
    "others set the rate": _acts("learning_rate"),
    "others change the weights": _acts("weights"),
    "stopping, and an error at a loss that is not finite": lambda s: (
        {_STOP, _NAN} <= {each.callback for each in s.configured()} and _raises(s)
    ),
}
