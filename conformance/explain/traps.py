"""What surprises people, named where it applies to the record at hand, and nowhere else.

Each trap is a function: it yields sentences. Epochs in them count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from callcheck.reference.replay import Decision
from callcheck.spec.callbacks import CALLBACKS

from .history import LIGHTNING, Rounded, epochs_in_words
from .question import Question, Story
from .rounding import direction_of, open_comparisons

Trap = Callable[[Question, Story], Iterator[str]]


def traps(question: Question, story: Story) -> tuple[str, ...]:
    """Every trap that applies."""
    return tuple(sentence for trap in _ALL for sentence in trap(question, story))


def _direction(decision: Decision) -> str | None:
    return getattr(decision.after, "direction", None)


def _missing(question: Question, story: Story) -> Iterator[str]:
    name = question.monitor
    values = [value for fit in question.history.fits for value in fit.column(name)]
    if question.callback in ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint"):
        without = values.count(None)
        if without == len(values):
            others = ", ".join(question.history.names()) or "nothing"
            lost = ""
            if question.history.kind == "a CSVLogger file":
                lost = "; CSVLogger leaves out what the first epoch does not have, and then the record does not tell"
            raised = next((fit.error.type for fit in story.trace.fits if fit.error is not None), None)
            does = "warned and counted nothing" if raised is None else f"raised {raised}"
            counted = f"{question.callback} would have {does}"
            yield f"{name} is in no epoch of the record: without it, {counted}{lost}; recorded: {others}"
        elif without:
            yield f"epochs without {name} are not counted: patience is in epochs that have it"


def _nan_first(question: Question, story: Story) -> Iterator[str]:
    monitored = [each for each in story.monitored if hasattr(each.after, "best")]
    best = getattr(monitored[-1].after, "best", None) if monitored else None
    if isinstance(best, float) and best != best:
        yield (
            f"the first monitored {question.monitor} was NaN and became the best; nothing improves on NaN, so that no later "
            f"value counted as an improvement"
        )


def _float32(question: Question, story: Story) -> Iterator[str]:
    """Values that differ as Python floats and are equal as float32."""
    prefix = CALLBACKS[question.callback].prefix
    if not question.dialect.choices.get(f"{prefix}/precision", "float64").startswith("float32"):
        return
    delta = abs(float(question.parameter("min_delta") or 0.0))
    tied = []
    for each in story.monitored:
        best, value = getattr(each.before, "best", None), each.value
        if not isinstance(best, float) or not isinstance(value, float) or isinstance(value, Rounded):
            continue
        better = value + delta < best if _direction(each) == "min" else value - delta > best
        if better and getattr(each.after, "best", None) == best:
            tied.append(each)
    if tied:
        values = ", ".join(f"{each.value!r} against {getattr(each.before, 'best', None)!r}" for each in tied[:2])
        yield (
            f"{epochs_in_words([each.epoch + 1 for each in tied])}: better by so little that float32, in which Keras compares, "
            f"sees no difference ({values})"
        )


def _cooldown(question: Question, story: Story) -> Iterator[str]:
    cooldown = question.parameter("cooldown")
    if question.callback != "ReduceLROnPlateau" or not isinstance(cooldown, int) or cooldown < 1:
        return
    if question.dialect.choices.get("reduce-lr-on-plateau/cooldown") == "one-less" and _reduced(story):
        acts = "does nothing" if cooldown == 1 else f"acts as {cooldown - 1}"
        yield f"cooldown={cooldown} {acts}: the counter goes down before it is asked, in the first epoch after a reduction"


def _reduced(story: Story) -> bool:
    return any(each.rate != each.event.rate for each in story.decisions)


def _training_metric(question: Question, story: Story) -> Iterator[str]:
    name = question.monitor
    keeps = question.parameter("restore_best_weights") or question.parameter("save_best_only")
    if keeps and not name.startswith(("val_", "eval_")) and question.callback != "TerminateOnNaN" and story.monitored:
        yield (
            f"{name} is averaged over the epoch's batches while the weights still change: it does not belong to the weights that "
            f"are kept at the end of the epoch"
        )


def _baseline(question: Question, story: Story) -> Iterator[str]:
    baseline = question.parameter("baseline")
    monitored = story.monitored
    if baseline is None or not monitored:
        return
    if not any(each.rule == "early-stopping/improvement/resets-the-count" or _first(each) for each in monitored):
        yield (
            f"no epoch was better than baseline={baseline!r}: until one is, every monitored epoch counts, those that improve too"
        )


def _first(decision: Decision) -> bool:
    return decision.rule.endswith("/first-value")


def _warm_up(question: Question, story: Story) -> Iterator[str]:
    start = question.parameter("start_from_epoch")
    if question.callback != "EarlyStopping" or not isinstance(start, int) or start < 1:
        return
    skipped = (
        "epoch 1 is not looked at, a better value in it"
        if start == 1
        else f"epochs 1 to {start} are not looked at, a better value in them"
    )
    yield f"start_from_epoch={start} is an index: {skipped} neither counts nor is it restored"


def _patience_zero(question: Question, story: Story) -> Iterator[str]:
    if (
        question.callback == "EarlyStopping"
        and question.parameter("patience") == 0
        and any(story.stopped(fit) is not None for fit in _fits(story))
    ):
        yield "patience=0 acts as 1: the first epoch that does not improve stops, and patience=0 is the default"


def _fits(story: Story) -> range:
    return range(len(story.trace.fits))


def _rounded(question: Question, story: Story) -> Iterator[str]:
    if any(isinstance(each.value, Rounded) for each in story.monitored[:1]):
        direction = direction_of(story)
        found = [] if direction is None else open_comparisons(question, direction)
        if found:
            epochs = [question.history.fits[fit].first_epoch + at + 1 for fit, at in found]
            yield (
                f"{epochs_in_words(epochs)}: too close to the best to tell from the printed digits whether they improved, and "
                f"what follows from that is not certain; History.history or CSVLogger's file have all digits"
            )


def _numbering(question: Question, story: Story) -> Iterator[str]:
    if question.callback == "EarlyStopping" and any(
        story.stopped(fit) is not None and story.stopper(fit) == story.place for fit in _fits(story)
    ):
        counted = {"a CSVLogger file": "its column `epoch` and ", LIGHTNING: "its column `epoch` and "}
        also = counted.get(question.history.kind, "")
        yield f"epochs are numbered from 1 here and in what Keras prints; {also}`stopped_epoch` count{'' if also else 's'} from 0"


def _bare_min_delta(question: Question, story: Story) -> Iterator[str]:
    """Values that are better, but not by min_delta: a default that nobody wrote down."""
    if question.callback != "ReduceLROnPlateau" or "min_delta" in question.config:
        return
    for each in story.monitored:
        before: Any = getattr(each.before, "best", None)
        if isinstance(before, float) and isinstance(each.value, float) and each.after.best is before:
            better = each.value < before if _direction(each) == "min" else each.value > before
            if better:
                yield "min_delta is 0.0001 by default: improvements smaller than that do not count"
                return


_ALL: tuple[Trap, ...] = (
    _missing, _nan_first, _float32, _cooldown, _bare_min_delta, _baseline, _warm_up, _patience_zero, _training_metric, _rounded,
    _numbering,
)  # fmt: skip
