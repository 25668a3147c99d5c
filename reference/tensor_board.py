"""TensorBoard: it writes scalars for every epoch, every evaluation and, with `update_freq`, batches.

Rules
1. There are two runs, each with a file in a folder of `log_dir`: train and validation. That of train is begun with every fit,
   that of validation with its first evaluation.
2. An epoch that logs anything: each metric is written under `epoch_NAME`, at the epoch's index, those of the validation to their
   run and without val_. The learning rate comes behind those of train (choice `tensor-board/learning-rate`), and the steps per
   second.
3. An evaluation: each metric as `evaluation_NAME_vs_iterations`, at the number of steps that the optimizer has made. Several in
   one count none before Keras 3.15: then nothing is written. The file is begun when the first evaluation begins.
4. `update_freq` is a number of batches: every so many a batch's metrics are written under `batch_NAME`, at its number. How they
   are counted is a choice, and whether they wait for their turn (`tensor-board/batches`); whether between two turns epochs and
   evaluations leave anything is `tensor-board/epochs`.
5. A value is stored as float32. What has dimensions raises ValueError, and so do None and a number beyond the range of float32;
   in a batch also where nothing is written.
6. What is written goes to the file when the writer is left: at the end of an epoch, of an evaluation and of a fit, and before the
   next batch where epochs wait for a turn; or eleven at a time. The scalars of a batch that are left when an exception ends the
   fit are lost.
"""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from callcheck.spec.callbacks import TensorBoard as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import existing_files
from callcheck.spec.numbers import FLOAT32_SMALLEST_NORMAL, float32, unsigned_zero
from callcheck.spec.values import ArrayNumber, Value

from .machine import NOTHING, Effect, Event, Machine, Reason, Unpredictable, Write

BEGUN = Reason("tensor-board/runs/begin-with-the-fit", "A fit begins: the file of the run train is begun.")
EPOCH = Reason("tensor-board/epochs/every-metric-at-the-index", "The scalars of epoch index {epoch} are written.")
NO_EPOCH = Reason(
    "tensor-board/epochs", "Epoch index {epoch} ends between two turns of update_freq={update_freq}: no scalars."
)
BATCH = Reason("tensor-board/update-freq/batches-at-every-turn", "It is the turn of a batch: its scalars are written.")
EVALUATION = Reason("tensor-board/evaluations/at-the-steps", "The scalars of the evaluation are written.")
NO_EVALUATION = Reason(
    "tensor-board/epochs", "The evaluation ends between two turns of update_freq={update_freq}: no scalars."
)
TRAIN, VALIDATION = "train", "validation"
EVENTS = "events.out.tfevents"
OLDER = frozenset({"write_grads", "batch_size", "embeddings_layer_names", "embeddings_data"})
NOT_LOOKED_AT = ("histogram_freq", "profile_batch", "embeddings_freq")
QUEUED = 10
"""Scalars that a writer of TensorFlow's keeps to itself, by default."""
SPEED = "steps_per_second"


class State(NamedTuple):
    """`calls`: of the batch hook in this fit; `evaluations`: the batches of all evaluations; `pending`: what is written to the
    run train, and not yet in the file. `used`: in a fit; `running`: in one that has not come to its end."""

    calls: int = 0
    evaluations: int = 0
    pending: tuple[str, ...] = ()
    used: bool = False
    running: bool = False


class _Run:
    """One of the two, while something is written to it."""

    def __init__(self, machine: "TensorBoard", name: str, effects: list[Effect], pending: tuple[str, ...] = ()) -> None:
        self.name = name
        self.path = f"{machine.config.log_dir}/{name}/{EVENTS}"
        self.effects = effects
        self.pending = pending

    def begin(self) -> None:
        self.effects.append(Write(self.path, append=True))

    def write(self, scalars: Iterable[tuple[str, Value]], step: int, written: bool, speed: str | None = None) -> None:
        """Rule 5. `speed`: the tag whose value is another one every time. Raises ValueError."""
        for tag, value in scalars:
            row = {"run": self.name, "tag": tag, "step": step}
            if tag != speed:
                row["value"] = stored(value)
            if written:
                self.pending += (json.dumps(row) + "\n",)
                if len(self.pending) > QUEUED:
                    self.flush()

    def write_all(self, *arguments: Any) -> None:
        """The same, and what was written goes to the file, even if one of them raises."""
        try:
            self.write(*arguments)
        finally:
            self.flush()

    def flush(self) -> None:
        """Rule 6."""
        if self.pending:
            self.effects.append(Write(self.path, "".join(self.pending), append=True))
        self.pending = ()


class TensorBoard(Machine):
    initial = State()

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        signature = dialect["tensor-board/arguments"]
        self.config: Configuration = bind("TensorBoard", config, signature)
        unknown = config.keys() - Configuration.__dataclass_fields__.keys() - OLDER
        if unknown:
            raise ValueError(f"unrecognized arguments: {', '.join(sorted(unknown))}")
        self.warned = ("other",) * sum(bool(config.get(name)) for name in OLDER)
        given = self.config.update_freq
        self.frequency = None if given == "epoch" else 1 if given == "batch" else given
        self.epochs = dialect["tensor-board/epochs"]
        self.step = dialect["tensor-board/batch-step"]
        self.batches = dialect["tensor-board/batches"]
        self.writes_rate = dialect["tensor-board/learning-rate"] == "the-optimizers"

    # ---------------------------------------------------------------------------------- hooks

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        self.check(event)
        _Run(self, TRAIN, effects).begin()
        return State(evaluations=0 if self.epochs == "every" else state.evaluations, used=True, running=True), BEGUN

    def batch_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        run = _Run(self, TRAIN, effects, state.pending)
        if self.epochs == "at-a-turn":
            run.flush()
        return state._replace(calls=state.calls + 1, pending=run.pending), NOTHING

    def batch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        number = event.trained if self.step == "batches" else state.calls
        step = 0 if self.step == "zero" else number
        turn = self.frequency is not None and (self.batches == "every" or self.is_turn(number))
        run = _Run(self, TRAIN, effects, state.pending)
        if self.config.write_steps_per_second:
            run.write([(f"batch_{SPEED}", 0.0)], step, turn, f"batch_{SPEED}")
        speed = f"batch_{SPEED}" if self.config.write_steps_per_second else None
        if self.batches != "none":
            run.write(((f"batch_{name}", value) for name, value in event.logs.items()), step, turn, speed)
        return state._replace(pending=run.pending), BATCH if turn and (self.batches != "none" or speed) else NOTHING

    def test_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        _Run(self, VALIDATION, effects).begin()
        return state._replace(evaluations=state.evaluations + 1), NOTHING

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if event.rate is None:
            return state, NOTHING
        before = 1 if self.epochs == "evaluations-at-a-turn" else 0
        written = self.epochs == "every" or self.is_turn(state.evaluations - before)
        run = _Run(self, VALIDATION, effects)
        scalars = ((f"evaluation_{name}_vs_iterations", value) for name, value in event.logs.items())
        run.write_all(scalars, event.steps, written)
        return state, EVALUATION if written else NO_EVALUATION

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not event.logs:
            return state, NOTHING
        written = self.epochs != "at-a-turn" or self.is_turn(state.calls)
        speed = f"epoch_{SPEED}" if self.config.write_steps_per_second else None
        train = self.with_rate(
            {name: _plain(name, value) for name, value in event.logs.items() if not name.startswith("val_")}, event
        )
        if speed:
            train[SPEED] = 0.0
        run = _Run(self, TRAIN, effects, state.pending)
        if train:
            run.write_all(((f"epoch_{name}", value) for name, value in train.items()), event.epoch, written, speed)
        validated = {name[4:]: value for name, value in event.logs.items() if name.startswith("val_")}
        other = _Run(self, VALIDATION, effects)
        if validated:
            other.begin()
        other.write_all(((f"epoch_{name}", value) for name, value in validated.items()), event.epoch, written, speed)
        return state._replace(pending=run.pending), EPOCH if written else NO_EPOCH

    def fit_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        _Run(self, TRAIN, effects, state.pending).flush()
        return state._replace(pending=(), running=False), NOTHING

    # ---------------------------------------------------------------------------------- what is written

    def is_turn(self, number: int) -> bool:
        """Rule 4; where there are no turns, every time is one."""
        return self.frequency is None or number % self.frequency == 0

    def with_rate(self, logs: dict[str, Value], event: Event) -> dict[str, Value]:
        """Rule 2."""
        if not self.writes_rate or event.rate is None:
            return logs
        if isinstance(event.rate, Mapping):
            return {**logs, **{f"learning_rate_{name}": rate for name, rate in event.rate.items()}}
        return {**logs, "learning_rate": float(event.rate)}

    def check(self, event: Event) -> None:
        """Raises Unpredictable for what is not predicted."""
        for name in NOT_LOOKED_AT:
            if getattr(self.config, name):
                raise Unpredictable(name)
        if self.frequency is not None and (type(self.frequency) is not int or self.frequency < 1):
            raise Unpredictable("update_freq")
        if isinstance(event.rate, Mapping) and not self.writes_rate:
            raise Unpredictable("learning_rate")
        if event.rate is None and self.config.write_steps_per_second:
            raise Unpredictable("write_steps_per_second")  # of steps that nobody counts
        if event.keeps_average:
            raise Unpredictable("use_ema")
        places = [PurePosixPath(_Run(self, name, []).path) for name in (TRAIN, VALIDATION)]
        if any(not existing_files(self.existing).isdisjoint((place, *place.parents)) for place in places):
            raise Unpredictable("existing")

    # ---------------------------------------------------------------------------------- the instance, and what is read

    def replaced(self, state: State) -> None:
        if state.running and self.frequency is not None:
            # When it is collected as garbage, its writer is left at last, and writes what it still has.
            raise Unpredictable("instances")

    def pickled(self, state: State) -> None:
        if state.used:
            raise Unpredictable("instances")

    copied = pickled

    def recorded(
        self, state: State, texts: Mapping[str, str], backups: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], ...]:
        files = (texts.get(_Run(self, name, []).path, "") for name in (TRAIN, VALIDATION))
        return tuple(json.loads(line) for text in files for line in text.splitlines())


def _plain(name: str, value: Value) -> Value:
    """A rate that another callback has logged as a number of NumPy's is stored as it is: it is no array."""
    return float(value) if name == "lr" and isinstance(value, ArrayNumber) else value


def stored(value: Value) -> float:
    """A metric's value as it is read again (rule 5): float32, and a zero has no sign. Raises ValueError."""
    if value is None or isinstance(value, tuple):
        raise ValueError(f"expected a number, got {value}")
    rounded = float32(float(value))
    if isinstance(value, ArrayNumber):
        # TensorFlow converts it, to which subnormals are zero.
        return unsigned_zero(rounded if abs(rounded) >= FLOAT32_SMALLEST_NORMAL or math.isnan(rounded) else 0.0)
    if math.isinf(rounded) and math.isfinite(value):
        raise ValueError(f"{value!r} is out of the range of float32")
    return unsigned_zero(rounded)
