"""What all machines are made of: events, effects, reasons, and a machine that does nothing.

A machine is made from a configuration and a dialect. It has pure transitions

    hook(state, event, effects) -> (state, reason)

one per hook. A transition reads the state and the event, appends what it does to the list `effects`, and returns the next
state and why. It keeps nothing and touches nothing else. An exception that it raises is one that the callback raises:
Python's own semantics decide (a patience of "2" fails where it is compared), and the effects appended before it count.

States, events and effects are named tuples: immutable, and cheap enough to make one for every epoch.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from callcheck.spec.metrics import Metric
from callcheck.spec.values import Logs, Rate
from callcheck.spec.weights import Origin

made = tuple.__new__
"""`made(Event, (...))` is `Event(...)` in a quarter of the time, for what is made in every epoch of a long training."""


class Backup(NamedTuple):
    """What a backup says: the epoch with which training goes on, or, with `batch`, the one in which that batch was the last.
    `damaged`: which of its files are cut to nothing, by the name that they have in the latest backup."""

    epoch: int
    batch: int | None = None
    damaged: frozenset[str] = frozenset()


class Event(NamedTuple):
    """What a hook is told. `rate`: the learning rate as stored; `weights`: whose training the model holds; `stop`: the stop flag;
    `texts`: what was written to text files, by path, and is there; `backups`: those that are there, by directory, the latest
    first; `epochs`: the epoch with which fit is told to end, itself not run; `keeps_average`: whether the optimizer does;
    `steps`: how many it has made, in all; `trained`: on how many batches this fit has trained."""

    epoch: int
    batch: int
    logs: Logs
    rate: Rate
    weights: Origin
    metrics: tuple[Metric, ...]
    stop: bool = False
    texts: Mapping[str, str] = {}
    backups: Mapping[str, tuple[Backup, ...]] = {}
    epochs: int = 0
    keeps_average: bool = False
    steps: int = 0
    trained: int = 0


class Stop(NamedTuple):
    """Set the stop flag."""


class SetRate(NamedTuple):
    """Assign the learning rate, or that of each of several optimizers; they store it as float32."""

    rate: Rate


class Save(NamedTuple):
    """Write the model to this path, or its weights only."""

    path: str
    weights_only: bool = False


class Restore(NamedTuple):
    """Put these weights back into the model."""

    weights: Origin


class Warn(NamedTuple):
    kind: str


class Print(NamedTuple):
    kind: str


class Log(NamedTuple):
    """Put a key into the logs that the hook was given."""

    key: str
    value: float


class Unlog(NamedTuple):
    """Remove a key from the logs that the hook was given. No callback of Keras does."""

    key: str


class Write(NamedTuple):
    """Write a text to a file: in place of what is there, or after it."""

    path: str
    text: str = ""
    append: bool = False


class Remove(NamedTuple):
    """Remove a file. No callback of Keras does."""

    path: str


class Call(NamedTuple):
    """Call the function that the callback was given. What it returns is known from the scenario."""


class Leave(NamedTuple):
    """Leave something changed beside the work, under its name in a trace's `side_effects`. No callback of Keras does."""

    name: str


CHECKPOINT = "chief"
"""The folder of backup_dir in which a backup of Keras 2 lies, of files that are TensorFlow's own affair. Nothing else in
backup_dir is looked at there."""


class BackUp(NamedTuple):
    """Keep the model as it is, with its optimizer, in a directory; `keeps_one`: and what was kept there before. `files`: of which
    the directory then consists; None: those of TensorFlow, in `CHECKPOINT`."""

    directory: str
    backup: Backup
    keeps_one: bool = False
    files: tuple[str, ...] | None = None


class GoOn(NamedTuple):
    """Put what was kept in a directory last into the model, and have training begin at `epoch` (None: as fit is told), behind
    its batch `after`. `previous`: what was kept before that, which takes its place."""

    directory: str
    epoch: int | None
    after: int | None = None
    previous: bool = False


class Discard(NamedTuple):
    """Delete what was kept in a directory; `whole`: and everything else in it."""

    directory: str
    whole: bool


class Swap(NamedTuple):
    """Exchange the weights of the model and the optimizer's average of them."""


class Average(NamedTuple):
    """Let the optimizer take the weights that the model holds for its average."""


Effect = (
    Stop
    | SetRate
    | Save
    | Restore
    | Warn
    | Print
    | Log
    | Unlog
    | Write
    | Remove
    | Leave
    | Call
    | BackUp
    | GoOn
    | Discard
    | Swap
    | Average
)


class Reason(NamedTuple):
    """Why a transition did what it did: the clause or the choice that decided, and a sentence.

    `sentence` may name fields of the configuration, the state before (`before_...`) and after, the `epoch`, the monitored
    `value`, the learning rate (`before_rate`, `rate`), and `margin`: " by more than min_delta=...", empty for a min_delta of 0.
    """

    rule: str
    sentence: str


NOTHING = Reason("", "Nothing to decide.")


class Unpredictable(Exception):
    """What the reference does not know, by the name of the field on which it depends. It is nothing that a callback raises."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


HOOKS = (
    "fit_begin", "epoch_begin", "batch_begin", "batch_end", "validation_end", "test_begin", "test_end", "epoch_end", "fit_end",
)  # fmt: skip
"""`validation_end` is that of a validation in the middle of an epoch, `test_begin` and `test_end` are those of the evaluation at
its end."""
IN_TRACE = {
    **dict(zip(HOOKS, HOOKS, strict=True)), "batch_begin": "batch_end",
    **dict.fromkeys(("validation_end", "test_begin", "test_end"), "epoch_end"),
}  # fmt: skip
"""How a trace calls a hook: it has no name of its own for some."""


class Machine:
    """A callback that does nothing, with every hook. `State` is what it remembers; None here."""

    hooks: frozenset[str] = frozenset()
    """The hooks that do something; the others need not be called."""

    def __init_subclass__(cls) -> None:
        cls.hooks = frozenset(hook for hook in HOOKS if getattr(cls, hook) is not getattr(Machine, hook))

    warned: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    """The names of what its constructor leaves changed."""
    """What the constructor warns about."""

    initial: Any = None
    """The state after construction."""

    existing: tuple[str, ...] = ()
    """The scenario's `existing`, for a machine that writes files; the loop sets it."""

    def pickled(self, state: Any) -> None:
        """The instance is pickled, and read again with the same state. Raises what that raises."""

    def replaced(self, state: Any) -> None:
        """Another instance takes its place. Raises Unpredictable where that does something that is not known."""

    def copied(self, state: Any) -> None:
        """The instance is copied deeply, with its state. Raises what that raises."""

    def fit_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def epoch_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def batch_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def batch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def validation_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def test_begin(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def test_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def epoch_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def fit_end(self, state: Any, event: Event, effects: list[Effect]) -> tuple[Any, Reason]:
        return state, NOTHING

    def recorded(
        self, state: Any, texts: Mapping[str, str], backups: Mapping[str, tuple[Backup, ...]]
    ) -> tuple[Mapping[str, Any], ...] | None:
        """What it has written down by the end of a fit, in its state, in one of these files, or as one of these backups; None for
        one that writes nothing down."""
        return None

    def tally(self, calls: int, texts: Mapping[str, str]) -> dict[str, int] | None:
        """What is counted at the end of an epoch, of the calls of its function in it, and in these files; None for nothing."""
        return None

    def attributes(self, state: Any) -> dict[str, Any]:
        """What the callback's own public attributes hold, by the names that Keras uses; weights are an `Origin`."""
        return {}
