"""Libraries that the tests need and do not find everywhere.

Rules
- Where one is not there, the test is skipped and says what is missing; CALLCHECK_LIBRARIES=required makes that a failure.
- `.ci/adapters` installs them all, and requires them. Any other run ends with how many tests it lacked them for
  (`conftest.py`).
"""

import os
from typing import Any, NoReturn

import pytest

from callcheck.conformance.driver.adapters import adapter
from callcheck.conformance.driver.protocol import Unavailable
from callcheck.conformance.driver.subjects import subject

ELSEWHERE = "; .ci/adapters installs it and runs this"


def missing(what: str) -> NoReturn:
    """Skip, or fail where the libraries were promised."""
    if os.environ.get("CALLCHECK_LIBRARIES") == "required":
        pytest.fail(f"{what}; and CALLCHECK_LIBRARIES says that it is required")
    pytest.skip(what + ELSEWHERE)


def a_keras(name: str) -> Any:
    """The subject of that name, if its Keras is there."""
    try:
        return subject(name)
    except Unavailable as error:
        pytest.skip(str(error))


def adapted(name: str, way: str = "hooks") -> Any:
    """The adapter of that name, if its library is there."""
    try:
        return adapter(name, way)
    except Unavailable as error:
        missing(str(error))
