"""What cannot go wrong with the callbacks of a training script: questions of `hazards.py`, answered the other way round.

Rules
- An assurance rests on an argument, which stands beside it and names what it takes for granted; and it is tried on random streams
  of metrics, on the reference. Where one of them speaks against it, nothing is assured.
- It speaks of these callbacks alone: not of what somebody else does to the model, the rate or the stop flag.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from callcheck.spec.dialect import Dialect
from callcheck.spec.files import path_of
from callcheck.spec.scenario import Epoch, Fit, Resume, Scenario
from callcheck.spec.script import ScriptFit
from callcheck.spec.trace import FitTrace

from .listed import Listed, countable, every, outcome, saves_of, watched

STEPS = (0.0, 0.0, 0.25, -0.25, 0.5, -0.5, 0.00005, -0.00005, 1e-9)
"""What a random metric does from one epoch to the next: stay, move, or move by less than what counts."""
MISSING, NAN = 0.05, 0.03
"""How often it is missing, or NaN; the first value is a number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assurance:
    """What cannot happen: which rule is never broken, what holds in a sentence, why, and on how many scenarios it was tried."""

    rule: str
    says: str
    because: str
    tried: int


@dataclass(frozen=True, slots=True)
class _Tried:
    """What a list did in a scenario of one fit."""

    scenario: Scenario
    seen: FitTrace
    dialect: Dialect


@dataclass(frozen=True, kw_only=True, slots=True)
class _Claim:
    """An assurance that is still to be tried: by `holds`, on what the callbacks of `fit` do."""

    rule: str
    says: str
    because: str
    fit: ScriptFit
    holds: Callable[[_Tried], bool]


def assurances(fit: ScriptFit, dialect: Dialect, examples: int, seed: int = 0) -> list[Assurance]:
    """What cannot happen to the callbacks of one `fit`, each tried on so many random streams of metrics."""
    claims = [claim for suppose in (_never_first, _never_others, _never_over, _never_behind) for claim in suppose(fit)]
    return [
        Assurance(rule=each.rule, says=each.says, because=each.because, tried=examples)
        for each in claims
        if all(_holds(each, scenario, dialect) for scenario in islice(_scenarios(each.fit, seed), examples))
    ]


def _holds(claim: _Claim, scenario: Scenario, dialect: Dialect) -> bool:
    trace = outcome(scenario, dialect)
    return trace is not None and trace.fits[0].error is None and claim.holds(_Tried(scenario, trace.fits[0], dialect))


def _scenarios(fit: ScriptFit, seed: int) -> Iterator[Scenario]:
    """The list in a fit of its own, with streams in which it has time to act; always the same for the same seed."""
    drawn = random.Random(seed)
    patience = max((countable(Listed(0, each)["patience"]) or 0 for each in fit.callbacks), default=0)
    names = watched(fit)
    while True:
        number = drawn.randint(1, 2 * patience + 8)
        streams = {name: list(islice(_stream(drawn), number)) for name in names}
        epochs = (
            {name: value for name, values in streams.items() if (value := values[index]) is not None}
            for index in range(number)
        )
        yield fit.scenario(Fit(epochs=tuple(Epoch(logs=logs) for logs in epochs)))


def _stream(drawn: random.Random) -> Iterator[float | None]:
    """A metric: a walk in which plateaus are common; None where it is missing."""
    value = 1.0
    yield value
    while True:
        value += drawn.choice(STEPS)
        chance = drawn.random()
        yield None if chance < MISSING else math.nan if chance < MISSING + NAN else value


# ---------------------------------------------------------------------------------------------- what is claimed


def _never_first(fit: ScriptFit) -> Iterator[_Claim]:
    for stopping in every(fit, "EarlyStopping"):
        for reducing in every(fit, "ReduceLROnPlateau"):
            waits, reduces = countable(stopping["patience"]), countable(reducing["patience"])
            alike = all(stopping[name] == reducing[name] for name in ("monitor", "mode"))
            plain = (
                stopping["min_delta"] == 0 and stopping["baseline"] is None and _is_number(reducing["min_delta"], 0.0)
            )
            if alike and plain and waits is not None and reduces is not None and max(reduces, 1) < waits:
                yield _Claim(
                    rule="early-stopping-comes-first",
                    says=f"{stopping.named('patience')} stops no training before {reducing.named('patience')} has reduced the "
                    "rate, or found it at min_lr",
                    because=f"both look at {stopping.monitor}, and an epoch that is no improvement to EarlyStopping, whose "
                    "min_delta is 0, is none to ReduceLROnPlateau, which waits for fewer of them (the first value is a number)",
                    fit=replace(fit, callbacks=(stopping.own, reducing.own)),
                    holds=partial(_reduced_before_the_stop, reducing["min_lr"]),
                )  # fmt: skip


def _is_number(value: Any, least: float) -> bool:
    return isinstance(value, int | float) and least <= value < math.inf


def _reduced_before_the_stop(lowest: float, tried: _Tried) -> bool:
    """Whether the rate fell before the epoch in which training was stopped, if it was, or was as low as it gets."""
    first, last = (tried.seen.epochs[index].learning_rate_in_epoch for index in (0, -1))
    return not tried.seen.epochs[-1].stop or last != first or (isinstance(first, float) and first <= lowest)


def _saving_each_epoch(fit: ScriptFit) -> Iterator[Listed]:
    for each in every(fit, "ModelCheckpoint"):
        if each["save_freq"] == "epoch" and not each["save_best_only"]:
            yield each


def _never_others(fit: ScriptFit) -> Iterator[_Claim]:
    restoring = [each for each in every(fit, "EarlyStopping") if each["restore_best_weights"]]
    if restoring or not every(fit, "EarlyStopping") or every(fit, "BackupAndRestore"):
        return
    for saving in _saving_each_epoch(fit):
        yield _Claim(
            rule="the-last-checkpoint-is-not-the-model",
            says=f"the last file of {saving.named('filepath')} holds the weights that the model ends with",
            because="it saves at the end of every epoch, and no callback of the list puts other weights into the model "
            "(restore_best_weights is off)",
            fit=fit,
            holds=partial(_last_is_the_model, saving.place),
        )


def _last_is_the_model(place: int, tried: _Tried) -> bool:
    saves = saves_of(tried.seen, place)
    return bool(saves) and saves[-1].weights == tried.seen.weights


def _never_over(fit: ScriptFit) -> Iterator[_Claim]:
    for saving in _saving_each_epoch(fit):
        if "{epoch" in path_of(saving["filepath"]):
            yield _Claim(
                rule="every-save-overwrites-the-last",
                says=f"no file of {saving.named('filepath')} is written over in the fit that wrote it",
                because="the number of the epoch is in its name, and it saves once in an epoch",
                fit=fit,
                holds=partial(_each_once, saving.place),
            )


def _each_once(place: int, tried: _Tried) -> bool:
    paths = [save.path for save in saves_of(tried.seen, place)]
    return len(paths) == len(set(paths))


def _never_behind(fit: ScriptFit) -> Iterator[_Claim]:
    for reducing in every(fit, "ReduceLROnPlateau"):
        for saving in _saving_each_epoch(fit):
            later = every(fit, "ReduceLROnPlateau")[-1].place < saving.place
            if later and not saving["save_weights_only"]:
                yield _Claim(
                    rule="a-checkpoint-forgets-the-reduction",
                    says=f"who resumes from the last file of {saving.named('filepath')} goes on with the rate that training "
                    "ended with",
                    because=f"it saves the whole model at the end of every epoch, and stands behind {reducing.own.callback}, "
                    "which has set the rate by then",
                    fit=replace(fit, callbacks=(reducing.own, saving.own)),
                    holds=_goes_on_with_the_rate,
                )  # fmt: skip


def _goes_on_with_the_rate(tried: _Tried) -> bool:
    """Whether a fit that is resumed from the last file begins with the rate with which the first one ended."""
    epochs = tried.scenario.fits[0].epochs
    resume = Resume(path=path_of(saves_of(tried.seen, 1)[-1].path), load="model")
    again = Fit(epochs=epochs[:1], initial_epoch=len(epochs), instances="new", resume=resume)
    trace = outcome(replace(tried.scenario, fits=(*tried.scenario.fits, again)), tried.dialect)
    begun = (
        [epoch.learning_rate_in_epoch for fit in trace.fits[1:] for epoch in fit.epochs] if trace is not None else []
    )
    return begun == [tried.seen.epochs[-1].learning_rate]
