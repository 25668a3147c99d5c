"""`callcheck.explain`: the question as Python asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .arguments import Circumstances
from .explanation import Explanation
from .explanation import explain as explain_history


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
    circumstances = Circumstances(
        epochs=epochs, learning_rate=learning_rate, initial_epoch=initial_epoch, validation_freq=validation_freq
    )
    return explain_history(history, callback, config, dialect=dialect, what_if=what_if, circumstances=circumstances)
