"""Histories in TensorBoard's event files, as the TensorBoard callback writes them, read with the package `tensorboard`.

Rules
- The folder is the `log_dir` (with `train` and `validation` below it) or one of these two. Tags `epoch_NAME` are metrics.
- The step of a scalar is the epoch's index, from 0.
- The rate is the one that the optimizer has when it is the callback's turn: after the epoch, for callbacks that come before it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from .history import TENSORBOARD, History, RecordedFit, UnreadableHistory

_PREFIX = "epoch_"


def event_folder(folder: Path, source: str) -> History:
    """The history in a folder. Raises UnreadableHistory if there is none, or the package is missing."""
    # Not further down: nobody means a whole disk.
    if not any(any(place.glob("*tfevents*")) for place in (folder, folder / "train", folder / "validation")):
        raise UnreadableHistory(f"{source}: the folder holds no TensorBoard event file (*tfevents*)")
    places = {"": folder, "val_": folder / "validation"} if folder.name == "train" else {"": folder / "train"}
    if folder.name == "validation":
        places = {"val_": folder}
    elif (folder / "train").is_dir() or (folder / "validation").is_dir():
        places = {"": folder / "train", "val_": folder / "validation"}
    elif folder.name != "train":
        places = {"": folder}
    by_epoch: dict[int, dict[str, float]] = {}
    for prefix, place in places.items():
        if place.is_dir():
            for name, step, value in _scalars(place, source):
                key = name if name in ("learning_rate", "lr") else prefix + name
                by_epoch.setdefault(step, {})[key] = value
    if not by_epoch:
        raise UnreadableHistory(f"{source}: the event files hold no scalar whose tag begins with {_PREFIX}")
    epochs = sorted(by_epoch)
    if epochs != list(range(epochs[0], epochs[-1] + 1)):
        raise UnreadableHistory(f"{source}: the event files leave out epochs between {epochs[0]} and {epochs[-1]}")
    logs = [by_epoch[epoch] for epoch in epochs]
    return History(
        kind=TENSORBOARD,
        source=source,
        fits=(RecordedFit.of(logs, first_epoch=epochs[0]),),
        notes=("where a folder holds several runs, the last value of each epoch counts",),
    )


def _scalars(folder: Path, source: str) -> list[tuple[str, int, float]]:
    if "tensorflow" not in sys.modules:  # which is not needed, takes seconds to load, and says much on standard error
        sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        from tensorboard.util.tensor_util import make_ndarray
    except ImportError:
        raise UnreadableHistory(
            f"{source}: TensorBoard's files are read with a package that is not installed: pip install tensorboard"
        ) from None
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0, "scalars": 0})
    try:
        events.Reload()
    except OSError as error:
        raise UnreadableHistory(f"{source}: an event file cannot be read: {error.strerror}") from None
    tags = events.Tags()
    read = []
    for tag in tags["tensors"]:
        if tag.startswith(_PREFIX):
            for event in events.Tensors(tag):
                array = make_ndarray(event.tensor_proto)
                if array.ndim == 0:
                    read.append((tag.removeprefix(_PREFIX), int(event.step), float(array)))
    for tag in tags["scalars"]:
        if tag.startswith(_PREFIX):
            read += [(tag.removeprefix(_PREFIX), int(event.step), event.value) for event in events.Scalars(tag)]
    return read
