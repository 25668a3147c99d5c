"""What a subject may leave behind in the process, and the next one must not meet: put back after every scenario.

Functions of Python's own modules that were replaced, modules that were forgotten, standard streams, the path of imports,
hooks and limits of the interpreter, alarms, signals, and limits of the system as far as it lets them be raised again. What native
code or another library keeps in itself stays. (Of what `side_effects` looks at, that puts it back.)
"""

import builtins
import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
import warnings
from typing import Any, Dict, List, Tuple

_WHOLE = (builtins, json, os, os.path, time)
_PARTS = (
    (warnings, ("warn", "warn_explicit", "showwarning", "formatwarning")),
    (sys, ("stdin", "stdout", "stderr", "excepthook", "unraisablehook", "displayhook")),
    (threading, ("excepthook",)),
)
_LIMITS = ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_STACK", "RLIMIT_NPROC")


class Surroundings:
    """How things stand when this is made."""

    def __init__(self) -> None:
        self._whole: List[Tuple[Any, Dict[str, Any]]] = [(module, dict(vars(module))) for module in _WHOLE]
        self._parts = [
            (module, {name: getattr(module, name) for name in names if hasattr(module, name)})
            for module, names in _PARTS
        ]
        self._modules = dict(sys.modules)
        self._path = list(sys.path)
        self._collected = list(gc.callbacks)
        self._recursion = sys.getrecursionlimit()
        self._system = _System()

    def restore(self) -> None:
        """Make it so again."""
        sys.settrace(None)
        sys.setprofile(None)
        sys.setrecursionlimit(self._recursion)
        for module, before in self._whole:
            now = vars(module)
            if any(now.get(name) is not value for name, value in before.items()):
                now.update(before)
        for module, kept in self._parts:
            for name, value in kept.items():
                if getattr(module, name, None) is not value:
                    setattr(module, name, value)
        if len(sys.modules) < len(self._modules):
            sys.modules.update(self._modules)
        sys.path[:] = self._path
        gc.callbacks[:] = self._collected
        self._system.restore()


class _System:
    """What the operating system keeps of a process."""

    def __init__(self) -> None:
        self._umask = os.umask(0o22)
        os.umask(self._umask)
        self._handlers = {}
        for number in range(1, signal.NSIG):
            with contextlib.suppress(OSError, ValueError):  # not all numbers are signals
                self._handlers[number] = signal.getsignal(number)
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._limits = {}
        with contextlib.suppress(ImportError):
            import resource

            for name in _LIMITS:
                kind = getattr(resource, name, None)
                if kind is not None:
                    self._limits[kind] = resource.getrlimit(kind)

    def restore(self) -> None:
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0.0)
        os.umask(self._umask)
        for number, handler in self._handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)
        if self._limits:
            import resource

            for kind, before in self._limits.items():
                if resource.getrlimit(kind) != before:
                    with contextlib.suppress(OSError, ValueError):  # one that was lowered for good
                        resource.setrlimit(kind, before)
