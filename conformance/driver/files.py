"""Files of a scenario: its own temporary directory, what lies there before, and how a file path is handed over.

Rules
- The directory is the working directory while the scenario runs, is it again after a hook that leaves another one behind, and is
  removed afterwards.
- Nothing leaves it: a path is looked at when it has been formatted, with its links followed, wherever a file would be touched.
- `filename`, `backup_dir`, `log_dir` and `filepath` are given with the directory in front; a `filepath` as {"path_like": path} as
  a `pathlib.Path`, as {"relative": path} as it is; an empty `backup_dir` as it is.
"""

import atexit
import itertools
import os
import re
import weakref
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from .leftovers import remove
from .protocol import CannotExpress
from .temporary import discard, make, temporary
from .values import numpy_for

PATH_LIKE, RELATIVE = "path_like", "relative"
EVENTS = "events.out.tfevents"
"""With which the name of a file of TensorBoard's begins. In a trace it ends there: what follows is when, where and by whom."""

_roots: Dict[int, str] = {}
"""By process: a fork has a directory of its own, and removes no other."""
_numbers = itertools.count()
_empty: List[str] = []
"""Directories that can be used again."""


def _root() -> str:
    process = os.getpid()
    if process not in _roots:
        _roots[process] = make()
        atexit.register(remove_all)
    return _roots[process]


def _new() -> str:
    path = os.path.join(_root(), str(next(_numbers)))
    os.makedirs(path)
    return path


def remove_all() -> None:
    """Remove the directories of this process."""
    root = _roots.pop(os.getpid(), None)
    if root is not None:
        discard(root)


class Directory:
    """A directory of its own, which is the working directory inside `with`."""

    def __init__(self) -> None:
        # To make and remove one takes a millisecond, so that one that was left empty serves again.
        known = _empty.pop() if _empty else ""
        self.path = known if known.startswith(_root()) and os.path.isdir(known) else _new()
        self.left = False
        """Whether a path was seen that leaves it."""
        self._before: Optional[str] = None
        self._known: Set[str] = set()
        """The files that were there when it was last looked at."""
        self._saved: List[str] = []
        """Those that were saved since."""
        self._identities: Dict[str, Tuple[int, int]] = {}
        """By path, which file was saved there in the hook that runs."""

    def __enter__(self) -> "Directory":
        try:
            self._before = os.getcwd()
        except OSError:
            self._before = None  # it was removed: there is nothing to go back to
        os.chdir(self.path)
        return self

    def __exit__(self, *raised: object) -> None:
        os.chdir(_root() if self._before is None else self._before)
        try:
            clean = not os.listdir(self.path)
        except OSError:
            clean = False
        if clean:
            _empty.append(self.path)
        else:
            remove(self.path)

    def inside(self, path: Any) -> str:
        """The path as a text, which it has to be. Raises CannotExpress for one that leaves the directory."""
        text = os.fspath(path)
        text = os.fsdecode(text) if isinstance(text, bytes) else text
        real = os.path.realpath(os.path.join(self.path, text))
        if "://" in text or not (real + os.sep).startswith(self.path + os.sep):
            self.left = True
            raise CannotExpress("filepath")
        return text

    def relative(self, path: str) -> str:
        """The path as the scenario names it."""
        front = self.path + "/"
        return path[len(front) :] if path.startswith(front) else path

    def fill(self, existing: Iterable[str]) -> None:
        """Put there what the scenario says: directories, which end with a slash, and empty files."""
        for path in existing:
            self.inside(path)
            target = Path(self.path, path)
            (target if path.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
            if not path.endswith("/"):
                target.touch()
        self._known = self._listed()

    def damage(self, paths: Iterable[str]) -> None:
        """Cut files to nothing, as far as they are there. Raises CannotExpress for one that lies elsewhere."""
        for path in paths:
            self.inside(path)
            if os.path.isfile(os.path.join(self.path, path)):
                os.truncate(os.path.join(self.path, path), 0)

    def put_back(self) -> bool:
        """Make it the working directory again. Whether it was another one."""
        try:
            if os.getcwd() == self.path:
                return False
        except OSError:
            pass  # the working directory was removed
        os.makedirs(self.path, exist_ok=True)  # this one may have been, too
        os.chdir(self.path)
        return True

    def wrote(self, path: str) -> None:
        """A save went to that file."""
        self._saved.append(path)
        if os.path.isfile(path):
            self._identities[path] = _identity(path)

    def lies_at(self, path: str) -> str:
        """Where a file that was saved lies when the hook is over: elsewhere, if it was renamed then."""
        identity = self._identities.pop(path, None)
        if identity is None or os.path.isfile(path):
            return path
        for folder, _, names in os.walk(self.path):
            for name in names:
                if _identity(os.path.join(folder, name)) == identity:
                    self._saved.remove(path)  # so that it is not said to be gone
                    return os.path.join(folder, name)
        return path

    def changes(self) -> Tuple[List[str], List[str]]:
        """The files that are new since the last time of asking; and those that are gone, also if they were saved since."""
        listed = self._listed()
        known = self._known.union(self._named(os.path.join(self.path, path)) for path in self._saved)
        new, gone = sorted(listed - self._known), sorted(known - listed)
        self._known, self._saved = listed, []
        return new, gone

    def _listed(self) -> Set[str]:
        return {self._named(os.path.join(folder, name)) for folder, _, names in os.walk(self.path) for name in names}

    def _named(self, path: str) -> str:
        folder, name = os.path.split(os.path.relpath(path, self.path))
        return os.path.join(folder, EVENTS if name.startswith(EVENTS) else name)


def _identity(path: str) -> Tuple[int, int]:
    found = os.stat(path, follow_symlinks=False)
    return found.st_dev, found.st_ino


def path_of(filepath: Any) -> Any:
    """The path in a configured `filepath`, in whichever way it is handed over."""
    return next(iter(filepath.values())) if isinstance(filepath, Mapping) else filepath


_RISKY = re.compile(r"\{[^{}]*[!:.\[]")
"""A field with a conversion, a format or an attribute: what becomes of it may be empty, or a path."""


def risky_path(config: Mapping[str, Any]) -> Optional[str]:
    """The configured file path, where formatting it may lead out of the directory."""
    template = path_of(config.get("filepath"))
    return template if isinstance(template, str) and _RISKY.search(template) else None


def leaves_when_formatted(template: str, directory: Directory, fields: Mapping[str, Any]) -> None:
    """Raises CannotExpress for a file path that leaves the directory when it is formatted with these fields, as a callback does
    that makes the file's folder before it saves."""
    try:
        path = template.format(**fields)
    except Exception:
        return  # the callback's own affair: it is the outcome
    directory.inside(path)


class _Schedule:
    """The schedule that a scenario describes, as the function that LearningRateScheduler is given. It is copied and pickled as
    functions are: by reference."""

    def __init__(self, description: Mapping[str, Any], tensor: Any) -> None:
        self.description = description
        self.tensor = tensor
        self.calls = 0

    def __reduce__(self) -> Any:
        _schedules[id(self)] = self
        return _schedule_of, (id(self),)

    def _convert(self, rate: float) -> Any:
        returns = self.description.get("returns")
        if returns == "int":
            return int(rate)
        if returns == "none":
            return None
        if returns == "tensor":
            return self.tensor((rate,))[0]
        if returns in ("float32", "array", "array-0d"):
            np = numpy_for("a schedule that returns arrays")
            return np.float32(rate) if returns == "float32" else np.array([rate] if returns == "array" else rate)
        return rate


_schedules: Any = weakref.WeakValueDictionary()


def _schedule_of(identity: int) -> _Schedule:
    found: _Schedule = _schedules[identity]
    return found


class _Scale(_Schedule):
    def __call__(self, epoch: int, lr: float) -> Any:
        self.calls += 1
        return self._convert(lr * self.description["scale"])


class _Table(_Schedule):
    def __call__(self, epoch: int, lr: float) -> Any:
        self.calls += 1
        return self._convert(self.description["table"][epoch])


class _TableOfEpoch(_Schedule):
    def __call__(self, epoch: int) -> Any:
        self.calls += 1
        return self._convert(self.description["table"][epoch])


class _TableOfTypes(_Table):
    """It takes an int and a float and nothing that is like them. (A TypeError would have it called with the epoch alone.) Its
    second argument has no name that a Keras could know."""

    def __call__(self, epoch: int, rate: float) -> Any:  # Keras 2.1.4 to 2.1.6 gives it as lr
        if type(epoch) is not int or type(rate) is not float:
            raise RuntimeError(f"asked with {type(epoch)!r} and {type(rate)!r}, not an int and a float")
        return super().__call__(epoch, rate)


_TABLES = {None: _Table, "epoch": _TableOfEpoch, "int-and-float": _TableOfTypes}


def schedule_function(description: Mapping[str, Any], tensor: Any) -> Any:
    """The function for a description; `tensor` makes the framework's tensor of a tuple of numbers."""
    if "scale" in description:
        return _Scale(description, tensor)
    return _TABLES[description.get("accepts")](description, tensor)


def arguments(config: Mapping[str, Any], directory: str, tensor: Any) -> Dict[str, Any]:
    """The arguments for the constructor: a function for the schedule, and the file path as it is to be handed over."""
    given = dict(config)
    if "schedule" in given:
        given["schedule"] = schedule_function(given["schedule"], tensor)
    for name in ("filename", "backup_dir", "log_dir"):
        if given.get(name):
            given[name] = f"{directory}/{given[name]}"
    filepath = given.get("filepath")
    if isinstance(filepath, Mapping):
        relative = path_of(filepath)
        given["filepath"] = relative if RELATIVE in filepath else Path(directory, relative)
    elif filepath is not None:
        given["filepath"] = f"{directory}/{filepath}"
    return given


def saved_form(path: str, weights_only: bool) -> Tuple[str, ...]:
    """The files that Keras 2 with TensorFlow writes for a path: one for a known suffix, else a folder or a checkpoint."""
    if path.endswith((".h5", ".hdf5", ".keras")):
        return (path,)
    if weights_only:
        return (path + ".index", path + ".data-00000-of-00001")
    return (os.path.join(path, "saved_model.pb"),)


def h5py_tells_errors(h5py: Any) -> bool:
    """Whether h5py, None where there is none, raises the system's exception by its kind."""
    if h5py is None:
        return True
    with temporary() as folder:
        try:
            h5py.File(os.path.join(folder, "none", "file"), "w")
        except FileNotFoundError:
            return True
        except OSError:
            return False
    raise AssertionError("a file was made in a folder that is not there")
