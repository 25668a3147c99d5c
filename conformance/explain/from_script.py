"""The callbacks of a fit in `callbacks.toml`, to be explained on a record.

Rules
- A file with several fits has to be told which one: by its number, or by a part of its place (`train.py, line 20`).
- An argument that was not read has to be written into the file first. A schedule that is not known is left out where the record
  has the learning rate, and so are callbacks that count batches; that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from callcheck.spec.metrics import Metric
from callcheck.spec.scenario import Configured
from callcheck.spec.script import Script, ScriptCallback, ScriptFit

from .arguments import Arguments, Circumstances, WrongArgument

MOST_NAMED = 8
"""So many fits are named in a sentence."""


def from_script(
    script: Script, file: str, wanted: str | None, given: Circumstances
) -> tuple[Arguments, tuple[Metric, ...], tuple[str, ...]]:
    """The callbacks of one fit with its circumstances, those `given` first; what its model was compiled with; and what is to be
    said of it. Raises WrongArgument."""
    fit = _chosen(script, file, wanted)
    kept = tuple(each for each in fit.callbacks if not _left_out(each))
    notes = [f"the callbacks are those of {fit.source or file}"]
    notes += [f"{each.callback} is left out: {_left_out(each)}" for each in fit.callbacks if _left_out(each)]
    notes += _used_before(script, fit, kept)
    if fit.others:
        notes.append(f"{', '.join(fit.others)}: not looked at")
    gaps = replace(fit, callbacks=kept).gaps()
    if gaps:
        raise WrongArgument(f"{file}: {gaps[0]}" + (f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""))
    if not kept:
        raise WrongArgument(f"{file}: of {fit.source or 'this fit'} nothing is left to explain ({notes[1]})")
    around = Circumstances(
        epochs=given.epochs or fit.epochs,
        learning_rate=given.learning_rate if given.learning_rate is not None else fit.learning_rate,
        initial_epoch=given.initial_epoch if given.initial_epoch is not None else fit.initial_epoch or None,
        validation_freq=given.validation_freq or (fit.validation_freq if fit.validation_freq > 1 else None),
    )
    callbacks = tuple(Configured(callback=each.callback, config=each.config) for each in kept)
    return Arguments(callbacks=callbacks, circumstances=around), fit.metrics, tuple(notes)


REUSED = {
    "EarlyStopping": "whether it starts anew depends on the release: callcheck history early-stopping/reuse",
    "ReduceLROnPlateau": "whether it starts anew depends on the release: callcheck history reduce-lr-on-plateau/reuse",
    "ModelCheckpoint": "it goes on with the best value that it has, which this record does not tell",
}
"""What an instance does that served an earlier fit, of those that remember anything."""


def _used_before(script: Script, fit: ScriptFit, kept: tuple[ScriptCallback, ...]) -> Iterator[str]:
    """A sentence for each callback whose instance, made in the same place, was given to an earlier fit."""
    earlier = script.fits[: next(at for at, each in enumerate(script.fits) if each is fit)]
    for each in kept:
        where = [other.source for other in earlier if each.source and each in other.callbacks]
        if where and each.callback in REUSED:
            first = f"{each.callback} ({each.source}) was given to an earlier fit too ({where[-1]})"
            yield f"{first}; {REUSED[each.callback]}"


def _left_out(each: ScriptCallback) -> str | None:
    """Why a callback is not explained; None if it is."""
    if each.callback == "LearningRateScheduler" and "schedule" in each.unread:
        return "its schedule is not known"
    if each.callback == "ModelCheckpoint" and each.config.get("save_freq", "epoch") != "epoch":
        return "save_freq counts batches, and the record has epochs only"
    return None


def _chosen(script: Script, file: str, wanted: str | None) -> ScriptFit:
    """The fit that is meant. Raises WrongArgument."""
    fits = [fit for fit in script.fits if fit.callbacks]
    if not fits:
        raise WrongArgument(f"{file}: there is no callback in it")
    if wanted is None and len(fits) == 1:
        return fits[0]
    named = [f"{number} ({fit.source})" for number, fit in enumerate(fits, 1)]
    said = f"{', '.join(named[:MOST_NAMED])}{', ...' if len(named) > MOST_NAMED else ''}"
    if wanted is None:
        raise WrongArgument(f"{file} holds {len(fits)} fits; --fit says which: {said}")
    if wanted.isascii() and wanted.isdecimal():
        if not 1 <= int(wanted) <= len(fits):
            raise WrongArgument(f"--fit {wanted}: {file} holds {said}")
        return fits[int(wanted) - 1]
    found = [fit for fit in fits if wanted in fit.source]
    if len(found) != 1:
        raise WrongArgument(
            f"--fit {wanted}: {'several fits' if found else 'no fit'} of that name; {file} holds {said}"
        )
    return found[0]
