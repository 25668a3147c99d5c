"""The callbacks of one scenario: constructed, and for a later fit the same ones, new ones, or copies."""

import copy
import os
import pickle
from typing import Any, Callable, Dict, List, Optional, Sequence

from .attributes import Held, attributes, internal_state
from .domain import bound
from .files import Directory, arguments, leaves_when_formatted, risky_path
from .protocol import CannotExpress, ConfigurationRejected, Nonsense, Saved
from .record import OtherRaised, Recorder
from .scenario import Scenario
from .written import written

WRITES_TO = ("filename", "backup_dir", "log_dir")
"""Parameters that say where a callback writes something down."""


class Callbacks:
    """`made` are the instances, in order. `make(callback, **config)` constructs one. Raises ConfigurationRejected."""

    def __init__(
        self,
        scenario: Scenario,
        make: Callable[..., Any],
        directory: Directory,
        recorder: Recorder,
        tensor: Callable[..., Any],
    ) -> None:
        self._configured = scenario.configured()
        self._make = make
        self._directory = directory
        self._recorder = recorder
        self._tensor = tensor
        paths = [risky_path(each.config) for each in self._configured]
        self._risky = [path for path in paths if path is not None]
        self._schedules: Dict[int, Any] = {}
        self.made: List[Any] = []
        for index in range(len(self._configured)):
            self.made.append(self._construct(index))

    def _construct(self, index: int) -> Any:
        configured = self._configured[index]
        given = arguments(configured.config, self._directory.path, self._tensor)
        self._schedules[index] = given.get("schedule")
        try:
            callback = self._make(configured.callback, **given)
        except CannotExpress:
            raise
        except Exception as error:
            raise ConfigurationRejected(error, index) from error
        self._recorder.constructed(index, self._recorder.beside.constructed())
        return callback

    def have_hooks(self, names: Sequence[str], base: Any) -> bool:
        """Whether one of them has methods of these names that are not the empty ones of the class `base`."""
        kinds = [type(callback) for callback in self.made]
        return any(
            hasattr(kind, name) and getattr(kind, name) is not getattr(base, name, None)
            for kind in kinds
            for name in names
        )

    def again(self, kind: str, model: Any) -> None:
        """Make the instances of a later fit: "same", "new", "copied" or "pickled". Raises OtherRaised."""
        if kind == "same":
            return
        self._recorder.beside.look()
        for index, callback in enumerate(self.made):
            try:
                if kind == "new":
                    self.made[index] = self._construct(index)
                else:
                    self.made[index] = _again(callback, model, _copied if kind == "copied" else _pickled)
            except ConfigurationRejected as rejection:
                raise OtherRaised(rejection.error, callback=index) from rejection
            except Exception as error:
                raise OtherRaised(error, callback=index) from error

    def written(self, index: int) -> Optional[List[Dict[str, Any]]]:
        """What the callback has written down; None for one that writes nothing down. Raises Nonsense."""
        try:
            configured = self._configured[index]
            config = bound(configured.callback, configured.config)
            path = self._directory.inside(next((config[name] for name in WRITES_TO if name in config), "-"))
            return written(configured.callback, self.made[index], os.path.join(self._directory.path, path))
        except (AttributeError, TypeError, ValueError) as error:
            raise Nonsense(f"what the callback has written down cannot be read: {error}") from error

    def attributes(self, index: int, held: Held) -> Dict[str, Any]:
        """What the callback's public attributes hold."""
        return attributes(self._configured[index].callback, self.made[index], held)

    def internal(self, index: int) -> Dict[str, Any]:
        """The callback's state."""
        return internal_state(self._configured[index].callback, self.made[index])

    def counts(self, index: int) -> Optional[Dict[str, int]]:
        """What is counted at the end of an epoch: how often the schedule was called since the last time of asking, and how many
        lines the file has. None for nothing."""
        schedule = self._schedules[index]
        if schedule is not None:
            calls, schedule.calls = schedule.calls, 0
            return {"schedule calls": calls}
        filename = self._configured[index].config.get("filename")
        if filename is None:
            return None
        path = os.path.join(self._directory.path, self._directory.inside(filename))
        if not os.path.isfile(path):
            return {"lines": 0}
        with open(path, "rb") as stream:
            return {"lines": stream.read().count(b"\r\n")}

    def stay_inside(self, epoch: int, batch: Optional[int], logs: Dict[str, Any]) -> None:
        """Raises CannotExpress if the path that a callback makes of these logs leaves the directory."""
        for template in self._risky:
            fields = dict(logs, epoch=epoch + 1)
            if batch is not None:
                fields.setdefault("batch", batch + 1)
            leaves_when_formatted(template, self._directory, fields)

    def as_asked(self, index: int, path: str, weights_only: bool) -> str:
        """The path of a save, relative; with what was written, if that is not what was asked for."""
        if self._configured[index].callback == "BackupAndRestore":
            return str(self._configured[index].config["backup_dir"])  # where the files in it lie is its own affair
        path = self._directory.relative(path)
        if weights_only == bool(self._configured[index].config.get("save_weights_only")):
            return path
        return Saved(path, "weights" if weights_only else "model")


def _again(callback: Any, model: Any, make: Callable[[Any], Any]) -> Any:
    """A copy of the callback, without the model that it holds: only what is the callback's own goes with it."""
    held = [name for name, value in vars(callback).items() if value is model]
    for name in held:
        vars(callback)[name] = None
    try:
        return make(callback)
    finally:
        for name in held:
            vars(callback)[name] = model


def _copied(callback: Any) -> Any:
    """Not so the checkpoint of Keras 2's BackupAndRestore in a fit that was interrupted: it holds the model too, and the next
    fit makes another one."""
    checkpoint = getattr(callback, "_training_state", None)
    return copy.deepcopy(callback, {id(checkpoint): checkpoint})


def _pickled(callback: Any) -> Any:
    return pickle.loads(pickle.dumps(callback))
