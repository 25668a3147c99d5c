"""Whether releases ship the same code of the callbacks, where it is said that they do, and which of many changed it.

    python -m callcheck.conformance.sources keras==2.6.0 tensorflow==2.5.3
    python -m callcheck.conformance.sources keras-3.0.5-py3-none-any.whl keras-3.1.0-py3-none-any.whl keras-3.1.1-py3-none-any.whl

Rules
- What is compared are the classes of the callbacks, normalised: without comments, documentation, types, decorators and the
  arguments of super; a module is called by one name, however it was imported. What they call elsewhere is not compared.
- It is read off the files in the environment of each release, which is made if it is not there, or off a file of the release,
  a wheel or a tar.gz; nothing is imported or run.
- Printed is one line for each class of two; of more than two, one for each but the first, with the classes that are not those of
  the one before it. The status is 1 if any differs.
"""

import argparse
import ast
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.reading import Refused

from .driver.protocol import Unavailable
from .subjects.environments import environment
from .subjects.names import parse

PLACES = (
    "keras/src/callbacks", "keras/src/callbacks.py", "keras/callbacks/callbacks.py", "keras/callbacks.py", "keras/callbacks",
    "tf_keras/src/callbacks.py", "tensorflow/python/keras/callbacks.py", "tensorflow_core/python/keras/callbacks.py",
    "tensorflow/python/keras/_impl/keras/callbacks.py",
)  # fmt: skip
"""Where the callbacks are, below site-packages."""
OF_PACKAGE = {
    "keras": ("keras/", "tensorflow/"),
    "tf-keras": ("tf_keras/",),
    "tensorflow": ("tensorflow/", "tensorflow_core/", "keras/"),
}
NAMES = (*CALLBACKS, "MonitorCallback")


class _Normal(ast.NodeTransformer):
    """A class without what does not matter to what it does."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []
        return self._without_documentation(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = []
        node.returns = None
        return self._without_documentation(node)

    def _without_documentation(self, node: ast.ClassDef | ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(id=MODULES.get(node.id, node.id), ctx=node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            node.args = []
        return node


MODULES = {"K": "backend"}
"""Modules that were imported under different names."""


def classes(release: str) -> dict[str, str]:
    """The normalised text of each class that the release has. Raises what naming and making an environment raises, and Refused
    for a file that cannot be unpacked."""
    if release.endswith((".whl", ".tar.gz")):
        with tempfile.TemporaryDirectory() as folder:
            try:
                shutil.unpack_archive(release, folder, "zip" if release.endswith(".whl") else "gztar")
            except (OSError, ValueError, shutil.ReadError, zipfile.BadZipFile) as error:
                raise Refused(f"{release}: cannot be unpacked: {error}") from error
            return _first((Path(folder), *Path(folder).iterdir()), PLACES)
    name = parse(release)
    folders = sorted(environment(name, print).path.glob("lib/python*/site-packages"))
    return _first(folders, [place for place in PLACES if place.startswith(OF_PACKAGE[name.package or ""])])


def _first(folders: Iterable[Path], places: Iterable[str]) -> dict[str, str]:
    """What lies at the first of the places in the folders where there is anything."""
    read = (dict(_of(folder / place)) for folder in folders for place in places)
    return next((found for found in read if found), {})


def _of(place: Path) -> Iterator[tuple[str, str]]:
    """The classes in a module, or in the modules of a folder; none where there is neither."""
    for file in sorted(place.glob("*.py")) if place.is_dir() else [place] if place.is_file() else []:
        yield from _classes(file)


def _classes(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name in NAMES:
            yield node.name, ast.unparse(ast.fix_missing_locations(_Normal().visit(node)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m callcheck.conformance.sources", description=__doc__)
    parser.add_argument(
        "releases", nargs="+", metavar="RELEASE", help="keras==2.6.0, tensorflow==2.5.3, tf-keras==2.15.1, or a file"
    )
    options = parser.parse_args()
    try:
        read = [classes(release) for release in options.releases]
    except Refused as error:
        print(error, file=sys.stderr)
        return 2
    except Unavailable as error:
        print(error, file=sys.stderr)
        return 4
    if not all(read):
        without = options.releases[read.index({})]
        print(f"no source of callbacks was found in {without}", file=sys.stderr)
        return 4
    changed = [[name for name in NAMES if one.get(name) != other.get(name)] for one, other in pairwise(read)]
    if len(read) == 2:
        for name in NAMES:
            if name in read[0] or name in read[1]:
                print(f"{name:<22}{'other code' if name in changed[0] else 'the same code'}")
    else:
        for release, names in zip(options.releases[1:], changed, strict=True):
            print(f"{Path(release).name:<40}{', '.join(names) or 'the same code'}")
    return int(any(changed))


if __name__ == "__main__":
    sys.exit(main())
