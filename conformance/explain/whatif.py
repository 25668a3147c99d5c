"""What another configuration would have done with the same record, as far as the record tells.

Rules
- A stop, a restoration and a save change nothing that came before them: up to there the record holds for any configuration.
- From the first epoch that would have been trained with another learning rate, or from other weights, nothing is known.
- Beyond the last epoch of the record nothing is known either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcheck.spec.numbers import shortest_float32

from .evidence import STOPPING, as_rounded, same_rate
from .history import epochs_in_words
from .question import RATE_CALLBACKS, Question, Story


@dataclass(frozen=True, kw_only=True)
class WhatIf:
    """`whose`: the callback that is changed, and a dot, where there are several. `stopped`, `weights`: epochs by index, of the
    last fit that is known; None: no stop, or not known.

    `unknown_from`: the index of the first epoch of which nothing is known, in the fit of index `fit`.
    """

    change: Mapping[str, Any]
    whose: str
    sentence: str
    fit: int
    stopped: int | None
    weights: int | None
    reduced: tuple[int, ...]
    saved: tuple[int, ...]
    unknown_from: int | None

    @property
    def title(self) -> str:
        return " ".join(f"{self.whose}{name}={value!r}" for name, value in self.change.items())


def what_if(question: Question, base: Story, change: Mapping[str, Any]) -> WhatIf:
    """What the changed configuration does, until the record tells no more. Raises WrongArgument if it is refused."""
    changed = question.configured({**question.config, **change})
    story = changed.story()
    fit, unknown = _known(question, base, story)
    first = story.first_epoch(fit)
    epochs = story.epochs(fit)
    limit = len(epochs) if unknown is None else max(unknown - first, 0)
    stopped = story.stopped(fit)
    if unknown is not None and stopped is not None and stopped >= unknown:
        stopped = None
    reduced = [
        first + at for at, each in enumerate(epochs[:limit]) if each.learning_rate != each.learning_rate_in_epoch
    ]
    saved = [first + at for at, each in enumerate(epochs[:limit]) if story.saved(each)]
    weights = story.holds(fit) if unknown is None or stopped is not None else None
    error = story.trace.fits[fit].error if fit < len(story.trace.fits) else None
    if error is not None:
        sentence = f"raises {error.type}: {error.message}"
    else:
        parts = []
        trained_otherwise = unknown is not None and unknown <= question.history.fits[fit].last_epoch
        if question.has(STOPPING) and not trained_otherwise:
            parts.append(_stopping(question, story, fit, stopped, weights))
        if question.has(RATE_CALLBACKS):
            parts.append(_rates(question, story, fit, reduced))
        if question.callback == "ModelCheckpoint":
            parts.append(f"saves after {_epochs(saved)}" if saved else "saves nothing")
        if trained_otherwise and unknown is not None:
            parts.append(f"not known from epoch {unknown + 1} on, which would have been trained differently")
        sentence = "; ".join(parts)
    if len(question.history.fits) > 1:
        sentence = f"fit {fit + 1}: {sentence}"
    return WhatIf(
        change=change, whose=f"{question.callback}." if question.company else "", sentence=sentence, fit=fit,
        stopped=stopped, weights=weights, reduced=tuple(reduced), saved=tuple(saved), unknown_from=unknown,
    )  # fmt: skip


def _known(question: Question, base: Story, story: Story) -> tuple[int, int | None]:
    """The last fit of which something is known, and from which epoch on of it nothing is; None: it is known to its end."""
    last, changes_rates = len(question.history.fits) - 1, question.has(RATE_CALLBACKS)
    for index, fit in enumerate(question.history.fits):
        first = fit.first_epoch
        recorded = fit.rates
        then = base.epochs(index)
        for at, epoch in enumerate(story.epochs(index) if changes_rates else ()):
            rate = epoch.learning_rate_in_epoch
            real = recorded[at]
            if isinstance(rate, float):
                predicted = at < len(then) and then[at].learning_rate_in_epoch == rate
                if real is None:
                    same = predicted or at >= len(then)
                else:
                    rounded = as_rounded(real) if predicted else None
                    same = same_rate(real, rate, recorded[0])
                    same = same or (rounded is not None and same_rate(rounded, rate, as_rounded(recorded[0])))
                if not same:
                    return index, first + at
        stopped = story.stopped(index)
        ends = fit.last_epoch if stopped is None else stopped
        if ends != fit.last_epoch or story.holds(index) != base.holds(index):
            return index, None
        if index == last and stopped is None and not set(question.names) <= set(RATE_CALLBACKS):
            return index, fit.last_epoch + 1
    return last, None


def _stopping(question: Question, story: Story, fit: int, stopped: int | None, weights: int | None) -> str:
    last = question.history.fits[fit].last_epoch
    if stopped is None:
        ending = "" if (wait := _wait(story, fit)) is None else f" (wait is {wait} by then)"
        planned = question.history.fits[fit].planned
        if planned is not None and last + 1 >= planned:
            return f"does not stop in the {planned} epochs{ending}; {_holds(story, fit)}"
        where = "the last that is told" if question.history.fits[fit].cut else "where the record ends"
        return f"does not stop by epoch {last + 1}, {where}{ending}; what comes after it is not known"
    early = f", {last - stopped} before the record ends" if stopped < last else ""
    by = question.names[story.stopper(fit)]
    early += f" (by {by})" if by != question.callback else ""
    return f"stops after epoch {stopped + 1}{early}; {_holds(story, fit)}"


def _holds(story: Story, fit: int) -> str:
    weights = story.holds(fit)
    if weights is None or weights < 0:
        return "the model holds the weights with which the fit began"
    return f"the model holds the {story.kept(fit)} of epoch {weights + 1}"


def _wait(story: Story, fit: int) -> Any:
    for decision in reversed(story.decisions):
        if decision.fit == fit and decision.hook == "epoch_end":
            return getattr(decision.after, "wait", None)
    return None


def _rates(question: Question, story: Story, fit: int, reduced: list[int]) -> str:
    if not reduced:
        return "leaves the learning rate as it is"
    first = story.first_epoch(fit)
    rates = {at: story.epochs(fit)[at - first].learning_rate for at in reduced}
    said = [f"{shortest_float32(rate)} after epoch {at + 1}" for at, rate in rates.items() if isinstance(rate, float)]
    return f"sets the learning rate to {', '.join(said)}"


def _epochs(indices: list[int]) -> str:
    return epochs_in_words([index + 1 for index in indices])
