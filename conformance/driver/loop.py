"""The one training loop, and `run`, which answers for a scenario.

Rules
- It is a training loop as the callbacks know it: the stop flag is cleared when a fit begins; a batch hook that stops drops the
  epoch's remaining batches, the epoch end is still called, and the fit ends. After an exception nothing more is called; one
  that somebody else raised ends its fit only.
- An epoch with a metric that begins with `val_` is evaluated before its end, with one batch: a callback that has hooks for that
  has them called, as the part of the epoch's end that they are.
- Validations in the middle of an epoch come after its batches, where a callback has a hook for them; after one that stops
  nothing more of the epoch is called, its end included.
- A refused configuration and an exception out of a hook, also one that is no Exception, are outcomes. What hangs, crashes
  outside of a hook, or observes nonsense is a failed result.
- In process the time limit is a signal, so it works on the main thread, where it can interrupt Python; native code escapes it.
  A worker has none: there its parent keeps the time.
"""

import builtins
import contextlib
import os
import signal
import threading
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .attributes import shown_attributes
from .capture import Captured, Flood, captured
from .files import Directory
from .protocol import CannotExpress, ConfigurationRejected, Nonsense, Observation
from .record import OtherRaised, Raised, Recorder, rejected, text_of
from .scenario import Epoch, Other, Scenario, groups, index_told
from .side_effects import SideEffects


class _Interrupt(BaseException):
    """From outside, and not to be taken for the subject's; not an Exception, so that no subject swallows it."""


class _TimeLimit(_Interrupt):
    """The time is over."""


class _Signal(_Interrupt):
    """Somebody wants to end callcheck, not the training: Ctrl-C, or another signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


PASSING = (CannotExpress, Nonsense, _Interrupt, Flood)


@contextlib.contextmanager
def _limited(seconds: Optional[float]) -> Iterator[None]:
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        raise _TimeLimit if number == signal.SIGALRM else _Signal(number)

    looked_at = (signal.SIGALRM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.signal(number, interrupt)) for number in looked_at]
    # It repeats, for a subject that swallows even this one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in before:
            signal.signal(number, handler)


def run(
    implementation: Any,
    data: Dict[str, Any],
    *,
    internal: bool = False,
    optional: bool = False,
    time_limit: Optional[float] = None,
) -> Dict[str, Any]:
    """The result of a scenario, both as JSON data. `internal` asks for a callback's state, `optional` for the observables
    that are looked at only then; `time_limit` is in seconds."""
    try:
        scenario = Scenario(data)
        _expressible(implementation.capabilities, scenario)
        with _limited(time_limit):
            try:
                with Directory() as directory, captured() as heard, SideEffects(directory, optional) as beside:
                    result = _run(implementation, scenario, directory, heard, beside, internal, optional)
                    if directory.left:
                        raise CannotExpress("filepath")
                    return result
            except PASSING:
                raise
            except (
                BaseException
            ) as error:  # under a time limit a signal is one of PASSING: what comes is the subject's own
                return _crash(error)
    except CannotExpress as error:
        return {"not_expressible": {"parameter": error.parameter}}
    except _TimeLimit:
        return _failed("timeout", f"no answer within {time_limit:g} s")
    except _Signal as ended:
        os.kill(os.getpid(), ended.number)  # now it goes where it would have gone
        raise KeyboardInterrupt from None
    except Flood as error:
        return _failed("flood", str(error))
    except Nonsense as error:
        return _failed("nonsense", str(error))
    except Exception as error:  # what is no scenario, too; a Ctrl-C outside of the time limit goes on, and ends the run
        return _crash(error)


def _crash(error: BaseException) -> Dict[str, Any]:
    return _failed("crash", f"{type(error).__name__}: {text_of(error)}")


def _failed(kind: str, message: str) -> Dict[str, Any]:
    return {"failed": {"kind": kind, "message": message}}


def _expressible(capabilities: Any, scenario: Scenario) -> None:
    """Raises CannotExpress for what the capabilities exclude."""
    for configured in scenario.configured():
        if configured.callback not in capabilities.callbacks:
            raise CannotExpress("callback")
        parameters = (capabilities.parameters or {}).get(configured.callback)
        for name in configured.config:
            if parameters is not None and name not in parameters:
                raise CannotExpress(name)
    if len(scenario.fits) > 1 and not capabilities.reusable:
        raise CannotExpress("fits")
    if capabilities.domain is not None and not scenario.several:
        outside = capabilities.domain.outside(scenario)
        if outside is not None:
            raise CannotExpress(outside)


def _run(
    implementation: Any,
    scenario: Scenario,
    directory: Directory,
    heard: Captured,
    beside: SideEffects,
    internal: bool,
    optional: bool,
) -> Dict[str, Any]:
    if hasattr(implementation, "replay"):
        result = implementation.replay(scenario, internal=internal)
        if not isinstance(result, dict):
            raise Nonsense(f"replay returned {result!r}, not a result")
        return result
    recorder = Recorder(scenario, heard, beside, implementation.capabilities.observables, internal, optional)
    try:
        if hasattr(implementation, "drive"):
            trace: Dict[str, Any] = implementation.drive(scenario, directory, recorder, heard)
            return trace
        directory.fill(scenario.existing)
        run = implementation.build(scenario)
        recorder.constructed(0, beside.left())  # the files that an adapter makes are no callback's
        return Loop(_Adapted(run, scenario), scenario, directory, recorder).run()
    except ConfigurationRejected as rejection:
        return rejected(rejection.error, rejection.callback if scenario.several else None)


class Training:
    """What the loop drives: callbacks (`runs`, with the hooks of the adapter protocol) on a model."""

    runs: Sequence[Any]
    drops_batches = True
    """Whether the rest of an epoch's batches is left out after a batch hook that stops."""
    stop_at_begin = "one-epoch"
    """What becomes of a stop flag that is set in the hooks of a fit's beginning: see the worlds."""
    index_told = "full"
    """Which index the batch hook is told at the end of several batches, as `scenario.index_told` has it."""
    breaks_off = False
    """Whether fewer batches than make one execution break off: their end is told to nobody, and one step more is counted."""

    def fit_begins(self, index: int) -> None:
        """Make everything ready for a fit. Raises OtherRaised."""

    def attach(self) -> Sequence[Any]:
        """The arguments of the hook `attach`, which comes before all others."""
        return ()

    def begun(self) -> None:
        """The hooks of the fit's beginning are over."""

    def begins_at(self, first: int) -> Tuple[int, int]:
        """The epoch and the batch with which training begins that was told to begin with the epoch `first`."""
        return first, 0

    def epoch_begins(self, epoch: int) -> None: ...
    def evaluates(self, content: Epoch) -> None: ...

    def finish(self) -> None:
        """All epochs are over: what becomes of the model before the hooks of the fit's end."""

    def train(self, steps: int) -> None:
        """That many batches are trained on. Raises OtherRaised."""

    def logs(self, logs: Dict[str, Any], batch: Optional[int] = None) -> Dict[str, Any]:
        """The dict that the callbacks are given for these logs."""
        return dict(logs)

    def hook_over(self) -> None:
        """All callbacks had the hook under way."""

    def act(self, other: Other) -> None:
        """Somebody else does it. Raises CannotExpress."""
        raise CannotExpress("others")

    def observe(self, callback: int) -> Observation:
        raise NotImplementedError

    def internal(self, callback: int) -> Optional[Dict[str, Any]]:
        return None

    def recorded(self, callback: int) -> Optional[List[Dict[str, Any]]]:
        """What it has written down by the end of a fit, as in a trace; None: nothing that could be seen."""
        return None

    def attributes(self, callback: int) -> Optional[Dict[str, Any]]:
        """What its public attributes hold when a fit has ended, as in a trace; None: nothing that could be seen."""
        return None

    def counts(self, callback: int) -> Optional[Dict[str, int]]:
        """What can be counted at the end of an epoch, as in a trace."""
        return None

    def steps(self) -> Optional[int]:
        """How many steps the optimizer made; None: not observable."""
        return None


class _Adapted(Training):
    """An adapter's run: one callback, with a model of its own."""

    def __init__(self, run: Any, scenario: Scenario) -> None:
        self.runs = (run,)
        self._kind = scenario.configured()[0].callback
        if scenario.use_ema:
            raise CannotExpress("use_ema")
        if scenario.several:
            raise CannotExpress("callbacks")
        if scenario.outputs:
            raise CannotExpress("outputs")
        for fit in scenario.fits:
            if fit.instances != "same":
                raise CannotExpress("instances")
            if fit.resume is not None:
                raise CannotExpress("resume")
            if fit.damaged:
                raise CannotExpress("damaged")

    def act(self, other: Other) -> None:
        run = self.runs[0]
        if other.weights is not None:
            raise CannotExpress("others")
        if other.stop:
            if not hasattr(run, "set_stop"):
                raise CannotExpress("stop")
            run.set_stop()
        if other.learning_rate is not None:
            if not hasattr(run, "set_rate"):
                raise CannotExpress("others")
            run.set_rate(other.learning_rate)

    def observe(self, callback: int) -> Observation:
        seen: Observation = self.runs[0].observe()
        return seen

    def internal(self, callback: int) -> Optional[Dict[str, Any]]:
        read = getattr(self.runs[0], "internal", None)
        return None if read is None else read()

    def attributes(self, callback: int) -> Optional[Dict[str, Any]]:
        state = self.internal(callback)
        return None if state is None else shown_attributes(self._kind, state)


def exception_named(name: str) -> BaseException:
    """An instance of the built-in exception of that name. Raises CannotExpress if there is none."""
    found = getattr(builtins, name, None)
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise CannotExpress("others")
    return found("raised by somebody else")


def beginning(first: int, epoch: int, batch: int) -> Tuple[int, int]:
    """The epoch and the batch with which training begins. Raises CannotExpress for an epoch before the first: the scenario does
    not say what is shown there."""
    if epoch < first:
        raise CannotExpress("initial_epoch")
    return epoch, batch


class Loop:
    """One scenario on its way."""

    def __init__(self, training: Training, scenario: Scenario, directory: Directory, recorder: Recorder) -> None:
        self.training = training
        self.runs = training.runs
        self.scenario = scenario
        self.directory = directory
        self.recorder = recorder
        self.others: Tuple[Other, ...] = ()
        self.evaluation = [hook for hook in EVALUATION if any(hasattr(run, hook) for run in self.runs)]

    def run(self) -> Dict[str, Any]:
        for index in range(len(self.scenario.fits)):
            error = self._fit(index)
            if error is not None and error.get("by") != "other":
                break
        return self.recorder.trace()

    def _fit(self, index: int) -> Optional[Dict[str, Any]]:
        """Run a fit; the record of what ended it before its end."""
        recorder, training = self.recorder, self.training
        fit = self.scenario.fits[index]
        error = None
        try:
            training.fit_begins(index)
        except OtherRaised as raised:
            return recorder.could_not_begin(index, raised)
        recorder.fit_begins(index)
        try:
            self._hook("attach", training.attach())
            self.others = fit.others
            self._hook("fit_begin", (index,))
            training.begun()
            self._note_files()
            first = self.scenario.first_epoch(fit)
            begun, batch = beginning(first, *training.begins_at(first))
            recorder.note_beginning(first, begun, batch)
            stopped = recorder.stop and training.stop_at_begin == "no-epoch"
            for epoch, content in enumerate(() if stopped else fit.epochs[begun - first :], begun):
                if self._epoch(epoch, content, batch):
                    break
                batch = 0
            training.finish()
            self.others = fit.others
            self._hook("fit_end", ())
        except Raised as raised_here:
            error = raised_here.error
        self.others = ()
        self._note_files()
        for callback in range(len(self.runs)):
            recorder.note_recorded(callback, training.recorded(callback))
            if recorder.asks_for_attributes(error):
                recorder.note_attributes(callback, training.attributes(callback))
        recorder.fit_ends(error, **self._optional())
        return error

    def _note_files(self) -> None:
        if self.recorder.optional:
            self.recorder.files_changed(*self.directory.changes())

    def _optional(self) -> Dict[str, Any]:
        if not self.recorder.optional:
            return {}
        seen = dict(self.recorder.at_begin(), files=self.recorder.files, gone=self.recorder.gone)
        steps = self.training.steps()
        return seen if steps is None else dict(seen, optimizer_steps=steps)

    def _epoch(self, epoch: int, content: Epoch, first_batch: int) -> bool:
        """Run one epoch, from that batch on; what was seen of it is recorded, even if it raises. True if training is to stop."""
        recorder, training, per_execution = self.recorder, self.training, self.scenario.steps_per_execution
        recorder.epoch_begins(epoch)
        training.epoch_begins(epoch)
        self.others = content.acts()
        try:
            self._hook("epoch_begin", (epoch,))
            recorder.note_held("epoch_begin")
            recorder.batches_begin()
            batches = content.batch_logs()
            for batch, logs in groups(batches, per_execution):
                if batch < first_batch:
                    continue
                recorder.logs = logs
                self._hook("batch_begin", (batch + 1 - per_execution,), batch)
                number = min(per_execution, len(batches) - (batch + 1 - per_execution))
                breaks_off = number < per_execution and training.breaks_off
                self._train(number + breaks_off, batch)
                if breaks_off:
                    continue
                told = recorder.told = index_told(training.index_told, batch, per_execution, number)
                self._hook("batch_end", (told, training.logs(logs, told)), batch)
                if recorder.stop and training.drops_batches and batch + 1 < len(batches):
                    break
            else:
                training.evaluates(content)
            heard = content.validations and any(hasattr(run, "validation_end") for run in self.runs)
            for logs in content.validations if heard else ():
                recorder.logs = logs
                self._hook("validation_end", (epoch, training.logs(logs)))
                if recorder.stop:
                    break
            else:
                self._evaluate(content)
                recorder.logs = content.logs
                self._hook("epoch_end", (epoch, training.logs(content.logs)))
                recorder.note_held("epoch_end")
        finally:
            self.others = ()
            training.hook_over()
            self._count()
            recorder.epoch_ends(self.directory.changes() if recorder.optional else None)
        for callback in range(len(self.runs)) if recorder.asks_for_state else ():
            recorder.note_internal(callback, training.internal(callback))
        return bool(recorder.stop)

    def _train(self, steps: int, batch: int) -> None:
        try:
            self.training.train(steps)
        except OtherRaised as raised:
            raise Raised(self.recorder.error(raised.error, "batch_end", batch, **raised.whose)) from raised

    def _count(self) -> None:
        if self.recorder.optional:
            for callback in range(len(self.runs)):
                self.recorder.note_counts(callback, self.training.counts(callback))

    def _evaluate(self, content: Epoch) -> None:
        """The hooks of an evaluation, where the epoch has one."""
        acting = any(act.hook in EVALUATION for act in self.others)
        if not self.evaluation and not self.scenario.use_ema and not acting:
            return
        logs = content.evaluation_logs()
        if not logs:
            return
        self.recorder.logs = logs
        given = self.training.logs(logs, 0)
        self.training.hook_over()  # nobody else is given these
        for hook, arguments in zip(EVALUATION, (({},), (0, {}), (0, given), (given,))):
            if hook in self.evaluation or acting:
                self._hook(hook, arguments)
            if hook == "test_begin":
                self.recorder.note_held("evaluation")

    def _hook(self, hook: str, arguments: Sequence[Any], batch: Optional[int] = None) -> None:
        """Call a hook of every callback that has it, and look at what each did. Raises Raised for what one raises."""
        acting = (
            [each for each in self.others if each.hook == hook and each.batch in (None, batch)] if self.others else ()
        )
        for callback, run in enumerate(self.runs):
            if acting:
                self._act([other for other in acting if other.before == callback], hook, batch)
            method = getattr(run, hook, None)
            idle = method is None
            if method is not None:
                try:
                    idle = method(*arguments) is IDLE
                except PASSING:
                    raise
                except BaseException as error:
                    name = REPORTED_AS.get(hook, hook)
                    self._look(callback, name, batch, raised=True)
                    whose = {"callback": callback} if self.scenario.several else {}
                    raise Raised(self.recorder.error(error, name, batch, **whose)) from error
            if hook not in (_NOT_LOOKED_AT if idle else _LOOKED_AT_LATER):
                self._look(callback, REPORTED_AS.get(hook, hook), batch)
            if acting:
                self._act([other for other in acting if other.after == callback], hook, batch)
        if acting:
            self.recorder.saw_state(self.training.observe(len(self.runs) - 1))
        self.training.hook_over()

    def _look(self, callback: int, hook: str, batch: Optional[int], raised: bool = False) -> None:
        if self.recorder.optional:
            self.recorder.steps = self.training.steps()
        left = self.recorder.beside.left()
        self.recorder.saw(callback, self.training.observe(callback), hook, batch, raised, left=left)

    def _act(self, others: List[Other], hook: str, batch: Optional[int]) -> None:
        """What somebody else does at this place of a hook."""
        for other in others:
            if other.stop or other.learning_rate is not None or other.weights is not None:
                self.training.act(other)
                self.recorder.beside.look()
            if other.raises is not None:
                error = exception_named(other.raises)
                self.recorder.saw_state(self.training.observe(len(self.runs) - 1))
                raise Raised(self.recorder.error(error, REPORTED_AS.get(hook, hook), batch, by="other"))


IDLE = object()
"""What a hook returns that has called nothing."""
EVALUATION = ("test_begin", "test_batch_begin", "test_batch_end", "test_end")
"""Hooks of an evaluation, in their order."""
REPORTED_AS = {
    "attach": "fit_begin",
    "batch_begin": "batch_end",
    **dict.fromkeys(("validation_end", *EVALUATION), "epoch_end"),
}
"""Hooks that a trace has no name for, and under which they are told of."""
_LOOKED_AT_LATER = ("attach", "batch_begin")
"""Hooks after which another one follows at once, and only then what was done is looked at."""
_NOT_LOOKED_AT = (*_LOOKED_AT_LATER, "epoch_begin", "batch_end", "validation_end", *EVALUATION)
"""Hooks that need not be there, or call anything; without them nothing can have happened."""
