"""The world of tf.keras in TensorFlow 1.4 to 1.15, which builds a graph and runs it in a session.

Rules
- A training step gives numpy's numbers to everybody, so that no tensor is ever logged.
- A whole model is one HDF5 file, whatever it is called. From 1.9 on weights are a checkpoint of TensorFlow's, of several files,
  unless their name has a suffix of HDF5's; from 1.14 on the optimizer is in it.
- A checkpoint's folder is made; before 1.13 only the last one of its path, and a path without any is refused.
"""

import os
from typing import Any, Optional, Tuple

from .protocol import CannotExpress
from .worlds import ByBackend, TfKeras


class TensorFlow1(ByBackend, TfKeras):
    """tf.keras of TensorFlow 1."""

    def __init__(self, keras: Any) -> None:
        super().__init__(keras)
        if self._release < (1, 13):
            self.stop_at_begin = "one-epoch" if self._release >= (1, 11) else "cleared"
        self._suffixes = (".h5", ".keras", ".hdf5") if self._release >= (1, 13) else (".h5", ".keras")

    def _note_assignments(self) -> bool:
        return False

    def several(self, names: Tuple[str, ...]) -> Any:
        if self._release < (1, 14):
            raise CannotExpress("learning_rate")  # its optimizers have no names
        return super().several(names)

    def tensor(self, values: Tuple[float, ...]) -> Any:
        raise CannotExpress("tensor")

    # ---------------------------------------------------------------------------------- files

    def _is_checkpoint(self, path: str, weights_only: bool) -> bool:
        return weights_only and self._release >= (1, 9) and not path.endswith(self._suffixes)

    def form(self, path: str, weights_only: bool) -> Tuple[str, ...]:
        if not self._is_checkpoint(path, weights_only):
            return (path,)
        parts = 2 if self._release >= (1, 14) else 1
        return (path + ".index", *(f"{path}.data-{part:05}-of-{parts:05}" for part in range(parts)))

    def make_folder(self, path: str, weights_only: bool) -> None:
        if not self._is_checkpoint(path, weights_only):
            return
        folder = os.path.dirname(path)
        if self._release >= (1, 13):
            os.makedirs(os.path.abspath(folder), exist_ok=True)
        elif not folder or not os.path.isdir(os.path.dirname(os.path.abspath(folder))):
            raise ValueError(f"Parent directory of {path} doesn't exist, can't save.")
        elif not os.path.isdir(folder):
            os.mkdir(folder)

    def writes_with_h5py(self, path: str) -> bool:
        return True

    def takes_options(self, path: str) -> bool:
        return True

    def brings(self, path: str, weights_only: bool, load: str) -> Optional[Tuple[bool, bool]]:
        if load == "weights" and self._is_checkpoint(path, weights_only):
            return (True, True) if self._release >= (1, 14) else (False, False)
        return super(TfKeras, self).brings(path, weights_only, load)
