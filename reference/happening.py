"""What effects do to the model, and what is seen of them: a function for each kind that does something."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import machine as m
from .model import weights_seen
from .place import Place

if TYPE_CHECKING:
    from .replay import Replay

Happening = Callable[["Replay", Place, Any, str, int], None]
"""Is given the run, the callback, what it did, in which hook, and at which batch as a trace names it (-1: at none)."""


def happen(run: "Replay", place: Place, effects: list[m.Effect], hook: str, batch: int) -> None:
    """Let the effects of a callback's hook happen, in their order; what was done to the logs is another matter."""
    for effect in effects:
        act = HAPPENINGS.get(type(effect))
        if act is not None:
            act(run, place, effect, hook, batch)


def _write(run: "Replay", place: Place, effect: m.Write, hook: str, batch: int) -> None:
    run.model.write(effect.path, effect.text, effect.append, place.index)


def _set_rate(run: "Replay", place: Place, effect: m.SetRate, hook: str, batch: int) -> None:
    run.model.set_rate(effect.rate)


def _stop(run: "Replay", place: Place, effect: m.Stop, hook: str, batch: int) -> None:
    run.model.stop = True


def _save(run: "Replay", place: Place, effect: m.Save, hook: str, batch: int) -> None:
    run.model.save(effect.path, bool(effect.weights_only))
    _note_save(run, place, effect, batch)


def _back_up(run: "Replay", place: Place, effect: m.BackUp, hook: str, batch: int) -> None:
    run.model.back_up(effect, place.index)
    _note_save(run, place, m.Save(effect.directory), batch)


def _note_save(run: "Replay", place: Place, save: m.Save, batch: int) -> None:
    model = run.model
    place.note_save(
        save, weights=weights_seen(model.weights, run.began, run.fit), batch=batch if batch >= 0 else None,
        optimizer_steps=model.steps if run.optional else None,
    )  # fmt: skip


def _go_on(run: "Replay", place: Place, effect: m.GoOn, hook: str, batch: int) -> None:
    run.model.go_on(effect)


def _discard(run: "Replay", place: Place, effect: m.Discard, hook: str, batch: int) -> None:
    run.model.discard(effect)


def _remove(run: "Replay", place: Place, effect: m.Remove, hook: str, batch: int) -> None:
    run.model.remove(effect.path)


def _put(run: "Replay", place: Place, effect: m.Restore | m.Swap | m.Average, hook: str, batch: int) -> None:
    if run.model.put(effect) and m.IN_TRACE[hook] not in place.weights_set:
        place.weights_set += (m.IN_TRACE[hook],)


def _print(run: "Replay", place: Place, effect: m.Print, hook: str, batch: int) -> None:
    place.printed += (effect.kind,)


def _warn(run: "Replay", place: Place, effect: m.Warn, hook: str, batch: int) -> None:
    place.warn(effect.kind)


def _call(run: "Replay", place: Place, effect: m.Call, hook: str, batch: int) -> None:
    place.calls += 1


def _leave(run: "Replay", place: Place, effect: m.Leave, hook: str, batch: int) -> None:
    place.leave(effect.name, m.IN_TRACE[hook])


HAPPENINGS: Mapping[type, Happening] = {
    m.Write: _write, m.SetRate: _set_rate, m.Stop: _stop, m.Save: _save, m.BackUp: _back_up, m.GoOn: _go_on, m.Discard: _discard,
    m.Remove: _remove, m.Restore: _put, m.Swap: _put, m.Average: _put, m.Print: _print, m.Warn: _warn, m.Call: _call,
    m.Leave: _leave,
}  # fmt: skip
"""By the kind of effect. `Log` and `Unlog` are not among them: what they do is `Place.log`'s."""
