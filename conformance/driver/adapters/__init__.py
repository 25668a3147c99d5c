"""Adapters that come with callcheck, one module for each library; the library is imported when its module is.

Each module has `subject(way)`, the implementation for a way of driving: "hooks" hands Keras's numbers over as they are, under the
library's names; "translated", where there is one, converts them so that they mean the same.
"""

import importlib
from typing import Any

from ..protocol import Unavailable

INSTALL = {
    "torch": "torch",
    "ignite": "pytorch-ignite",
    "lightning": "lightning",
    "transformers": "'transformers[torch]'",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
}
"""The adapters, and what `pip install` takes for each."""


def adapter(name: str, way: str) -> Any:
    """The implementation. Raises Unavailable where the library is not there, or there is no such way."""
    if name not in INSTALL:
        raise Unavailable(f"no adapter for {name} comes with callcheck yet")
    try:
        module = importlib.import_module("." + name + "_adapter", __name__)
    except ImportError as error:
        message = "{} needs its library, which is not there ({}); pip install {} installs it"
        raise Unavailable(message.format(name, error, INSTALL[name])) from error
    return module.subject(way)
