"""How scenarios reach a subject, and results come back: to a worker process, or to the driver in this one.

Rules
- A transport answers scenarios in their order, exactly one result for each, all as JSON data.
- The time limit is the parent's, for each scenario; its clock starts with the answer before, and stands still while the worker
  waits for a processor that others have. A worker that dies, hangs, floods or writes garbage is killed with all that it forked,
  and started again: that scenario has this outcome, everything else goes on. When the budget is spent, there are no more answers.
- A worker needs nothing of callcheck in its interpreter: it runs from a zip of the driver in a temporary directory of its own,
  which is removed when it ends, and also when this process was killed.
"""

import contextlib
import io
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

from callcheck.spec.reading import printable
from callcheck.spec.scenario import Scenario, to_json
from callcheck.spec.trace import Failed, NotExpressible, Result, from_json

from ..budget import Budget, BudgetSpent
from ..driver import loop
from ..driver.protocol import Capabilities, Unavailable
from ..driver.subjects import UnknownSubject

PROTOCOL = 1
TIME_LIMIT = 60.0
"""Seconds for one scenario, by default: a real fit of ten epochs needs one, a new compiled model a few."""
START_LIMIT = 120.0
"""Seconds until the greeting: TensorFlow on a slow disk takes a minute."""
BUSY = 10.0
"""So many times as long is waited, at the most, where a worker waits for a processor itself."""
MEMORY_LIMIT = 4 * 2**30
"""Bytes by which the address space of a worker may grow after the import; TensorFlow alone maps 2.8 GiB before."""
NOISE_LIMIT = 200_000_000
"""Bytes that a subject may write past the driver during one scenario, before it is a flood."""
LINE_LIMIT = 100_000_000
"""Bytes of one answer, before it is a flood."""
AHEAD = 16
"""Scenarios that a worker has before it while it answers one: enough that it never waits."""
TAIL = 20_000
"""Bytes that are kept of what a subject writes: the last line tells why it could not start."""


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


# ---------------------------------------------------------------------------------------------- the zip

_STUB = "from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n"
"""A package that is spread over places: the zip has the driver, and what else there is of callcheck is found where it is."""
_MAIN = "import sys\n\nfrom callcheck.conformance.driver.worker import main\n\nmain(sys.argv[1:])\n"


@cache
def driver_zip() -> bytes:
    """The driver as one file that any interpreter from Python 3.6 on can run."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("__main__.py", _MAIN)
        for package in ("callcheck", "callcheck/conformance"):
            archive.writestr(f"{package}/__init__.py", _STUB)
        for folder in ("driver", "driver/adapters"):
            for module in files("callcheck.conformance").joinpath(folder).iterdir():
                if module.name.endswith((".py", ".json")):
                    archive.writestr(f"callcheck/conformance/{folder}/{module.name}", module.read_bytes())
    return written.getvalue()


# ---------------------------------------------------------------------------------------------- the worker


class _Ended(Exception):
    """A worker answers no more: the kind of failure, and a sentence."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def waited_for_a_processor(process: int) -> float:
    """Seconds that the process's threads were ready to run while others did, where the system counts that (Linux does)."""
    waited = 0
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            waited += int(Path(f"/proc/{process}/task/{thread}/schedstat").read_bytes().split()[1])
    except (OSError, IndexError, ValueError):  # another system, or one of the threads has just ended
        pass
    return waited / 1e9


class _Patience:
    """How long a worker is waited for: `seconds` of its own since `began`, and never longer than until `end`."""

    def __init__(self, process: int, began: float, seconds: float, end: float) -> None:
        self._process = process
        self._over = began + seconds
        self._most = min(began + BUSY * seconds, end)
        self._waited: float | None = None

    def left(self) -> float:
        """Seconds until it is over, as far as is known now."""
        return min(self._over, self._most) - time.monotonic()

    def is_over(self) -> bool:
        """To be asked when nothing happened: looks whether the worker had its time."""
        waited = waited_for_a_processor(self._process)
        if self._waited is not None:
            self._over += max(0.0, waited - self._waited)
        self._waited = waited
        return self.left() <= 0.0


class _Process:
    """One life of a worker: the process, its streams, its directory."""

    def __init__(
        self, command: Sequence[str], python: str | None, environment: Mapping[str, str] | None, start: str
    ) -> None:
        self.directory = tempfile.mkdtemp(prefix="callcheck-worker-")
        if python is not None:
            archive = Path(self.directory, "driver.zip")
            archive.write_bytes(driver_zip())
            command = [python, str(archive), *command]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                start_new_session=True, cwd=start, env=None if environment is None else {**os.environ, **environment},
            )  # fmt: skip
        except (OSError, ValueError) as error:  # also a null byte in the path
            shutil.rmtree(self.directory, ignore_errors=True)
            reason = error.strerror if isinstance(error, OSError) else error
            raise Unavailable(f"{printable(command[0])} cannot be started: {reason}") from error
        self._streams: list[Any] = [self.process.stdin, self.process.stdout, self.process.stderr]
        self._in, self._out, self._noise = (stream.fileno() for stream in self._streams)
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._in, self._out, self._noise):
            os.set_blocking(descriptor, False)
        for descriptor in (self._out, self._noise):
            self._selector.register(descriptor, selectors.EVENT_READ)
        self._to_send = b""
        self._received = bytearray()
        self.lines: deque[bytes] = deque()
        self.tail = b""
        self.noise = 0
        """Bytes that the subject wrote since this was last set to 0."""

    def send(self, line: bytes) -> None:
        """Have it sent, as soon as there is room."""
        if not self._to_send:
            self._selector.register(self._in, selectors.EVENT_WRITE)
        self._to_send += line

    def wait_for_line(self, began: float, seconds: float, budget: Budget) -> bytes:
        """The next line. Raises _Ended if there will be none, or none within so many seconds of the worker's own since it began,
        by the monotonic clock; BudgetSpent if it is."""
        patience = _Patience(self.process.pid, began, seconds, budget.end)
        while not self.lines:
            # A fork may keep the streams open when the worker has died, so that it is looked after now and then.
            happened = self._selector.select(max(0.0, min(patience.left(), 0.2)))
            if not happened and self.process.poll() is not None:
                raise self.ending()
            if not happened and patience.is_over():
                if budget.spent:
                    raise BudgetSpent("the budget was spent")
                raise _Ended("timeout", "")
            for key, _ in happened:
                self._move(key.fd)
            if self.noise > NOISE_LIMIT:
                raise _Ended("flood", f"more than {NOISE_LIMIT} bytes written to standard output or error")
        return self.lines.popleft()

    def _move(self, descriptor: int) -> None:
        if descriptor == self._in:
            try:
                self._to_send = self._to_send[os.write(self._in, self._to_send) :]
            except BlockingIOError:
                return
            except OSError:
                self._to_send = b""  # it does not read any more: that it has ended is seen where it answers
            if not self._to_send:
                self._selector.unregister(self._in)
            return
        try:
            data = os.read(descriptor, 1 << 20)
        except BlockingIOError:
            return
        if descriptor == self._noise:
            self.noise += len(data)
            self.tail = (self.tail + data)[-TAIL:]
            if not data:
                self._selector.unregister(descriptor)
            return
        if not data:
            raise self.ending()
        self._received += data
        if b"\n" in data:
            *lines, rest = bytes(self._received).split(b"\n")
            self.lines += lines
            self._received = bytearray(rest)
        if len(self._received) > LINE_LIMIT:
            raise _Ended("flood", f"an answer of more than {LINE_LIMIT} bytes")

    def ending(self) -> _Ended:
        """How it ended."""
        try:
            status = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return _Ended("crash", "the subject closed the stream of answers")
        if status >= 0:
            return _Ended("exit", f"the process ended with status {status}")
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return _Ended("crash", f"the process was ended by {name} ({signal.strsignal(-status) or 'no description'})")

    def last_words(self) -> str:
        """The last line that was written to standard output or error."""
        while True:
            try:
                data = os.read(self._noise, 1 << 20)
            except OSError:
                break
            if not data:
                break
            self.tail = (self.tail + data)[-TAIL:]
        lines = self.tail.decode(errors="replace").strip().splitlines()
        return lines[-1].strip()[:500] if lines else ""

    def kill(self) -> None:
        """End it with all that it forked, and remove its directory."""
        with contextlib.suppress(OSError):  # it may have ended, and nothing of its group be left
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._selector.close()
        for stream in self._streams:
            stream.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class WorkerProcess:
    """A subject in a process of its own, by name: what `driver.subjects` reads in that interpreter.

    `python`: the path of the interpreter. `time_limit`, `start_limit`: seconds for a scenario, and until it is ready.
    `memory_limit`: bytes by which it may grow; None: no limit. `environment`: variables that it has besides this process's.
    `program`: the command of one in another language, which takes the place of all this and speaks the same protocol.
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
        if program:
            self._command = list(program)
        self._is_python = not program
        self._next_id = 0
        self._sent: deque[int] = deque()
        """The ids that are not answered yet, in order."""
        self._process: _Process | None = None
        self.greeting = self._start()

    def _start(self) -> Greeting:
        self.starts += 1
        self._sent.clear()
        process = _Process(
            self._command, self.python if self._is_python else None, self._environment, self._start_directory
        )
        try:
            data = json.loads(process.wait_for_line(time.monotonic(), self.start_limit, self.budget))
            if not isinstance(data, dict) or data.get("protocol") != PROTOCOL:
                raise Unavailable(f"{self.subject}: the worker speaks another protocol than {PROTOCOL}")
            found = greeting(data)
        except _Ended as ended:
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

    def _not_started(self, process: _Process, ended: _Ended) -> NoReturn:
        words = process.last_words()
        process.kill()
        reason = f"it was not ready within {self.start_limit:g} s" if ended.kind == "timeout" else ended.message
        raise Unavailable(f"{self.subject} cannot be started: {reason}" + (f": {words}" if words else ""))

    def ask(
        self, scenarios: Sequence[Mapping[str, Any]], *, internal: bool = False, optional: bool = False
    ) -> Iterator[dict[str, Any]]:
        asked = {"internal": internal, "optional": optional}
        answered = sent = 0
        first = self._next_id
        self._next_id += len(scenarios)
        while answered < len(scenarios) and not self.budget.spent:
            process = self._alive()
            if not self._sent:
                sent = answered  # nobody has those that were sent to a worker that has ended
                self._clock = time.monotonic()
            while sent < len(scenarios) and sent - answered < AHEAD:
                request = {"id": first + sent, "scenario": scenarios[sent], **asked}
                process.send(json.dumps(request).encode() + b"\n")
                self._sent.append(first + sent)
                sent += 1
            asked_for = self._sent[0]
            try:
                result = self._answer(process, asked_for)
            except _Ended as ended:
                self._end()
                message = ended.message or f"no answer within {self.time_limit:g} s"
                result = {"failed": {"kind": ended.kind, "message": message}}
            except BudgetSpent:
                self._end()
                return
            else:
                self._sent.popleft()
            if asked_for >= first:  # else it was asked for by somebody who did not wait
                answered += 1
                yield result

    def _alive(self) -> _Process:
        """The process, started again if it has ended while nobody asked it anything. Raises BudgetSpent."""
        if self._process is not None and not self._sent and self._process.process.poll() is not None:
            self._end()
        if self._process is None:
            self._start()
        assert self._process is not None
        return self._process

    def _answer(self, process: _Process, id: int) -> dict[str, Any]:
        """Raises _Ended."""
        line = process.wait_for_line(self._clock, self.time_limit, self.budget)
        self._clock = time.monotonic()
        process.noise = 0
        try:
            answer = json.loads(line)
            if answer["id"] != id or not isinstance(answer["result"], dict):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise _Ended("nonsense", f"the worker wrote {line[:80]!r}, which is no answer") from None
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
