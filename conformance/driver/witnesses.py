"""Witnesses: scripts in plain Keras, each run by itself in an interpreter that has imported Keras already.

Rules
- The import is the worker's, and is paid once: what is forked off right after it forks again for each script. A script runs in an
  empty directory of its own, and meets nothing of the subject or of another script.
- Nothing of Keras is called before the fork: its runtime, once begun, does not survive one.
- What a script prints is the answer, with the first line of the error that ended it, if one did. One that ends in another way, or
  not at all, takes the worker along, as a subject does.
"""

import json
import os
import sys
import tempfile
import traceback
from typing import Any, BinaryIO, Dict, Sequence


class Witnesses:
    """Runs scripts in plain Keras. To be made when it is imported, and before anything of it is called. `others`: descriptors
    that are the worker's alone."""

    def __init__(self, others: Sequence[int]) -> None:
        asking, answering = os.pipe(), os.pipe()
        if not os.fork():
            for descriptor in (asking[1], answering[0], *others):
                os.close(descriptor)
            _serve(os.fdopen(asking[0], "rb"), os.fdopen(answering[1], "wb"))
        os.close(asking[0])
        os.close(answering[1])
        self._asks = os.fdopen(asking[1], "wb")
        self._answers = os.fdopen(answering[0], "rb")

    def run(self, script: str) -> Dict[str, Any]:
        """The result: what it prints. Raises RuntimeError where it ended in another way than a script does."""
        self._asks.write(json.dumps(script).encode("ascii") + b"\n")
        self._asks.flush()
        line = self._answers.readline()
        if not line:
            raise RuntimeError("the script ended its process")
        return {"printed": json.loads(line.decode("ascii"))}


def _serve(asks: BinaryIO, answers: BinaryIO) -> None:
    """In the first fork: never returns."""
    for line in asks:
        answers.write(json.dumps(_printed(json.loads(line.decode("ascii")))).encode("ascii") + b"\n")
        answers.flush()
    os._exit(0)


def _printed(script: str) -> str:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(write, 1)
        _run(script)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        printed = stream.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if status:
        os._exit(1)
    return printed.strip()


def _run(script: str) -> None:
    """In the second fork: never returns."""
    os.chdir(tempfile.mkdtemp())
    try:
        exec(compile(script, "witness", "exec"), {"__name__": "__main__"})
    except BaseException as error:  # also one that ends a script
        print("".join(traceback.format_exception_only(type(error), error)).splitlines()[0])
    sys.stdout.flush()
    os._exit(0)
