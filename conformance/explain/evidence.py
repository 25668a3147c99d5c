"""Does a record agree with what the reference predicts? The first place where it does not, as a sentence.

Rules
- Compared is what the record shows: where each fit ended, the learning rates, and what the callbacks printed.
- Rates are compared as float32, as they are stored. One that was printed with few digits is compared as far as the digits
  tell, the uncertainty of the first one included; on request so is every rate that is written with a few digits.
- A fit that ends where nothing stopped it contradicts only if the record tells that more epochs were planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from callcheck.spec.numbers import float32, shortest_float32

from .history import CONSOLE, TENSORBOARD, RecordedFit, Rounded
from .question import RATE_CALLBACKS, Question, Story

STOPPING = ("EarlyStopping", "TerminateOnNaN")


def shows_something(question: Question, story: Story) -> bool:
    """Whether the record holds anything that these callbacks do."""
    if any(fit.error for fit in story.trace.fits) or question.has(STOPPING):
        return True
    if question.has(RATE_CALLBACKS):
        return any(
            len([r for r in fit.rates if r is not None]) > 1 or fit.printed.reduced for fit in question.history.fits
        )
    return any(fit.printed.improved for fit in question.history.fits)


FEW_DIGITS = 6
"""Significant digits of a rate that somebody may have rounded: a float32 as Keras records it has more, unless it is round."""


class Contradiction(NamedTuple):
    """Where a record is not what the story tells: by the index of the fit in the record and of the epoch up to which the
    callbacks had decided. In that order the first of several is the least one."""

    fit: int
    epoch: int
    sentence: str


def contradiction(question: Question, story: Story, skip: int = 0, rounded: bool = False) -> str | None:
    """Where the record contradicts the story; None if nowhere. The first `skip` fits of the story are in no record. `rounded`:
    rates with few digits are taken for rounded ones."""
    found = next(contradictions(question, story, skip, rounded), None)
    return None if found is None else found.sentence


def contradictions(question: Question, story: Story, skip: int = 0, rounded: bool = False) -> Iterator[Contradiction]:
    """Of each kind of evidence the first place, in the fits in their order: the end, the rates, what was said of saves."""
    fits = question.history.fits
    for index, fit in enumerate(fits):
        where = f"fit {index + 1}: " if len(fits) > 1 else ""
        error = story.trace.fits[index + skip].error if index + skip < len(story.trace.fits) else None
        if error is not None:
            said = f"{question.names[error.callback or 0]} raises {error.type}, which would have ended training with an error"
            yield Contradiction(index, fit.first_epoch if error.epoch is None else error.epoch, where + said)
            return
        found: list[tuple[int, str] | None] = []
        if question.has(STOPPING):
            found.append(_end(fit, story, index + skip, question))
        if question.has(RATE_CALLBACKS):
            found.append(_rates(fit, story, index + skip, rounded, question.history.kind == TENSORBOARD))
        if question.names.count("ModelCheckpoint") == 1:  # of several, what was printed does not say which
            found.append(_saves(fit, story, index + skip, question.names.index("ModelCheckpoint")))
        yield from (Contradiction(index, each[0], where + each[1]) for each in found if each is not None)


def open_end(question: Question, story: Story) -> bool:
    """Whether the last fit ends where nothing stopped it, and the record does not tell how many epochs were planned."""
    index, last = len(question.history.fits) - 1, question.history.fits[-1]
    return question.has(STOPPING) and story.stopped(index) is None and last.planned is None and not last.cut


def stopping(question: Question) -> str:
    """Who could stop training, in words."""
    return " or ".join(dict.fromkeys(name for name in question.names if name in STOPPING))


def _end(fit: RecordedFit, story: Story, index: int, question: Question) -> tuple[int, str] | None:
    stopped, last = story.stopped(index), fit.last_epoch
    early = "EarlyStopping" in question.names
    by = question.names[story.stopper(index)]
    said = fit.printed.stopped if early else None
    reached = last + (fit.interrupted or fit.cut)
    if stopped is not None and stopped < reached:
        return stopped, f"{by} stops after epoch {stopped + 1}, and the record goes on to epoch {reached + 1}"
    if said is not None and (said != stopped or by != "EarlyStopping"):
        does = (
            "does not stop at all" if stopped is None or by != "EarlyStopping" else f"stops after epoch {stopped + 1}"
        )
        return said, f"the output says that epoch {said + 1} stopped early, and EarlyStopping {does}"
    if said is None and stopped == last and fit.planned == last + 1 and _would_tell(question, story, index):
        return last, f"EarlyStopping stops after epoch {last + 1}, and the output says nothing of it"
    if stopped is None and fit.planned is not None and last + 1 < fit.planned and not fit.interrupted:
        return last, f"nothing stops training, and the record ends after epoch {last + 1} of {fit.planned}"
    holds = story.holds(index)
    restored = fit.printed.restored if early else None
    if restored is not None and restored != holds:
        other = "none are" if holds is None else f"those of epoch {holds + 1} are"
        return last, f"the output says that the weights of epoch {restored + 1} were put back, and {other} predicted"
    return None


def _would_tell(question: Question, story: Story, index: int) -> bool:
    """Whether the record is an output in which a stop would have been told."""
    fit = story.trace.fits[index]
    told = [kind for each in fit.callbacks or (fit,) for kind in each.printed or ()]
    return CONSOLE in question.history.kind and "early-stop" in told


def _rates(fit: RecordedFit, story: Story, index: int, rounded: bool, of_the_optimizer: bool) -> tuple[int, str] | None:
    """`of_the_optimizer`: whoever recorded the rates asked the optimizer, and not the logs."""
    written = as_rounded if rounded else lambda rate: rate
    start, rates = written(fit.rates[0]), map(written, fit.rates)  # as far as somebody looks
    for at, (recorded, epoch) in enumerate(zip(rates, story.epochs(index), strict=False)):
        if recorded is None:
            continue
        predicted = epoch.learning_rate_in_epoch if of_the_optimizer else story.logged_rate(epoch)
        if isinstance(predicted, float) and not same_rate(recorded, predicted, start):
            epoch_before = predicted == epoch.learning_rate_in_epoch
            return fit.first_epoch + at - epoch_before, (
                f"in epoch {fit.first_epoch + at + 1} the record has the learning rate {_said(recorded)}, and "
                f"{shortest_float32(predicted)} is predicted"
            )
    if fit.printed.reduced:
        predicted_at = [fit.first_epoch + at for at, epoch in enumerate(story.epochs(index)) if _reduces(epoch)]
        for at in sorted({*predicted_at} ^ {*fit.printed.reduced}):
            if at in fit.printed.reduced:
                return at, f"the output says that epoch {at + 1} reduced the learning rate, which is not predicted"
            return at, f"a reduction is predicted for epoch {at + 1}, and the output says nothing of it"
    return None


def as_rounded(rate: float | None) -> float | None:
    """A rate that is written with few digits, as one that was printed so."""
    if rate is None or isinstance(rate, Rounded):
        return rate
    text = f"{rate:.{FEW_DIGITS - 1}e}"
    return Rounded(text, rate) if float(text) == rate else rate


def _reduces(epoch: object) -> bool:
    return getattr(epoch, "learning_rate", None) != getattr(epoch, "learning_rate_in_epoch", None)


def _said(rate: float) -> str:
    return rate.text if isinstance(rate, Rounded) else shortest_float32(rate)


def same_rate(recorded: float, predicted: float, start: float | None) -> bool:
    """Whether the recorded rate is the predicted one, if the first of the record was `start`."""
    if not isinstance(recorded, Rounded):
        return float32(recorded) == predicted
    unsure = start.margin / start if isinstance(start, Rounded) and start else 0.0
    return abs(recorded - predicted) <= (recorded.margin + abs(predicted) * unsure) * (1 + 1e-6)


def _saves(fit: RecordedFit, story: Story, index: int, place: int) -> tuple[int, str] | None:
    if not fit.printed.improved:
        return None
    for at, epoch in enumerate(story.epochs(index)):
        improved = fit.printed.improved.get(fit.first_epoch + at)
        saved = epoch.callbacks[place].saved if epoch.callbacks else epoch.saved
        if improved is not None and improved != bool(saved):
            said, predicted = ("improved", "no save") if improved else ("did not improve", "a save")
            number = fit.first_epoch + at
            return number, f"the output says that epoch {number + 1} {said}, and {predicted} is predicted"
    return None
