"""Scenarios for BackupAndRestore: a script that is interrupted and run again; and the boundaries that they promise to reach."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..scenario import Epoch, Fit, Other, Resume, Scenario, acts, groups
from .aimed import Aim, Aiming
from .conditions import Condition, any_epoch, any_later_fit, left_out, parameter_is
from .drawing import ABSENT, below, chance, config_of, weighted
from .fits import LOSS

_DIRECTORY = weighted(("backup", 26), ("run/backup", 6), ("", 3))
_SAVE_FREQ = weighted(
    (ABSENT, 14), (1, 5), (2, 6), (3, 4), (5, 2), ("epoch", 2), (False, 4), (0, 1), (-1, 1), (2.5, 2), ("batch", 2),
)  # fmt: skip
_DOUBLE = weighted((ABSENT, 5), (True, 5), (False, 1))
_DELETE = weighted((ABSENT, 6), (False, 4), (True, 1))
_PREEMPTION = weighted((ABSENT, 40), (True, 1), (False, 1))
_FITS = weighted((2, 5), (3, 6), (1, 3), (4, 1))
_EPOCHS = weighted((3, 3), (4, 4), (2, 2), (5, 2), (1, 1))
_BATCHES = weighted((1, 4), (2, 4), (3, 3), (4, 1))
_STEPS = weighted((1, 6), (2, 1), (3, 1))
_INITIAL_EPOCH = weighted((0, 8), (2, 2), (1, 1))
_LATER_INITIAL_EPOCH = weighted((None, 5), (0, 1), (1, 1), (3, 1))
_INSTANCES = weighted(("same", 4), ("new", 6), ("copied", 1), ("pickled", 1))
_RATE = weighted((1.0, 6), (0.1, 2), (0.5, 2), (None, 1))
_LATER_RATE = weighted((0.1, 2), (0.25, 1))
_HOOK = weighted(("epoch_begin", 4), ("batch_end", 4), ("epoch_end", 3))
_RAISED = weighted(("KeyboardInterrupt", 4), ("OSError", 1), ("RuntimeError", 1))
_CUT = weighted(
    (("latest.weights.h5",), 4), (("training_metadata.json",), 8), (("latest.weights.h5", "training_metadata.json"), 2),
    (("latest.weights.h5", "training_metadata.json.bkp"), 1), (("latest.weights.h5", "latest.weights.h5.bkp"), 1),
    (("latest.weights.h5.bkp",), 1),
)  # fmt: skip
"""The files of a backup that are cut to nothing."""
_EXISTING = weighted(
    (("{}/",), 2), (("{}/latest.weights.h5",), 1), (("{}/training_metadata.json",), 1), (("{}/latest.weights.h5.bkp",), 1),
    (("other.txt",), 1),
)  # fmt: skip


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    config = config_of(
        backup_dir=draw(_DIRECTORY), save_freq=draw(_SAVE_FREQ), double_checkpoint=draw(_DOUBLE),
        delete_checkpoint=draw(_DELETE), save_before_preemption=draw(_PREEMPTION),
    )  # fmt: skip
    if chance(draw, 2):
        config["unknown"] = 1
    batches, ragged, steps = draw(_BATCHES), chance(draw, 15), draw(_STEPS)
    rate = draw(_RATE)
    again, first = draw(_EPOCHS), draw(_INITIAL_EPOCH)
    fits = []
    number, plain = draw(_FITS), chance(draw, 28)
    for index in range(number):
        # the same script is run again, or another one
        other = index > 0 and chance(draw, 20)
        instances = draw(_INSTANCES) if index else "same"
        fit = Fit(
            epochs=tuple(_epoch(draw, batches, ragged) for _ in range(draw(_EPOCHS) if other else again)),
            initial_epoch=draw(_LATER_INITIAL_EPOCH) if other else None,
            instances=instances,
            resume=Resume(load="nothing") if instances == "new" and chance(draw, 50) else None,
            learning_rate=draw(_LATER_RATE) if index and rate is not None and chance(draw, 10) else None,
            damaged=_cut_in(draw, config) if index and not plain and config["backup_dir"] and chance(draw, 6) else (),
        )
        if plain:  # nobody interrupts it
            fits.append(_stopped(draw, fit, 50))
            continue
        acts = [_interruption(draw, fit, steps)] if chance(draw, 80 if index < number - 1 else 15) else []
        if rate is not None and chance(draw, 20):
            acts.append((draw(below(len(fit.epochs))), Other(hook="epoch_begin", learning_rate=draw(_LATER_RATE))))
        if chance(draw, 10):
            acts.append((draw(below(len(fit.epochs))), Other(hook=draw(_HOOK), stop=True)))
        fits.append(_stopped(draw, _with_acts(fit, acts), 10))
    scenario = Scenario(
        callback="BackupAndRestore", config=config, fits=tuple(fits), learning_rate=rate, initial_epoch=first,
        steps_per_execution=steps,
    )  # fmt: skip
    if not chance(draw, 6) or not config["backup_dir"]:
        return scenario
    return replace(scenario, existing=tuple(path.format(config["backup_dir"]) for path in draw(_EXISTING)))


def _cut_in(draw: DrawFn, config: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{config['backup_dir']}/{name}" for name in draw(_CUT))


def _stopped(draw: DrawFn, fit: Fit, percent: int) -> Fit:
    """The fit, with somebody who stops it in so many percent of the cases."""
    at = draw(below(len(fit.epochs))) if chance(draw, percent) else -1
    return replace(fit, epochs=tuple(replace(epoch, stop=at == index) for index, epoch in enumerate(fit.epochs)))


def _epoch(draw: DrawFn, batches: int, ragged: bool) -> Epoch:
    number = draw(_BATCHES) if ragged else batches
    loss = draw(LOSS)
    return Epoch(logs={"loss": loss}, batches=tuple({"loss": loss} for _ in range(number)) if number > 1 else None)


def _interruption(draw: DrawFn, fit: Fit, steps: int) -> tuple[int, Other]:
    """Somebody's exception, and the epoch in which it comes."""
    index, hook = draw(below(len(fit.epochs))), draw(_HOOK)
    indices = [batch for batch, _ in groups(fit.epochs[index].batch_logs(), steps)]
    batch = indices[draw(below(len(indices)))] if hook == "batch_end" else None
    after = 0 if chance(draw, 70) else None
    return index, Other(hook=hook, batch=batch, after=after, raises=draw(_RAISED))


def _with_acts(fit: Fit, acts: list[tuple[int, Other]]) -> Fit:
    epochs = tuple(
        replace(epoch, others=tuple(act for place, act in acts if place == index))
        for index, epoch in enumerate(fit.epochs)
    )
    return replace(fit, epochs=epochs)


# ---------------------------------------------------------------------------------------------- aims


def _cut(epochs: tuple[Epoch, ...], at: int, batch: int | None = None) -> Fit:
    """A fit that is interrupted when that epoch begins, or behind a batch of it."""
    hook = "epoch_begin" if batch is None else "batch_end"
    act = Other(hook=hook, batch=batch, after=None if batch is None else 0, raises="KeyboardInterrupt")
    return _with_acts(Fit(epochs=epochs), [(at, act)])


def restored_and_run_again(draw: DrawFn) -> Aim:
    """A fit goes on from a backup, comes to its end, and the model is trained once more."""
    epochs = tuple(_epoch(draw, 1, False) for _ in range(3 + draw(below(2))))
    again = Fit(epochs=epochs, instances=draw(_INSTANCES))
    return Aim(fits=[_cut(epochs, 1 + draw(below(2))), Fit(epochs=epochs, instances="new"), again])


def restored_behind_a_batch(draw: DrawFn) -> Aim:
    """A backup is made in the middle of an epoch, and restored."""
    batches = 2 + draw(below(3))
    epochs = tuple(_epoch(draw, batches, False) for _ in range(3))
    at = draw(below(2))
    fits = [_cut(epochs, at, draw(below(batches))), Fit(epochs=epochs, instances=draw(_INSTANCES))]
    return Aim(config={"save_freq": 1 + draw(below(2))}, fits=fits)


def two_kept(draw: DrawFn) -> Aim:
    """Two backups are kept when a fit is interrupted."""
    epochs = tuple(_epoch(draw, 1, False) for _ in range(4))
    return Aim(config={"double_checkpoint": True}, fits=[_cut(epochs, 2 + draw(below(2))), Fit(epochs=epochs)])


def nothing_asked_for(draw: DrawFn) -> Aim:
    """A save_freq that stands for no backups."""
    epochs = tuple(_epoch(draw, 1 + draw(below(3)), False) for _ in range(2 + draw(below(2))))
    return Aim(config={"save_freq": False if chance(draw, 80) else 0}, fits=[Fit(epochs=epochs)])


def beside_other_files(draw: DrawFn) -> Aim:
    """Somebody's own file lies in the directory of the backups."""
    epochs = tuple(_epoch(draw, 1, False) for _ in range(1 + draw(below(3))))
    config = {"backup_dir": "backup", "delete_checkpoint": chance(draw, 90)}
    file = draw(weighted(("backup/notes.txt", 2), ("backup/a/notes.txt", 1)))
    return Aim(config=config, fits=[Fit(epochs=epochs)] * (1 + draw(below(2))), existing=(file,))


def found_damaged(draw: DrawFn) -> Aim:
    """A script that is started again finds its backup damaged."""
    epochs = tuple(_epoch(draw, 1, False) for _ in range(3 + draw(below(2))))
    config: dict[str, Any] = {"backup_dir": "backup"}
    if chance(draw, 65):
        config["double_checkpoint"] = True
    again = Fit(
        epochs=epochs, instances="new", damaged=_cut_in(draw, config),
        resume=Resume(load="nothing") if chance(draw, 50) else None,
    )  # fmt: skip
    return Aim(config=config, fits=[_cut(epochs, 2), again])


AIMS: dict[Aiming, int] = {
    restored_and_run_again: 20, restored_behind_a_batch: 24, two_kept: 14, nothing_asked_for: 12, beside_other_files: 26,
    found_damaged: 110,
}  # fmt: skip
"""How many scenarios with each aim go with the default number of random ones."""


def more(draw: DrawFn) -> dict[str, Any]:
    return {"backup_dir": "backup" if chance(draw, 80) else "run/backup"}


# ---------------------------------------------------------------------------------------------- boundaries


def _raises_in(hook: str) -> Condition:
    def condition(scenario: Scenario) -> bool:
        done = [act for fit in scenario.fits[:-1] for act in acts(fit)]
        return any(act.raises and act.hook == hook for act in done)

    return condition


def _interrupted(fit: Fit) -> bool:
    return any(act.raises for act in acts(fit))


def _frequency(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


BOUNDARIES: dict[str, Condition] = {
    "one fit": lambda s: len(s.fits) == 1,
    "three fits": lambda s: len(s.fits) > 2,
    "initial epoch above zero": lambda s: s.initial_epoch > 0,
    "a later fit with an initial epoch of its own": any_later_fit(lambda fit: fit.initial_epoch is not None),
    "interrupted at the beginning of an epoch": _raises_in("epoch_begin"),
    "interrupted at a batch": _raises_in("batch_end"),
    "interrupted at the end of an epoch": _raises_in("epoch_end"),
    "interrupted twice": lambda s: sum(map(_interrupted, s.fits)) > 1,
    "a fit after an interrupted one and one that is not": lambda s: any(
        _interrupted(one) and not _interrupted(other) for one, other in zip(s.fits[:-2], s.fits[1:-1], strict=True)
    ),
    "by epochs": left_out("save_freq"),
    "by batches": parameter_is("save_freq", _frequency),
    "save_freq is False": parameter_is("save_freq", lambda value: value is False),
    "save_freq of another type": parameter_is(
        "save_freq", lambda value: not isinstance(value, int) and value != "epoch"
    ),
    "several batches": lambda s: any(len(epoch.batch_logs()) > 1 for fit in s.fits for epoch in fit.epochs),
    "several batches at a time": lambda s: s.steps_per_execution > 1,
    "two are kept": parameter_is("double_checkpoint", bool),
    "nothing is deleted": parameter_is("delete_checkpoint", lambda value: not value),
    "an empty name": parameter_is("backup_dir", lambda value: not value),
    "a folder in a folder": parameter_is("backup_dir", lambda value: isinstance(value, str) and "/" in value),
    "something is there": lambda s: bool(s.existing),
    "somebody else stops": any_epoch(lambda epoch: epoch.stop),
    "new instances": any_later_fit(lambda fit: fit.instances == "new"),
    "a new process": any_later_fit(lambda fit: fit.resume is not None),
    "found damaged": any_later_fit(lambda fit: bool(fit.damaged)),
    "the same instance": any_later_fit(lambda fit: fit.instances == "same"),
    "a copied instance": any_later_fit(lambda fit: fit.instances == "copied"),
    "a later fit sets the rate": any_later_fit(lambda fit: fit.learning_rate is not None),
    "an optimizer without a rate": lambda s: s.learning_rate is None,
    "unknown argument": lambda s: "unknown" in s.config,
}
