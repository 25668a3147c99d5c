"""The one runner: it feeds a scenario to an implementation and writes down what is seen.

Rules
- It is a training loop as the callbacks know it: the stop flag is cleared when a fit begins; a batch hook that stops drops the
  epoch's remaining batches, the epoch end is still called, and the fit ends. After an exception nothing more is called.
- A refused configuration and an exception out of a hook are outcomes. What hangs, crashes outside of a hook, or observes
  nonsense is a Failed result. The time limit is a signal, so it works on the main thread, where it can interrupt Python.
- Hooks get copies of the logs.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

from callcheck.spec.files import RELATIVE, handed_over_as
from callcheck.spec.scenario import Epoch, Fit, Scenario, groups
from callcheck.spec.trace import (
    UNTRAINED,
    EpochTrace,
    Failed,
    FitTrace,
    NotExpressible,
    Origin,
    Raised,
    Rejected,
    Result,
    Save,
    Trace,
    weights_seen,
)
from callcheck.spec.values import Logs, Rate

from .subjects.capture import Captured, Facts, captured
from .subjects.protocol import (
    CannotExpress,
    Capabilities,
    ConfigurationRejected,
    Implementation,
    Observation,
    Replaying,
    Run,
)

TIME_LIMIT = 60.0
"""Seconds for one scenario, by default: a real fit of ten epochs needs one, a new compiled model a few."""


class _TimeLimit(BaseException):
    """Not an Exception, so that a subject that catches everything does not swallow it."""


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise _TimeLimit

    before = signal.signal(signal.SIGALRM, interrupt)
    # It repeats, for a subject that swallows even this one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def run(
    implementation: Implementation | Replaying,
    scenario: Scenario,
    *,
    internal: bool = False,
    time_limit: float = TIME_LIMIT,
) -> Result:
    """What the implementation does with the scenario. `internal` asks for optional state; `time_limit` is in seconds."""
    if scenario.callback not in implementation.capabilities.callbacks:
        return NotExpressible(parameter="callback")
    for name in scenario.config:
        parameters = (implementation.capabilities.parameters or {}).get(scenario.callback)
        if parameters is not None and name not in parameters:
            return NotExpressible(parameter=name)
    if len(scenario.fits) > 1 and not implementation.capabilities.reusable:
        return NotExpressible(parameter="fits")
    try:
        with _back_again(scenario), _limited(time_limit):
            if isinstance(implementation, Replaying):
                return implementation.replay(scenario, internal=internal)
            with captured() as heard:
                return _Loop(implementation, scenario, heard, internal).run()
    except CannotExpress as error:
        return NotExpressible(parameter=error.parameter)
    except _TimeLimit:
        return Failed(kind="timeout", message=f"no answer within {time_limit:g} s")
    except Nonsense as error:
        return Failed(kind="nonsense", message=str(error))
    except (Exception, SystemExit) as error:
        return Failed(kind="crash", message=f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def _back_again(scenario: Scenario) -> Iterator[None]:
    """Leave the process in the working directory in which it was: a relative path is given within another one."""
    if handed_over_as(scenario.config) != RELATIVE:
        yield
        return
    before = os.getcwd()
    try:
        yield
    finally:
        os.chdir(before)


class Nonsense(Exception):
    """An observation is not of the type that it has to be."""


class _HookRaised(Exception):
    def __init__(self, raised: Raised) -> None:
        self.raised = raised


class _Loop:
    """One scenario on its way through one implementation."""

    def __init__(self, implementation: Implementation, scenario: Scenario, heard: Captured, internal: bool) -> None:
        self.implementation = implementation
        self.capabilities: Capabilities = implementation.capabilities
        self.scenario = scenario
        self.heard = heard
        self.internal: dict[str, list[list[Any]]] | None = {} if internal else None
        self.weights: Origin | None = UNTRAINED

    def run(self) -> Trace:
        try:
            self.subject: Run = self.implementation.build(self.scenario)
        except ConfigurationRejected as rejection:
            error = rejection.error
            return Trace(rejected=Rejected(type=type(error).__name__, message=str(error)))
        warned = self.hear().warned
        fits: list[FitTrace] = []
        for index, fit in enumerate(self.scenario.fits):
            fits.append(self._fit(index, fit))
            if fits[-1].error is not None:
                break
        internal = {name: tuple(tuple(values) for values in seen) for name, seen in (self.internal or {}).items()}
        return Trace(fits=tuple(fits), warned=warned, internal=internal)

    def hear(self, facts: Callable[[], Facts] = Facts) -> Observation:
        """What was said, as far as the implementation says anything."""
        observables = self.capabilities.observables
        return Observation(
            warned=self.heard.warned() if "warned" in observables else None,
            printed=self.heard.printed(facts) if "printed" in observables else None,
        )

    def _fit(self, index: int, fit: Fit) -> FitTrace:
        self.fit = index
        self.epoch: int | None = None
        self.logs: Logs = {}
        self.began = self.weights
        epoch = self.scenario.first_epoch(fit)
        epochs: list[EpochTrace] = []
        printed: tuple[str, ...] | None = None
        error = None
        record = _Record(self)
        try:
            self._call("fit_begin", None, index)
            record.look()
            for epoch, content in enumerate(fit.epochs, epoch):  # noqa: B020 - the first epoch, then each
                if self._epoch(epoch, content, epochs):
                    break
            self._call("fit_end", None)
        except _HookRaised as raised:
            error = raised.raised
        if error is None or error.hook in ("fit_begin", "fit_end"):
            record.look()
        printed = record.printed
        return FitTrace(epochs=tuple(epochs), weights=self._seen_weights(), printed=printed, error=error)

    def _seen_weights(self) -> Any:
        if self.weights is None or self.began is None:
            return None
        return weights_seen(self.weights, self.began, self.fit)

    def _epoch(self, epoch: int, content: Epoch, epochs: list[EpochTrace]) -> bool:
        """Run one epoch; add what was seen of it to `epochs`, even if it raises. True if training is to stop."""
        record = _Record(self)
        self.epoch = epoch
        try:
            self._call("epoch_begin", epoch, epoch)
            record.look()
            if "learning_rate_in_epoch" in self.capabilities.observables:
                record.rate_in_epoch = record.rate
            for batch, logs in groups(content.batch_logs(), self.scenario.steps_per_execution):
                self.logs = logs
                if not self._call("batch_end", epoch, batch, dict(logs), batch=batch):
                    break
                record.look(batch)
                if record.stop:
                    break
            if content.stop:
                set_stop = getattr(self.subject, "set_stop", None)
                if set_stop is None:
                    raise CannotExpress("stop")
                set_stop()
            self.logs = content.logs
            self._call("epoch_end", epoch, epoch, dict(content.logs))
        except _HookRaised as raised:
            record.look(raised.raised.batch, raised=True)
            epochs.append(record.epoch())
            raise
        record.look()
        epochs.append(record.epoch())
        self._note_internal()
        return bool(record.stop)

    def _note_internal(self) -> None:
        read: Callable[[], dict[str, Any]] | None = getattr(self.subject, "internal", None)
        if self.internal is None or read is None:
            return
        for name, value in read().items():
            fits = self.internal.setdefault(name, [])
            fits.extend([] for _ in range(self.fit + 1 - len(fits)))
            fits[-1].append(value)

    def _call(self, hook: str, epoch: int | None, *arguments: Any, batch: int | None = None) -> bool:
        """Call a hook if the subject has it, and say whether it has. Raises _HookRaised for what the hook raises."""
        method = getattr(self.subject, hook, None)
        if method is None:
            return False
        try:
            method(*arguments)
        except CannotExpress:
            raise
        except (Exception, SystemExit) as error:
            raise _HookRaised(
                Raised(type=type(error).__name__, message=str(error), fit=self.fit, hook=hook, epoch=epoch, batch=batch)
            ) from error
        return True


class _Record:
    """What was seen of one epoch, or around a fit, so far."""

    def __init__(self, loop: _Loop) -> None:
        self.loop = loop
        self.stop: bool | None = None
        self.rate: Rate = None
        self.rate_in_epoch: Rate = None
        self.saved: tuple[Save, ...] | None = None
        self.warned: tuple[str, ...] | None = None
        self.printed: tuple[str, ...] | None = None
        self.logged: dict[str, Any] | None = None

    def look(self, batch: int | None = None, *, raised: bool = False) -> None:
        """Observe, and add it to what was seen. Raises Nonsense for what cannot be.

        `raised`: the hook did not come to its end. What it announced to save may not have been saved.
        """
        loop = self.loop
        seen = loop.subject.observe()
        _check(seen)
        said = loop.hear(
            lambda: Facts(
                epoch=loop.epoch, batch=batch, rate=seen.learning_rate, weights=seen.weights,
                saved=None if raised else seen.saved, logs=loop.logs,
            )
        )  # fmt: skip
        self.stop = seen.stop
        self.rate = seen.learning_rate
        loop.weights = seen.weights
        if seen.saved is not None:
            weights = loop._seen_weights() if seen.saved else None
            self.saved = (self.saved or ()) + tuple(
                Save(path=path, weights=weights, batch=batch) for path in seen.saved
            )
        for more in (seen, said):
            if more.warned is not None:
                self.warned = (self.warned or ()) + more.warned
            if more.printed is not None:
                self.printed = (self.printed or ()) + more.printed
        if seen.logged is not None:
            self.logged = {**(self.logged or {}), **seen.logged}

    def epoch(self) -> EpochTrace:
        return EpochTrace(
            stop=self.stop,
            learning_rate=self.rate,
            learning_rate_in_epoch=self.rate_in_epoch,
            saved=self.saved,
            warned=self.warned,
            printed=self.printed,
            logged=self.logged,
        )


def _check(seen: Observation) -> None:
    """Raises Nonsense, with the field and what it holds."""
    if seen.stop is not None and not isinstance(seen.stop, bool):
        raise Nonsense(f"stop is {seen.stop!r}, not a boolean")
    rates = seen.learning_rate.values() if isinstance(seen.learning_rate, Mapping) else (seen.learning_rate,)
    if seen.learning_rate is not None and not all(isinstance(rate, float) for rate in rates):
        raise Nonsense(f"learning_rate is {seen.learning_rate!r}, not a float, or a float for each optimizer")
    if seen.saved and not all(isinstance(path, str) for path in seen.saved):
        raise Nonsense(f"saved is {seen.saved!r}, not paths")
