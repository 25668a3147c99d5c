"""A callback that writes down the callbacks beside which it stands in `fit`, as `callbacks.toml`.

    model.fit(x, y, callbacks=[early, plateau, callcheck.Recorder()])

Rules
- Nothing of Keras is imported: it has every hook of every Keras since 2.0, and the methods by which they ask a callback about
  itself. It changes nothing, and whatever it cannot read is noted in the file and is no error.
- The list in which it stands, `epochs`, `initial_epoch` and `validation_freq` are read off the frames of the `fit` that calls it:
  no Keras tells a callback about them.
- A schedule shows in the rate with which each epoch begins to train: it is written as a table, when training ends.
- The file is written when training begins, and again with what the first epoch and the end tell. Several fits with one recorder
  stand in one file, in their order.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from callcheck.spec.metrics import DIRECTIONS, Metric
from callcheck.spec.numbers import shortest_float32
from callcheck.spec.reading import InvalidScenario
from callcheck.spec.scenario import CONFIG
from callcheck.spec.script import Script, ScriptCallback, ScriptFit, dumps

from .instances import configuration_of, name_of, plain

FITS = ("fit", "fit_generator", "fit_loop", "model_iteration")
"""The functions whose arguments tell of a fit: what people call, and what old releases call in it."""


class Recorder:
    """Put into `fit` beside the callbacks, it writes them to `file`, for `callcheck explain --script` and its like.

    It works in Keras 2 and 3 and needs neither; `file`: a path, which is overwritten. What was recorded is in `script`.
    """

    def __init__(self, file: str | Path = "callbacks.toml") -> None:
        self.file = Path(file)
        self.fits: list[ScriptFit] = []
        self.params: dict[str, Any] = {}
        self.model: Any = None
        self._instances: list[Any] = []
        self._epoch = 0
        self._rates: dict[int, float] = {}

    @property
    def script(self) -> Script:
        """What was recorded so far."""
        return Script(fits=tuple(self.fits))

    # ------------------------------------------------------------------------------------------ what is recorded

    def on_train_begin(self, logs: Any = None) -> None:
        beside = list(_beside(self))
        fit = _arguments_of_fit()
        unread = {} if fit else {"fit": "its arguments were not found"}
        counts: dict[str, Any] = {}
        for name, least in (("epochs", 1), ("initial_epoch", 0), ("validation_freq", 1)):
            value = plain(fit.get(name, self.params.get(name)))
            if isinstance(value, int) and not isinstance(value, bool) and value >= least:
                counts[name] = value
            elif value is not None:
                unread[name] = repr(value)
        rate = _rate(self.model)
        if rate is None:
            unread["learning_rate"] = repr(_rate_holder(self.model))
        self._rates = {}
        self.fits.append(
            ScriptFit(
                callbacks=tuple(_described(each, self._called(each)) for each in beside if name_of(each)),
                others=tuple(type(each).__name__ for each in beside if not name_of(each)),
                source=f"{sys.argv[0] or 'Python'}, fit {len(self.fits) + 1}",
                learning_rate=rate,
                unread=unread,
                **counts,
            )
        )
        self._write()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0 and self._scheduled():
            rate = _rate(self.model)
            if rate is not None:
                self._rates[self._epoch] = rate

    on_batch_begin = on_train_batch_begin  # as it is called in Keras 2.2 and before

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.fits and not self.fits[-1].metrics and "metrics" not in self.fits[-1].unread:
            metrics = tuple(_metrics(self.model))
            if metrics:
                self.fits[-1] = replace(self.fits[-1], metrics=metrics)
                self._write()

    def on_train_end(self, logs: Any = None) -> None:
        if self._rates:
            first = min(self._rates)
            table = [
                self._rates[max(epoch, first)]
                for epoch in range(max(self._rates) + 1)
                if max(epoch, first) in self._rates
            ]
            fit = self.fits[-1]
            self.fits[-1] = replace(fit, callbacks=tuple(_with_table(each, table) for each in fit.callbacks))
        self._write()

    def _called(self, callback: Any) -> str:
        """The type and a number: the same instance is called the same in every fit."""
        if not any(each is callback for each in self._instances):
            self._instances.append(callback)
        number = next(at for at, each in enumerate(self._instances, 1) if each is callback)
        return f"{type(callback).__name__}, instance {number}"

    def _scheduled(self) -> bool:
        return bool(self.fits) and any(each.callback == "LearningRateScheduler" for each in self.fits[-1].callbacks)

    def _write(self) -> None:
        self.file.write_text(dumps(self.script), encoding="utf-8")

    # ------------------------------------------------------------------------------------------ what a Keras asks of a callback

    def set_params(self, params: Any) -> None:
        self.params = dict(params or {})

    def set_model(self, model: Any) -> None:
        self.model = model

    def _nothing(self, *arguments: Any, **named: Any) -> None:
        """A hook in which nothing is recorded."""

    on_batch_end = on_train_batch_end = on_test_begin = on_test_end = on_test_batch_begin = on_test_batch_end = _nothing
    on_predict_begin = on_predict_end = on_predict_batch_begin = on_predict_batch_end = _nothing
    async_safe = True
    _supports_tf_logs = False
    _chief_worker_only = None

    def _implements_train_batch_hooks(self) -> bool:
        return True

    def _implements_test_batch_hooks(self) -> bool:
        return False

    _implements_predict_batch_hooks = _implements_test_batch_hooks


def _frames() -> Iterator[dict[str, Any]]:
    """The local variables of those who called, the nearest first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_locals
        frame = frame.f_back  # type: ignore[assignment]  # the outermost has none


def _beside(recorder: Recorder) -> Iterator[Any]:
    """The other callbacks of the list in which the recorder stands, as far as people put them there."""
    for names in _frames():
        listed = getattr(names.get("self"), "callbacks", None)
        if isinstance(listed, list | tuple) and any(each is recorder for each in listed):
            yield from (each for each in listed if each is not recorder and type(each).__name__ not in _OWN)
            return


_OWN = ("History", "ProgbarLogger", "BaseLogger")
"""The callbacks that `fit` adds itself."""


def _arguments_of_fit() -> dict[str, Any]:
    """The arguments of the `fit` that is under way."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in FITS and "epochs" in frame.f_locals:
            return {name: frame.f_locals.get(name) for name in ("epochs", "initial_epoch", "validation_freq")}
        frame = frame.f_back  # type: ignore[assignment]  # the outermost has none
    return {}


def _described(callback: Any, source: str) -> ScriptCallback:
    name = name_of(callback) or ""
    if name == "LearningRateScheduler":
        schedule = getattr(callback, "schedule", None)
        said = getattr(schedule, "__qualname__", repr(schedule))
        return ScriptCallback(callback=name, unread={"schedule": said}, source=source)
    config: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for parameter, value in configuration_of(callback)[1].items():
        try:
            config.update(CONFIG.read({parameter: value}))
        except InvalidScenario:
            unread[parameter] = repr(value)
    best = plain(getattr(callback, "best", None))
    if name == "ModelCheckpoint" and isinstance(best, float) and abs(best) != float("inf"):
        config["initial_value_threshold"] = (
            best  # that of its constructor, or the best of a fit before: both are compared with
        )
    return ScriptCallback(callback=name, config=config, unread=unread, source=source)


def _with_table(callback: ScriptCallback, table: list[float]) -> ScriptCallback:
    if callback.callback != "LearningRateScheduler":
        return callback
    return replace(callback, config={**callback.config, "schedule": {"table": table}}, unread={})


def _rate_holder(model: Any) -> Any:
    optimizer = getattr(model, "optimizer", None)
    return getattr(optimizer, "learning_rate", getattr(optimizer, "lr", None))


def _rate(model: Any) -> float | None:
    """The optimizer's rate, as short as float32 tells it; None for a schedule of its own, and where there is none."""
    holder = _rate_holder(model)
    try:
        number = holder.numpy() if hasattr(holder, "numpy") else holder
        return float(shortest_float32(float(number)))
    except Exception:  # whatever a backend raises for what is no number: it is noted in the file
        return None


def _metrics(model: Any) -> Iterator[Metric]:
    """What the model was compiled with, as far as it shows."""
    try:
        found = list(_flat(getattr(model, "metrics", ())))
    except Exception:  # a model of somebody's own
        return
    seen = set()
    for each in found:
        name, kind = getattr(each, "name", None), type(each).__name__
        if isinstance(name, str) and name != "loss" and kind in DIRECTIONS and name not in seen:
            seen.add(name)
            yield Metric(cls=kind, name=name)


def _flat(metrics: Any) -> Iterator[Any]:
    for each in metrics:
        inner = getattr(each, "metrics", None)
        yield from _flat(inner) if isinstance(inner, list | tuple) else (each,)
