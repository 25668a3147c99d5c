"""A trace: what an observer outside could see while a scenario ran, epoch by epoch.

Rules
- What an implementation cannot see is None here and absent in JSON, never empty. Some things are only looked at when asked for.
- Of one callback an epoch, a fit and a trace say themselves what it did; of several `callbacks` says it of each, in their order.
- In place of a trace a result may say why there is none: not expressible, failed, or invalid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import BOOLEAN, INDEX, INTEGER, TEXT, Field, Kind, ListOf, MapOf, Table, choice, nullable
from .reading import InvalidScenario
from .values import CELL, CELLS, LOGS, RATE, STATE, Rate, Value
from .weights import SEEN, WEIGHTS, Weights, weights_seen

WARNED = ("missing-metric", "unknown-mode", "array-metric", "other")
"""The kinds of warnings. Only those to the user are recorded, not what array libraries say about overflow or deprecation."""
PRINTED = (
    "improved", "not-improved", "saving", "saved", "restored", "early-stop", "reduced", "scheduled", "nan", "other",
)  # fmt: skip
"""The kinds of printed lines; what is printed is an event, not a text."""
HOOKS = ("fit_begin", "epoch_begin", "batch_end", "epoch_end", "fit_end")
MOMENTS = ("epoch_begin", "evaluation", "epoch_end")
"""When it is told whose weights a model holds that keeps an average: when the hooks of an epoch's beginning are over, while the
model is evaluated, and when all hooks of the epoch's end are over."""
CONSTRUCTOR = "constructor"
"""In place of a hook, where something was done before there was a fit."""
SideEffects = Mapping[str, tuple[str, ...]]
"""By the name of what was left changed: the hooks that did it."""
CONTENTS = ("model", "weights")
"""What a file holds: the whole model, or its weights alone."""
FAILED = ("timeout", "crash", "nonsense", "exit", "flood")
"""Why there is no trace: no answer in time; it died, said what cannot be, ended its process, or printed without end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Save:
    """A file written. `path` is relative, as configured; `batch` is set for a save at a batch end (0-based).
    `content`: what was written, one of CONTENTS, where it is not what was asked for. `optimizer_steps`: how many the optimizer
    had made, in all."""

    path: str
    weights: Weights | None = None
    batch: int | None = None
    content: str | None = None
    optimizer_steps: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackInEpoch:
    """What one of several callbacks did in an epoch; the fields are those of `EpochTrace`."""

    saved: tuple[Save, ...] | None = None
    warned: tuple[str, ...] | None = None
    printed: tuple[str, ...] | None = None
    logged: Mapping[str, Value] | None = None
    changed: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    weights_set: tuple[str, ...] | None = None
    side_effects: SideEffects | None = None
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchTrace:
    """What the batch hook of that index did to the logs that it was given; the fields are those of `EpochTrace`. `callback`:
    whose hook, of several."""

    batch: int
    logged: Mapping[str, Value] | None = None
    changed: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    callback: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochTrace:
    """What was seen of one epoch, after all hooks of its end. Rates are float64, widened from what is stored; of several
    optimizers in one, each one's by its name. `stop`: the stop flag. `learning_rate_in_epoch`: the rate in force in the first
    batch. `logged`: what was added to logs; an `ArrayNumber` is a number of an array library's, in place of a Python float.
    `changed`, `removed`: keys of the logs that the epoch's end was given. `batches`: the batches to whose logs something was
    done. `files`: what is new in the working directory; `gone`: the files that were in it, or were saved there, and are not any
    more. `weights_set`: the hooks in which other weights were put into the model. `side_effects`: what hooks left changed beside
    their work, by its name, each with those that did: of the process "working directory", "environment", "random state", "warning
    filters", "logging", "garbage collection", "threads" and "numpy.errstate"; "keras.config"; "files", those that a constructor
    made or removed; "params", which all callbacks of a fit are told; "model" and "optimizer" with the name of an attribute, such
    as "model.trainable" and "optimizer.momentum", and "optimizer.variables". `counts`: how often the callback's function was
    called since the epoch before ("schedule calls"); the "lines" of its file. `held`: of a model whose optimizer keeps an
    average, whose weights it holds at each of MOMENTS; None there: those of no epoch.
    """

    stop: bool | None = None
    learning_rate: Rate = None
    learning_rate_in_epoch: Rate = None
    saved: tuple[Save, ...] | None = None
    warned: tuple[str, ...] | None = None
    printed: tuple[str, ...] | None = None
    logged: Mapping[str, Value] | None = None
    callbacks: tuple[CallbackInEpoch, ...] | None = None
    changed: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    batches: tuple[BatchTrace, ...] | None = None
    files: tuple[str, ...] | None = None
    gone: tuple[str, ...] | None = None
    weights_set: tuple[str, ...] | None = None
    side_effects: SideEffects | None = None
    counts: Mapping[str, int] | None = None
    held: Mapping[str, Weights | None] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An exception out of a hook, one of HOOKS. `callback`: whose, of several; `by`: "other" if somebody else raised it."""

    type: str
    message: str
    fit: int
    hook: str
    epoch: int | None = None
    batch: int | None = None
    callback: int | None = None
    by: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackInFit:
    """What one of several callbacks did in a fit; the fields are those of `FitTrace`."""

    printed: tuple[str, ...] | None = None
    warned: tuple[str, ...] | None = None
    side_effects: SideEffects | None = None
    recorded: tuple[Mapping[str, Any], ...] | None = None
    attributes: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FitTrace:
    """One fit: its epochs, what the model holds when training has ended, what `fit_begin` and `fit_end` printed and warned of.

    `weights_at_begin`: the weights with which its first epoch began, counted from the start of the scenario. `files`: what is new
    in the working directory after `fit_begin` and `fit_end`, and `gone` what is not there any more; `side_effects`: what these
    two left changed. `optimizer_steps`: how many the optimizer has made, in all.
    `recorded`: what the callback has written down by the end of the fit, each piece with its values by name: of History what
    `epoch` holds, and what `history` does; of CSVLogger the file, a `line` each; of BackupAndRestore every backup that is there,
    the latest first: the `epoch` with which it goes on, or, with `batch`, in which that batch was the last.
    `initial_epoch`, `initial_batch`: the epoch and the batch with which it began, where a callback said so; None: as it was told.
    `attributes`: what the callback's public ones hold when the fit has ended, by name (those that its record lists), unless a
    callback's hook raised: a number that is Python's own as it is, another one as an `ArrayNumber`; None, a text, a list; of
    weights whose they are, as `Weights`; of the model, and of its history, whether it is the one that has to be there. One that
    is not there is not listed.
    """

    epochs: tuple[EpochTrace, ...]
    weights: Weights | None = None
    printed: tuple[str, ...] | None = None
    warned: tuple[str, ...] | None = None
    error: Raised | None = None
    callbacks: tuple[CallbackInFit, ...] | None = None
    weights_at_begin: Weights | None = None
    files: tuple[str, ...] | None = None
    gone: tuple[str, ...] | None = None
    side_effects: SideEffects | None = None
    optimizer_steps: int | None = None
    recorded: tuple[Mapping[str, Any], ...] | None = None
    attributes: Mapping[str, Any] | None = None
    initial_epoch: int | None = None
    initial_batch: int | None = None

    @property
    def epochs_run(self) -> int:
        return len(self.epochs)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """The constructor refused the configuration. `callback`: that of which of several."""

    type: str
    message: str
    callback: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackInTrace:
    """What was seen of one of several callbacks outside of fits; the fields are those of `Trace`."""

    warned: tuple[str, ...] | None = None
    side_effects: SideEffects | None = None
    internal: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """What a scenario did. `warned`, `side_effects`: at construction. `internal`: optional state by name, one list of values per
    fit, or a text on the whole."""

    fits: tuple[FitTrace, ...] = ()
    rejected: Rejected | None = None
    warned: tuple[str, ...] | None = None
    side_effects: SideEffects | None = None
    internal: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    callbacks: tuple[CallbackInTrace, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotExpressible:
    """The implementation has no such parameter or cannot be fed this input."""

    parameter: str


NO_SUCH_CALLBACK = NotExpressible(parameter="callback")
"""Of an implementation that does not have the callback."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """There is no trace: kind is one of FAILED."""

    kind: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Invalid:
    """The input line is not a scenario."""

    field: str
    message: str


Result = Trace | NotExpressible | Failed | Invalid


# ---------------------------------------------------------------------------------------------- the fields of the records


_BY_FIT = ListOf(ListOf(STATE))
INTERNAL: MapOf[Any] = MapOf(
    Kind(
        lambda value: value if isinstance(value, str) else _BY_FIT.read(value),
        lambda value: value if isinstance(value, str) else _BY_FIT.write(value),
    )
)
"""Values by fit and epoch, or a text on the whole, such as the name of the implementation."""
ROWS = ListOf(CELLS)
NAMES = ListOf(TEXT)
WARNINGS = ListOf(choice(*WARNED))
LINES = ListOf(choice(*PRINTED))


def _attribute_from_json(value: Any) -> Any:
    return WEIGHTS.read(value) if isinstance(value, dict) and "weights_of_epoch" in value else CELL.read(value)


def _attribute_to_json(value: Any) -> Any:
    return WEIGHTS.write(value) if isinstance(value, Weights) else CELL.write(value)


ATTRIBUTE = Kind(
    _attribute_from_json, _attribute_to_json,
    lambda a, b: a is b or repr(_attribute_to_json(a)) == repr(_attribute_to_json(b)),
)  # fmt: skip
ATTRIBUTES = MapOf(ATTRIBUTE)

SAVE = Table(
    Save,
    Field("path", TEXT),
    weights_seen(),
    Field("batch", INDEX),
    Field("content", choice(*CONTENTS)),
    Field("optimizer_steps", INDEX, observed=True),
)


def _done() -> tuple[Field, ...]:
    """What a callback did in an epoch."""
    return (
        Field("saved", ListOf(SAVE), observed=True),
        Field("warned", WARNINGS, observed=True),
        Field("printed", LINES, observed=True),
        Field("logged", LOGS, observed=True),
    )


def _touched() -> tuple[Field, ...]:
    """What was done to the keys of the logs that were given."""
    return Field("changed", NAMES, observed=True), Field("removed", NAMES, observed=True)


def _hooks(name: str) -> Field:
    return Field(name, ListOf(choice(*HOOKS)), observed=True)


def _beside() -> tuple[Field, ...]:
    """What was done beside the work, by the hooks that did it, and what can be counted of the work itself."""
    return _hooks("weights_set"), _side_effects(), Field("counts", MapOf(INDEX), observed=True)


def _side_effects() -> Field:
    return Field("side_effects", MapOf(ListOf(choice(*HOOKS, CONSTRUCTOR))), observed=True)


def _at_end() -> tuple[Field, ...]:
    """What a callback holds when a fit has ended. `difference` compares attributes by itself."""
    return Field("recorded", ROWS, observed=True), Field("attributes", ATTRIBUTES, compared=False)


EPOCH_TRACE = Table(
    EpochTrace,
    Field("stop", BOOLEAN, observed=True),
    Field("learning_rate", RATE, observed=True),
    Field("learning_rate_in_epoch", RATE, observed=True),
    *_done(),
    Field("callbacks", ListOf(Table(CallbackInEpoch, *_done(), *_touched(), *_beside())), observed=True),
    *_touched(),
    Field(
        "batches",
        ListOf(
            Table(
                BatchTrace,
                Field("batch", INDEX),
                Field("logged", LOGS, observed=True),
                *_touched(),
                Field("callback", INDEX),
            )
        ),
        observed=True,
    ),
    Field("files", NAMES, observed=True),
    Field("gone", NAMES, observed=True),
    *_beside(),
    Field("held", MapOf(SEEN), observed=True),
)
RAISED = Table(
    Raised,
    Field("type", TEXT),
    Field("message", TEXT, compared=False),
    Field("fit", INDEX),
    Field("epoch", nullable(INTEGER), required=True),
    Field("hook", choice(*HOOKS)),
    Field("batch", INDEX),
    Field("callback", INDEX),
    Field("by", choice("other")),
)
FIT_TRACE = Table(
    FitTrace,
    Field("epochs", ListOf(EPOCH_TRACE)),
    Field("epochs_run", INDEX),
    weights_seen(),
    Field("printed", LINES, observed=True),
    Field("warned", WARNINGS, observed=True),
    Field(
        "callbacks",
        ListOf(
            Table(
                CallbackInFit,
                Field("printed", LINES, observed=True),
                Field("warned", WARNINGS, observed=True),
                _side_effects(),
                *_at_end(),
            )
        ),
        observed=True,
    ),
    Field("weights_at_begin", WEIGHTS, observed=True),
    Field("files", NAMES, observed=True),
    Field("gone", NAMES, observed=True),
    _side_effects(),
    Field("optimizer_steps", INDEX, observed=True),
    *_at_end(),
    Field("initial_epoch", INTEGER),
    Field("initial_batch", INDEX),
    Field("error", nullable(RAISED), required=True),
)
REJECTED = Table(
    Rejected, Field("type", TEXT), Field("message", TEXT, compared=False), Field("callback", INDEX)
)  # fmt: skip


def _said() -> tuple[Field, ...]:
    return Field("warned", WARNINGS, observed=True), _side_effects(), Field("internal", INTERNAL, compared=False)


TRACE = Table(
    Trace,
    Field("rejected", nullable(REJECTED), required=True),
    Field("warned", WARNINGS, observed=True),
    _side_effects(),
    Field("callbacks", ListOf(Table(CallbackInTrace, *_said())), observed=True),
    Field("fits", ListOf(FIT_TRACE), required=True),
    Field("internal", INTERNAL, compared=False),
    open=True,
)
REASONS: dict[str, Table[Any]] = {
    "not_expressible": Table(NotExpressible, Field("parameter", TEXT)),
    "failed": Table(Failed, Field("kind", choice(*FAILED)), Field("message", TEXT, compared=False)),
    "invalid": Table(Invalid, Field("field", TEXT), Field("message", TEXT, compared=False)),
}
"""What stands in place of a trace, by the one field of such a result."""
REASON_OF = {table.record: name for name, table in REASONS.items()}


# ---------------------------------------------------------------------------------------------- JSON


def to_json(result: Result) -> dict[str, Any]:
    """A result as JSON data, in the form that `callcheck trace --json` prints."""
    if isinstance(result, Trace):
        return TRACE.write(result)
    reason = REASON_OF[type(result)]
    return {reason: REASONS[reason].write(result)}


def from_json(data: Any) -> Result:
    """The result that JSON data describes. Raises InvalidScenario, which names the field, for what is none."""
    for name, table in REASONS.items():
        if isinstance(data, dict) and name in data:
            try:
                reason: Result = table.read(data[name])
                return reason
            except InvalidScenario as error:
                raise error.within(name) from None
    return TRACE.read(data)
