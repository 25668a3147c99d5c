"""How scenarios reach a subject, and results come back: to a worker process, or to the driver in this one.

Rules
- A transport answers scenarios in their order, exactly one result for each, all as JSON data.
- The time limit is the parent's, for each scenario; its clock starts with the answer before, and stands still while the worker
  waits for a processor that others have. A worker that dies, hangs, floods or writes garbage is killed with all that it forked,
  and started again: that scenario has this outcome, everything else goes on. When the budget is spent, there are no more answers.
"""

import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, Protocol

from callcheck.spec.scenario import Scenario, to_json
from callcheck.spec.trace import Failed, NotExpressible, Result, from_json

from ..budget import Budget, BudgetSpent
from ..driver import loop
from ..driver.protocol import Capabilities, Unavailable
from ..driver.subjects import UnknownSubject
from .process import Ended, Process

PROTOCOL = 1
TIME_LIMIT = 60.0
"""Seconds for one scenario, by default: a real fit of ten epochs needs one, a new compiled model a few."""
SCRIPT_LIMIT = 60.0
"""Seconds for a script in plain Keras, which makes and trains a model."""
START_LIMIT = 120.0
"""Seconds until the greeting: TensorFlow on a slow disk takes a minute."""
MEMORY_LIMIT = 4 * 2**30
"""Bytes by which the address space of a worker may grow after the import; TensorFlow alone maps 2.8 GiB before."""
AHEAD = 16
"""Scenarios that a worker has before it while it answers one: enough that it never waits."""


class Release(NamedTuple):
    """A Keras as it stands somewhere. `numpy`: the era of the NumPy there, as dialects call it; None: that is not known."""

    package: str
    version: str
    backend: str
    numpy: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeting:
    """Who answers. `package`, `version`, `backend`, `numpy`: of a Keras as such, and the version of its NumPy. `derived_from`:
    of a class made from a Keras's callback, which ("callback"), and the same of that Keras. `dialect`: the name of the one that
    comes with it."""

    name: str
    capabilities: Capabilities
    package: str | None = None
    version: str | None = None
    backend: str | None = None
    numpy: str | None = None
    derived_from: Mapping[str, str] | None = None
    dialect: str | None = None

    @property
    def release(self) -> Release | None:
        """The Keras that it is, or from whose callback it is derived."""
        own = {"package": self.package, "version": self.version, "backend": self.backend, "numpy": self.numpy}
        known = self.derived_from or own
        package, version, numpy = known["package"], known["version"], known.get("numpy")
        if package is None or version is None:
            return None
        era = None if numpy is None else "np1" if numpy.startswith(("0.", "1.")) else "np2"
        return Release(package, version, known["backend"] or "tensorflow", era)


_SAID = ("package", "version", "backend", "numpy", "derived_from", "dialect")


def greeting(data: Mapping[str, Any]) -> Greeting:
    """The greeting that JSON data describes. Raises Unavailable or UnknownSubject for one that says so, or is none."""
    if "unavailable" in data:
        raise (UnknownSubject if data.get("unknown") else Unavailable)(data["unavailable"])
    try:
        known = {name: data[name] for name in _SAID if name in data}
        return Greeting(name=data["name"], capabilities=Capabilities.from_json(data["capabilities"]), **known)
    except (KeyError, TypeError) as error:
        raise Unavailable(f"the subject's greeting is none: {type(error).__name__}: {error}") from error


class Transport(Protocol):
    """The way to a subject."""

    @property
    def greeting(self) -> Greeting: ...

    def ask(
        self, scenarios: Sequence[Mapping[str, Any]], *, internal: bool = False, optional: bool = False
    ) -> Iterator[dict[str, Any]]:
        """One result per scenario, in order. `internal` asks for a callback's state, `optional` for optional observables."""

    def close(self) -> None:
        """End it. It may be called again."""


class InProcess:
    """An implementation in this process: an object that somebody hands over, or for a debugger.

    The time limit is an alarm: it works on the main thread, and native code escapes it.
    """

    def __init__(self, implementation: Any, *, time_limit: float = TIME_LIMIT, budget: Budget | None = None) -> None:
        self.implementation = implementation
        self.time_limit = time_limit
        self.budget = budget or Budget()
        identity = getattr(implementation, "identity", {})
        self.greeting = Greeting(name=implementation.name, capabilities=implementation.capabilities, **identity)

    def ask(
        self, scenarios: Sequence[Mapping[str, Any]], *, internal: bool = False, optional: bool = False
    ) -> Iterator[dict[str, Any]]:
        for scenario in scenarios:
            left = self.budget.end - time.monotonic()
            if left <= 0.0:
                return
            limit = min(self.time_limit, left)
            answer = loop.run(
                self.implementation, dict(scenario), internal=internal, optional=optional, time_limit=limit
            )
            if limit < self.time_limit and self.budget.spent:
                return  # it was not given its time
            yield answer

    def close(self) -> None:
        """There is nothing to end."""


# ---------------------------------------------------------------------------------------------- the worker


class WorkerProcess:
    """A subject in a process of its own, by name: what `driver.subjects` reads in that interpreter.

    `python`: the path of the interpreter. `time_limit`, `start_limit`: seconds for a scenario, and until it is ready.
    `memory_limit`: bytes by which it may grow; None: no limit. `environment`: variables that it has besides this process's.
    `program`: the command of one in another language, which takes the place of all this and speaks the same protocol.
    `witnesses`: the module of a Keras, in which it can run scripts too.
    Raises Unavailable with one sentence if it cannot be started, BudgetSpent if that was not in time, UnknownSubject if the name
    means nothing there.
    """

    def __init__(
        self,
        subject: str,
        *,
        callback: str | None = None,
        python: str = sys.executable,
        time_limit: float = TIME_LIMIT,
        start_limit: float = START_LIMIT,
        memory_limit: int | None = MEMORY_LIMIT,
        environment: Mapping[str, str] | None = None,
        program: Sequence[str] = (),
        witnesses: str | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.subject = subject
        self.python = python
        self.time_limit = time_limit
        self.start_limit = start_limit
        self.budget = budget or Budget()
        self.starts = 0
        """How often it was started."""
        self._environment = environment
        self._start_directory = os.getcwd()
        self._command = [subject, *(["--callback", callback] if callback else [])]
        self._command += ["--memory", str(memory_limit)] if memory_limit else []
        self._command += ["--witnesses", witnesses] if witnesses else []
        if program:
            self._command = list(program)
        self._is_python = not program
        self._next_id = 0
        self._sent: deque[int] = deque()
        """The ids that are not answered yet, in order."""
        self._process: Process | None = None
        self.greeting = self._start()

    def _start(self) -> Greeting:
        self.starts += 1
        self._sent.clear()
        process = Process(
            self._command, self.python if self._is_python else None, self._environment, self._start_directory
        )
        try:
            data = json.loads(process.wait_for_line(time.monotonic(), self.start_limit, self.budget))
            if not isinstance(data, dict) or data.get("protocol") != PROTOCOL:
                raise Unavailable(f"{self.subject}: the worker speaks another protocol than {PROTOCOL}")
            found = greeting(data)
        except Ended as ended:
            self._not_started(process, ended)
        except BudgetSpent:
            process.kill()
            raise BudgetSpent(f"{self.subject}: the budget was spent before it was ready") from None
        except ValueError as error:
            process.kill()
            raise (
                error
                if isinstance(error, UnknownSubject)
                else Unavailable(f"{self.subject}: the worker's greeting is no JSON")
            ) from error
        except BaseException:
            process.kill()
            raise
        self._process = process
        self._clock = time.monotonic()
        return found

    def _not_started(self, process: Process, ended: Ended) -> NoReturn:
        words = process.last_words()
        process.kill()
        reason = f"it was not ready within {self.start_limit:g} s" if ended.kind == "timeout" else ended.message
        raise Unavailable(f"{self.subject} cannot be started: {reason}" + (f": {words}" if words else ""))

    def ask(
        self, scenarios: Sequence[Mapping[str, Any]], *, internal: bool = False, optional: bool = False
    ) -> Iterator[dict[str, Any]]:
        asked = {"internal": internal, "optional": optional}
        yield from self._results([{"scenario": scenario, **asked} for scenario in scenarios], self.time_limit)

    def printed(self, scripts: Sequence[str]) -> list[str | None]:
        """What each script in plain Keras prints; None for one that does not end in time, or crashes."""
        found = [
            result.get("printed") for result in self._results([{"script": each} for each in scripts], SCRIPT_LIMIT)
        ]
        return found + [None] * (len(scripts) - len(found))

    def _results(self, requests: Sequence[Mapping[str, Any]], limit: float) -> Iterator[dict[str, Any]]:
        answered = sent = 0
        first = self._next_id
        self._next_id += len(requests)
        while answered < len(requests) and not self.budget.spent:
            process = self._alive()
            if not self._sent:
                sent = answered  # nobody has those that were sent to a worker that has ended
                self._clock = time.monotonic()
            while sent < len(requests) and sent - answered < AHEAD:
                process.send(json.dumps({"id": first + sent, **requests[sent]}).encode() + b"\n")
                self._sent.append(first + sent)
                sent += 1
            asked_for = self._sent[0]
            try:
                result = self._answer(process, asked_for, limit)
            except Ended as ended:
                self._end()
                message = ended.message or f"no answer within {limit:g} s"
                result = {"failed": {"kind": ended.kind, "message": message}}
            except BudgetSpent:
                self._end()
                return
            else:
                self._sent.popleft()
            if asked_for >= first:  # else it was asked for by somebody who did not wait
                answered += 1
                yield result

    def _alive(self) -> Process:
        """The process, started again if it has ended while nobody asked it anything. Raises BudgetSpent."""
        if self._process is not None and not self._sent and self._process.process.poll() is not None:
            self._end()
        if self._process is None:
            self._start()
        assert self._process is not None
        return self._process

    def _answer(self, process: Process, id: int, limit: float) -> dict[str, Any]:
        """Raises Ended."""
        line = process.wait_for_line(self._clock, limit, self.budget)
        self._clock = time.monotonic()
        process.noise = 0
        try:
            answer = json.loads(line)
            if answer["id"] != id or not isinstance(answer["result"], dict):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Ended("nonsense", f"the worker wrote {line[:80]!r}, which is no answer") from None
        result: dict[str, Any] = answer["result"]
        return result

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None
        self._sent.clear()

    def close(self) -> None:
        self._end()

    def __enter__(self) -> "WorkerProcess":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


# ---------------------------------------------------------------------------------------------- records


def run(subject: Any, scenario: Scenario, *, internal: bool = False, time_limit: float = TIME_LIMIT) -> Result:
    """What the subject, in this process, does with the scenario, the optional observables included. `internal` asks for optional
    state; `time_limit` is in seconds."""
    if hasattr(subject, "replay"):
        return _replayed(subject, scenario, internal)
    return read(loop.run(subject, to_json(scenario), internal=internal, optional=True, time_limit=time_limit))


def read(data: Any) -> Result:
    """The result that a driver's answer describes; a failed one for what is none."""
    try:
        return from_json(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Failed(kind="nonsense", message=f"the answer is no result: {type(error).__name__}: {error}")


class Replaying(Protocol):
    """What answers for whole records: the reference, and what is made from it. `internal` asks for the trace's optional state."""

    name: str
    capabilities: Capabilities

    def replay(self, scenario: Scenario, *, internal: bool = False) -> Result: ...


def _replayed(subject: Replaying, scenario: Scenario, internal: bool) -> Result:
    for configured in scenario.configured():
        if configured.callback not in subject.capabilities.callbacks:
            return NotExpressible(parameter="callback")
        parameters = (subject.capabilities.parameters or {}).get(configured.callback)
        for name in configured.config:
            if parameters is not None and name not in parameters:
                return NotExpressible(parameter=name)
    try:
        return subject.replay(scenario, internal=internal)
    except Exception as error:
        return Failed(kind="crash", message=f"{type(error).__name__}: {error}")
