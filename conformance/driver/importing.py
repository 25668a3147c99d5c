"""How a framework is imported: quietly, and where that fails, with one sentence."""

import contextlib
import importlib
import importlib.util
import os
import sys
import tempfile
from typing import Any, Iterator

from .protocol import Unavailable

on_terminal = True
"""Whether standard error is to be kept quiet: in a worker it is not, the parent hears it and wants the last words."""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep away from the terminal what TensorFlow's native code writes while it is imported; show it if that fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not on_terminal:
        yield
        return
    with tempfile.TemporaryFile() as written:
        kept = os.dup(2)
        os.dup2(written.fileno(), 2)
        try:
            yield
        except BaseException:
            written.seek(0)
            os.write(kept, written.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def load(module: str, distribution: str) -> Any:
    """The imported module. Raises Unavailable with one sentence if that is not possible."""
    if (
        module not in sys.modules and importlib.util.find_spec(module) is None
    ):  # TensorFlow 1.14, once imported, has none
        raise Unavailable(f"{distribution} is not installed; pip install 'callcheck[{distribution}]' installs it")
    try:
        with quiet():
            return importlib.import_module(module)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Unavailable(f"{distribution} is installed but cannot be imported: {reason}") from error
