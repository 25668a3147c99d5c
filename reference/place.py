"""A callback in its place in the list of a fit: its machine, the machine's state, and what was seen of it so far."""

from collections.abc import Callable, Mapping
from typing import Any

from callcheck.spec.callbacks import AS_OBJECTS
from callcheck.spec.trace import (
    CONSTRUCTOR,
    CallbackInEpoch,
    CallbackInFit,
    CallbackInTrace,
    Save,
    SideEffects,
)
from callcheck.spec.values import Logs, Value
from callcheck.spec.weights import Origin, Weights

from . import machine as m
from .history import as_seen

NOTHING_LOGGED: Mapping[str, Value] = {}
NOTHING_LEFT: SideEffects = {}


def added_to_logs(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value]:
    """What a callback put into the logs: the keys of `after` that are new or have another value than in `before`."""
    return {name: value for name, value in after.items() if name not in before or repr(before[name]) != repr(value)}


class Place:
    """`index` in the list. What was seen is that of the epoch, or of the hooks around the epochs, that is under way."""

    __slots__ = (
        "attributes", "calls", "changed", "counts", "effects", "index", "internal", "logged", "lost", "machine", "printed",
        "printed_around", "recorded", "removed", "saved", "side_effects", "side_effects_around", "state", "warned",
        "warned_around", "warned_made", "weights_set",
    )  # fmt: skip

    def __init__(self, index: int, machine: m.Machine, lost: frozenset[str]) -> None:
        """`lost`: the kinds of warnings that nobody is given."""
        self.index = index
        self.machine = machine
        self.lost = lost
        self.state = machine.initial
        self.warned_made: tuple[str, ...] = ()
        self._made()
        self.internal: dict[str, list[list[Any]]] = {}
        self.effects: list[m.Effect] = []
        """Those of its last hook."""
        self.fit_begins()

    def again(self, instances: str) -> None:
        """Make the instance of a later fit. Raises what making it raises."""
        if instances == "new":
            self.machine.replaced(self.state)
            self.state = self.machine.initial
            self._made()
        elif instances == "pickled":
            self.machine.pickled(self.state)
        elif instances == "copied":
            self.machine.copied(self.state)

    def _made(self) -> None:
        self.warned_made += tuple(kind for kind in self.machine.warned if kind not in self.lost)

    def warn(self, kind: str) -> None:
        if kind not in self.lost:
            self.warned += (kind,)

    def fit_begins(self) -> None:
        self.printed_around: tuple[str, ...] = ()
        self.warned_around: tuple[str, ...] = ()
        self.side_effects_around: SideEffects = NOTHING_LEFT
        self.recorded: tuple[Mapping[str, Any], ...] | None = None
        self.attributes: Mapping[str, Any] | None = None
        self.clear()

    def clear(self) -> None:
        """Begin a new record of what is seen: nothing yet."""
        self.saved: tuple[Save, ...] = ()
        self.warned: tuple[str, ...] = ()
        self.printed: tuple[str, ...] = ()
        self.logged = NOTHING_LOGGED
        self.changed: tuple[str, ...] = ()
        self.removed: tuple[str, ...] = ()
        self.weights_set: tuple[str, ...] = ()
        self.side_effects: SideEffects = NOTHING_LEFT
        self.calls = 0
        self.counts: Mapping[str, int] | None = None

    def seen(self) -> tuple[Any, ...]:
        """All that was seen, to be compared."""
        return (
            self.saved, self.warned, self.printed, self.logged, self.changed, self.removed, self.weights_set,
            self.side_effects,
        )  # fmt: skip

    def count(self, texts: Mapping[str, str]) -> Mapping[str, int] | None:
        """What is counted at the end of an epoch."""
        self.counts = self.machine.tally(self.calls, texts)
        return self.counts

    def keep_around(self) -> None:
        """What was said belongs to the fit, and to no epoch."""
        self.printed_around += self.printed
        self.warned_around += self.warned
        around = self.side_effects_around
        if self.side_effects:
            around = {**around, **{name: around.get(name, ()) + hooks for name, hooks in self.side_effects.items()}}
        self.side_effects_around = around
        self.clear()

    def leave(self, name: str, hook: str) -> None:
        """Something of that name is another one than before the hook."""
        hooks = self.side_effects.get(name, ())
        if hook not in hooks:
            self.side_effects = {**self.side_effects, name: (*hooks, hook)}

    def note_save(self, effect: m.Save, **seen: Any) -> None:
        """A save as it is seen: with what was written, if that is not what was asked for."""
        asked = bool(getattr(self.machine.config, "save_weights_only", False))  # type: ignore[attr-defined]
        written = bool(effect.weights_only)
        content = None if written == asked else "weights" if written else "model"
        self.saved += (Save(path=effect.path, content=content, **seen),)

    def log(self, effects: list[m.Effect], logs: Logs, in_epoch: bool) -> tuple[Logs, Logs, tuple[str, ...]]:
        """The logs after what was done to them, what was added to them, and what was removed."""
        own: dict[str, float] = {}
        removed: tuple[str, ...] = ()
        for effect in effects:
            if type(effect) is m.Log:
                own[effect.key] = effect.value
            elif type(effect) is m.Unlog:
                removed += (effect.key,)
        if not own and not removed:
            return logs, NOTHING_LOGGED, ()
        new = own.keys().isdisjoint(logs)
        added = own if new else added_to_logs(logs, own)
        after = {**logs, **own}
        if in_epoch:
            self.logged = {**self.logged, **added} if self.logged else added
            if not new:
                self.changed += tuple([name for name in added if name in logs])
        if removed:
            if in_epoch:
                self.removed += removed
            after = {name: value for name, value in after.items() if name not in removed}
        return after, added, removed

    def note_internal(self, fit: int) -> None:
        """The state at the end of an epoch."""
        for name, value in self.machine.attributes(self.state).items():
            if name in AS_OBJECTS:
                continue
            fits = self.internal.setdefault(name, [])
            fits.extend([] for _ in range(fit + 1 - len(fits)))
            fits[-1].append(value)

    def note_attributes(self, whose: Callable[[Origin], Weights | None], **shared: Any) -> None:
        """What the public attributes hold when a fit has ended, with the `shared` ones. `whose`: how a trace of the fit tells
        whose weights they are."""
        seen: dict[str, Any] = {}
        for name, value in self.machine.attributes(self.state).items():
            if not isinstance(value, Origin):
                seen[name] = as_seen(value) if isinstance(value, float | tuple) else value
            elif (told := whose(value)) is not None:
                seen[name] = told
        self.attributes = {**shared, **seen}

    def internal_seen(self) -> dict[str, tuple[tuple[Any, ...], ...]]:
        return {name: tuple(tuple(values) for values in seen) for name, seen in self.internal.items()}

    # ---------------------------------------------------------------------------------- of several, in a trace

    def in_epoch(self, optional: bool) -> CallbackInEpoch:
        return CallbackInEpoch(
            saved=self.saved,
            warned=self.warned,
            printed=self.printed,
            logged=self.logged,
            **self.touched(optional),
        )

    def touched(self, optional: bool) -> dict[str, Any]:
        """What it did beside its work, and what can be counted, for an epoch's record; nothing unless it is asked for."""
        if not optional:
            return {}
        return {
            "changed": tuple(sorted(self.changed)), "removed": tuple(sorted(self.removed)),
            "weights_set": self.weights_set, "side_effects": self.side_effects,
            "counts": self.counts,
        }  # fmt: skip

    def in_fit(self, optional: bool) -> CallbackInFit:
        return CallbackInFit(**self.around(optional))

    def around(self, optional: bool) -> dict[str, Any]:
        """What was seen of it around the epochs, for a fit's record."""
        seen: dict[str, Any] = {
            "printed": self.printed_around, "recorded": self.recorded, "attributes": self.attributes
        }  # fmt: skip
        if optional:
            seen.update(warned=self.warned_around, side_effects=self.side_effects_around)
        return seen

    def in_trace(self, optional: bool) -> CallbackInTrace:
        return CallbackInTrace(**self.made(optional))

    def made(self, optional: bool) -> dict[str, Any]:
        """What was seen of it outside of fits, for a trace's record."""
        seen: dict[str, Any] = {"warned": self.warned_made, "internal": self.internal_seen()}
        if optional:
            seen["side_effects"] = dict.fromkeys(self.machine.leaves, (CONSTRUCTOR,))
        return seen
