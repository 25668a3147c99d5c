"""The driver keeps its floor: the standard library alone, on Python 3.6 and newer."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from callcheck.conformance.driver import protocol, scenario
from callcheck.conformance.subjects.environments import EnvironmentFailed, interpreter
from callcheck.conformance.subjects.process import driver_zip
from callcheck.spec.callbacks import CALLBACKS, FLOAT_PARAMETERS

DRIVER = Path(protocol.__file__).parent
FRAMEWORKS = {"numpy"}
"""What is imported in functions alone, where an array is asked for."""


def test_the_driver_runs_on_python_3_6() -> None:
    pytest.importorskip("vermin", reason="vermin is not installed; pip install vermin installs it")
    done = subprocess.run(
        [sys.executable, "-c", "import vermin; vermin.main()", "--target=3.6-", "--violations", "--no-tips", str(DRIVER)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("version", ["3.6", "3.7"])
def test_the_driver_is_imported_out_of_its_zip_by_an_old_interpreter(version: str, tmp_path: Path) -> None:
    """Code that passes for that version may still ask the library for what it does not do there."""
    try:
        python = interpreter(version)
    except EnvironmentFailed as missing:
        pytest.skip(str(missing))
    archive = tmp_path / "driver.zip"
    archive.write_bytes(driver_zip())
    started = f"import sys; sys.path.insert(0, {str(archive)!r}); from callcheck.conformance.driver import worker"
    done = subprocess.run([python, "-c", started], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_driver_imports_the_standard_library_alone() -> None:
    for path in DRIVER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names) | FRAMEWORKS, path


def test_what_the_driver_says_again_is_what_the_specification_says() -> None:
    assert set(protocol.CALLBACKS) == set(CALLBACKS)
    assert set(scenario.FLOAT_PARAMETERS) == set(FLOAT_PARAMETERS)
