"""`callcheck.explain`: the question as Python asks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from callcheck.spec.dialect import NEWEST, resolve
from callcheck.spec.scenario import Configured

from ..collecting.instances import configuration_of
from ..script import ONLOOKERS
from .arguments import Circumstances, WrongArgument, check_config, checked_callback, whose, written_config
from .explanation import Explanation
from .question import ask_all
from .reading import from_object
from .together import Together, answer_all


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
) -> Explanation | Together:
    """Why a callback did what it did in the training that left `history`, or each of several in one `fit`.

    `history`: what `fit` returned, its dictionary `History.history`, a list of values, or the path of a file or a TensorBoard
    folder. `callback`: the name of one, with its `config` as a dictionary, or an instance of Keras's, whose parameters are read;
    or a list of instances, or of objects `{"callback", "config"}` as in a scenario, in the order in which `fit` was given them.
    `dialect`: whose rules, a dialect or a release; by default those of the newest Keras. `what_if`: changes of the configuration,
    as dictionaries; of several callbacks with the name of the callback before that of the parameter, as in
    `{"EarlyStopping.patience": 5}`, where the parameter is not that of one alone. The others say what the record does not: up to
    which epoch the fit was to go, the learning rate at its beginning (a plain float), and two arguments of `fit`.

    The result prints as text, and shows itself in a notebook. Epochs in its fields are indices from 0.
    Raises ValueError, with one sentence, for what cannot be read or asked.
    """
    circumstances = Circumstances(
        epochs=epochs, learning_rate=learning_rate, initial_epoch=initial_epoch, validation_freq=validation_freq
    )
    callbacks, notes = _without_onlookers(_configured(callback, config))
    resolution = resolve(dialect or NEWEST)
    recorded = from_object(history, validation_freq=validation_freq).replace(*notes)
    question = ask_all(recorded, callbacks, resolution.dialect, circumstances)
    return answer_all(question, [whose(question.callbacks, change) for change in what_if], resolution.note)


def _without_onlookers(callbacks: tuple[Configured, ...]) -> tuple[tuple[Configured, ...], tuple[str, ...]]:
    """The callbacks, of which nothing depends on those that are left out; and what is to be said of it."""
    kept = tuple(each for each in callbacks if each.callback not in ONLOOKERS)
    if not kept or kept == callbacks:
        return callbacks, ()
    return kept, tuple(f"{each.callback}: not looked at" for each in callbacks if each.callback in ONLOOKERS)


def _configured(callback: Any, config: Mapping[str, Any] | None) -> tuple[Configured, ...]:
    """The callbacks with their configurations. Raises ValueError."""
    if isinstance(callback, str):
        given = [(callback, dict(config or {}))]
    elif config is not None:
        raise WrongArgument("a config goes with the name of a callback")
    else:
        several = callback if isinstance(callback, Sequence) else [callback]
        given = [configuration_of(each) for each in several]
    if not given:
        raise WrongArgument("there is no callback to ask about")
    for name, each in given:
        checked_callback(name)
        check_config(name, each)
    return tuple(Configured(callback=name, config=written_config(name, each)) for name, each in given)
