"""The callbacks: one record each, which says its parameters, what it may do, and how its clauses and choices are called.

Parameter names and defaults are Keras 3.15's; what another release's constructor takes is a `Signature` of its own, a value of
the choice `<prefix>/arguments`. `bind` turns a scenario's `config` into a record with the defaults filled in, as calling the
constructor would: an argument that a signature does not have leaves the default, which stands for what that release does.
It does not judge values: a machine validates as Keras validates, so `patience="2"` is bound, and fails where Keras fails.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any

FLOAT_PARAMETERS = frozenset({"min_delta", "baseline", "factor", "min_lr", "initial_value_threshold"})
"""The parameters that are float64 even where written `1`. All others keep the type that JSON gives them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlyStopping:
    """Source: https://keras.io/api/callbacks/early_stopping/. `patience` and `start_from_epoch` are in epochs."""

    monitor: Any = "val_loss"
    min_delta: Any = 0.0
    patience: Any = 0
    verbose: Any = 0
    mode: Any = "auto"
    baseline: Any = None
    restore_best_weights: Any = False
    start_from_epoch: Any = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReduceLROnPlateau:
    """Source: https://keras.io/api/callbacks/reduce_lr_on_plateau/. `patience` and `cooldown` are in epochs.

    `epsilon`, of older releases: what is `min_delta` now.
    """

    monitor: Any = "val_loss"
    factor: Any = 0.1
    patience: Any = 10
    verbose: Any = 0
    mode: Any = "auto"
    min_delta: Any = 1e-4
    cooldown: Any = 0
    min_lr: Any = 0.0
    epsilon: Any = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCheckpoint:
    """Source: https://keras.io/api/callbacks/model_checkpoint/. `save_freq` is "epoch" or a number of batches.

    `period`, of older releases: every how many epochs.
    """

    filepath: Any
    monitor: Any = "val_loss"
    verbose: Any = 0
    save_best_only: Any = False
    save_weights_only: Any = False
    mode: Any = "auto"
    save_freq: Any = "epoch"
    initial_value_threshold: Any = None
    period: Any = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningRateScheduler:
    """Source: https://keras.io/api/callbacks/learning_rate_scheduler/. `schedule` is a scenario's description of one."""

    schedule: Any
    verbose: Any = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TerminateOnNaN:
    """Source: https://keras.io/api/callbacks/terminate_on_nan/."""

    raise_error: Any = False


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Source: https://keras.io/api/callbacks/history/. It has no parameters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CSVLogger:
    """Source: https://keras.io/api/callbacks/csv_logger/."""

    filename: Any
    separator: Any = ","
    append: Any = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BackupAndRestore:
    """Source: https://keras.io/api/callbacks/backup_and_restore/. `save_freq` is "epoch" or a number of batches.

    `save_before_preemption`, of older releases: for clusters whose machines are taken away.
    """

    backup_dir: Any
    save_freq: Any = "epoch"
    double_checkpoint: Any = False
    delete_checkpoint: Any = True
    save_before_preemption: Any = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SwapEMAWeights:
    """Source: https://keras.io/api/callbacks/swap_ema_weights/."""

    swap_on_epoch: Any = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorBoard:
    """Source: https://keras.io/api/callbacks/tensorboard/. `update_freq` is "epoch", "batch" or a number of batches.

    What it records beside scalars is not looked at: `histogram_freq`, `profile_batch` and `embeddings_freq` above 0 are not
    predicted.
    """

    log_dir: Any = "logs"
    histogram_freq: Any = 0
    write_graph: Any = True
    write_images: Any = False
    write_steps_per_second: Any = False
    update_freq: Any = "epoch"
    profile_batch: Any = 0
    embeddings_freq: Any = 0
    embeddings_metadata: Any = None


Configuration = (
    EarlyStopping
    | ReduceLROnPlateau
    | ModelCheckpoint
    | LearningRateScheduler
    | TerminateOnNaN
    | History
    | CSVLogger
    | BackupAndRestore
    | SwapEMAWeights
    | TensorBoard
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What a constructor takes. `says`: the same in a sentence. `but`: the fields of the configuration that are no parameters.
    `swallows`: unknown arguments are accepted without a word; elsewhere they raise TypeError. `missing`: there is no such
    callback, or as good as none, because it was not `looked_at` what it does there."""

    says: str
    but: frozenset[str] = frozenset()
    swallows: bool = False
    missing: bool = False
    looked_at: bool = True


@cache
def _parameters(callback: str, signature: str | None) -> tuple[str, ...]:
    record = CALLBACKS[callback]
    taken = record.signatures[signature or next(iter(record.signatures))]
    return tuple(field.name for field in fields(record.configuration) if field.name not in taken.but)


@cache
def _taking(callback: str, names: frozenset[str]) -> frozenset[str]:
    return frozenset(each for each in CALLBACKS[callback].signatures if names <= set(_parameters(callback, each)))


@cache
def _missing(callback: str) -> frozenset[str]:
    return frozenset(name for name, each in CALLBACKS[callback].signatures.items() if each.missing)


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """`signatures`: by name, Keras 3.15's first. `prefix`: with which the ids of its clauses and choices begin, and, with
    underscores, how its modules are called. `jobs`: the fields of a trace that it may set; no callback reaches beyond its job.
    `own_attributes`: the public ones that its hooks set and people read, beside those of all (`SHARED_ATTRIBUTES`)."""

    configuration: type[Configuration]
    signatures: Mapping[str, Signature]
    prefix: str
    jobs: frozenset[str]
    own_attributes: tuple[str, ...] = ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The public attributes that are looked at when a fit has ended."""
        return (*self.own_attributes, *SHARED_ATTRIBUTES)

    @property
    def name(self) -> str:
        """The name that a scenario uses."""
        return self.configuration.__name__

    @property
    def module(self) -> str:
        """The name of its modules and folders."""
        return self.prefix.replace("-", "_")

    def parameters(self, signature: str | None = None) -> tuple[str, ...]:
        """The names of the parameters in a signature: Keras 3.15's, or the one of that name."""
        return _parameters(self.name, signature)

    @property
    def missing(self) -> frozenset[str]:
        """The signatures with which there is no such callback."""
        return _missing(self.name)

    def taking(self, names: frozenset[str]) -> frozenset[str]:
        """The signatures that have all these parameters."""
        return _taking(self.name, names)


SHARED_ATTRIBUTES = ("model", "params.epochs")
"""What every callback has of the loop: the model that is trained, and the parameters of the fit, of which one is read."""
AS_OBJECTS = ("best_weights", "model", "model.history", "csv_file.closed")
"""Attributes that are no data: of weights it is told whose they are, of a file whether it is closed, and of the others whether it
is the one that has to be there."""


CALLBACKS: dict[str, Callback] = {
    callback.name: callback
    for callback in (
        Callback(
            configuration=EarlyStopping,
            signatures={
                "start-from-epoch": Signature(says="Those of Keras 3.15; an unknown one raises TypeError."),
                "restore-best-weights": Signature(
                    says="Those of Keras 3.15 but start_from_epoch; an unknown one raises TypeError.",
                    but=frozenset({"start_from_epoch"}),
                ),
                "baseline": Signature(
                    says="Those of Keras 3.15 but restore_best_weights and start_from_epoch; an unknown one raises TypeError.",
                    but=frozenset({"restore_best_weights", "start_from_epoch"}),
                ),
                "min-delta": Signature(
                    says="monitor, min_delta, patience, verbose and mode; an unknown one raises TypeError.",
                    but=frozenset({"baseline", "restore_best_weights", "start_from_epoch"}),
                ),
                "patience": Signature(
                    says="monitor, patience, verbose and mode; an unknown one raises TypeError.",
                    but=frozenset({"min_delta", "baseline", "restore_best_weights", "start_from_epoch"}),
                ),
            },
            prefix="early-stopping",
            jobs=frozenset({"stop", "weights"}),
            own_attributes=("wait", "best", "stopped_epoch", "best_epoch", "best_weights"),
        ),
        Callback(
            configuration=ReduceLROnPlateau,
            signatures={
                "any": Signature(
                    says="All; an unknown one is accepted without a word.", but=frozenset({"epsilon"}), swallows=True
                ),
                "epsilon": Signature(
                    says="Those of Keras 3.15, of which min_delta is called epsilon; an unknown one raises TypeError.",
                    but=frozenset({"min_delta"}),
                ),
                "no-such-callback": Signature(says="There is no such callback.", missing=True),
            },
            prefix="reduce-lr-on-plateau",
            jobs=frozenset({"learning_rate"}),
            own_attributes=("wait", "best", "cooldown_counter"),
        ),
        Callback(
            configuration=ModelCheckpoint,
            signatures={
                "save-freq": Signature(
                    says="Those of Keras 3.15; an unknown one raises TypeError.", but=frozenset({"period"})
                ),
                "save-freq-and-keywords": Signature(
                    says='Those of Keras 3.15; period, which with save_freq="epoch" saves every period-th epoch, with a warning; '
                    "options and load_weights_on_restart, of TensorFlow's own; any other is accepted, and does nothing.",
                    swallows=True,
                ),
                "save-freq-and-keywords-but-threshold": Signature(
                    says='Those of Keras 3.15 but initial_value_threshold; period, which with save_freq="epoch" saves every '
                    "period-th epoch, with a warning; load_weights_on_restart and, since TensorFlow 2.3, options, of "
                    "TensorFlow's own; any other is accepted, and does nothing: initial_value_threshold too.",
                    but=frozenset({"initial_value_threshold"}),
                    swallows=True,
                ),
                "save-freq-and-restart": Signature(
                    says="Those of Keras 3.15 but initial_value_threshold; load_weights_on_restart; period, which with "
                    'save_freq="epoch" saves every period-th epoch, with a warning; any other is accepted, and does nothing.',
                    but=frozenset({"initial_value_threshold"}),
                    swallows=True,
                ),
                "period": Signature(
                    says="Those of Keras 3.15 but save_freq and initial_value_threshold, and period, which saves every "
                    "period-th epoch; an unknown one raises TypeError.",
                    but=frozenset({"save_freq", "initial_value_threshold"}),
                ),
                "save-weights-only": Signature(
                    says="Those of Keras 3.15 but save_freq and initial_value_threshold; an unknown one raises TypeError.",
                    but=frozenset({"save_freq", "initial_value_threshold", "period"}),
                ),
                "weights-alone": Signature(
                    says="filepath, monitor, verbose, save_best_only and mode; an unknown one raises TypeError. The weights "
                    "alone are saved.",
                    but=frozenset({"save_weights_only", "save_freq", "initial_value_threshold", "period"}),
                ),
            },
            prefix="model-checkpoint",
            jobs=frozenset({"saved"}),
            own_attributes=("best",),
        ),
        Callback(
            configuration=LearningRateScheduler,
            signatures={
                "verbose": Signature(says="Those of Keras 3.15; an unknown one raises TypeError."),
                "schedule": Signature(
                    says="The schedule alone; an unknown one raises TypeError.", but=frozenset({"verbose"})
                ),
            },
            prefix="learning-rate-scheduler",
            jobs=frozenset({"learning_rate"}),
        ),
        Callback(
            configuration=TerminateOnNaN,
            signatures={
                "raise-error": Signature(says="raise_error, which raises RuntimeError in place of stopping."),
                "none": Signature(says="None: raise_error raises TypeError.", but=frozenset({"raise_error"})),
                "no-such-callback": Signature(says="There is no such callback.", missing=True),
            },
            prefix="terminate-on-nan",
            jobs=frozenset({"stop"}),
        ),
        Callback(
            configuration=History,
            signatures={"none": Signature(says="None: any argument raises TypeError.")},
            prefix="history",
            jobs=frozenset({"recorded"}),
            own_attributes=("model.history",),
        ),
        Callback(
            configuration=CSVLogger,
            signatures={
                "any": Signature(says="Those of Keras 3.15; an unknown one raises TypeError."),
                "no-such-callback": Signature(says="There is no such callback.", missing=True),
            },
            prefix="csv-logger",
            jobs=frozenset({"recorded", "files"}),
            own_attributes=("csv_file.closed",),
        ),
        Callback(
            configuration=BackupAndRestore,
            signatures={
                "double-checkpoint": Signature(
                    says="Those of Keras 3.15; an unknown one raises TypeError.",
                    but=frozenset({"save_before_preemption"}),
                ),
                "delete-checkpoint": Signature(
                    says="backup_dir, save_freq and delete_checkpoint; an unknown one raises TypeError.",
                    but=frozenset({"double_checkpoint", "save_before_preemption"}),
                ),
                "save-before-preemption": Signature(
                    says="backup_dir, save_freq, delete_checkpoint, and save_before_preemption, for clusters whose machines "
                    "are taken away; an unknown one raises TypeError.",
                    but=frozenset({"double_checkpoint"}),
                ),
                "backup-dir": Signature(
                    says="backup_dir alone; an unknown one raises TypeError.",
                    but=frozenset({"save_freq", "double_checkpoint", "delete_checkpoint", "save_before_preemption"}),
                ),
                "no-such-callback": Signature(says="There is none that is not experimental.", missing=True),
            },
            prefix="backup-and-restore",
            jobs=frozenset({"saved", "recorded", "files", "restored"}),
        ),
        Callback(
            configuration=SwapEMAWeights,
            signatures={
                "swap-on-epoch": Signature(says="Those of Keras 3.15; an unknown one raises TypeError."),
                "no-such-callback": Signature(says="There is no such callback.", missing=True),
            },
            prefix="swap-ema-weights",
            jobs=frozenset({"averages"}),
        ),
        Callback(
            configuration=TensorBoard,
            signatures={
                "embeddings-metadata": Signature(says="Those of Keras 3.15; an unknown one raises TypeError."),
                "and-older-ones": Signature(
                    says="Those of Keras 3.15, and write_grads, batch_size, embeddings_layer_names and embeddings_data of older "
                    "releases, which do nothing but warn; any other raises ValueError.",
                    swallows=True,
                ),
                "not-looked-at": Signature(says="What it does there was not looked at.", missing=True, looked_at=False),
            },
            prefix="tensor-board",
            jobs=frozenset({"recorded", "files"}),
        ),
    )
}
"""The callbacks, by the name that a scenario uses."""
TRAINING = "training"
"""In place of a callback's name: what several callbacks do together, and what becomes of one when training is resumed or
interrupted, or somebody else touches it."""


def with_job(job: str) -> tuple[str, ...]:
    """The names of the callbacks that may set this field of a trace."""
    return tuple(name for name, callback in CALLBACKS.items() if job in callback.jobs)


def parameters(callback: str) -> tuple[str, ...]:
    """The names of the callback's parameters."""
    return CALLBACKS[callback].parameters()


@cache
def defaults(callback: str) -> Mapping[str, Any]:
    """The default of every parameter that has one."""
    return MappingProxyType(
        {
            field.name: field.default
            for field in fields(CALLBACKS[callback].configuration)
            if field.default is not MISSING and field.name in parameters(callback)
        }
    )


def bind(callback: str, config: Mapping[str, Any], signature: str | None = None) -> Any:
    """The configuration with its defaults. Raises TypeError for a missing or an unknown parameter, as a call does."""
    record = CALLBACKS[callback]
    known = record.parameters(signature)
    if config.keys() <= set(known):
        return record.configuration(**config)
    if not record.signatures[signature or next(iter(record.signatures))].swallows:
        unknown = next(name for name in config if name not in known)
        raise TypeError(f"{callback} got an unexpected keyword argument {unknown!r}")
    return record.configuration(**{name: value for name, value in config.items() if name in known})
