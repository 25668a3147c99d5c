"""Training scripts as data: which callbacks every `fit` is given, and what is known of that `fit`. On disk, `callbacks.toml`.

    [[fits]]
    source = "train.py, line 20"
    epochs = 50
    validation_freq = 2
    metrics = ["accuracy"]

    [[fits.callbacks]]
    source = "train.py, line 12"
    callback = "EarlyStopping"
    config = { monitor = "val_accuracy", patience = 3 }

Rules
- A fit is one `fit` call with its callbacks, in their order; each has a configuration as in a scenario, defaults left out.
- The fits of a file are independent of each other: a file may hold those of many scripts.
- What stands in a script and is no literal is never guessed: `unread` holds the expression under the argument's name. Whoever
  reads the file replaces it by the value. What could not be told at all is in the file's own `unread`, with its place.
- `others` names callbacks of the list that no record here describes (somebody's own), in their order.
- TOML has no null: an argument that is None is left out, as None is the default wherever it is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import TEXT, Field, Kind, ListOf, MapOf, Table
from .metrics import METRICS, Metric
from .reading import InvalidScenario, Refused, integer_from_json, parse_toml
from .scenario import CALLBACK, CONFIG, Configured, Fit, Scenario
from .toml import array_of_tables
from .values import NUMBER


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptCallback:
    """A callback as a script makes it. `source`: where; `unread`: the arguments whose value is not known, as they are written."""

    callback: str
    config: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptFit:
    """One `fit` call. None: not known. `epochs`, `initial_epoch`, `validation_freq`: as in `fit`; `learning_rate`: at first.

    `metrics`, `outputs` and `steps_per_execution`: as the model was compiled, or its outputs are named.
    """

    callbacks: tuple[ScriptCallback, ...]
    source: str = ""
    epochs: int | None = None
    initial_epoch: int = 0
    validation_freq: int = 1
    learning_rate: float | None = None
    metrics: tuple[Metric, ...] = ()
    outputs: tuple[str, ...] = ()
    steps_per_execution: int = 1
    others: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)

    def gaps(self) -> tuple[str, ...]:
        """A sentence for each argument of a callback that was not read: until it is replaced, the list cannot be used."""
        return tuple(
            f"{name} of {each.callback} is not known ({each.source + ': ' if each.source else ''}{expression}); write its value "
            f"into config, and remove it from unread"
            for each in self.callbacks
            for name, expression in each.unread.items()
        )

    def scenario(self, *fits: Fit) -> Scenario:
        """The scenario in which these callbacks see these fits. One callback stands in the form for one. Of the optimizer a
        script says nothing but the rate: it keeps an average if there is a callback that takes one."""
        configured = tuple(Configured(callback=each.callback, config=each.config) for each in self.callbacks)
        alone = configured[0] if len(configured) == 1 else Configured(callback="")
        return Scenario(
            callback=alone.callback, config=alone.config, callbacks=() if alone.callback else configured, fits=fits,
            initial_epoch=self.initial_epoch, learning_rate=1.0 if self.learning_rate is None else self.learning_rate,
            metrics=self.metrics, outputs=self.outputs, steps_per_execution=self.steps_per_execution,
        ).averaging()  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """Something that could not be told: where, and what it is, in a sentence."""

    source: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What is in a `callbacks.toml`."""

    fits: tuple[ScriptFit, ...] = ()
    unread: tuple[Unread, ...] = ()


_COUNT = Kind(lambda value: integer_from_json(value, 1))
CALLBACK_OF_A_SCRIPT = Table(
    ScriptCallback,
    Field("source", TEXT),
    Field("callback", CALLBACK),
    Field("config", CONFIG),
    Field("unread", MapOf(TEXT)),
)
FIT_OF_A_SCRIPT = Table(
    ScriptFit,
    Field("source", TEXT),
    Field("epochs", _COUNT),
    Field("initial_epoch", Kind(lambda value: integer_from_json(value, 0))),
    Field("validation_freq", _COUNT),
    Field("learning_rate", NUMBER),
    Field("metrics", METRICS),
    Field("outputs", ListOf(TEXT)),
    Field("steps_per_execution", _COUNT),
    Field("others", ListOf(TEXT)),
    Field("unread", MapOf(TEXT)),
    Field("callbacks", ListOf(CALLBACK_OF_A_SCRIPT)),
)
UNREAD = Table(Unread, Field("source", TEXT), Field("says", TEXT))
SCRIPT = Table(Script, Field("fits", ListOf(FIT_OF_A_SCRIPT)), Field("unread", ListOf(UNREAD)))


def loads(text: str) -> Script:
    """The script in the text of a `callbacks.toml`. Raises InvalidScenario, which names the place."""
    try:
        data = parse_toml(text)
    except Refused as error:
        raise InvalidScenario(str(error)) from None
    return SCRIPT.read(data)


def dumps(script: Script) -> str:
    """The text of a `callbacks.toml`; `loads` reads the same script from it."""
    written = SCRIPT.write(script)
    parts = [array_of_tables(name, tables) for name, tables in written.items()]
    return "\n".join(part for part in parts if part)
