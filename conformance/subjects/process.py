"""One life of a worker: its process, its streams, its directory; how long it is waited for, and how it ended.

Rules
- A worker needs nothing of callcheck in its interpreter: it runs from a zip of the driver in a temporary directory of its own,
  which is removed when it ends, and also when this process was killed.
- Time that it spends waiting for a processor, because others have them, is not its own.
"""

import contextlib
import io
import os
import selectors
import signal
import subprocess
import time
import zipfile
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from callcheck.spec.reading import printable

from ..budget import Budget, BudgetSpent
from ..driver.leftovers import MARK, kill_all, remove
from ..driver.protocol import Unavailable
from ..driver.temporary import discard, make

BUSY = 10.0
"""So many times as long is waited, at the most, where a worker waits for a processor itself."""
NOISE_LIMIT = 200_000_000
"""Bytes that a subject may write past the driver during one scenario, before it is a flood."""
LINE_LIMIT = 100_000_000
"""Bytes of one answer, before it is a flood."""
TAIL = 20_000
"""Bytes that are kept of what a subject writes: the last line tells why it could not start."""

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


# ---------------------------------------------------------------------------------------------- its life


class Ended(Exception):
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


class Patience:
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


class Process:
    """One life of a worker: the process, its streams, its directory."""

    def __init__(
        self, command: Sequence[str], python: str | None, environment: Mapping[str, str] | None, start: str
    ) -> None:
        self.directory = ""
        try:
            self._start(command, python, environment, start)
        except BaseException:  # an interruption, too
            discard(self.directory)
            raise
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

    def _start(
        self, command: Sequence[str], python: str | None, environment: Mapping[str, str] | None, start: str
    ) -> None:
        """Make the directory, and start the process. Raises Unavailable."""
        try:
            self.directory = make("worker")
            if python is not None:
                archive = Path(self.directory, "driver.zip")
                archive.write_bytes(driver_zip())
                command = [python, str(archive), *command]
        except OSError as error:
            raise Unavailable(
                f"a worker cannot be started: no temporary file can be written ({error.strerror})"
            ) from None
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
                start_new_session=True, cwd=start, env={**os.environ, **(environment or {}), MARK: self.directory},
            )  # fmt: skip
        except (OSError, ValueError) as error:  # also a null byte in the path
            reason = error.strerror if isinstance(error, OSError) else error
            raise Unavailable(f"{printable(command[0])} cannot be started: {reason}") from error

    def send(self, line: bytes) -> None:
        """Have it sent, as soon as there is room."""
        if not self._to_send:
            self._selector.register(self._in, selectors.EVENT_WRITE)
        self._to_send += line

    def wait_for_line(self, began: float, seconds: float, budget: Budget) -> bytes:
        """The next line. Raises Ended if there will be none, or none within so many seconds of the worker's own since it began,
        by the monotonic clock; BudgetSpent if it is."""
        patience = Patience(self.process.pid, began, seconds, budget.end)
        while not self.lines:
            # A fork may keep the streams open when the worker has died, so that it is looked after now and then.
            happened = self._selector.select(max(0.0, min(patience.left(), 0.2)))
            # What it wrote last may have come just now.
            if not happened and self.process.poll() is not None and not self._selector.select(0):
                raise self.ending()
            if not happened and patience.is_over():
                if budget.spent:
                    raise BudgetSpent("the budget was spent")
                raise Ended("timeout", "")
            for key, _ in happened:
                self._move(key.fd)
            if self.noise > NOISE_LIMIT:
                raise Ended("flood", f"more than {NOISE_LIMIT} bytes written to standard output or error")
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
            raise Ended("flood", f"an answer of more than {LINE_LIMIT} bytes")

    def ending(self) -> Ended:
        """How it ended."""
        try:
            status = self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            return Ended("crash", "the subject closed the stream of answers")
        if status >= 0:
            return Ended("exit", f"the process ended with status {status}")
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return Ended("crash", f"the process was ended by {name} ({signal.strsignal(-status) or 'no description'})")

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
        remove(self.directory)  # before its guardian is killed, who does the same if this is killed now
        kill_all(self.directory)
        discard(self.directory)
