"""callcheck: a specification of metric-driven training callbacks, and a suite that holds implementations to it.

Importing this package loads nothing but the standard library. `callcheck.spec` says what must hold, `callcheck.reference`
predicts, `callcheck.conformance` judges; the command line is `callcheck` (see `callcheck.cli`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callcheck.conformance.explain.explanation import Explanation

__version__ = "0.1.0"

# In a checkout the sub-packages stand at the top of the repository, two folders up; installed, they lie beside this file.
_checkout = Path(__file__).resolve().parents[2]
if (_checkout / "pyproject.toml").is_file() and (_checkout / "spec" / "scenario.py").is_file():
    __path__.append(str(_checkout))


def explain(
    history: Any,
    callback: Any,
    config: Mapping[str, Any] | None = None,
    *,
    dialect: str | None = None,
    what_if: Iterable[Mapping[str, Any]] = (),
    epochs: int | None = None,
    learning_rate: float | None = None,
    initial_epoch: int | None = None,
    validation_freq: int | None = None,
) -> Explanation:
    """Why a callback did what it did in the training that left `history`.

    `history`: what `fit` returned, its dictionary `History.history`, a list of values, or the path of a file or a TensorBoard
    folder. `callback`: the name of one, with its `config` as a dictionary, or an instance of Keras's, whose parameters are read.
    `dialect`: whose rules, a dialect or a release; by default those of the newest Keras. `what_if`: changes of the
    configuration, as dictionaries. The others say what the record does not: up to which epoch the fit was to go, the learning
    rate at its beginning (a plain float), and two arguments of `fit`.

    The result prints as text, and shows itself in a notebook. Epochs in its fields are indices from 0.
    Raises ValueError, with one sentence, for what cannot be read or asked.
    """
    from callcheck.conformance.explain.arguments import Circumstances
    from callcheck.conformance.explain.explanation import explain as explain_history

    circumstances = Circumstances(
        epochs=epochs, learning_rate=learning_rate, initial_epoch=initial_epoch, validation_freq=validation_freq
    )
    return explain_history(history, callback, config, dialect=dialect, what_if=what_if, circumstances=circumstances)
