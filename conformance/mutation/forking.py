"""Tasks in forked processes, a few at a time, each with a time limit. A task's result is JSON data.

Why fork: importing TensorFlow takes seconds to half a minute, and a child has it for nothing.
"""

import contextlib
import json
import os
import select
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..driver.temporary import discard, make


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a task ended: with `result`, or with None because of `failure`, "timeout" or "crash: ..."."""

    name: Any
    seconds: float
    result: Any = None
    failure: str | None = None


@dataclass(slots=True)
class _Child:
    name: Any
    process: int
    started: float
    pipe: int
    directory: str
    received: bytearray = field(default_factory=bytearray)


def in_children(tasks: Iterable[tuple[Any, Callable[[], Any]]], *, jobs: int, time_limit: float) -> Iterator[Ended]:
    """Run named tasks, at most `jobs` at once, and give each as it ends. `time_limit` is in seconds, per task."""
    waiting = iter(tasks)
    children: dict[int, _Child] = {}
    try:
        while True:
            while len(children) < jobs and (following := next(waiting, None)) is not None:
                child = _fork(*following)
                children[child.pipe] = child
            if not children:
                return
            yield from _step(children, time_limit)
    finally:
        for child in children.values():
            _end(child)


def _step(children: dict[int, _Child], time_limit: float) -> Iterator[Ended]:
    """Wait until a child says something or is out of time."""
    now = time.monotonic()
    patience = min(child.started + time_limit - now for child in children.values())
    ready, _, _ = select.select(list(children), [], [], max(0.0, patience))
    for pipe in ready:
        child = children[pipe]
        said = os.read(pipe, 65536)
        if said:
            child.received += said
            continue
        del children[pipe]
        status = _end(child)
        seconds = time.monotonic() - child.started
        if child.received:
            yield Ended(name=child.name, seconds=seconds, **json.loads(child.received))
        else:
            yield Ended(name=child.name, seconds=seconds, failure=f"crash: the process ended with {status}")
    for child in list(children.values()):
        seconds = time.monotonic() - child.started
        if seconds >= time_limit:
            del children[child.pipe]
            _end(child)
            yield Ended(name=child.name, seconds=seconds, failure="timeout")


def _end(child: _Child) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.process, signal.SIGKILL)
    os.close(child.pipe)
    status = os.waitpid(child.process, 0)[1]
    discard(child.directory)
    return status


def _fork(name: Any, task: Callable[[], Any]) -> _Child:
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    directory, parent = make("task"), os.getpid()
    process = os.fork()
    if process:
        os.close(write)
        return _Child(name, process, time.monotonic(), read, directory)
    os.close(read)
    os.environ["TMPDIR"] = tempfile.tempdir = directory  # removed with the child, however that ends
    _quiet()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    said: dict[str, Any] = {}
    try:
        said = {"result": task()}
    except BaseException as error:  # the child's end, whatever it was
        lines = traceback.format_exception_only(error)
        said = {"failure": "crash: " + lines[-1].strip()}
    finally:
        with contextlib.suppress(OSError):  # nobody waits for it any more
            os.write(write, json.dumps(said).encode())
        os._exit(0)


def _end_with(parent: int) -> None:
    """End this process soon after its parent."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _quiet() -> None:
    """What a mutant and the tests write is nobody's business."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
