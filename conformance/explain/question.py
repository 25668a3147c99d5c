"""What is asked: a recorded history, a callback's configuration and a dialect, made into scenarios for the reference.

Rules
- The learning rate is the recorded one at the beginning of each fit, else the one that is given, else unknown: then it is
  taken as 1, only ratios of it are told, and what depends on it is refused. A schedule that is a factor has changed the rate
  before the first epoch is recorded: there it is the one that is given, else one that the schedule makes the recorded one of.
- `mode="auto"` goes by the metric that Keras knows by the monitored name; a name that tells nothing is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from string import Formatter
from typing import Any

from callcheck.reference.machine import HOOKS, Log, Stop
from callcheck.reference.rate import STORED
from callcheck.reference.replay import Decision, watched
from callcheck.spec.callbacks import CALLBACKS, defaults
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import path_of
from callcheck.spec.metrics import Metric, metric_from_json
from callcheck.spec.numbers import next_float32
from callcheck.spec.scenario import Configured, Epoch, Fit, Scenario, plain_epochs
from callcheck.spec.trace import EpochTrace, NotExpressible, Save, Trace
from callcheck.spec.values import Rate

from .arguments import Circumstances, WrongArgument, metrics_for
from .history import LIGHTNING, RATE_KEYS, TRANSFORMERS, History, RecordedFit, Rounded

RATE_CALLBACKS = ("ReduceLROnPlateau", "LearningRateScheduler")
"""The callbacks that change the learning rate."""


LONG = 10_000
"""Epochs of a record of which every decision is kept. Of a longer one those are that say something new."""


MOST_TOLD = 50_000
"""Epochs of which a callback is told that decides by no metric, so that it does much the same in all of them: one or two
seconds for the slowest, which writes a line for every value."""


MOST_WORK = 1_100_000
"""So much is told of a record, measured in epochs in which a callback does nothing: more than a million, in two to three seconds.
A decision that does something is ACT of them, one that only logs is LOG, and one that is kept KEEP more, as the clock has it."""
ACT, LOG, KEEP = 6, 1.25, 4


@dataclass(frozen=True, kw_only=True)
class Story:
    """What the reference makes of a question: the trace, and why the callback did what it did.

    `told`: the decisions of every callback, by its index: all, or of a long record (not `complete`) those with which a reason
    begins and ends to be the one, that changed the rate, and where a better value did not count. Of several callbacks, `place`
    is the index of this one, and `stops` says by fit whose decision it was to stop.
    """

    scenario: Scenario
    trace: Trace
    told: tuple[tuple[Decision, ...], ...]
    complete: bool = True
    place: int = 0
    stops: Mapping[int, int] = field(default_factory=dict)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Those of this callback."""
        return self.told[self.place]

    def about(self, place: int) -> Story:
        """The same story, of the callback of that index."""
        return replace(self, place=place)

    @cached_property
    def monitored(self) -> list[Decision]:
        """What was decided at the ends of epochs with a value."""
        return [each for each in self.decisions if each.hook == "epoch_end" and isinstance(each.value, float)]

    def stopped(self, fit: int) -> int | None:
        """The index of the epoch after which that fit was stopped, by whichever callback."""
        if fit >= len(self.trace.fits) or not self.trace.fits[fit].epochs:
            return None
        epochs = self.trace.fits[fit].epochs
        return self.first_epoch(fit) + len(epochs) - 1 if epochs[-1].stop else None

    def stopper(self, fit: int) -> int:
        """The index of the callback that stopped that fit; this one's, where nobody did."""
        return self.stops.get(fit, self.place)

    def first_epoch(self, fit: int) -> int:
        return self.scenario.first_epoch(self.scenario.fits[fit])

    def epochs(self, fit: int) -> tuple[EpochTrace, ...]:
        return self.trace.fits[fit].epochs if fit < len(self.trace.fits) else ()

    def saved(self, epoch: EpochTrace) -> tuple[Save, ...]:
        """What this callback saved in an epoch."""
        return (epoch.callbacks[self.place].saved if epoch.callbacks else epoch.saved) or ()

    def logged_rate(self, epoch: EpochTrace) -> Rate:
        """The learning rate that the logs of an epoch hold in the end: of several callbacks that log it, the last one's, who may
        have come after a reduction. Without one it is the rate with which the epoch was trained."""
        found = epoch.learning_rate_in_epoch
        for each in epoch.callbacks or (epoch,):
            logged = [
                value for key, value in (each.logged or {}).items() if key in RATE_KEYS and isinstance(value, float)
            ]
            found = logged[-1] if logged else found
        return found

    def holds(self, fit: int) -> int | None:
        """The epoch whose weights the model holds after that fit; -1: those with which it began."""
        weights = self.trace.fits[fit].weights if fit < len(self.trace.fits) else None
        return None if weights is None or weights.fit is not None else weights.epoch

    def kept(self, fit: int) -> str:
        """What of that epoch it holds: "weights", or their "average"."""
        weights = self.trace.fits[fit].weights
        return "average" if weights is not None and weights.averaged else "weights"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A history and a configuration, checked to fit together. Make it with `ask`.

    `rate`: the learning rate at the beginning of the first fit, recorded or given; None: not known. `metrics`: what the model was
    compiled with, where that is known. `company`: of several callbacks in one fit all, in their order, this one at `place`.
    """

    history: History
    callback: str
    config: Mapping[str, Any]
    dialect: Dialect
    rate: float | None
    notes: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    company: tuple[Configured, ...] = ()
    place: int = 0
    _epochs: dict[tuple[str, ...], tuple[tuple[Epoch, ...], ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def parameter(self, name: str) -> Any:
        """The value of a parameter, the default filled in."""
        return self.config[name] if name in self.config else defaults(self.callback).get(name)

    @property
    def monitor(self) -> str:
        """The name of the metric that decides."""
        return monitor_of(self.callback, self.config)

    @property
    def callbacks(self) -> tuple[Configured, ...]:
        """Every callback of the fit, this one among them."""
        return self.company or (Configured(callback=self.callback, config=self.config),)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of every callback of the fit."""
        return tuple(each.callback for each in self.callbacks)

    def has(self, names: Iterable[str]) -> bool:
        """Whether one of these is among the callbacks of the fit."""
        return not set(names).isdisjoint(self.names)

    def about(self, place: int) -> Question:
        """The same question, about the callback of that index in the list."""
        other = self.callbacks[place]
        return replace(self, callback=other.callback, config=other.config, place=place)

    def configured(self, config: Mapping[str, Any]) -> Question:
        """The same question, with this callback configured otherwise."""
        own = Configured(callback=self.callback, config=config)
        company = tuple(own if at == self.place else each for at, each in enumerate(self.company))
        return replace(self, config=config, company=company)

    def scenario(self) -> Scenario:
        """What the callbacks saw."""
        names = tuple(dict.fromkeys(name for each in self.callbacks for name in _looked_at(each)))
        if names not in self._epochs:
            self._epochs[names] = tuple(_epochs(fit, names) for fit in self.history.fits)
        fits = []
        for index, (recorded, epochs) in enumerate(zip(self.history.fits, self._epochs[names], strict=True)):
            rate = self.rate if index == 0 else rate_before(recorded.rates[0], self.callbacks, self.dialect)
            fits.append(Fit(epochs=epochs, initial_epoch=recorded.first_epoch or None, learning_rate=rate))
        metrics = tuple(dict.fromkeys(each for one in self.callbacks for each in _metrics(one, self.metrics)))
        if self.company:
            return Scenario(callbacks=self.company, fits=tuple(fits), metrics=metrics).averaging()
        return Scenario(callback=self.callback, config=self.config, fits=tuple(fits), metrics=metrics).averaging()

    def told(self) -> tuple[Question, Story]:
        """What the reference makes of it within MOST_WORK, and the question about what is told: of a long record in which much
        happens the first epochs. Raises as `story` does."""
        story = tell(self.scenario(), self.dialect, self.place, MOST_WORK)
        lengths = [len(fit.epochs) for fit in story.scenario.fits]
        told, length = sum(lengths), sum(fit.length for fit in self.history.fits)
        if told == length:
            return self, story
        fits = tuple(map(RecordedFit.first, self.history.fits, lengths))
        note = f"the record has {length:,} epochs, and so much happens in them that the first {told:,} are told"
        return replace(self, history=self.history.replace(fits=fits), notes=(*self.notes, note), _epochs={}), story

    def story(self, config: Mapping[str, Any] | None = None, dialect: Dialect | None = None) -> Story:
        """What the reference makes of it. Raises WrongArgument where the configuration is refused, or nothing is predicted."""
        return tell(
            self.scenario() if config is None else self.configured(config).scenario(),
            dialect or self.dialect,
            self.place,
        )


def tell(scenario: Scenario, dialect: Dialect, place: int = 0, most: float = math.inf) -> Story:
    """What the reference makes of a scenario, about the callback of that index; of one that takes more work than `most`, of its
    first epochs. Raises WrongArgument as `Question.story`."""
    complete = sum(len(fit.epochs) for fit in scenario.fits) <= LONG
    configured = scenario.configured()
    most /= len(configured)
    watches = [_Watch(monitor_of(each.callback, each.config), complete, most) for each in configured]
    see = watches[0].see if len(watches) == 1 else lambda decided: watches[decided[8]].see(decided)
    trace = watched(scenario, dialect, see)
    if isinstance(trace, NotExpressible):
        raise WrongArgument(not_predicted(trace, scenario, dialect))
    if trace.rejected is not None:
        whose = configured[trace.rejected.callback or 0].callback
        raise WrongArgument(f"{whose} refuses this: {trace.rejected.type}: {trace.rejected.message}")
    told = tuple(watch.decisions() for watch in watches)
    stopping = [each for own in told for each in own if each.effects and Stop in map(type, each.effects)]
    stops: dict[int, int] = {}
    for each in sorted(stopping, key=lambda each: (HOOKS.index(each.hook), each.callback)):
        stops.setdefault(each.fit, each.callback)
    if any(watch.work >= most for watch in watches):
        scenario = replace(scenario, fits=_reached(scenario.fits, trace))
    return Story(scenario=scenario, trace=trace, told=told, complete=complete, place=place, stops=stops)


def _reached(fits: Sequence[Fit], trace: Trace) -> tuple[Fit, ...]:
    """The fits as far as they were told: the last one up to where the trace of it ends, unless it was stopped there."""
    *before, last = fits[: len(trace.fits)]
    epochs = trace.fits[-1].epochs
    ended = trace.fits[-1].error is not None or (epochs and epochs[-1].stop)
    return *before, last if ended else replace(last, epochs=last.epochs[: len(epochs)])


def not_predicted(found: NotExpressible, scenario: Scenario, dialect: Dialect) -> str:
    """Why there is no trace, in a sentence."""
    lacking = [each.callback for each in scenario.configured() if not dialect.has(each.callback)]
    if "TensorBoard" in lacking:
        return f"TensorBoard in {dialect.name}: what it does is not predicted"
    return f"{dialect.name} has no {lacking[0]}" if lacking else f"{found.parameter}: what it does is not predicted"


class _Watch:
    """Keeps the decisions of one callback: all, or those that say something new in their hook. `most`: how much work is
    enough."""

    def __init__(self, monitor: str, complete: bool, most: float) -> None:
        self.monitor = monitor
        self.complete = complete
        self.most = most
        self.work: float = 0
        self.kept: dict[float, tuple[Any, ...]] = {}
        """By the work after which they came."""
        self.last: dict[str, tuple[float, tuple[Any, ...]]] = {}
        """The one that was seen last in a hook, with that number."""

    def see(self, decided: tuple[Any, ...]) -> bool:
        """Whether that is enough."""
        fit, hook, event, reason, _, before, after, rate, _, effects = decided
        number = self.work = self.work + ((LOG if type(effects[-1]) is Log else ACT) if effects else 1)
        if self.complete:
            self.kept[number] = decided
            return number >= self.most
        at, last = self.last.get(hook, NEVER)
        self.last[hook] = number, decided
        if last and reason is last[3] and rate is event.rate and fit == last[0]:
            best = getattr(before, "best", None)
            value = event.logs.get(self.monitor)
            if best is None or value is None or after.best is not best:
                return self.work >= self.most
            if not (value > best if after.direction == "max" else value < best):
                return self.work >= self.most
        elif last:
            self.kept[at] = last
        self.kept[number] = decided
        self.work += KEEP
        return self.work >= self.most

    def decisions(self) -> tuple[Decision, ...]:
        self.kept.update(self.last.values())
        return tuple(Decision(*self.kept[number]) for number in sorted(self.kept))


NEVER: tuple[float, tuple[Any, ...]] = 0, ()


def monitor_of(callback: str, config: Mapping[str, Any]) -> str:
    """The name of the metric by which a callback decides; `loss`, for one that monitors no other."""
    return str(config.get("monitor", defaults(callback).get("monitor", "loss")))


def _looked_at(each: Configured) -> tuple[str, ...]:
    """The metrics that a callback looks at."""
    return (monitor_of(each.callback, each.config), *_named_in(each.config.get("filepath")))


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


def _metrics(each: Configured, compiled: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """What tells a callback which way its metric is better: what the model was compiled with, else what the name says."""
    if each.config.get("mode") in ("min", "max"):
        return ()
    monitor = monitor_of(each.callback, each.config)
    known = tuple(metric for metric in compiled if metric.name == monitor.removeprefix("val_"))
    return known or tuple(metric_from_json(metric) for metric in metrics_for(monitor))


def ask(
    history: History, callback: str, config: Mapping[str, Any], dialect: Dialect, circumstances: Circumstances
) -> Question:
    """The question about one callback, alone in its fit, as far as is known. Raises WrongArgument for what does not fit."""
    return ask_all(history, (Configured(callback=callback, config=config),), dialect, circumstances)


def ask_all(
    history: History, callbacks: Sequence[Configured], dialect: Dialect, circumstances: Circumstances,
    metrics: tuple[Metric, ...] = (),
) -> Question:  # fmt: skip
    """The question about the first of these callbacks in one fit, with what the record lacks filled from the circumstances;
    `about` asks about the others. Raises WrongArgument for what does not fit."""
    notes: list[str] = []
    fits = tuple(_named(fit, monitor_of(callbacks[0].callback, callbacks[0].config)) for fit in history.fits)
    fits = tuple(_placed(fit, circumstances) for fit in fits)
    rate = rate_before(fits[0].rates[0], callbacks, dialect)
    if circumstances.learning_rate is not None:
        if rate is not None and rate == fits[0].rates[0]:
            notes.append(f"learning_rate={circumstances.learning_rate:g} is not used: the record has the learning rate")
        else:
            rate = circumstances.learning_rate
    callbacks, said = _worth_telling(fits, callbacks)
    notes += said
    if said and not any(map(_decides_by_metrics, callbacks)):
        fits = _first_epochs(fits)
    history = history.replace(fits=fits)
    for each in callbacks:
        _check(history, each, dialect, metrics)
    if rate is None and any(each.callback in RATE_CALLBACKS for each in callbacks):
        if any(each.config.get("min_lr") for each in callbacks):
            raise WrongArgument("min_lr needs the learning rate, which the record does not have; add learning_rate=...")
        notes.append(
            "the record has no learning rate: it is taken as 1 at the beginning, and only ratios of it mean something; "
            "learning_rate=0.001 says what it was"
        )
    other = {LIGHTNING: "lightning", TRANSFORMERS: "transformers"}.get(history.kind)
    if other is not None and dialect.package == "keras":
        notes.append(f"the record is not Keras's, and the rules are: --dialect {other} has those of its own")
    if fits[0].rate_key() == "lr" and dialect.package == "keras":
        notes.append(
            "the record names the learning rate `lr`, as Keras 2 does; --dialect names another release than Keras 3's"
        )
    return Question(
        history=history, callback=callbacks[0].callback, config=callbacks[0].config, dialect=dialect, rate=rate,
        notes=tuple(notes), metrics=metrics, company=tuple(callbacks) if len(callbacks) > 1 else (),
    )  # fmt: skip


def _decides_by_metrics(each: Configured) -> bool:
    """Whether what a callback does depends on the values of a record."""
    if each.callback == "ModelCheckpoint" and not each.config.get("save_best_only"):
        return False
    return each.callback == "TerminateOnNaN" or "monitor" in defaults(each.callback)


DEPENDING = {"LearningRateScheduler": "ReduceLROnPlateau", "SwapEMAWeights": "EarlyStopping"}
"""Of the callbacks that decide by no metric those on which another one depends: by the rate, and by the weights."""


def _worth_telling(
    fits: Sequence[RecordedFit], callbacks: Sequence[Configured]
) -> tuple[Sequence[Configured], list[str]]:
    """Of a record that is longer than `MOST_TOLD` epochs: the callbacks that are told, and what is to be said of the others."""
    length = sum(fit.length for fit in fits)
    if length <= MOST_TOLD or all(map(_decides_by_metrics, callbacks)):
        return callbacks, []
    kept = [each for each in callbacks if _decides_by_metrics(each)]
    if not kept:
        does = "does not decide by metrics, and is" if len(callbacks) == 1 else "do not decide by metrics, and are"
        names = " and ".join(each.callback for each in callbacks)
        return callbacks, [f"{names} {does} told of the first {MOST_TOLD:,} epochs, of {length:,}"]
    there = {each.callback for each in kept}
    kept = [each for each in callbacks if each in kept or DEPENDING.get(each.callback) in there]
    return kept, [
        f"{each.callback}: not looked at, as it does not decide by metrics, and the record has more than {MOST_TOLD:,} epochs"
        for each in callbacks
        if each not in kept
    ]


def _first_epochs(fits: Sequence[RecordedFit]) -> tuple[RecordedFit, ...]:
    """The fits with `MOST_TOLD` epochs in all."""
    found: list[RecordedFit] = []
    left = MOST_TOLD
    for fit in fits:
        if left:
            found.append(fit.first(left))
            left -= found[-1].length
    return tuple(found)


def rate_before(recorded: float | None, callbacks: Sequence[Configured], dialect: Dialect) -> float | None:
    """The learning rate with which a fit began, from that of its first epoch: schedules that are a factor have changed it."""
    if recorded is None:
        return None
    rate = recorded
    for each in reversed(callbacks):
        schedule = each.config.get("schedule") if each.callback == "LearningRateScheduler" else None
        if schedule is not None and "table" in schedule:
            return float(recorded)  # whatever it was before
        if schedule is not None:
            rate = _undone(rate, schedule["scale"], STORED[dialect["learning-rate/stored-as"]])
    return float(rate)


def _undone(rate: float, scale: float, stored: Callable[[float], float]) -> float:
    """The shortest number of which the product with `scale` is stored as this rate; the quotient if none is found, as of a rate
    that somebody has rounded, and the rate itself for a factor of 0."""
    margin = rate.margin if isinstance(rate, Rounded) else 0.0
    if not scale or not math.isfinite(rate / scale):
        return rate
    quotient = stored(rate / scale)
    shortest = (float(f"{rate / scale:.{digits}g}") for digits in range(1, 18))
    nearest = (next_float32(quotient, towards) for towards in (-math.inf, math.inf))
    tried = (*shortest, *nearest)
    return next((each for each in tried if abs(stored(stored(each) * scale) - stored(rate)) <= margin), quotient)


def _named(fit: RecordedFit, monitor: str) -> RecordedFit:
    """Numbers without a name are those of the monitored metric."""
    return (
        replace(fit, columns={name or monitor: fit.columns[name] for name in fit.columns}) if "" in fit.columns else fit
    )


def _placed(fit: RecordedFit, circumstances: Circumstances) -> RecordedFit:
    """The fit with the circumstances that are given in place of what was recorded."""
    first = fit.first_epoch if circumstances.initial_epoch is None else circumstances.initial_epoch
    return replace(fit, first_epoch=first, planned=circumstances.epochs or fit.planned)


def _check(history: History, each: Configured, dialect: Dialect, metrics: tuple[Metric, ...]) -> None:
    """Raises WrongArgument for what the record cannot answer."""
    callback, config, monitor = each.callback, each.config, monitor_of(each.callback, each.config)
    if callback == "ModelCheckpoint" and config.get("save_freq", "epoch") != "epoch":
        raise WrongArgument("save_freq counts batches, and the record has epochs only")
    by_metric = dialect.choices.get(f"{CALLBACKS[callback].prefix}/direction") == "compiled-metric"
    decided = config.get("mode", "auto") in ("min", "max") or monitor in ("loss", "val_loss") or _metrics(each, metrics)
    if by_metric and monitor in history.names() and not decided:
        raise WrongArgument(
            f"the record does not say whether a smaller or a larger {monitor} is better, and its name tells Keras 3 nothing; "
            f"add mode=min or mode=max"
        )
