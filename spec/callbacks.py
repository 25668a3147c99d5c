"""The callbacks: one record each, which says its parameters, what it may do, and how its clauses and choices are called.

Parameter names and defaults are Keras 3.15's. `bind` turns a scenario's `config` into a record with the defaults filled in,
as calling the constructor would. It does not judge values: a machine validates as Keras validates, so `patience="2"` is bound,
and fails where Keras fails.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
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
    """Source: https://keras.io/api/callbacks/reduce_lr_on_plateau/. `patience` and `cooldown` are in epochs."""

    monitor: Any = "val_loss"
    factor: Any = 0.1
    patience: Any = 10
    verbose: Any = 0
    mode: Any = "auto"
    min_delta: Any = 1e-4
    cooldown: Any = 0
    min_lr: Any = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCheckpoint:
    """Source: https://keras.io/api/callbacks/model_checkpoint/. `save_freq` is "epoch" or a number of batches."""

    filepath: Any
    monitor: Any = "val_loss"
    verbose: Any = 0
    save_best_only: Any = False
    save_weights_only: Any = False
    mode: Any = "auto"
    save_freq: Any = "epoch"
    initial_value_threshold: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningRateScheduler:
    """Source: https://keras.io/api/callbacks/learning_rate_scheduler/. `schedule` is a scenario's description of one."""

    schedule: Any
    verbose: Any = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TerminateOnNaN:
    """Source: https://keras.io/api/callbacks/terminate_on_nan/."""

    raise_error: Any = False


Configuration = EarlyStopping | ReduceLROnPlateau | ModelCheckpoint | LearningRateScheduler | TerminateOnNaN


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """`prefix`: with which the ids of its clauses and choices begin, and, with underscores, how its modules are called.
    `jobs`: the fields of a trace that it may set; no callback reaches beyond its job."""

    configuration: type[Configuration]
    prefix: str
    jobs: frozenset[str]

    @property
    def name(self) -> str:
        """The name that a scenario uses."""
        return self.configuration.__name__

    @property
    def module(self) -> str:
        """The name of its modules and folders."""
        return self.prefix.replace("-", "_")


CALLBACKS: dict[str, Callback] = {
    callback.name: callback
    for callback in (
        Callback(configuration=EarlyStopping, prefix="early-stopping", jobs=frozenset({"stop", "weights"})),
        Callback(configuration=ReduceLROnPlateau, prefix="reduce-lr-on-plateau", jobs=frozenset({"learning_rate"})),
        Callback(configuration=ModelCheckpoint, prefix="model-checkpoint", jobs=frozenset({"saved"})),
        Callback(
            configuration=LearningRateScheduler, prefix="learning-rate-scheduler", jobs=frozenset({"learning_rate"})
        ),
        Callback(configuration=TerminateOnNaN, prefix="terminate-on-nan", jobs=frozenset({"stop"})),
    )
}
"""The callbacks, by the name that a scenario uses."""


def with_job(job: str) -> tuple[str, ...]:
    """The names of the callbacks that may set this field of a trace."""
    return tuple(name for name, callback in CALLBACKS.items() if job in callback.jobs)


def parameters(callback: str) -> tuple[str, ...]:
    """The names of the callback's parameters."""
    return tuple(field.name for field in fields(CALLBACKS[callback].configuration))


def defaults(callback: str) -> dict[str, Any]:
    """The default of every parameter that has one."""
    return {
        field.name: field.default for field in fields(CALLBACKS[callback].configuration) if field.default is not MISSING
    }


def bind(callback: str, config: Mapping[str, Any]) -> Configuration:
    """The configuration with its defaults. Raises TypeError for a missing or an unknown parameter, as a call does."""
    return CALLBACKS[callback].configuration(**config)
