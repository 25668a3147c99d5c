"""The names of implementations: a text is read once, into a record, and the record is who somebody is.

    reference, reference@DIALECT          the reference, in the newest dialect or in another one: its name, a release, a TOML file
    keras, keras:fit, tf-keras            what is installed, by its hooks or through a real `model.fit`
    keras[numpy]                          the installed Keras on that backend, which has to be there
    keras==3.10.0, keras[jax]==3.10.0     a release in an environment of its own, on some backend; tf-keras and tensorflow too
    torch, lightning:translated           an adapter that comes with callcheck
    module:attribute, module:Class:fit    a callback class in the Keras protocol, or an implementation of one's own
    program:node x.mjs                    a program in any language that speaks the protocol (examples/tfjs)
    ...@/path/to/python                   after any of them but the reference: the interpreter whose environment it lives in

Rules
- Two texts that mean the same are one name: `reference` and `reference@keras-3.15.1` are not two subjects.
- What is read here may not be there: a name says what is meant, starting it says whether that is possible.
"""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.reading import Refused, shown

Kind = Literal["reference", "installed", "release", "adapter", "own", "program"]
Way = Literal["hooks", "fit", "translated"]

PACKAGES = ("keras", "tf-keras", "tensorflow")
"""The distributions whose callbacks are Keras's own."""
ADAPTERS = (
    "torch", "lightning", "transformers", "ignite", "xgboost", "lightgbm", "fastai", "optax", "flax", "skorch", "paddle",
    "tfjs",
)  # fmt: skip
"""The names that are kept for adapters of other libraries."""


class UnknownImplementation(Refused):
    """The name stands for no implementation; the message is one sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """Who is meant. `package`: the distribution, or the adapter's name. `way`: how it is driven; `translated`: an adapter's
    parameters are converted. `dialect`: the one that a reference speaks, with a `note` if it is not exactly the one that was
    asked for. `interpreter`: the path of a Python, None for the one that runs callcheck. `program`: the
    command of one in any language."""

    kind: Kind
    package: str | None = None
    version: str | None = None
    backend: str | None = None
    way: Way = "hooks"
    module: str | None = None
    attribute: str | None = None
    dialect: str | None = None
    interpreter: str | None = None
    program: tuple[str, ...] = ()
    note: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        if self.kind == "reference":
            return f"reference@{self.dialect}"
        if self.kind == "program":
            return f"program:{shlex.join(self.program)}"
        text = f"{self.module}:{self.attribute}" if self.kind == "own" else f"{self.package}"
        text += "" if self.backend is None else f"[{self.backend}]"
        text += "" if self.version is None else f"=={self.version}"
        text += "" if self.way == "hooks" else f":{self.way}"
        return text + ("" if self.interpreter is None else f"@{self.interpreter}")

    @property
    def is_keras(self) -> bool:
        """Whether it is a Keras as such, which does what its own release does."""
        return self.kind in ("installed", "release")

    def living_in(self, interpreter: str | None) -> "Name":
        """The same in the environment of that interpreter, unless it names one itself; the reference lives in none."""
        if interpreter is None or self.interpreter is not None or self.kind in ("reference", "program"):
            return self
        return replace(self, interpreter=interpreter)


_INSTALLED = re.compile(r"((?P<legacy>tf-keras)|keras(\[(?P<backend>\w+)\])?)(:(?P<way>fit))?")
_RELEASE = re.compile(
    r"(?P<package>[a-z-]+)(\[(?P<before>\w+)\])?==(?P<version>[0-9]{1,9}(\.[0-9a-z]{1,9})*)(\[(?P<after>\w+)\])?(:(?P<way>fit))?"
)
_OWN = re.compile(r"(?P<module>[\w.]+):(?P<attribute>[\w.]+?)(:(?P<way>fit))?")


def parse(text: str) -> Name:
    """The name that a text means. Raises Refused for one that means nothing."""
    if text.startswith("program:"):
        return _program(text.removeprefix("program:"))
    body, at, rest = text.partition("@")
    if body == "reference":
        return _reference(rest if at else NEWEST)
    if at and not rest:
        raise UnknownImplementation(f"{shown(text)} ends where the path of a Python interpreter is expected")
    interpreter = rest if at else None
    package, _, way = body.partition(":")
    installed = _INSTALLED.fullmatch(body)
    if installed is not None:
        return Name(
            kind="installed", package=installed["legacy"] or "keras", backend=installed["backend"],
            way="fit" if installed["way"] else "hooks", interpreter=interpreter,
        )  # fmt: skip
    if package in ADAPTERS and way in ("", "translated"):
        return Name(kind="adapter", package=package, way="translated" if way else "hooks", interpreter=interpreter)
    release = _RELEASE.fullmatch(body)
    if release is not None and release["package"] in PACKAGES and not (release["before"] and release["after"]):
        return Name(
            kind="release", package=release["package"], version=release["version"],
            backend=release["before"] or release["after"], way="fit" if release["way"] else "hooks",
            interpreter=interpreter,
        )  # fmt: skip
    own = _OWN.fullmatch(body)
    if own is not None:
        return Name(
            kind="own", module=own["module"], attribute=own["attribute"], way="fit" if own["way"] else "hooks",
            interpreter=interpreter,
        )  # fmt: skip
    raise UnknownImplementation(
        f"unknown implementation {shown(text)}; known are reference, reference@DIALECT, keras, keras:fit, keras[numpy], "
        "tf-keras, a release such as keras==3.10.0, and module:attribute"
    )


def _program(command: str) -> Name:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise UnknownImplementation(f"program:{command} is no command: {error}") from None
    if not words:
        raise UnknownImplementation("program: is followed by the command of a program, such as program:node x.mjs")
    return Name(kind="program", program=words)


def _reference(dialect: str) -> Name:
    resolution = resolve(dialect)
    name = dialect if dialect.endswith(".toml") else resolution.dialect.name
    return Name(kind="reference", dialect=name, note=resolution.note)


def parse_all(texts: Iterable[str]) -> tuple[Name, ...]:
    """The names that the texts mean, each once. Raises what `parse` raises."""
    return tuple(dict.fromkeys(parse(text) for text in texts))
