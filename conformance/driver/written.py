"""What a callback has written down by the end of a fit, read back as a person would: from its attributes, or its file.

Of a History there are two pieces: what `epoch` holds, and the lists of `history`; of a CSVLogger every line of the file is one;
of a BackupAndRestore every backup, the latest first: the epoch with which it goes on; of a TensorBoard every scalar. A zero has
no sign, as in all of a trace.
"""

import importlib
import json
import os
from typing import Any, Callable, Dict, List, Mapping, Optional

from .attributes import attribute_to_json
from .charts import scalars
from .values import as_recorded, value_to_json

Rows = List[Dict[str, Any]]


def written(kind: str, callback: Any, path: str) -> Optional[Rows]:
    """The pieces, each with its values by name, in the callback or in the file under that path; None for a callback that writes
    nothing down."""
    read = _READ.get(kind)
    return None if read is None else read(callback, path)


def _lines(callback: Any, path: str) -> Rows:
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8", newline="") as stream:
        *lines, rest = stream.read().split("\r\n")
    return [{"line": line} for line in (*lines, *([rest] if rest else []))]


def _history(callback: Any, path: str) -> Rows:
    # Before its first fit it has no epochs, nor in older releases a history.
    metrics: Mapping[str, Any] = getattr(callback, "history", {})
    return [
        {"epoch": [attribute_to_json(epoch) for epoch in getattr(callback, "epoch", ())]},
        {str(name): [_cell(value) for value in values] for name, values in metrics.items()},
    ]


def _backups(callback: Any, path: str) -> Rows:
    latest = os.path.join(path, "latest.weights.h5")
    there = [end for end in ("", ".bkp") if os.path.isfile(latest + end) and os.path.getsize(latest + end)]
    if there:
        return [_said(os.path.join(path, "training_metadata.json" + end)) for end in there]
    folder = os.path.join(path, "chief")
    if not os.path.isfile(os.path.join(folder, "checkpoint")):
        return []
    tf: Any = importlib.import_module("tensorflow")
    checkpoint = tf.train.load_checkpoint(folder)
    epoch = int(checkpoint.get_tensor("ckpt_saved_epoch/.ATTRIBUTES/VARIABLE_VALUE"))
    save_freq = getattr(callback, "save_freq", "epoch")
    # Since Keras 2.11 a number that is no integer counts as "epoch" here.
    only_integers = hasattr(callback, "save_before_preemption")
    if save_freq == "epoch" or (only_integers and not isinstance(save_freq, int)):
        return [{"epoch": epoch + 1}]
    return [{"epoch": epoch, "batch": int(checkpoint.get_tensor("ckpt_saved_batch/.ATTRIBUTES/VARIABLE_VALUE"))}]


def _scalars(callback: Any, path: str) -> Rows:
    return scalars(path, bool(getattr(callback, "write_steps_per_second", False)))


def _said(metadata: str) -> Dict[str, Any]:
    if not os.path.isfile(metadata) or not os.path.getsize(metadata):
        return {"epoch": None}
    with open(metadata, encoding="utf-8") as stream:
        return {"epoch": json.load(stream)["epoch"]}


def _cell(value: Any) -> Any:
    """A value as JSON; what is no number is told by its text."""
    if value is None or isinstance(value, str):
        return value
    try:
        return value_to_json(as_recorded(value))
    except (TypeError, ValueError):
        return repr(value)


_READ: Dict[str, Callable[[Any, str], Rows]] = {
    "BackupAndRestore": _backups,
    "CSVLogger": _lines,
    "History": _history,
    "TensorBoard": _scalars,
}
