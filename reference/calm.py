"""The epochs of a long training in which nothing new happens: they are run at the speed of the machines.

Rules
- Passed is an epoch in which every callback does at its end what it did in the epoch before, which was nothing, or to log
  something. Where one looks at batches, it is an epoch of one batch, at which none does anything. Its record is that epoch's.
- Transitions are pure: an epoch in which something else happens is left as if it had not begun, and the loop runs it.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from callcheck.spec.scenario import Epoch
from callcheck.spec.trace import EpochTrace
from callcheck.spec.values import Logs
from callcheck.spec.weights import Origin

from .machine import NOTHING, Effect, Event, Log, made
from .place import NOTHING_LOGGED, Place

if TYPE_CHECKING:
    from .replay import Replay

BATCH, END = "batch_end", "epoch_end"
LOOKED_AT = ("epoch_begin", "batch_begin", "validation_end", "test_begin", "test_end")
"""The other hooks of an epoch: where a callback has one, no epoch is passed."""


def can_be_calm(run: "Replay") -> bool:
    """Whether anything of the epochs but their ends can matter, or of some callbacks their batches, or is asked for."""
    asked = run.optional or run.internal or run.model.keeps_average
    both = run.hooks[BATCH].keys() & run.hooks[END].keys()
    return not asked and not both and not any(run.hooks[hook] for hook in LOOKED_AT)


def passed(run: "Replay", contents: Sequence[Epoch], at: int, first: int, epochs: list[EpochTrace]) -> int:
    """Run the contents from `at` on, those of the epoch `first` and so on, for as long as nothing new happens; how many that
    were. What was seen of them is added to `epochs`, the last of which was run by the loop."""
    record, fit, model, watch = epochs[-1], run.fit, run.model, run.watch
    at_batches, at_ends = run.hooks[BATCH], run.hooks[END]
    if record.learning_rate != record.learning_rate_in_epoch or not all(map(_only_logs, at_ends)):
        return 0
    if any(any(place.seen()) for place in at_batches):
        return 0
    turns: list[tuple[str, Place, Any, Any, list[Effect], Logs]]
    turns = [(BATCH, place, turn, _config(place), [], NOTHING_LOGGED) for place, turn in at_batches.items()]
    turns += [(END, place, turn, _config(place), place.effects, place.logged) for place, turn in at_ends.items()]
    # What is the same in all epochs is taken apart here: each is two or three microseconds.
    told_now = run.event(first, -1, NOTHING_LOGGED)
    _, told, _, rate, _, metrics, stop, texts, backups, planned, average, steps, trained = told_now
    stored, number, several = model.rate, len(turns), len(turns) > 1
    epoch, more = first, 0
    for position in range(at, len(contents)):
        content = contents[position]
        batches = 1 if content.batches is None else len(content.batches)
        if content.others or content.stop or (at_batches and content.batches is not None) or run.breaks_off(batches):
            break
        logs, weights = content.logs, made(Origin, (fit, epoch, False))
        more += batches
        decided = []
        for hook, place, turn, config, usual, logged in turns:
            effects: list[Effect] = []
            batch, shown = (told, logs) if hook is END else (0, content.batch_logs()[0])
            now = (
                epoch, batch, shown, rate, weights, metrics, stop, texts, backups, planned, average, steps + more, trained + more,
            )  # fmt: skip
            event, before = made(Event, now), place.state
            try:
                after, reason = turn(before, event, effects)
            except Exception:  # the loop meets it again
                break
            if effects != usual or (usual and not logged.keys().isdisjoint(logs)):
                break
            if usual and several:
                logs = {**logs, **logged}
            decided.append((place, (fit, hook, event, reason, config, before, after, stored, place.index, effects)))
        if len(decided) < number:
            more -= batches
            break
        for place, decision in decided:
            place.state = decision[6]
            if watch is not None and decision[3] is not NOTHING and watch(decision):
                run.enough = True
        epoch += 1
        if run.enough:
            break
    if epoch > first:
        model.trained(made(Origin, (fit, epoch - 1, False)), more)
        epochs.extend(repeat(record, epoch - first))
    return epoch - first


def _config(place: Place) -> Any:
    """That of a machine that gives reasons: it has one."""
    return getattr(place.machine, "config", None)


def _only_logs(place: Place) -> bool:
    """Whether a callback did nothing in the last epoch but to log what was not there."""
    logged = sum(isinstance(effect, Log) for effect in place.effects)
    return len(place.effects) == logged == len(place.logged) and not place.changed
