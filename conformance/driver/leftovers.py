"""What a worker leaves behind when it ends, and how it is got rid of: processes, and its directory.

Rules
- A process that left the worker's group, as a daemon does, is known by MARK in the environment that it inherited.
- A directory goes however deep it is.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from typing import List

MARK = "CALLCHECK_WORKER"
"""The variable that holds the worker's directory."""
ROUNDS = 20
"""So often is looked again, for what forked while it was looked for."""


def kill_all(home: str) -> None:
    """Kill every other process that has that directory's mark, where the system tells (Linux does)."""
    mark = os.fsencode(f"{MARK}={home}")
    for _ in range(ROUNDS):
        if not [number for number in _processes(mark) if _killed(number)]:
            return


def _processes(mark: bytes) -> List[int]:
    found = []
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for number in numbers:
        try:
            with open(f"/proc/{number}/environ", "rb") as environment:
                if number != os.getpid() and mark in environment.read().split(b"\0"):
                    found.append(number)
        except OSError:  # it has ended meanwhile, or is somebody else's
            pass
    return found


def _killed(number: int) -> bool:
    try:
        os.kill(number, signal.SIGKILL)
    except OSError:
        return False
    return True


def remove(directory: str) -> None:
    """Remove it with all that is in it, as far as that is possible."""
    with contextlib.suppress(RecursionError):  # deeper than Python goes
        shutil.rmtree(directory, ignore_errors=True)
    if os.path.lexists(directory):
        subprocess.call(["rm", "-rf", "--", directory], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
