"""The page as a folder of files, for any web server, or to be opened as they are.

Rules
- Built are the page, the specification beside it, the modules that the answer imports and nothing else, and Pyodide, the Python
  that runs in browsers, out of its npm package. The page loads nothing from elsewhere.
- What the modules are is not listed: they are imported in a Python without any package, and asked for.
- The first example is answered when the page is built: it is there before anything is loaded.
- A folder that holds something else is not touched.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import callcheck
from callcheck import __version__

from ..driver.temporary import temporary
from ..report import specification
from ..report.markup import document, style, text
from . import form
from .answer import answer

PYODIDE = "314.0.7"
"""The version of the npm package `pyodide`; the test in a browser runs with it."""
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
MARK = "offline.js"
"""The file by which a folder is known as one that was built here."""


class CannotBuild(ValueError):
    """The page cannot be built; the message is one sentence."""


def build(output: Path, pyodide: Path | None = None) -> None:
    """Write the page into a folder, which is made or made anew. `pyodide`: a folder with its files, else npm is asked.

    Raises CannotBuild.
    """
    if output.exists() and not (output.is_dir() and ((output / MARK).is_file() or not any(output.iterdir()))):
        raise CannotBuild(f"{output}: is there, and was not built here; name a folder that is empty or new")
    with temporary("site") as room:
        there = pyodide or _fetched(Path(room))
        missing = [name for name in PYODIDE_FILES if not (there / name).is_file()]
        if missing:
            raise CannotBuild(f"{there}: {missing[0]} of Pyodide {PYODIDE} is not there")
        made = Path(room) / "site"
        (made / "pyodide").mkdir(parents=True)
        for name in PYODIDE_FILES:
            shutil.copyfile(there / name, made / "pyodide" / name)
        _write(made)
        try:
            shutil.rmtree(output, ignore_errors=True)
            shutil.copytree(made, output)
        except OSError as error:
            raise CannotBuild(f"{output}: cannot be written ({error.strerror})") from None


def _fetched(room: Path) -> Path:
    """Pyodide's files, by npm. Raises CannotBuild."""
    try:
        subprocess.run(
            ["npm", "pack", "--silent", f"pyodide@{PYODIDE}"], cwd=room, check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise CannotBuild(
            f"Pyodide comes from its npm package, and there is no npm; --pyodide names the unpacked package pyodide@{PYODIDE}"
        ) from None
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.split())[-200:]
        raise CannotBuild(f"npm could not fetch pyodide@{PYODIDE}: {said}") from None
    with tarfile.open(room / f"pyodide-{PYODIDE}.tgz") as archive:
        archive.extractall(room, filter="data")
    return room / "package"


def _write(made: Path) -> None:
    """The page's own files."""
    own = files(__package__)
    (made / "index.html").write_text(page(), encoding="utf-8")
    (made / "specification.html").write_text(specification.page("index.html"), encoding="utf-8")
    for name in ("page.js", "worker.js"):
        (made / name).write_bytes((own / name).read_bytes())
    with zipfile.ZipFile(made / "callcheck.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(modules().items()):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # of no date: the same every time
    (made / "everything.js").write_text(_everything(made), encoding="utf-8")
    names = sorted(str(file.relative_to(made).as_posix()) for file in made.rglob("*") if file.is_file())
    names.remove("everything.js")
    digest = hashlib.sha256(b"".join((made / name).read_bytes() for name in names)).hexdigest()[:16]
    offline = (own / MARK).read_text(encoding="utf-8").replace("{{build}}", f"callcheck-{digest}")
    (made / MARK).write_text(offline.replace("{{files}}", json.dumps(["./", *names])), encoding="utf-8")


def _everything(made: Path) -> str:
    """All that the worker needs as one script, for a page that is opened as a file: such a one cannot fetch anything."""
    names = ["worker.js", "callcheck.zip", *(f"pyodide/{name}" for name in PYODIDE_FILES)]
    packed = {name: b64encode(gzip.compress((made / name).read_bytes(), mtime=0)).decode() for name in names}
    return f"self.everything = {json.dumps(packed)};\n"


def page() -> str:
    """`index.html`."""
    first = dict(form.EXAMPLES[0][1])
    told = answer(first)
    parts = {
        "examples": form.examples(), "callbacks": form.callbacks(), "fieldsets": form.fieldsets(), "around": form.around(),
        "on": form.releases("on"), "against": form.releases("against", "nobody"), "version": __version__,
        "answer": told["html"], "command": text(told["command"]),
    }  # fmt: skip
    own = files(__package__)
    body = (own / "page.html").read_text(encoding="utf-8")
    for name, content in parts.items():
        body = body.replace("{{" + name + "}}", content)
    state = json.dumps(first).replace("<", "\\u003c")
    scripts = f'<script type="application/json" id="first">{state}</script>\n<script src="page.js"></script>'
    css = "".join((style("callcheck.conformance.explain", "figure.css"), style(__package__, "page.css")))
    head = '<link rel="icon" href="data:,">\n'
    return document("Why did training stop there?", f"<main>\n{body}</main>\n{scripts}", css, head)


ASK = """
import sys
sys.path[:0] = [{src!r}]
import callcheck.conformance.site.answer as asked
asked.answer({state!r}), asked.audit({state!r})
for name, module in sorted(sys.modules.items()):
    if name.partition(".")[0] == "callcheck" and getattr(module, "__file__", None):
        print(name, module.__file__)
"""


def modules() -> dict[str, bytes]:
    """The files of callcheck that the answer needs, by their place in the package, as a Python without any package loads them."""
    script = ASK.format(src=str(Path(callcheck.__file__).parents[1]), state=dict(form.EXAMPLES[0][1]))
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True)
    if ran.returncode:
        raise CannotBuild(f"the answer needs more than the standard library: {ran.stderr.strip().splitlines()[-1]}")
    found = {}
    for line in ran.stdout.splitlines():
        name, file = line.split(" ", 1)
        place = name.replace(".", "/") + ("/__init__.py" if Path(file).name == "__init__.py" else ".py")
        found[place] = Path(file).read_bytes()
    return found | dict(_data())


def _data(folder: Traversable | None = None, place: str = "callcheck/spec/dialects") -> Iterator[tuple[str, bytes]]:
    """The tables of dialects, which are data."""
    for file in (files("callcheck.spec") / "dialects" if folder is None else folder).iterdir():
        if file.is_dir():
            yield from _data(file, f"{place}/{file.name}")
        elif file.name.endswith(".toml"):
            yield f"{place}/{file.name}", file.read_bytes()
