"""What a subject may leave behind in the process, and the next one must not meet: put back after every scenario.

Functions of Python's own modules that were replaced, standard streams, the path of imports, variables of the environment that
were changed or removed, hooks of the interpreter. What native code or another library keeps in itself stays.
"""

import builtins
import gc
import json
import logging
import os
import sys
import time
import warnings
from typing import Any, Dict, List, Tuple

_WHOLE = (builtins, json, os, time)
_PARTS = ((warnings, ("warn", "warn_explicit", "showwarning", "formatwarning")), (sys, ("stdin", "stdout", "stderr")))


class Surroundings:
    """How things stand when this is made."""

    def __init__(self) -> None:
        self._whole: List[Tuple[Any, Dict[str, Any]]] = [(module, dict(vars(module))) for module in _WHOLE]
        self._parts = [(module, {name: getattr(module, name) for name in names}) for module, names in _PARTS]
        self._path = list(sys.path)
        self._environment = dict(os.environ)
        self._collected = list(gc.callbacks)
        self._logging = logging.root.manager.disable

    def restore(self) -> None:
        """Make it so again."""
        sys.settrace(None)
        sys.setprofile(None)
        for module, before in self._whole:
            now = vars(module)
            if any(now.get(name) is not value for name, value in before.items()):
                now.update(before)
        for module, kept in self._parts:
            for name, value in kept.items():
                if getattr(module, name, None) is not value:
                    setattr(module, name, value)
        sys.path[:] = self._path
        for name, setting in self._environment.items():
            if os.environ.get(name) != setting:
                os.environ[name] = setting
        gc.callbacks[:] = self._collected
        logging.disable(self._logging)
