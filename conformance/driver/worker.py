"""The worker: one subject in a process of its own, asked in lines of JSON.

    python driver.zip SUBJECT [--callback NAME] [--memory BYTES] [--witnesses MODULE]

The first line out is the greeting, after the subject's import: {"protocol": 1, "name", "capabilities", ...}, or {"protocol": 1,
"unavailable": sentence}. Then for each line {"id", "scenario"} in there is one line {"id", "result"} out; "internal": true and
"optional": true ask for more. With `--witnesses` a line may be {"id", "script"}, one in plain Keras: the result is {"printed":
text}.

Rules
- The lines go through descriptors of its own. What the subject prints, natively too, goes where standard error went, so that no
  flood and no closed standard output gets into the lines.
- It stands in the directory of its zip, which is temporary; the directory in which it was started comes first on the path.
- A guardian, a small process forked before the subject is imported, waits for the parent's end of the line to close. Then it
  kills whatever is left of the worker, daemons too, and removes the directory: also when the parent was killed, or native code
  does not return.
- After every scenario Python's own modules and settings are put back: a subject meets nothing that another one replaced.
- It ends without waiting for anybody's threads.
"""

import contextlib
import json
import os
import select
import signal
import sys
import tempfile
from typing import Any, BinaryIO, Dict, List, Optional

from . import importing
from .leftovers import kill_all, remove
from .loop import run
from .protocol import Unavailable
from .subjects import UnknownSubject, subject
from .surroundings import Surroundings
from .witnesses import Witnesses

PROTOCOL = 1


def main(arguments: List[str]) -> None:
    """Serve until the parent closes the line; never returns."""
    name, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2]))
    lines, answers, noise = os.dup(0), os.dup(1), os.dup(2)
    start = _settle(lines)
    out = _Answers(answers)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(noise, 1)
    importing.on_terminal = False
    try:
        if "--witnesses" in options:
            importing.load(options["--witnesses"], options["--witnesses"])
        witnesses = Witnesses((lines, answers)) if "--witnesses" in options else None
        implementation = subject(name, options.get("--callback"), start)
    except (Unavailable, UnknownSubject) as error:
        out.write({"protocol": PROTOCOL, "unavailable": str(error), "unknown": isinstance(error, UnknownSubject)})
        os._exit(0)
    greeting = {"protocol": PROTOCOL, "name": implementation.name}
    greeting["capabilities"] = implementation.capabilities.to_json()
    greeting.update(getattr(implementation, "identity", {}))
    _limit_memory(int(options.get("--memory", 0)))
    out.write(greeting)
    surroundings = Surroundings()
    with os.fdopen(lines, "rb") as stream:
        for line in stream:
            for standard in (1, 2):
                os.dup2(noise, standard)  # a subject may have closed it
            answer = _answer(implementation, witnesses, line)
            surroundings.restore()
            out.write(answer)
    os._exit(0)


def _settle(lines: int) -> str:
    """Go to the zip's directory, and have it guarded. The directory of the start."""
    start = os.getcwd()
    home = os.path.dirname(os.path.abspath(sys.argv[0]))
    _guard(lines, home)
    work = os.path.join(home, "work")
    os.mkdir(work)
    os.chdir(work)
    os.environ["TMPDIR"] = tempfile.tempdir = home
    return start


def _guard(lines: int, home: str) -> None:
    """Fork the guardian of this process and its group; there is none where nothing can be forked."""
    worker = os.getpid()
    if not hasattr(os, "fork") or os.fork():
        return
    try:
        os.setsid()  # so that it outlives the group that it kills
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        for descriptor in range(3, 64):  # the worker's ends are the worker's alone
            if descriptor != lines:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        hangup = select.poll()
        hangup.register(lines, 0)  # no event but the other end's closing
        hangup.poll()
        with contextlib.suppress(OSError):  # it may have ended
            os.killpg(worker, signal.SIGKILL)
        kill_all(home)
        remove(home)
    finally:
        os._exit(0)


def _limit_memory(allowance: int) -> None:
    """Let the address space grow by no more than that from now on, where the system has such a limit."""
    if not allowance:
        return
    try:
        import resource

        with open("/proc/self/statm") as statm:
            mapped = int(statm.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (mapped + allowance, hard))
    except (ImportError, OSError, ValueError):
        pass  # not Linux, or a lower limit is set already


def _answer(implementation: Any, witnesses: Optional[Witnesses], line: bytes) -> Dict[str, Any]:
    request = json.loads(line.decode("utf-8"))
    if "script" in request:
        assert witnesses is not None
        return {"id": request["id"], "result": witnesses.run(request["script"])}
    result = run(
        implementation,
        request["scenario"],
        internal=request.get("internal", False),
        optional=request.get("optional", False),
    )
    return {"id": request["id"], "result": result}


class _Answers:
    """The way out for answers: one line each, by the process that was asked alone."""

    def __init__(self, descriptor: int) -> None:
        self._stream: BinaryIO = os.fdopen(descriptor, "wb")
        self._process = os.getpid()

    def write(self, answer: Dict[str, Any]) -> None:
        if os.getpid() != self._process:
            os._exit(0)  # a fork that the subject left behind has come back from its hook
        try:
            line = json.dumps(answer, allow_nan=False)
        except (TypeError, ValueError) as error:
            failed = {"kind": "nonsense", "message": f"the result is no JSON: {error}"}
            line = json.dumps({"id": answer.get("id"), "result": {"failed": failed}})
        self._stream.write(line.encode("ascii") + b"\n")
        self._stream.flush()
