"""What can go wrong with the callbacks of a training script, seen as a whole: harmful combinations and arguments without effect.

Rules
- Nothing is a guess: a rule says what it suspects and makes a scenario of the script's own callbacks; the reference runs it, and
  only what it shows there is a finding, with that scenario.
- A finding speaks of what can happen, not of what will: its scenario is one stream of metrics of many.
- Severity is what comes of it at the worst: wrong weights, a wrong stop, a crash, the rate, a message.
- What becomes of the best file when training is resumed is spoken of where the script resumes it: nearly every script keeps one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from callcheck.spec.dialect import Dialect
from callcheck.spec.editing import configs, with_config
from callcheck.spec.files import path_of
from callcheck.spec.metrics import Metric, class_named
from callcheck.spec.scenario import Fit, Resume, Scenario
from callcheck.spec.script import ScriptFit
from callcheck.spec.trace import Trace

from .listed import LONGEST, Listed, at_place, countable, every, outcome, saves_of, stream, worse

SEVERITIES = ("weights", "stop", "crash", "rate", "message")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hazard:
    """A finding: of which rule, how bad, what happens in a sentence, and the scenario that shows it."""

    rule: str
    severity: str
    says: str
    scenario: Scenario


Shown = tuple[Scenario, str]
"""A scenario, and what happens in it in a sentence."""
Rule = Callable[[ScriptFit, Dialect], Iterator[Shown]]
RULES: dict[str, Callable[[ScriptFit, Dialect], Iterator[Hazard]]] = {}
"""By name, in the order in which they are asked."""


def _rule(name: str, severity: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        def found(fit: ScriptFit, dialect: Dialect) -> Iterator[Hazard]:
            for scenario, says in rule(fit, dialect):
                yield Hazard(rule=name, severity=severity, says=says, scenario=scenario)

        RULES[name] = found
        return rule

    return register


def hazards(fit: ScriptFit, dialect: Dialect) -> list[Hazard]:
    """What can go wrong with the callbacks of one `fit`, the worst first. Callbacks that are not known are left out."""
    compiled = fit if fit.metrics or fit.outputs else replace(fit, metrics=_named_by_keras(fit))
    found = list(_undecided(fit, dialect))
    found += [hazard for rule in RULES.values() for hazard in rule(compiled, dialect)]
    return sorted(found, key=lambda hazard: SEVERITIES.index(hazard.severity))


def _named_by_keras(fit: ScriptFit) -> tuple[Metric, ...]:
    """The metrics that the callbacks look at, as far as Keras knows their names: where the script does not say what the model is
    compiled with."""
    names = {str(each.config.get("monitor", "")).removeprefix("val_") for each in fit.callbacks}
    known = {name: class_named(name) for name in sorted(names)}
    return tuple(Metric(cls=cls, name=name, by_name=True) for name, cls in known.items() if cls is not None)


# ---------------------------------------------------------------------------------------------- wrong weights


@_rule("every-save-overwrites-the-last", "weights")
def _overwrites(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "ModelCheckpoint"):
        if each["save_best_only"]:
            continue
        steps = each["save_freq"] if isinstance(each["save_freq"], int) else 1
        batches = ({"loss": 1.0},) * max(1, min(steps, LONGEST))
        scenario = fit.scenario(stream(fit, [1.0, 0.5], batches=batches))
        trace = outcome(scenario, dialect)
        paths = [] if trace is None else [save.path for save in saves_of(trace.fits[0], each.place)]
        if len(paths) > 1 and len(set(paths)) == 1:
            says = (
                f"every save of {each.named('filepath')} writes over the one before: of all epochs the last one is left"
            )
            yield scenario, says


@_rule("the-last-checkpoint-is-not-the-model", "weights")
def _differs(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for stopping in every(fit, "EarlyStopping"):
        patience = countable(stopping["patience"])
        if not stopping["restore_best_weights"] or patience is None:
            continue
        scenario = fit.scenario(stream(fit, worse(stopping, patience + 2)))
        trace = outcome(scenario, dialect)
        for saving in every(fit, "ModelCheckpoint") if trace is not None else ():
            assert trace is not None
            saves, ended = saves_of(trace.fits[0], saving.place), trace.fits[0].weights
            if (
                not saving["save_best_only"]
                and saves
                and None not in (saves[-1].weights, ended)
                and saves[-1].weights != ended
            ):
                assert ended is not None
                last = saves[-1].weights
                assert last is not None
                says = (
                    f"restore_best_weights of EarlyStopping puts the weights of epoch index {ended.epoch} into the model, "
                    f"and the last file of ModelCheckpoint, {saves[-1].path}, holds those of epoch index {last.epoch}"
                )
                yield scenario, says


@_rule("a-stop-loses-the-average", "weights")
def _loses_the_average(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    swapping = [each for each in every(fit, "SwapEMAWeights") if each["swap_on_epoch"]]
    for stopping in every(fit, "EarlyStopping") if swapping else ():
        patience = countable(stopping["patience"])
        if patience is None or stopping["restore_best_weights"]:
            continue
        scenario = fit.scenario(stream(fit, worse(stopping, patience + 4)))
        trace = outcome(scenario, dialect)
        ended = None if trace is None else trace.fits[0].weights
        if trace is not None and ended is not None and not ended.averaged and any(e.stop for e in trace.fits[0].epochs):
            says = (
                f"when EarlyStopping stops training, the model holds the weights of epoch index {ended.epoch}, and not their "
                f"average: with swap_on_epoch SwapEMAWeights keeps it only in the last epoch that fit was told"
            )
            yield scenario, says


_KEEP = {"EarlyStopping": "restore_best_weights", "ModelCheckpoint": "save_best_only"}
"""What has a callback keep the weights of the best epoch."""


@_rule("the-best-is-kept-without-its-average", "weights")
def _keeps_without_average(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    swapping = every(fit, "SwapEMAWeights")
    keeping = [each for name, switch in _KEEP.items() for each in every(fit, name) if each[switch]]
    for each in keeping if swapping else ():
        patience = countable(each["patience"]) if each.own.callback == "EarlyStopping" else 0
        if patience is None or not each.monitor.startswith("val_"):
            continue
        best, *later = worse(each, patience + 3)
        scenario = fit.scenario(stream(fit, [later[0], best, *later]))
        trace = outcome(scenario, dialect)
        if trace is None or len(trace.fits[0].epochs) < 3:
            continue
        number, measured = (
            scenario.first_epoch(scenario.fits[0]) + 1,
            (trace.fits[0].epochs[1].held or {}).get("evaluation"),
        )
        saved = [save.weights for save in saves_of(trace.fits[0], each.place)]
        kept = [weights for weights in (*saved, trace.fits[0].weights) if weights and weights.epoch == number]
        if measured is not None and measured.averaged and kept and not kept[0].averaged:
            says = (
                f"{each.named(_KEEP[each.own.callback])} keeps the weights of the epoch with the best {each.monitor}, and "
                f"{each.monitor} was measured with their average in the model: what is kept was never evaluated"
            )
            yield scenario, says


@_rule("a-batch-has-no-validation-metric", "weights")
def _no_metric(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "ModelCheckpoint"):
        turn = each["save_freq"]
        if not each["save_best_only"] or not isinstance(turn, int) or not each.monitor.startswith("val_"):
            continue
        batches = ({"loss": 1.0},) * max(1, min(turn, LONGEST))
        scenario = fit.scenario(stream(fit, worse(each, 2), batches=batches))
        trace = outcome(scenario, dialect)
        saves = [] if trace is None else saves_of(trace.fits[0], each.place)
        if len(saves) > 1:
            says = f"{each.named('save_freq', 'monitor')} with save_best_only saves at every turn, however bad the model is: "
            says += f"at the end of a batch there is no {each.monitor}"
            yield scenario, says


@_rule("a-resumed-run-forgets-the-best", "weights")
def _forgets(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    resumes = fit.initial_epoch > 0 or "initial_epoch" in fit.unread or every(fit, "BackupAndRestore")
    for each in every(fit, "ModelCheckpoint") if resumes else ():
        if not each["save_best_only"] or each["initial_value_threshold"] is not None or each["save_freq"] != "epoch":
            continue
        first, later = worse(each, 1)
        again = replace(stream(fit, [later]), initial_epoch=fit.initial_epoch + 1, instances="new")
        scenario = fit.scenario(stream(fit, [first]), again)
        trace = outcome(scenario, dialect)
        if trace is None or len(trace.fits) < 2:
            continue
        before, after = (saves_of(each_fit, each.place) for each_fit in trace.fits)
        if before and after and before[-1].path == after[0].path:
            says = (
                f"when training is resumed with a new instance, its first epoch is the best, however bad it is, and "
                f"{after[0].path} is overwritten ({each.monitor}={first} before, {later} now): initial_value_threshold is to be "
                "given the best value so far"
            )
            yield scenario, says


# ---------------------------------------------------------------------------------------------- a wrong stop, a crash


@_rule("a-model-in-hdf5-cannot-be-trained-on", "crash")
def _not_trained_on(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "ModelCheckpoint"):
        saving = stream(fit, worse(each, 1))
        trace = outcome(fit.scenario(saving), dialect)
        saves = [] if trace is None or each["save_weights_only"] else saves_of(trace.fits[0], each.place)
        if not saves:
            continue
        path, first = saves[-1].path, fit.initial_epoch + len(saving.epochs)
        scenario = fit.scenario(saving, replace(saving, initial_epoch=first, instances="new", resume=Resume(path=path)))
        trace = outcome(scenario, dialect)
        error = None if trace is None or len(trace.fits) < 2 else trace.fits[1].error
        if error is not None and error.by == "other" and error.epoch is not None:
            says = f"{path} can be loaded and evaluated, and not trained on: the first step of a fit that goes on from it raises "
            says += f"{error.type}, unless the model is compiled with a new optimizer"
            yield scenario, says


@_rule("validation-freq-stretches-patience", "stop")
def _stretched(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "EarlyStopping"):
        patience = countable(each["patience"])
        if fit.validation_freq < 2 or not each.monitor.startswith("val_") or not patience:
            continue
        number = (patience + 2) * fit.validation_freq
        if number > LONGEST:
            continue
        scenario = fit.scenario(_seldom_validated(fit, worse(each, number - 1)))
        trace = outcome(scenario, dialect)
        run = 0 if trace is None else trace.fits[0].epochs_run
        first = fit.validation_freq
        if trace is not None and trace.fits[0].epochs[-1].stop and run - first > patience:
            says = (
                f"with validation_freq={fit.validation_freq} {each.named('patience')} counts only epochs with a validation: "
                f"it stops {run - first} epochs after the best one, and not {patience}"
            )
            yield scenario, says


def _seldom_validated(fit: ScriptFit, values: Sequence[float]) -> Fit:
    """A stream of these values, in which only the epochs that are validated have those of the validation."""
    plain = stream(fit, values)
    epochs = tuple(
        epoch if (index + 1) % fit.validation_freq == 0 else replace(epoch, logs=_without_validation(epoch.logs))
        for index, epoch in enumerate(plain.epochs)
    )
    return replace(plain, epochs=epochs)


def _without_validation(logs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in logs.items() if not name.startswith("val_")}


@_rule("too-few-epochs-to-stop", "stop")
def _too_few(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "EarlyStopping"):
        patience = countable(each["patience"])
        if (
            fit.epochs is None
            or patience is None
            or fit.epochs - fit.initial_epoch > patience
            or len(fit.callbacks) < 1
        ):
            continue
        number = fit.epochs - fit.initial_epoch
        alone = replace(fit, callbacks=(each.own,))
        scenario = alone.scenario(stream(alone, worse(each, max(number - 1, 0))))
        trace = outcome(scenario, dialect)
        if trace is not None and trace.fits[0].error is None and not any(epoch.stop for epoch in trace.fits[0].epochs):
            says = f"{each.named('patience')} cannot stop a training of {number} epochs: not even one that gets worse in each"
            yield scenario, says


def _undecided(fit: ScriptFit, dialect: Dialect) -> Iterator[Hazard]:
    if not fit.metrics and not fit.outputs:
        return  # what the model was compiled with is not known
    for place, own in enumerate(fit.callbacks):
        each = Listed(place, own)
        if each["mode"] != "auto":
            continue
        alone = replace(fit, callbacks=(own,))
        scenario = alone.scenario(stream(alone, [1.0, 1.0]))
        trace = outcome(scenario, dialect)
        error = None if trace is None else trace.fits[0].error
        if error is not None and error.type == "ValueError" and error.hook == "epoch_end":
            says = (
                f'{each.named("monitor")} raises ValueError at the end of the first epoch: mode="auto" cannot decide by '
                "the compiled metrics whether more is better; give mode"
            )
            yield Hazard(rule="auto-cannot-decide", severity="crash", says=says, scenario=scenario)


# ---------------------------------------------------------------------------------------------- the rate


@_rule("early-stopping-comes-first", "rate")
def _comes_first(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for stopping in every(fit, "EarlyStopping"):
        for reducing in every(fit, "ReduceLROnPlateau"):
            waits, reduces = countable(stopping["patience"]), countable(reducing["patience"])
            same = all(stopping[name] == reducing[name] for name in ("monitor", "mode"))
            if waits is None or reduces is None or not same:
                continue
            scenario = fit.scenario(stream(fit, worse(stopping, waits + reduces + 2)))
            trace = outcome(scenario, dialect)
            if trace is None or not trace.fits[0].epochs[-1].stop or trace.fits[0].error is not None:
                continue
            printed = {repr(epoch.learning_rate) for epoch in trace.fits[0].epochs}
            if len(printed) == 1:
                says = (
                    f"{stopping.named('patience')} stops a training that does not improve after "
                    f"{trace.fits[0].epochs_run} epochs, before {reducing.named('patience')} has reduced the rate once"
                )
                yield scenario, says


@_rule("cooldown-of-one", "rate")
def _cooldown(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "ReduceLROnPlateau"):
        patience = countable(each["patience"])
        if each["cooldown"] != 1 or patience is None:
            continue
        alone = replace(fit, callbacks=(each.own,))
        scenario = alone.scenario(stream(alone, worse(each, 3 * max(patience, 1) + 3)))
        without = with_config(scenario, 0, {**configs(scenario)[0], "cooldown": 0})
        ours, other = outcome(scenario, dialect), outcome(without, dialect)
        if ours is not None and other is not None and _rates(ours) == _rates(other) and len(set(_rates(ours))) > 2:
            says = f"{each.named('cooldown')} does nothing: the rate falls in the same epochs as with cooldown=0"
            yield scenario, says


def _rates(trace: Trace) -> list[str]:
    return [repr(epoch.learning_rate) for epoch in trace.fits[0].epochs]


@_rule("a-schedule-undoes-every-reduction", "rate")
def _undone(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for each in every(fit, "ReduceLROnPlateau"):
        patience = countable(each["patience"])
        tables = [other for other in every(fit, "LearningRateScheduler") if "table" in (other["schedule"] or {})]
        if patience is None or not tables:
            continue
        length = min(max(patience, 1) + 3, *(len(other["schedule"]["table"]) for other in tables))
        scenario = fit.scenario(stream(fit, worse(each, length - 1)))
        trace = outcome(scenario, dialect)
        epochs = () if trace is None else trace.fits[0].epochs
        for before, after in pairwise(epochs):
            reduced = before.learning_rate != before.learning_rate_in_epoch
            if reduced and after.learning_rate_in_epoch == before.learning_rate_in_epoch:
                back = f"from {before.learning_rate} back to {after.learning_rate_in_epoch}"
                says = "LearningRateScheduler sets the rate at every epoch's beginning and so undoes what "
                says += f"{each.named('patience')} has reduced: {back}"
                yield scenario, says
                break


@_rule("a-checkpoint-forgets-the-reduction", "rate")
def _before_the_reduction(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for saving in every(fit, "ModelCheckpoint"):
        for reducing in every(fit, "ReduceLROnPlateau"):
            patience = countable(reducing["patience"])
            if (
                saving.place > reducing.place
                or saving["save_best_only"]
                or saving["save_freq"] != "epoch"
                or patience is None
            ):
                continue
            first = stream(fit, worse(reducing, max(patience, 1)))
            trace = outcome(fit.scenario(first), dialect)
            saves = [] if trace is None else saves_of(trace.fits[0], saving.place)
            if trace is None or not saves or trace.fits[0].error is not None:
                continue
            load = "weights" if saving["save_weights_only"] else "model"
            resume = Resume(path=path_of(saves[-1].path), load=load)
            again = replace(stream(fit, [1.0]), initial_epoch=len(first.epochs), instances="new", resume=resume)
            scenario = fit.scenario(first, again)
            resumed = outcome(scenario, dialect)
            if resumed is None or len(resumed.fits) < 2 or not resumed.fits[1].epochs or load == "weights":
                continue
            ended, begun = resumed.fits[0].epochs[-1].learning_rate, resumed.fits[1].epochs[0].learning_rate_in_epoch
            if ended != begun and trace.fits[0].epochs_run == len(first.epochs):
                says = (
                    f"ModelCheckpoint stands before ReduceLROnPlateau, so that {resume.path} holds the rate before the "
                    f"reduction: who resumes from it goes on with {begun}, and not with {ended}"
                )
                yield scenario, says


# ---------------------------------------------------------------------------------------------- messages


@_rule("an-epoch-without-validation-warns", "message")
def _warns(fit: ScriptFit, dialect: Dialect) -> Iterator[Shown]:
    for name in ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"):
        for each in every(fit, name):
            if not 1 < fit.validation_freq <= LONGEST or not each.monitor.startswith("val_"):
                continue
            scenario = fit.scenario(_seldom_validated(fit, [1.0] * fit.validation_freq))
            trace = outcome(scenario, dialect)
            epochs = () if trace is None else trace.fits[0].epochs
            warned = [epoch for epoch in epochs if "missing-metric" in (at_place(epoch, each.place).warned or ())]
            if warned:
                says = (
                    f"with validation_freq={fit.validation_freq} {each.named('monitor')} warns at the end of "
                    f"{len(warned)} of {len(epochs)} epochs that there is no {each.monitor}"
                )
                yield scenario, says
