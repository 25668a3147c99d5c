"""The story of one fit in one paragraph: what ended it or changed it, which value decided, and whose weights remain.

Epochs count from 1, the index in parentheses where it is first named. Every sentence is about this fit alone.
"""

from __future__ import annotations

from typing import Any

from callcheck.reference.replay import Decision
from callcheck.spec.numbers import shortest_float32

from .history import epochs_in_words
from .question import Question, Story


def summary(question: Question, story: Story, fit: int) -> str:
    """The paragraph on the fit of that index."""
    trace = story.trace.fits[fit] if fit < len(story.trace.fits) else None
    if trace is None:
        return "This fit was not reached."
    if trace.error is not None:
        where = f"epoch {trace.error.epoch + 1}" if trace.error.epoch is not None else trace.error.hook
        return (
            f"In {where} {question.names[trace.error.callback or 0]} raises {trace.error.type}: {trace.error.message}."
        )
    tell = STORIES.get(question.callback, _acts)
    return " ".join(tell(question, story, fit))


def _acts(question: Question, story: Story, fit: int) -> list[str]:
    """Of a callback without a story of its own: when it did something, and why."""
    acts = [each for each in story.decisions if each.fit == fit and each.effects]
    if not acts:
        return [f"{question.callback} did nothing in this fit."]
    epochs = epochs_in_words(sorted({each.epoch + 1 for each in acts}))
    return [f"{question.callback} acted in {epochs}.", acts[-1].sentence]


def _numbered(epoch: int) -> str:
    return f"epoch {epoch + 1} (index {epoch})"


def _ends(story: Story, fit: int) -> list[Decision]:
    return [each for each in story.decisions if each.fit == fit and each.hook == "epoch_end"]


def _early_stopping(question: Question, story: Story, fit: int) -> list[str]:
    ends = [each for each in _ends(story, fit) if each.value is not None]
    stopped = story.stopped(fit)
    other = ""
    if stopped is not None and story.stopper(fit) != story.place:
        other, stopped = f"{question.names[story.stopper(fit)]} did, ", None
    patience = question.parameter("patience")
    if not ends:
        return [
            f"EarlyStopping did not stop training: no epoch of the record has {question.monitor}.",
            _weights(question, story, fit),
        ]
    last = ends[-1]
    state: Any = last.after
    best = f"{state.best} in epoch {state.best_epoch + 1} was the best"
    remembered = ends[0].before.best is not None and all(each.after.best is ends[0].before.best for each in ends)
    if state.best is None:
        best = "no epoch was monitored"
    elif state.best != state.best:
        best = f"the first value, in epoch {state.best_epoch + 1}, was NaN, on which nothing improves"
    elif remembered and state.best in (float("inf"), float("-inf")):
        best = "no value was better than infinity, with which the first is compared"
    elif fit and remembered:
        best = f"no epoch was better than {state.best}, which the callback remembers from an earlier fit"
    near = _near_miss(question, ends, state.best_epoch)
    unit = "epoch" if state.wait == 1 else "epochs"
    if stopped is not None:
        baseline = question.parameter("baseline")
        unbeaten = baseline is not None and state.wait > stopped - state.best_epoch
        better = f"a value that is the best and better than baseline={baseline!r}" if unbeaten else "an improvement"
        first = (
            f"EarlyStopping stopped training after {_numbered(stopped)}: {best}; {state.wait} monitored {unit} went by without "
            f"{better}{near}, and patience is {patience}."
        )
        return [first, _weights(question, story, fit)]
    end = story.first_epoch(fit) + len(story.epochs(fit)) - 1
    of_all = "the last that is told" if question.history.fits[fit].cut else "the last of the record"
    where = f"{other}after {_numbered(end)};" if other else f"after {_numbered(end)}, {of_all},"
    first = (
        f"EarlyStopping did not stop training: {where} {best}, and wait is {state.wait} of patience={patience}{near}."
    )
    return [first, _weights(question, story, fit)]


def _near_miss(question: Question, ends: list[Decision], best_epoch: int) -> str:
    """The best of the values that beat the best one by less than min_delta."""
    delta = abs(float(question.parameter("min_delta") or 0.0))
    missed = []
    for each in ends:
        before, value = each.before.best, each.value
        if each.epoch <= best_epoch or not isinstance(before, float) or not isinstance(value, float):
            continue
        direction = getattr(each.after, "direction", "min")
        if (value < before if direction == "min" else value > before) and delta:
            missed.append((value if direction == "min" else -value, each))
    if not missed:
        return ""
    each = min(missed, key=lambda found: found[0])[1]
    return (
        f" ({each.value} in epoch {each.epoch + 1} is better by less than min_delta={question.parameter('min_delta')})"
    )


def _weights(question: Question, story: Story, fit: int) -> str:
    holds = story.holds(fit)
    if holds is None or holds < 0:
        return "The model holds the weights with which the fit began."
    ending = next((each for each in story.decisions if each.fit == fit and each.hook == "fit_end"), None)
    said = f"The model holds the {story.kept(fit)} of epoch {holds + 1}"
    if question.parameter("restore_best_weights"):
        restored = ending is not None and "put back" in ending.sentence and "no weights" not in ending.sentence
        return f"{said}: restore_best_weights put them back." if restored else f"{said}."
    last = story.first_epoch(fit) + len(story.epochs(fit)) - 1
    if holds != last:
        return f"{said}, which another callback put back."
    last_one = "the last one that is told" if question.history.fits[fit].cut else "the last one"
    return f"{said}, {last_one}; restore_best_weights is off."


def _reductions(question: Question, story: Story, fit: int) -> list[str]:
    reduced = [each for each in _ends(story, fit) if each.rate != each.event.rate]
    if not reduced:
        ends = [each for each in _ends(story, fit) if each.value is not None]
        if not ends:
            return [f"The learning rate was not reduced: no epoch of the record has {question.monitor}."]
        most = max(getattr(each.after, "wait", 0) for each in ends)
        low = [each for each in ends if each.rule == "reduce-lr-on-plateau/min-lr/is-the-lower-bound"]
        if low:
            return [f"The learning rate was not reduced: it was not above min_lr={question.parameter('min_lr')!r}."]
        patience = question.parameter("patience")
        return [f"The learning rate was not reduced: wait never got beyond {most}, and patience is {patience}."]
    said = "; ".join(map(_step, reduced[:6])) + (f"; and {len(reduced) - 6} more" if len(reduced) > 6 else "")
    sentences = [f"The learning rate was reduced {_times(len(reduced))}: {said}."]
    last = _ends(story, fit)[-1]
    if last.rule == "reduce-lr-on-plateau/min-lr/is-the-lower-bound":
        sentences.append(f"Then it was not above min_lr={question.parameter('min_lr')!r}, and stayed.")
    seen = story.epochs(fit)[reduced[0].epoch - story.first_epoch(fit)]
    if story.logged_rate(seen) == seen.learning_rate_in_epoch:
        sentences.append("An epoch's record has the rate with which it was trained: a reduction shows one epoch later.")
    else:
        sentences.append(
            "LearningRateScheduler comes later in the list and logs the rate again: the record of an epoch that reduces it "
            "has the new one."
        )
    return sentences


def _step(each: Decision) -> str:
    rates = [rate for rate in (each.event.rate, each.rate) if isinstance(rate, float)]
    change = f"from {shortest_float32(rates[0])} to {shortest_float32(rates[1])} " if len(rates) == 2 else ""
    return f"{change}after epoch {each.epoch + 1}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _saves(question: Question, story: Story, fit: int) -> list[str]:
    first = story.first_epoch(fit)
    saved = [(first + at, save) for at, epoch in enumerate(story.epochs(fit)) for save in story.saved(epoch)]
    if not saved:
        return ["Nothing was saved."]
    epochs = epochs_in_words([epoch + 1 for epoch, _ in saved])
    files = {save.path: epoch for epoch, save in saved}
    last_path, last_epoch = list(files.items())[-1]
    holds = f"{last_path} holds what epoch {last_epoch + 1} left"
    more = "" if len(files) == 1 else f"; {len(files)} files in all"
    return [f"Saved after {epochs}; {holds}{more}."]


def _schedule(question: Question, story: Story, fit: int) -> list[str]:
    rates = [epoch.learning_rate_in_epoch for epoch in story.epochs(fit)]
    known = [rate for rate in rates if isinstance(rate, float)]
    shown = ", ".join(map(shortest_float32, known[:8])) + (", ..." if len(known) > 8 else "")
    return [f"The schedule set the learning rate at the beginning of every epoch: {shown}."]


def _terminate(question: Question, story: Story, fit: int) -> list[str]:
    stopped = story.stopped(fit)
    if stopped is None or story.stopper(fit) != story.place:
        return ["TerminateOnNaN did not stop training: no epoch's loss is NaN or infinite."]
    return [
        f"TerminateOnNaN stopped training in {_numbered(stopped)}, whose loss is not finite; it looks at every batch, and the "
        f"record has only the epoch's mean."
    ]


STORIES = {
    "EarlyStopping": _early_stopping,
    "ReduceLROnPlateau": _reductions,
    "ModelCheckpoint": _saves,
    "LearningRateScheduler": _schedule,
    "TerminateOnNaN": _terminate,
}
"""Of the callbacks that have a story of their own."""
