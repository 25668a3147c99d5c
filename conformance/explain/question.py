"""What is asked: a recorded history, a callback's configuration and a dialect, made into scenarios for the reference.

Rules
- The learning rate is the recorded one at the beginning of each fit, else the one that is given, else unknown: then it is
  taken as 1, only ratios of it are told, and what depends on it is refused.
- `mode="auto"` goes by the metric that Keras knows by the monitored name; a name that tells nothing is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from string import Formatter
from typing import Any

from callcheck.reference.machine import Reason
from callcheck.reference.replay import Decision, explain, watched
from callcheck.spec.callbacks import CALLBACKS, defaults
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import path_of
from callcheck.spec.metrics import Metric, metric_from_json
from callcheck.spec.scenario import Epoch, Fit, Scenario, plain_epochs
from callcheck.spec.trace import EpochTrace, NotExpressible, Trace

from .arguments import Circumstances, WrongArgument, metrics_for
from .history import History, RecordedFit

RATE_CALLBACKS = ("ReduceLROnPlateau", "LearningRateScheduler")
"""The callbacks that change the learning rate."""


LONG = 10_000
"""Epochs of a record of which every decision is kept. Of a longer one those are that say something new."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What the reference makes of a question: the trace, and why. `decisions`: all, or of a long record (not `complete`) those
    with which a reason begins and ends to be the one, and where a better value did not count."""

    scenario: Scenario
    trace: Trace
    decisions: tuple[Decision, ...]
    complete: bool = True

    @cached_property
    def monitored(self) -> list[Decision]:
        """What was decided at the ends of epochs with a value."""
        return [each for each in self.decisions if each.hook == "epoch_end" and isinstance(each.value, float)]

    def stopped(self, fit: int) -> int | None:
        """The index of the epoch after which the callback stopped that fit."""
        if fit >= len(self.trace.fits) or not self.trace.fits[fit].epochs:
            return None
        epochs = self.trace.fits[fit].epochs
        return self.first_epoch(fit) + len(epochs) - 1 if epochs[-1].stop else None

    def first_epoch(self, fit: int) -> int:
        return self.scenario.first_epoch(self.scenario.fits[fit])

    def epochs(self, fit: int) -> tuple[EpochTrace, ...]:
        return self.trace.fits[fit].epochs if fit < len(self.trace.fits) else ()

    def holds(self, fit: int) -> int | None:
        """The epoch whose weights the model holds after that fit; -1: those with which it began."""
        weights = self.trace.fits[fit].weights if fit < len(self.trace.fits) else None
        return None if weights is None or weights.fit is not None else weights.epoch


@dataclass(frozen=True, kw_only=True)
class Question:
    """A history and a configuration, checked to fit together. Make it with `ask`.

    `rate`: the learning rate at the beginning of the first fit, recorded or given; None: not known.
    """

    history: History
    callback: str
    config: Mapping[str, Any]
    dialect: Dialect
    rate: float | None
    notes: tuple[str, ...] = ()
    _epochs: dict[tuple[str, ...], tuple[tuple[Epoch, ...], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def parameter(self, name: str) -> Any:
        """The value of a parameter, the default filled in."""
        return self.config[name] if name in self.config else defaults(self.callback).get(name)

    @property
    def monitor(self) -> str:
        """The name of the metric that decides."""
        return str(self.parameter("monitor") or "loss")

    def scenario(self, config: Mapping[str, Any] | None = None) -> Scenario:
        """What the callback saw, with this configuration or another one."""
        config = self.config if config is None else config
        monitor = str(config.get("monitor", defaults(self.callback).get("monitor", "loss")))
        names = (monitor, *_named_in(config.get("filepath")))
        if names not in self._epochs:
            self._epochs[names] = tuple(_epochs(fit, names) for fit in self.history.fits)
        fits = []
        for index, (recorded, epochs) in enumerate(zip(self.history.fits, self._epochs[names], strict=True)):
            rate = self.rate if index == 0 else recorded.rates[0]
            fits.append(
                Fit(
                    epochs=epochs,
                    initial_epoch=recorded.first_epoch,
                    learning_rate=None if rate is None else float(rate),
                )
            )
        return Scenario(
            callback=self.callback, config=config, fits=tuple(fits), metrics=_metrics(monitor, config.get("mode"))
        )

    def story(self, config: Mapping[str, Any] | None = None, dialect: Dialect | None = None) -> Story:
        """What the reference makes of it. Raises WrongArgument where the configuration is refused, or nothing is predicted."""
        scenario = self.scenario(config)
        complete = sum(fit.length for fit in self.history.fits) <= LONG
        trace, decisions = (explain if complete else _in_short)(scenario, dialect or self.dialect)
        if isinstance(trace, NotExpressible):
            raise WrongArgument(f"{trace.parameter}: what it does is not predicted")
        if trace.rejected is not None:
            raise WrongArgument(f"{self.callback} refuses this: {trace.rejected.type}: {trace.rejected.message}")
        return Story(scenario=scenario, trace=trace, decisions=decisions, complete=complete)


def _in_short(scenario: Scenario, dialect: Dialect) -> tuple[Trace | NotExpressible, tuple[Decision, ...]]:
    """The trace, and the decisions that say something new."""
    kept: list[Decision] = []
    last: tuple[Any, ...] = ()
    said: Reason | None = None
    monitor = str(scenario.config.get("monitor", defaults(scenario.callback).get("monitor", "loss")))

    def watch(*decided: Any) -> None:
        nonlocal last, said
        previous, last = last, decided
        _, _, event, reason, _, before, after, _, _ = decided
        if reason is said:  # a better value that did not count says something too
            value, best = event.logs.get(monitor), getattr(before, "best", None)
            if value is None or best is None or after.best != best:
                return
            if not (value > best if after.direction == "max" else value < best):
                return
        elif kept and previous and kept[-1] != previous:
            kept.append(Decision(*previous))
        said = reason
        kept.append(Decision(*decided))

    trace = watched(scenario, dialect, watch)
    if last and kept[-1] != last:
        kept.append(Decision(*last))
    return trace, tuple(kept)


def _epochs(fit: RecordedFit, names: tuple[str, ...]) -> tuple[Epoch, ...]:
    if len(names) == 1:
        (name,) = names
        return plain_epochs(name, fit.column(name))
    columns = [fit.column(name) for name in names]
    return tuple(
        Epoch(logs={name: value for name, value in zip(names, values, strict=True) if value is not None})
        for values in zip(*columns, strict=True)
    )


def _named_in(filepath: Any) -> tuple[str, ...]:
    """The metrics that a file's name is made with."""
    try:
        return tuple(
            dict.fromkeys(name for _, name, _, _ in Formatter().parse(path_of(filepath)) if name and name != "epoch")
        )
    except ValueError:  # braces that do not fit, as the callback will find out
        return ()


def _metrics(monitor: str, mode: Any) -> tuple[Metric, ...]:
    if mode in ("min", "max"):
        return ()
    return tuple(metric_from_json(metric) for metric in metrics_for(monitor))


def ask(
    history: History, callback: str, config: Mapping[str, Any], dialect: Dialect, circumstances: Circumstances
) -> Question:
    """The question, with what the record lacks filled from the circumstances. Raises WrongArgument for what does not fit."""
    notes: list[str] = []
    monitor = str(config.get("monitor", defaults(callback).get("monitor", "loss")))
    fits = tuple(_named(fit, monitor) for fit in history.fits)
    fits = tuple(_placed(fit, circumstances) for fit in fits)
    rate = fits[0].rates[0]
    if circumstances.learning_rate is not None:
        if rate is not None:
            notes.append(f"learning_rate={circumstances.learning_rate:g} is not used: the record has the learning rate")
        else:
            rate = circumstances.learning_rate
    history = history.replace(fits=fits)
    _check(history, callback, config, monitor, dialect)
    if callback in RATE_CALLBACKS and rate is None:
        if config.get("min_lr"):
            raise WrongArgument("min_lr needs the learning rate, which the record does not have; add learning_rate=...")
        notes.append(
            "the record has no learning rate: it is taken as 1 at the beginning, and only ratios of it mean something; "
            "learning_rate=0.001 says what it was"
        )
    if fits[0].rate_key() == "lr" and dialect.package == "keras":
        notes.append(
            "the record names the learning rate `lr`, as Keras 2 does; --dialect names another release than Keras 3's"
        )
    return Question(history=history, callback=callback, config=config, dialect=dialect, rate=rate, notes=tuple(notes))


def _named(fit: RecordedFit, monitor: str) -> RecordedFit:
    """Numbers without a name are those of the monitored metric."""
    return (
        replace(fit, columns={name or monitor: fit.columns[name] for name in fit.columns}) if "" in fit.columns else fit
    )


def _placed(fit: RecordedFit, circumstances: Circumstances) -> RecordedFit:
    """The fit with the circumstances that are given in place of what was recorded."""
    first = fit.first_epoch if circumstances.initial_epoch is None else circumstances.initial_epoch
    return replace(fit, first_epoch=first, planned=circumstances.epochs or fit.planned)


def _check(history: History, callback: str, config: Mapping[str, Any], monitor: str, dialect: Dialect) -> None:
    """Raises WrongArgument for what the record cannot answer."""
    if callback == "ModelCheckpoint" and config.get("save_freq", "epoch") != "epoch":
        raise WrongArgument("save_freq counts batches, and the record has epochs only")
    recorded = monitor in history.names()
    direction = next(
        (value for id, value in dialect.choices.items() if id == f"{CALLBACKS[callback].prefix}/direction"), None
    )
    by_metric = direction == "compiled-metric"
    decided = config.get("mode", "auto") in ("min", "max") or monitor in ("loss", "val_loss") or metrics_for(monitor)
    if by_metric and recorded and not decided:
        raise WrongArgument(
            f"the record does not say whether a smaller or a larger {monitor} is better, and its name tells Keras 3 nothing; "
            f"add mode=min or mode=max"
        )
