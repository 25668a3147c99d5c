"""Environments: a release of Keras in a virtual environment of its own, made once by uv in the user's cache directory.

Rules
- A data table (`environments.toml`) says which interpreter and which companions a range of releases needs.
- An environment counts as made only once its `callcheck.json` is there, which is written last: what an interruption left
  half-made is made anew. It is made under a file lock, so that two runs that need it share it.
- `callcheck.json` says what it was made of. Where the table says something else by now, it is made again, and that is said.
- uv fetches interpreters from 3.8 on; older ones have to be on the machine: under pyenv, or on the path as `python3.X`.
- `way` and `interpreter` of a name do not matter here.
- Nothing of callcheck is installed there: the worker brings the driver along.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from callcheck.spec.reading import Refused

from ..driver.protocol import Unavailable
from .names import Name, parse

MARKER = "callcheck.json"
"""Written last into an environment: what it holds. Without it an environment is not made."""
INSTALL_LIMIT = 1800.0
"""Seconds for making one environment: a slow connection takes ten minutes for TensorFlow's half a gigabyte."""

Progress = Callable[[str], object]


class NoSuchRelease(Refused):
    """The requirement names no release that an environment can be made for; the message is one sentence."""


class EnvironmentFailed(Unavailable):
    """The environment cannot be made; the message is one sentence, with the installer's last line."""


def folder_of(release: Name) -> str:
    """The name of the folder of a release's environment."""
    return f"{release.package}-{release.version}" + ("" if _backend(release) == "tensorflow" else f"+{release.backend}")


def _backend(release: Name) -> str:
    return release.backend or "tensorflow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """One that was made: for which release, where, with which version of Python, and of which requirements."""

    release: Name
    path: Path
    interpreter: str
    requirements: tuple[str, ...]

    @property
    def python(self) -> Path:
        return _python_of(self.path)

    def lacks(self, wanted: "Needs") -> str:
        """In what it differs from what is needed by now, in a few words; empty if in nothing."""
        if not self.interpreter.startswith(f"{wanted.python}."):
            return f"Python {self.interpreter}"
        return ", ".join(sorted({*self.requirements} ^ {*wanted.requirements}))


# ---------------------------------------------------------------------------------------------- what a release needs


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a release runs on: an interpreter, as "3.11", and the requirements to install; `size` of all of it, as "1.6 GB"."""

    python: str
    requirements: tuple[str, ...]
    size: str


@cache
def _table() -> tuple[Mapping[str, Any], ...]:
    text = (files(__package__) / "environments.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["range"])


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


def needs(release: Name) -> Needs:
    """What the table says of a release. Raises NoSuchRelease."""
    version = release.version or ""
    for row in _table():
        if row["package"] == release.package and _version(version) >= _version(row["from"]):
            break
    else:
        oldest = [row["from"] for row in _table() if row["package"] == release.package][-1]
        raise NoSuchRelease(f"{release}: releases of {release.package} before {oldest} are not supported")
    if _backend(release) not in row["backends"]:
        known = ", ".join(row["backends"])
        raise NoSuchRelease(f"{release.package} {version} has no {release.backend} backend; it has {known}")
    minor = ".".join(version.split(".")[:2])
    companions = [*row["with"], *row["backends"][_backend(release)]]
    return Needs(
        python=row["python"],
        requirements=(
            f"{release.package}=={version}",
            *(each.replace("{minor}", minor) for each in companions),
        ),
        size=row["sizes"][_backend(release)],
    )


def interpreter(version: str) -> str:
    """What uv is given for an interpreter: a path where one is on the machine, else the version, which uv fetches.

    Raises EnvironmentFailed for one that neither is there nor can be fetched.
    """
    candidates = [shutil.which(f"python{version}")]
    for root in (os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv"):
        if root:
            found = sorted(Path(root, "versions").glob(f"{version}.*/bin/python"), key=lambda path: _version(str(path)))
            candidates += [str(path) for path in reversed(found)]
    for path in candidates:
        if path is not None and _is_interpreter(path, version):
            return path
    if _version(version) < (3, 8):
        raise EnvironmentFailed(
            f"Python {version} is not on this machine, and uv fetches 3.8 and newer only; pyenv install {version} provides it"
        )
    return version


def _is_interpreter(path: str, version: str) -> bool:
    """Whether the program runs and is of that version: pyenv's shims exist for versions that are not active."""
    try:
        said = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.startswith(f"Python {version}.")


# ---------------------------------------------------------------------------------------------- making one


def root() -> Path:
    """The folder of all environments: in the user's cache directory, or where CALLCHECK_ENVIRONMENTS says."""
    given = os.environ.get("CALLCHECK_ENVIRONMENTS")
    if given:
        return Path(given)
    from platformdirs import user_cache_path

    return user_cache_path("callcheck") / "environments"


def _python_of(path: Path) -> Path:
    return path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def made() -> tuple[Environment, ...]:
    """The environments that are there, by name."""
    return tuple(found for found in map(_read, _folders()) if found is not None)


def _folders() -> list[Path]:
    return sorted(path for path in root().iterdir() if path.is_dir()) if root().is_dir() else []


def _read(path: Path) -> Environment | None:
    try:
        said = json.loads((path / MARKER).read_text(encoding="utf-8"))
        return Environment(
            release=parse(said["release"]), path=path, interpreter=said["interpreter"], requirements=tuple(said["requirements"])
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):  # not there, or what an interruption left of it
        return None


def environment(release: Name, progress: Progress = lambda line: None) -> Environment:
    """The release's environment, made if it is not there; `progress` is told what happens, a line at a time.

    Raises NoSuchRelease or EnvironmentFailed.
    """
    release = replace(release, way="hooks")  # what it is called does not depend on who asks first
    path = root() / folder_of(release)
    wanted = needs(release)
    found = _as_wanted(path, wanted)
    if found is not None:
        return found
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{path}.lock")
        try:
            held = lock.acquire(timeout=0.0)
        except Timeout:
            progress(f"another run is making the environment of {release}: waiting for it")
            held = lock.acquire(timeout=INSTALL_LIMIT)
        with held:
            return _as_wanted(path, wanted, progress) or _make(release, wanted, path, progress)
    except Timeout:
        raise EnvironmentFailed(f"{release}: another run has been making this environment for too long") from None
    except OSError as error:
        raise EnvironmentFailed(
            f"{release}: the environment cannot be written to {path.parent} ({error.strerror})"
        ) from None


def _as_wanted(path: Path, wanted: Needs, progress: Progress = lambda line: None) -> Environment | None:
    """The environment that is there, if it is made of what is needed; if of something else, `progress` is told."""
    found = _read(path)
    lacks = "" if found is None else found.lacks(wanted)
    if found is not None and lacks:
        progress(f"the environment of {found.release} was made of something else than is needed by now ({lacks})")
    return None if lacks else found


def _make(release: Name, wanted: Needs, path: Path, progress: Progress) -> Environment:
    installer = uv()
    python = interpreter(wanted.python)
    began = time.monotonic()
    progress(
        f"making an environment for {release} (Python {wanted.python}), once, in {path}; it takes about {wanted.size} of disk, "
        "of which uv fetches about a third unless it has it already"
    )
    shutil.rmtree(path, ignore_errors=True)
    try:
        _installer([installer, "venv", "--quiet", "--python", python, str(path)], release)
        _installer(
            [installer, "pip", "install", "--quiet", "--python", str(_python_of(path)), *wanted.requirements], release
        )
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    said = subprocess.run(
        [str(_python_of(path)), "-c", "import platform; print(platform.python_version())"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip
    marker = {
        "release": str(release),
        "interpreter": said,
        "requirements": list(wanted.requirements),
    }
    unfinished = path / f"{MARKER}.new"
    unfinished.write_text(json.dumps(marker, indent=1), encoding="utf-8")
    unfinished.replace(path / MARKER)
    progress(f"made in {time.monotonic() - began:.0f} s")
    found = _read(path)
    assert found is not None
    return found


def uv() -> str:
    """The path of uv: beside this interpreter, or on the path. Raises EnvironmentFailed."""
    beside = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise EnvironmentFailed("uv is not installed, which makes the environments; pip install uv installs it")
    return found


def _installer(command: list[str], release: Name) -> None:
    """Run uv. Raises NoSuchRelease where it knows no such version, EnvironmentFailed with its last lines for the rest."""
    settings = dict(os.environ)
    if "PIP_FIND_LINKS" in settings:
        settings.setdefault("UV_FIND_LINKS", settings["PIP_FIND_LINKS"])  # uv does not read pip's settings
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_LIMIT, env=settings)
    except subprocess.TimeoutExpired:
        raise EnvironmentFailed(f"{release}: the installer did not end within {INSTALL_LIMIT:.0f} s") from None
    if done.returncode == 0:
        return
    said = " ".join(done.stderr.split())
    if f"no version of {release.package}=={release.version}" in said:
        raise NoSuchRelease(f"{release}: there is no such release{_nearest(release)}")
    words = textwrap.shorten(said[::-1], 400, placeholder=" ...")[::-1]  # the cause stands at the end
    raise EnvironmentFailed(f"{release}: the environment cannot be made: {words}")


def _nearest(release: Name) -> str:
    """The releases nearest to one that does not exist, as far as the dialects know them."""
    from callcheck.spec.chain import chains

    asked = _version(release.version or "")
    chain = chains().get(release.package or "")
    if chain is None:
        return ""
    older = [known for known in chain.known if _version(known) <= asked]
    near = older[-1] if older else chain.known[0]
    return f"; the nearest one known here is {near}"


def remove(folder: str) -> bool:
    """Remove the environment of that folder's name; whether there was one, made or half-made."""
    path = root() / folder
    if path not in _folders():  # `..` is none of them
        return False
    shutil.rmtree(path)
    Path(f"{path}.lock").unlink(missing_ok=True)
    return True
