"""Temporary directories, of which none stays for good: not those of a process that ends, nor those of one that is killed.

Rules
- They are made in memory where the system has room for files there and nobody names another place (TMPDIR): a scenario makes
  files and removes them, which takes microseconds there and milliseconds on a disk.
- A directory is locked by the process that made it, as long as that or a fork of it lives. The system lets go of the lock however
  they end.
- Before a process makes its first one, it removes those that nobody holds any more. They are known by their whole name, by their
  owner, and by a lock that can be had: what anybody else calls callcheck is not touched. Where there are no such locks, as on
  Windows, nothing is.
"""

import contextlib
import os
import re
import tempfile
from typing import Dict, Iterator, Optional

from .leftovers import remove

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".temporary"
MEMORY = "/dev/shm"
"""Where Linux keeps files in memory."""
ROOM = 2**30
"""So many bytes have to be free there: in a container there are often but 64 MB, which are meant for something else."""
_NAME = re.compile(r"callcheck-([a-z]+-)?[a-z0-9_]{8}\.temporary$")

_held: Dict[str, int] = {}
"""By directory, the descriptor that holds its lock."""
_swept = False


def place() -> str:
    """Where they are made."""
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return tempfile.gettempdir() if named or not _has_room(MEMORY) else MEMORY


def _has_room(directory: str) -> bool:
    try:
        found = os.statvfs(directory)
    except (AttributeError, OSError):  # Windows; or there is none
        return False
    return os.access(directory, os.W_OK | os.X_OK) and found.f_bavail * found.f_frsize >= ROOM


def make(what: str = "") -> str:
    """The path of a new directory, with its links followed; `what` stands in its name, such as "worker". Raises OSError."""
    global _swept
    if not _swept:
        _swept = True
        for each in {tempfile.gettempdir(), place()}:
            sweep(each)
    prefix = "callcheck-" + (what and what + "-")
    while True:
        directory = os.path.realpath(tempfile.mkdtemp(prefix=prefix, suffix=SUFFIX, dir=place()))
        if fcntl is None:
            return directory
        try:
            held = _locked(directory)
        except BaseException:  # an interruption
            remove(directory)
            raise
        if held is not None:  # else somebody has just taken it for a forgotten one
            _held[directory] = held
            return directory


def discard(directory: str) -> None:
    """Remove it with all that is in it."""
    remove(directory)
    held = _held.pop(directory, None)
    if held is not None:
        with contextlib.suppress(OSError):  # a subject in this process may have closed it
            os.close(held)


@contextlib.contextmanager
def temporary(what: str = "") -> Iterator[str]:
    """A directory that is there inside `with`."""
    directory = make(what)
    try:
        yield directory
    finally:
        discard(directory)


def sweep(place: str) -> None:
    """Remove the directories in that place that were left by processes that are no more."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError):
        for name in os.listdir(place):
            path = os.path.join(place, name)
            held = _locked(path) if _NAME.match(name) else None
            if held is not None:
                remove(path)
                os.close(held)


def _locked(directory: str) -> Optional[int]:
    """The descriptor of a lock on a directory of this user's; None if there is none to be had."""
    try:
        held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or gone
        return None
    try:
        if os.fstat(held).st_uid == os.getuid():
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(held).st_nlink:
                return held
    except OSError:  # it is held
        pass
    os.close(held)
    return None
