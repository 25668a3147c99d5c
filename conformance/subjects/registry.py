"""What the names of implementations stand for (`names.py` reads them): the implementations, ready to be asked."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from callcheck.spec.dialect import Resolution, release_dialect, representative, resolve

from ..budget import Budget
from ..driver.protocol import Unavailable
from ..driver.subjects import UnknownSubject
from ..driver.subjects import subject as driven
from ..results import Here, Subject, There
from .environments import Progress, environment
from .names import Name, UnknownImplementation, Way, parse_all
from .reference import Reference
from .transport import InProcess, Release, Transport, WorkerProcess

INSTALLED: dict[tuple[str | None, Way], str] = {
    ("keras", "hooks"): "the installed Keras, its hooks driven on a light stand-in model",
    ("keras", "fit"): "the installed Keras through a real model.fit, with real files",
    ("tf-keras", "hooks"): "the installed tf-keras (legacy Keras 2), by its hooks",
    ("tf-keras", "fit"): "the same through a real model.fit, with real files",
}
"""What may be installed, by package and way of driving, and what it is."""


LIBRARIES = {
    "torch": "PyTorch's ReduceLROnPlateau, given the numbers of a Keras configuration as they are",
    "torch:translated": "the same, given what they mean in Keras",
    "ignite": "ignite's EarlyStopping",
    "lightning": "Lightning's EarlyStopping and ModelCheckpoint",
    "transformers": "transformers' EarlyStoppingCallback, with what its Trainer does around it",
    "xgboost": "XGBoost's EarlyStopping",
    "lightgbm": "LightGBM's early_stopping",
}
"""The adapters that come with callcheck, and what each drives."""


def described() -> dict[str, str]:
    """What can be named, and what it is."""
    return {
        "reference": "the reference in the newest dialect",
        "reference@DIALECT": "the reference in another dialect; `callcheck dialects` lists them",
        **{str(Name(kind="installed", package=package, way=way)): says for (package, way), says in INSTALLED.items()},
        "keras[numpy]": "the installed Keras on another backend, with its hooks; keras[jax], keras[torch]",
        "keras==3.10.0": "a release, in an environment of its own that is made once; tf-keras==2.16.0, tensorflow==2.4.4",
        **{library: f"{what}, held to its own dialect" for library, what in LIBRARIES.items()},
        "module:attribute": "a callback class in the Keras protocol, or an implementation of your own",
        "program:COMMAND": "a program in any language that speaks the protocol, such as that in examples/tfjs",
        "IMPL@PATH": "any of them but the reference, in the environment of that Python interpreter",
    }


def default_names() -> tuple[Name, ...]:
    """What is checked when nothing is named: the reference in a few dialects, and the installed Keras."""
    return parse_all([*(f"reference@{name}" for name in representative()), "keras"])


HOOKS_LIMIT, FIT_LIMIT = 10.0, 60.0
"""Seconds for one scenario, by default: hooks answer in milliseconds, a real fit of ten epochs needs a second or a few."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How subjects are run. `python`: the path of the interpreter for all that name none. `time_limit`: seconds for one scenario;
    None: as long as its way of driving usually needs. `in_process`: in this process, for a debugger. `budget`: for all of it.
    `tell` hears of an environment that is made for one; `witnesses`: a Keras as such is to run scripts, too."""

    in_process: bool = False
    python: str | None = None
    time_limit: float | None = None
    budget: Budget = field(default_factory=Budget)
    tell: Progress = lambda line: None
    witnesses: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """A subject under way. `release`: the Keras that it is, or from whose callback its class is derived; `derived` says which of
    the two. `printed`: what scripts in plain Keras print there, where they can be run. `close` ends it."""

    subject: Subject
    dialect: Resolution | None = None
    release: Release | None = None
    derived: bool = False
    printed: Callable[[Sequence[str]], list[str | None]] | None = None
    close: Callable[[], None] = lambda: None

    def own_dialect(self) -> Resolution | None:
        """The dialect that is its own, None for a callback of somebody's own. Raises InvalidDialect for a release without one."""
        return self.dialect if self.release is None else release_dialect(*self.release)


def start(name: Name, callback: str | None = None, *, manner: Manner = Manner(), internal: bool = False) -> Started:
    """The subject of that name, started. `callback` says what a callback of one's own is meant to be; `internal` asks for
    optional state with every answer.

    Raises Refused for what is none, UnknownImplementation and NoSuchRelease among it, Unavailable for what cannot be started.
    """
    if name.kind == "reference":
        assert name.dialect is not None
        spoken = resolve(name.dialect)
        return Started(subject=Here(Reference(spoken), internal=internal), dialect=spoken)
    name = name.living_in(manner.python)
    limit = manner.time_limit or (FIT_LIMIT if name.way == "fit" else HOOKS_LIMIT)
    try:
        transport = (_here if manner.in_process else _worker)(name, callback, limit, manner)
    except UnknownSubject as error:
        raise UnknownImplementation(str(error)) from None
    known = transport.greeting
    return _greeted(
        transport, known.name if name.interpreter is None else f"{known.name} of {name.interpreter}", internal
    )


def handed_over(implementation: Any, limit: float = HOOKS_LIMIT) -> Started:
    """An implementation that is an object of this process, as a subject."""
    transport = InProcess(implementation, time_limit=limit)
    return _greeted(transport, transport.greeting.name, False)


def _greeted(transport: Transport, said: str, internal: bool) -> Started:
    """The subject behind a transport, and what its greeting says of it."""
    known = transport.greeting
    dialect = None if known.dialect is None else resolve(known.dialect)
    return Started(
        subject=There(transport, said, internal=internal), dialect=dialect, release=known.release,
        derived=known.derived_from is not None, close=transport.close,
        printed=transport.printed if isinstance(transport, WorkerProcess) else None,
    )  # fmt: skip


def _here(name: Name, callback: str | None, limit: float, manner: Manner) -> Transport:
    if name.interpreter is not None or name.backend is not None or name.kind in ("release", "program"):
        raise Unavailable(f"{name} lives in another environment, and cannot be run in this process")
    return InProcess(driven(str(name), callback), time_limit=limit, budget=manner.budget)


def _worker(name: Name, callback: str | None, limit: float, manner: Manner) -> Transport:
    if name.kind == "program":
        return WorkerProcess(str(name), program=name.program, time_limit=limit, budget=manner.budget)
    python = (
        str(environment(name, manner.tell).python) if name.kind == "release" else name.interpreter or sys.executable
    )
    variables = {} if name.backend is None else {"KERAS_BACKEND": name.backend}
    plain = replace(
        name, kind="installed" if name.kind == "release" else name.kind, version=None, backend=None, interpreter=None
    )
    return WorkerProcess(
        str(plain), callback=callback, python=python, time_limit=limit, environment=variables, budget=manner.budget,
        witnesses=str(name.package).replace("-", "_") if manner.witnesses and name.is_keras else None,
    )  # fmt: skip
