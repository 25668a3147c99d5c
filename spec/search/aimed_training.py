"""Scenarios of several callbacks that are aimed at what random ones seldom come to: a stop of somebody else's, a rate that is
monitored, a schedule beside a plateau, a model that is loaded after a reduction, new instances, an error that ends a fit.

Rules
- They are those of `aimed`: each is there because without it some clause is exercised too seldom.
"""

import math
from typing import Any

from hypothesis.strategies import DrawFn

from ..scenario import Configured, Epoch, Fit, Other, Resume
from .aimed import Aim, Aiming
from .drawing import ABSENT, below, chance, config_of, weighted

_NUMBERS = (1.0, 0.75, 0.5, 2.0, 1.5, 0.25)
_MODE = weighted(("min", 2), ("max", 1))
_PATIENCE = weighted((1, 2), (2, 2), (9, 1))
_FACTOR = weighted((0.5, 2), (0.1, 1))
_RATES = weighted((0.5, 2), (0.1, 1), (1.0, 1))
_KEY = weighted(("learning_rate", 3), ("lr", 1))
_VERBOSE = weighted((ABSENT, 2), (1, 1))


def _different(draw: DrawFn, count: int) -> list[float]:
    """Numbers of which no two are the same."""
    rest = list(_NUMBERS)
    return [rest.pop(draw(below(len(rest)))) for _ in range(count)]


def _stopping(draw: DrawFn, **config: Any) -> Configured:
    given = config_of(mode=draw(_MODE), patience=draw(_PATIENCE), verbose=draw(_VERBOSE)) | config
    return Configured(callback="EarlyStopping", config=given)


def _saving(**config: Any) -> Configured:
    return Configured(callback="ModelCheckpoint", config={"filepath": "m-{epoch}.keras", **config})


def _reducing(draw: DrawFn, **config: Any) -> Configured:
    given = {"mode": "min", "patience": 1, "factor": draw(_FACTOR), **config}
    return Configured(callback="ReduceLROnPlateau", config=given)


def _scheduling(draw: DrawFn, epochs: int) -> Configured:
    table = {"table": [draw(_RATES) for _ in range(epochs)]}
    scale = {"scale": draw(weighted((0.5, 1), (1.0, 1)))}
    return Configured(callback="LearningRateScheduler", config={"schedule": table if chance(draw, 65) else scale})


def _in_any_order(draw: DrawFn, *listed: Configured) -> tuple[Configured, ...]:
    return tuple(reversed(listed)) if chance(draw, 50) else listed


def stopped_by_another(draw: DrawFn) -> Aim:
    """The best weights are to come back, and somebody else stops training."""
    early = _stopping(draw, restore_best_weights=True)
    epochs = [Epoch(logs={"val_loss": value}) for value in _different(draw, 3 + draw(below(3)))]
    if chance(draw, 50):
        logs = {**epochs[-1].logs, "loss": math.nan}
        terminating = Configured(callback="TerminateOnNaN", config={})
        return Aim(callbacks=_in_any_order(draw, early, terminating), fits=[[*epochs[:-1], Epoch(logs=logs)]])
    stop = Epoch(logs=epochs[-1].logs, stop=True)
    return Aim(callbacks=_in_any_order(draw, early, _saving()), fits=[[*epochs[:-1], stop]])


def restored_beside_a_checkpoint(draw: DrawFn) -> Aim:
    """EarlyStopping stops training, and a checkpoint on one of its sides saves every epoch."""
    worse, first = 1 + draw(below(3)), _NUMBERS[draw(below(len(_NUMBERS)))]
    early = _stopping(draw, mode="min", patience=worse, restore_best_weights=True)
    values = [first, *(first + 0.25 * step for step in range(1, worse + 1))]
    return Aim(callbacks=_in_any_order(draw, early, _saving()), fits=[values])


def the_rate_monitored(draw: DrawFn) -> Aim:
    """One callback logs the rate, and another before or behind it monitors that."""
    monitor = draw(_KEY)
    values = _different(draw, 2 + draw(below(3)))
    logging = _reducing(draw) if chance(draw, 60) else _scheduling(draw, len(values))
    looking = _stopping(draw, monitor=monitor)
    if chance(draw, 40):
        looking = _saving(monitor=monitor, mode="min", save_best_only=True)
    return Aim(callbacks=_in_any_order(draw, logging, looking), fits=[values])


def schedule_and_plateau(draw: DrawFn) -> Aim:
    """A schedule, and what reduces the rate because nothing improves."""
    values = [1.0] * (2 + draw(below(3))) + _different(draw, draw(below(2)))
    return Aim(callbacks=_in_any_order(draw, _scheduling(draw, len(values)), _reducing(draw)), fits=[values])


def resumed_after_a_reduction(draw: DrawFn) -> Aim:
    """A second fit goes on from a model that was saved in the first, in which the rate is reduced."""
    epochs = tuple(Epoch(logs={"val_loss": value}) for value in [1.0] * (2 + draw(below(2))) + _different(draw, 1))
    saved = 1 + draw(below(len(epochs)))
    again = Fit(
        epochs=epochs[: 1 + draw(below(2))],
        initial_epoch=saved if chance(draw, 50) else None,
        instances=draw(weighted(("same", 1), ("new", 2))),
        resume=Resume(path=f"m-{saved}.keras"),
    )
    return Aim(callbacks=_in_any_order(draw, _saving(), _reducing(draw)), fits=[Fit(epochs=epochs), again])


def new_instances(draw: DrawFn) -> Aim:
    """Two fits, the second with callbacks that are made anew."""
    listed = (_stopping(draw, restore_best_weights=True), _saving(save_best_only=True, mode="min"), _reducing(draw))
    first = draw(below(3))
    fits = [
        Fit(
            epochs=tuple(Epoch(logs={"val_loss": value}) for value in _different(draw, 2 + draw(below(3)))),
            learning_rate=1.0,
            instances=instances,
        )
        for instances in ("same", "new")
    ]
    return Aim(callbacks=tuple(each for index, each in enumerate(listed) if index != first), fits=fits)


def raised_at_a_nan(draw: DrawFn) -> Aim:
    """A loss that is not finite raises, where another callback would have something to do when training ends."""
    early = _stopping(draw, restore_best_weights=True, patience=9)
    terminating = Configured(callback="TerminateOnNaN", config={"raise_error": True})
    values = _different(draw, 2 + draw(below(3)))
    bad = draw(weighted((math.nan, 2), (math.inf, 1)))
    losses = [0.5] * (len(values) - 1) + [bad]
    epochs = [Epoch(logs={"val_loss": value, "loss": loss}) for value, loss in zip(values, losses, strict=True)]
    return Aim(callbacks=_in_any_order(draw, early, terminating), fits=[epochs])


def _started_again(draw: DrawFn, *listed: Configured) -> Aim:
    """A fit that is interrupted, and the same again in a new process, which finds a backup."""
    backup = Configured(callback="BackupAndRestore", config={"backup_dir": "backup"})
    values = _different(draw, 3 + draw(below(3)))
    at = 1 + draw(below(len(values) - 1))
    whole = tuple(Epoch(logs={"val_loss": value, "loss": value}) for value in values)
    raising = Other(hook=draw(weighted(("epoch_begin", 2), ("batch_end", 1))), raises="KeyboardInterrupt")
    if chance(draw, 40):
        raising = Other(hook="epoch_end", after=len(listed), raises="KeyboardInterrupt")
    cut = tuple(
        Epoch(logs=epoch.logs, others=(raising,)) if index == at else epoch for index, epoch in enumerate(whole)
    )
    again = Fit(epochs=whole, instances="new", resume=Resume(load="nothing") if chance(draw, 80) else None)
    return Aim(callbacks=_in_any_order(draw, backup, *listed), fits=[Fit(epochs=cut), again])


def started_again(draw: DrawFn) -> Aim:
    """The callbacks beside the backup remember nothing."""
    others = (_saving(), _scheduling(draw, 6), Configured(callback="History"))
    first = draw(below(3))
    return _started_again(draw, *(each for index, each in enumerate(others) if index != first))


def started_again_and_forgotten(draw: DrawFn) -> Aim:
    """The callbacks beside the backup remember a best value."""
    saving = _saving(save_best_only=True, mode="min")
    return _started_again(draw, *((saving,) if chance(draw, 40) else (_stopping(draw, mode="min", patience=2), saving)))


def saved_beside_an_average(draw: DrawFn) -> Aim:
    """Checkpoints on both sides of one that has the average stand in the model when epochs end, or on one."""
    swapping = Configured(callback="SwapEMAWeights", config={"swap_on_epoch": True})
    epochs = [Epoch(logs={"val_loss": value}) for value in _different(draw, 2 + draw(below(3)))]
    before, behind = _saving(filepath="before-{epoch}.keras"), _saving()
    listed = (before, swapping, behind) if chance(draw, 85) else _in_any_order(draw, swapping, behind)
    return Aim(callbacks=listed, fits=[epochs], use_ema=True)


def interrupted_with_an_average(draw: DrawFn) -> Aim:
    """A fit that is interrupted while the average stands in the model, and goes on."""
    swapping = Configured(callback="SwapEMAWeights", config={"swap_on_epoch": True})
    whole = tuple(Epoch(logs={"val_loss": value}) for value in _different(draw, 3 + draw(below(2))))
    at = 2 + draw(below(len(whole) - 2))
    raising = Other(hook="epoch_begin", raises="KeyboardInterrupt")
    cut = tuple(
        Epoch(logs=epoch.logs, others=(raising,)) if at == index else epoch for index, epoch in enumerate(whole)
    )
    again = Fit(epochs=whole, instances="new" if chance(draw, 70) else "same")
    return Aim(callbacks=(swapping,), fits=[Fit(epochs=cut), again], use_ema=True)


def charted(draw: DrawFn) -> Aim:
    """A TensorBoard beside one whose decisions, or whose rate, it writes down."""
    board = Configured(callback="TensorBoard", config=config_of(update_freq=draw(weighted((ABSENT, 3), (2, 1)))))
    other = _stopping(draw) if chance(draw, 40) else _reducing(draw) if chance(draw, 60) else _saving()
    logger = Configured(callback="CSVLogger", config={"filename": "log.csv"})
    listed = _in_any_order(draw, board, other)
    epochs = [Epoch(logs={"val_loss": value}) for value in _different(draw, 2 + draw(below(2)))]
    return Aim(callbacks=(*listed, logger) if chance(draw, 40) else listed, fits=[epochs])


AIMS: dict[Aiming, int] = {
    stopped_by_another: 22, restored_beside_a_checkpoint: 24, the_rate_monitored: 22, schedule_and_plateau: 18,
    resumed_after_a_reduction: 24, new_instances: 18, raised_at_a_nan: 20, started_again: 26, started_again_and_forgotten: 30,
    saved_beside_an_average: 26, interrupted_with_an_average: 24, charted: 12,
}  # fmt: skip
"""How many scenarios with each aim go with the default number of random ones."""
