"""The structure keeps its promises: imports run one way, and `import callcheck` loads next to nothing."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import callcheck

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ["spec", "reference", "conformance", "src/callcheck"]
HEAVY = {"keras", "tensorflow", "tf_keras", "numpy", "pytest", "hypothesis", "jax", "torch"}


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports, relative ones as `.x`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
            if node.module == "callcheck":
                names |= {f"callcheck.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("layer", ["spec", "reference"])
def test_the_lower_layers_import_no_framework(layer: str) -> None:
    for path in (ROOT / layer).rglob("*.py"):
        found = {name.split(".")[0] for name in imported(path)} & HEAVY
        if path.parent == ROOT / "spec/search" and path.name != "__init__.py":
            found -= {"hypothesis"}
        assert not found, f"{path} imports {found}"


@pytest.mark.parametrize(("layer", "above"), [(layer, LAYERS[index + 1 :]) for index, layer in enumerate(LAYERS)])
def test_imports_run_one_way(layer: str, above: list[str]) -> None:
    forbidden = {"callcheck." + name for name in above if "/" not in name}
    if layer != "src/callcheck":
        forbidden |= {"callcheck.cli", "callcheck.commands"}
    for path in (ROOT / layer).rglob("*.py"):
        for name in imported(path):
            assert not any(name == bad or name.startswith(bad + ".") for bad in forbidden), f"{path} imports {name}"


def test_no_module_is_above_500_lines() -> None:
    modules = [path for layer in (*LAYERS, "benchmarks", "tests") for path in (ROOT / layer).rglob("*.py")]
    lengths = {path.as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {path: length for path, length in lengths.items() if length > 500} == {}


@pytest.mark.parametrize(
    "module",
    [
        "callcheck",
        "callcheck.cli",
        "callcheck.spec.clauses",
        "callcheck.reference.replay",
        "callcheck.commands.explain",
        "callcheck.commands.trace",
        "callcheck.commands.known",
        "callcheck.commands.status",
    ],
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    source = str(Path(callcheck.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""


def test_every_package_is_installed() -> None:
    """setuptools installs those that are listed, and the wheel of one that is not does not run."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {
        "callcheck." + path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for layer in LAYERS[:-1]
        for path in (ROOT / layer).rglob("__init__.py")
    }
    assert there <= set(listed)
