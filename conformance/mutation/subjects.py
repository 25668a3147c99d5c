"""What is mutated: the callbacks of the installed Keras, and how a mutated module takes the place of the original.

Keras is imported here, and its callbacks are read, but no TensorFlow operation runs: a process that has not started
TensorFlow can be forked, one that has cannot. So `take_place` is called in a forked child, and never undone.
"""

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from callcheck.spec.callbacks import CALLBACKS

from ..driver.importing import load
from .insertions import insertions
from .operators import Mutant, mutants

PACKAGE = "keras.src.callbacks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A module of Keras: `module` is its name in Keras's callbacks, `name` the class in it, which reports are about.

    `callbacks` are those that show what it does. `unreached`: functions that nothing calls, with the module's own tests
    the only exception.
    """

    name: str
    module: str
    callbacks: tuple[str, ...]
    unreached: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.module}.py"

    @property
    def tests(self) -> tuple[str, ...]:
        """The modules of Keras's own tests: its own, then those of the callbacks made from it."""
        others = [SUBJECTS[callback].module for callback in self.callbacks]
        return tuple(f"{PACKAGE}.{module}_test" for module in dict.fromkeys((self.module, *others)))


UNREACHED = {
    "ModelCheckpoint": ("_checkpoint_exists", "_get_most_recently_modified_file_matching_pattern"),
}
SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        "MonitorCallback": Subject(
            name="MonitorCallback",
            module="monitor_callback",
            callbacks=("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"),
        ),
        **{
            name: Subject(name=name, module=callback.module, callbacks=(name,), unreached=UNREACHED.get(name, ()))
            for name, callback in CALLBACKS.items()
            if name != "TensorBoard"
        },
    }
)
"""By the name of the class: what callbacks have in common, and each callback, but for TensorBoard: most of its code is about what
is not specified here."""


def _path(subject: Subject) -> Path:
    load("keras", "keras")
    file = importlib.import_module(f"{PACKAGE}.{subject.module}").__file__
    assert file is not None
    return Path(file)


@cache
def original(subject: Subject) -> str:
    """The module's source as it is installed. Raises Unavailable without Keras."""
    return _path(subject).read_text(encoding="utf-8")


@cache
def mutants_of(subject: Subject) -> tuple[Mutant, ...]:
    """Every single-change mutant of the installed module, and every insertion into the hooks of its callback. Raises Unavailable
    without Keras."""
    source = original(subject)
    inserted = insertions(source, subject.file, subject.name) if subject.name in subject.callbacks else []
    return (*mutants(source, subject.file, subject.unreached), *inserted)


def take_place(subject: Subject, source: str) -> None:
    """Run `source` in place of the installed module, for the rest of this process.

    The callbacks that are made from the module are made again, and Keras's public names stand for the new classes.
    """
    _run(subject, source)
    for callback in subject.callbacks:
        if SUBJECTS[callback] is not subject:
            _run(SUBJECTS[callback], original(SUBJECTS[callback]))


def _run(subject: Subject, source: str) -> None:
    module: Any = sys.modules[f"{PACKAGE}.{subject.module}"]
    exec(compile(source, subject.file, "exec"), module.__dict__)
    for name in (PACKAGE, "keras.callbacks"):
        public = importlib.import_module(name)
        if hasattr(public, subject.name):
            setattr(public, subject.name, getattr(module, subject.name))
