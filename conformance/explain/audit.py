"""Does the record agree with the configuration? If not: which releases, or which single change, would explain it?

Rules
- Every explanation is a replay in which nothing contradicts the record; nothing is inferred without one.
- Tried are: the shipped dialects, each parameter alone over the values listed here, and an instance that was used before; where
  none of these explains it, patience together with one more.
- Several explanations are all listed: the record does not tell which is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.dialect import Dialect, shipped
from callcheck.spec.numbers import shortest_float32
from callcheck.spec.scenario import Epoch, Fit

from .arguments import WrongArgument
from .digits import OutOfTries
from .evidence import contradiction, open_end, shows_something, stopping
from .history import RATE_KEYS, TENSORBOARD, RecordedFit, epochs_in_words
from .question import Question, Story, tell
from .releases import in_words
from .rounding import resolved

LONGEST_SEARCH = 2000
"""Epochs: a record up to this length is replayed some hundred times within seconds."""
MOST_BESTS = 40
"""So many of a record's values are tried as the best one of an earlier fit."""
MOST_COUNTS, LEAST_COUNTS = 200, 20
"""A patience, a cooldown or a start is tried up to this number of epochs; of a long record with several callbacks up to less, so
that `WORK` epochs are replayed for each."""
WORK = 200_000
"""Epochs of one callback that are replayed within a second."""
WITH_PATIENCE = {"EarlyStopping": "restore_best_weights", "ReduceLROnPlateau": "factor"}
"""Which parameter is tried together with patience, where no single one explains the record; `MOST_SECONDS` values of it."""
MOST_SECONDS = 2
ROUND_DELTAS = (0.0, *(float(f"{digit}e{exponent}") for exponent in range(-6, 1) for digit in (1, 2, 5)))
"""The values of min_delta that are tried: those that somebody would write."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """`agrees`: None where the record shows nothing that the callback does. `explanations`: each by itself would do."""

    agrees: bool | None
    sentence: str
    explanations: tuple[str, ...] = ()


def audit(question: Question, story: Story) -> tuple[Audit, Question, Story]:
    """The verdict; and the question and the story with which it was reached, which rounding may have changed."""
    if not shows_something(question, story):
        said = f"the record shows nothing that {' or '.join(dict.fromkeys(question.names))} does"
        return Audit(agrees=None, sentence=said), question, story
    wrong = contradiction(question, story)
    if wrong is None:
        if open_end(question, story):
            return _open(question, story), question, story
        return (
            Audit(agrees=True, sentence="the record agrees with the configuration" + _so_far(question)),
            question,
            story,
        )
    try:
        found = resolved(question, story)
    except OutOfTries:
        said = (
            f"the printed digits do not tell: going by them, {wrong}; but so many values are too close to the best to tell "
            f"whether they improved that not every way was tried, and History.history or CSVLogger's file have all digits"
        )
        explanations = tuple(_explanations(question)) if _is_short(question) else ()
        return Audit(agrees=None, sentence=said, explanations=explanations), question, story
    if found is not None:
        other, places = found
        epochs = [question.history.fits[fit].first_epoch + at + 1 for fit, at in places]
        said = (
            f"the record agrees if, below the printed digits, {epochs_in_words(epochs)} improved; going by the digits as they "
            f"are, {wrong}"
        )
        return Audit(agrees=True, sentence=said), other, other.story()
    if question.history.kind == TENSORBOARD:
        other = replace(question, history=question.history.with_rates_of_the_epoch_before(), _epochs={})
        if contradiction(other, other.story()) is None:
            said = (
                "the record agrees: the TensorBoard callback came after the one that reduces the learning rate, and recorded the "
                "rates after each epoch; here every rate stands with the epoch that was trained with it"
            )
            return Audit(agrees=True, sentence=said), other, other.story()
    if contradiction(question, story, rounded=True) is None:
        said = f"the record agrees if its learning rates were rounded when they were written; going by them as they are, {wrong}"
        return Audit(agrees=True, sentence=said + _otherwise(question)), question, story
    if not _is_short(question):
        wrong += f"; what would explain it is looked for in records of up to {LONGEST_SEARCH} epochs"
        return Audit(agrees=False, sentence=wrong), question, story
    explanations = tuple(_explanations(question))
    return Audit(agrees=False, sentence=wrong, explanations=explanations), question, story


def _so_far(question: Question) -> str:
    """What is to be said of an end that nothing explains, and nothing has to."""
    last = question.history.fits[-1]
    if last.cut:
        return ", as far as it is told"
    return f", as far as it goes: epoch {last.last_epoch + 2} had begun, and has not ended" if last.interrupted else ""


def _otherwise(question: Question) -> str:
    """The releases in which nothing has to be rounded, to end a sentence."""
    dialects = _dialects(question, rounded=False) if _is_short(question) else ()
    return "".join(f"; {each} does exactly so" for each in dialects)


def _is_short(question: Question) -> bool:
    return sum(fit.length for fit in question.history.fits) <= LONGEST_SEARCH


def _open(question: Question, story: Story) -> Audit:
    """Nothing stopped the last fit, and how many epochs it was to have is not recorded."""
    fit = question.history.fits[-1]
    last = fit.last_epoch + 1
    said = (
        f"the record agrees if fit was given epochs={last}: {stopping(question)} does not stop training after epoch {last}; if "
        f"more were planned, say so (epochs=...), and what would explain the end is looked for"
    )
    return Audit(agrees=True, sentence=said)


def _explanations(question: Question) -> Iterator[str]:
    found = False
    for each in _of_one_change(question):
        found = True
        yield each
    if not found:
        yield from _of_two_changes(question)


def _of_two_changes(question: Question) -> Iterator[str]:
    """Patience, and what else is told most often of a callback: who has forgotten the one may well have forgotten the other."""
    for place in range(len(question.callbacks)):
        about = question.about(place)
        tried = _candidates(about, sum(fit.length for fit in question.history.fits))
        name = WITH_PATIENCE.get(about.callback, "")
        for value in tried.get(name, [])[:MOST_SECONDS]:
            config = {**about.config, name: value}
            fitting = [count for count in tried["patience"] if _fits(about, {**config, "patience": count})]
            if fitting:
                whose = f"{about.callback}: " if question.company else ""
                first = _said(name, [value], about.parameter(name))
                yield f"{whose}{first}, and {_said('patience', fitting, about.parameter('patience'))}"


def _of_one_change(question: Question) -> Iterator[str]:
    length = sum(fit.length for fit in question.history.fits)
    yield from _dialects(question)
    for place in range(len(question.callbacks)):
        about = question.about(place)
        whose = f"{about.callback}: " if question.company else ""
        for said in _used_before(about):
            yield whose + said
        for name, values in _candidates(about, length).items():
            fitting = [value for value in values if _fits(about, {**about.config, name: value})]
            if fitting:
                yield whose + _said(name, fitting, about.parameter(name))


def _fits(question: Question, config: Mapping[str, Any], dialect: Dialect | None = None, rounded: bool = True) -> bool:
    try:
        story = question.story(config, dialect)
    except WrongArgument:
        return False
    return not any(fit.error for fit in story.trace.fits) and contradiction(question, story, rounded=rounded) is None


def _dialects(question: Question, rounded: bool = True) -> Iterator[str]:
    """The dialects in which the same configuration does what the record shows."""
    others = [dialect for dialect in shipped().values() if dialect.name != question.dialect.name]
    alike = _alike(question, others)
    found = [each for group in alike if _fits(question, question.config, group[0], rounded) for each in group]
    if found:
        yield f"the same configuration in {_listed(in_words(found))}"


def _alike(question: Question, dialects: Iterable[Dialect]) -> list[list[Dialect]]:
    """The dialects by what they choose for the callbacks of the fit, and besides callbacks: those of one group do the same."""
    others = tuple(f"{each.prefix}/" for each in CALLBACKS.values() if each.name not in question.names)
    groups: dict[tuple[tuple[str, str], ...], list[Dialect]] = {}
    for dialect in dialects:
        own = tuple(sorted(each for each in dialect.choices.items() if not each[0].startswith(others)))
        groups.setdefault(own, []).append(dialect)
    return list(groups.values())


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _used_before(question: Question) -> Iterator[str]:
    """An instance that served an earlier fit, in the dialects in which it keeps the best value."""
    choice = f"{CALLBACKS[question.callback].prefix}/reuse"
    keeping = _alike(question, [each for each in shipped().values() if each.choices.get(choice) == "best-value"])
    recorded = [value for fit in question.history.fits for value in fit.column(question.monitor)]
    values = sorted({value for value in recorded if value is not None and value == value})
    if not keeping or not values:
        return
    spread = max(values[-1] - values[0], abs(values[0]), 1e-3)
    some = [values[at * (len(values) - 1) // (MOST_BESTS - 1)] for at in range(MOST_BESTS)]
    tries = [values[0] - spread, *(values if len(values) <= MOST_BESTS else some), values[-1] + spread]
    by_group = [[best for best in tries if _fits_after(question, best, group[0])] for group in keeping]
    found = sorted({best for each in by_group for best in each})
    if found:
        names = in_words(each for group, fits in zip(keeping, by_group, strict=True) if fits for each in group)
        where = f"{found[0]:.6g}" if len(found) == 1 else f"between {found[0]:.6g} and {found[-1]:.6g}"
        outside = [best for best in found if best in (tries[0], tries[-1])]
        if outside:
            inner = [best for best in found if best not in outside]
            edge = inner[-1 if outside[0] == tries[0] else 0] if inner else values[0 if outside[0] == tries[0] else -1]
            where = f"{'at or below' if outside[0] == tries[0] else 'at or above'} {edge:.6g}"
            if not inner:
                where = where.replace("at or ", "")
        yield f"an instance used before, in an earlier fit whose best value was {where}, as in {_listed(names)}"


def _fits_after(question: Question, best: float, dialect: Dialect) -> bool:
    scenario = question.scenario()
    before = Fit(epochs=(Epoch(logs={question.monitor: float(best)}),))
    try:
        story = tell(replace(scenario, fits=(before, *scenario.fits)), dialect, question.place)
    except WrongArgument:
        return False
    return not any(fit.error for fit in story.trace.fits) and contradiction(question, story, 1, True) is None


def _candidates(question: Question, length: int) -> dict[str, list[Any]]:
    """The values that are tried for each parameter, the one that it has left out."""
    most = max(LEAST_COUNTS, min(MOST_COUNTS, WORK // (length * len(question.callbacks))))
    counts = list(range(0, min(length, most) + 1))
    names = [name for name in question.history.names() if name not in RATE_KEYS]
    tried: dict[str, list[Any]] = {}
    if question.callback != "TerminateOnNaN" and question.callback != "LearningRateScheduler":
        tried["monitor"] = names
        tried["mode"] = ["min", "max"]
    if question.callback in ("EarlyStopping", "ReduceLROnPlateau"):
        tried["patience"] = counts
        tried["min_delta"] = list(ROUND_DELTAS)
    if question.callback == "EarlyStopping":
        tried["start_from_epoch"] = counts
        tried["restore_best_weights"] = [True, False]
        if question.parameter("baseline") is not None:
            tried["baseline"] = [None]
    if question.callback == "ReduceLROnPlateau":
        tried["cooldown"] = counts
        tried["factor"] = _factors(question.history.fits)
        tried["min_lr"] = [0.0, *_rates(question.history.fits)]
    if question.callback == "ModelCheckpoint":
        tried["save_best_only"] = [True, False]
    return {name: [value for value in values if value != question.parameter(name)] for name, values in tried.items()}


def _rates(fits: tuple[RecordedFit, ...]) -> list[float]:
    found = [float(shortest_float32(rate)) for fit in fits for rate in fit.rates if rate is not None]
    return list(dict.fromkeys(found))


def _factors(fits: tuple[RecordedFit, ...]) -> list[float]:
    """The ratios of successive recorded rates, as short as they can be written."""
    found = []
    for fit in fits:
        rates = [rate for rate in fit.rates if rate]
        found += [float(f"{b / a:.4g}") for a, b in pairwise(rates) if 0 < b / a < 1]
    return list(dict.fromkeys(found))


def _run(values: list[int]) -> list[str]:
    return [str(value) for value in values] if len(values) < 3 else [f"{values[0]} to {values[-1]}"]


def _said(name: str, values: list[Any], instead_of: Any) -> str:
    """`patience=4 in place of 3`, or the range of the values that would do."""
    if len(values) == 1:
        return f"{name}={values[0]!r} in place of {instead_of!r}"
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        runs = [list(run) for _, run in groupby(enumerate(values), lambda each: each[1] - each[0])]
        parts = [part for run in runs for part in _run([value for _, value in run])]
        return f"{name}={_listed(parts)} in place of {instead_of!r}"
    if name == "min_delta" and len(values) > 3:
        span = f"{len(values)} of the round values that were tried, from {min(values)!r} to {max(values)!r}"
        return f"min_delta: {span}, in place of {instead_of!r}"
    return f"{name}={_listed([repr(value) for value in values])} in place of {instead_of!r}"
