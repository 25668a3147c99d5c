"""callcheck: a specification of metric-driven training callbacks, and a suite that holds implementations to it.

Importing this package loads nothing but the standard library. `callcheck.spec` says what must hold, `callcheck.reference`
predicts, `callcheck.conformance` judges; the command line is `callcheck` (see `callcheck.cli`).
"""

from pathlib import Path

__version__ = "0.1.0"

# In a checkout the sub-packages stand at the top of the repository, two folders up; installed, they lie beside this file.
_checkout = Path(__file__).resolve().parents[2]
if (_checkout / "pyproject.toml").is_file() and (_checkout / "spec" / "scenario.py").is_file():
    __path__.append(str(_checkout))
