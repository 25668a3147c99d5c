"""The bookkeeping: from what is seen at each hook to the trace, as JSON data. One for the loop and for a real fit.

Rules
- What an implementation cannot show is absent, never empty. What is optional is there only where it was asked for.
- Of one callback an epoch says itself what was saved, warned, printed and logged; of several each has a place of its own.
"""

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from .capture import Captured, Facts
from .protocol import Nonsense, Observation, Saved
from .scenario import Scenario
from .side_effects import SideEffects
from .values import UNTRAINED, Origin, rate_to_json, value_to_json


def weights_json(origin: Optional[Origin], began: Optional[Origin], fit: int) -> Dict[str, Any]:
    """Whose training produced the weights, as a trace of `fit` reports it that began with the weights of `began`."""
    if origin is None or began is None or origin.fit < -1:
        return {"weights_of_epoch": None}
    if origin == began:
        return {"weights_of_epoch": -1}
    return _from(origin, fit)


def _from(origin: Origin, fit: int) -> Dict[str, Any]:
    """Where weights come from, as it is told in that fit."""
    whose: Dict[str, Any] = {"weights_of_epoch": origin.epoch}
    if origin.fit != fit:
        whose["weights_of_fit"] = origin.fit
    return dict(whose, averaged=True) if origin.averaged else whose


LONGEST = 10_000
"""Characters of an exception's message that are kept."""


def text_of(error: BaseException) -> str:
    """The message of an exception, which may be one that has none to give, or a very long one."""
    try:
        text = str(error)
    except Exception:
        return "(the exception cannot be shown as text)"
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


class Raised(Exception):
    """An exception out of a hook ended the fit; `error` is its record."""

    def __init__(self, error: Dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error


class OtherRaised(Exception):
    """A fit could not begin, or its model not be trained: with `error`, by somebody else, or by the callback of that index where
    it was made again."""

    def __init__(self, error: BaseException, **whose: Any) -> None:
        super().__init__(error)
        self.error = error
        self.whose = whose


class _Said:
    """What one callback did and said, in an epoch or around a fit; None: not observable."""

    __slots__ = (
        "attributes", "changed", "counts", "logged", "printed", "recorded", "removed", "saved", "side_effects", "warned",
        "weights_set",
    )  # fmt: skip

    def __init__(self, recorder: "Recorder") -> None:
        sees_all = recorder.sees_all
        self.saved: Optional[List[Any]] = [] if sees_all else None
        self.warned: Optional[List[str]] = [] if sees_all and recorder.warns else None
        self.printed: Optional[List[str]] = [] if sees_all and recorder.prints else None
        self.logged: Optional[Dict[str, Any]] = {} if sees_all else None
        self.changed: Optional[List[str]] = [] if sees_all else None
        self.removed: Optional[List[str]] = [] if sees_all else None
        self.weights_set: Optional[List[str]] = [] if sees_all else None
        self.side_effects: Dict[str, List[str]] = {}
        self.counts: Optional[Dict[str, int]] = None
        self.recorded: Optional[List[Dict[str, Any]]] = None
        self.attributes: Optional[Dict[str, Any]] = None

    def to_json(self, optional: bool) -> Dict[str, Any]:
        written: Dict[str, Any] = {}
        if self.saved is not None:
            written["saved"] = self.saved
        if self.warned is not None:
            written["warned"] = self.warned
        if self.printed is not None:
            written["printed"] = self.printed
        if self.logged is not None:
            written["logged"] = self.logged
        if optional and self.changed is not None:
            written["changed"] = self.changed
        if optional and self.removed is not None:
            written["removed"] = self.removed
        if optional and self.weights_set is not None:
            written["weights_set"] = self.weights_set
        if optional:
            written["side_effects"] = self.side_effects
        if self.counts is not None:
            written["counts"] = self.counts
        return written


class Recorder:
    """What was seen of one scenario so far."""

    def __init__(
        self,
        scenario: Scenario,
        heard: Captured,
        beside: SideEffects,
        observables: Any,
        internal: bool = False,
        optional: bool = False,
    ) -> None:
        self.scenario = scenario
        self.beside = beside
        self.optional = optional
        self.sees_all = False
        """Whether saves, messages and logs can be seen at any time, so that none are none."""
        self.fits: List[Dict[str, Any]] = []
        self.weights: Optional[Origin] = UNTRAINED
        self.stop: Optional[bool] = None
        self.rate: Any = None
        self.logs: Mapping[str, Any] = {}
        """What the hook under way was given."""
        self.steps: Optional[int] = None
        """How many steps the optimizer made, where that is looked at."""
        self._heard = heard
        self.warns = "warned" in observables
        self.prints = "printed" in observables
        self._rate_in_epoch = "learning_rate_in_epoch" in observables
        self._internal: Optional[List[Dict[str, List[List[Any]]]]] = (
            [{} for _ in scenario.configured()] if internal else None
        )
        self._warned = self._listen_warned()
        self._left: List[Dict[str, List[str]]] = [{} for _ in scenario.configured()]

    def _listen_warned(self) -> Optional[List[List[str]]]:
        return [[] for _ in self.scenario.configured()] if self.warns else None

    def constructed(self, callback: int, left: Sequence[str]) -> None:
        """A constructor has come to its end. `left`: the names of what it left changed."""
        _note_left(self._left[callback], left, "constructor")
        self._heard.new_speaker(callback)
        self._heard.printed()
        if self._warned is not None:
            self._warned[callback] += self._heard.warned()

    # ---------------------------------------------------------------------------------- fits and epochs

    def fit_begins(self, fit: int) -> None:
        self._heard.printed()  # what was said while the model was made ready is not the subject's
        self._heard.warned()
        self.beside.look()
        self.fit = fit
        self.began = self.weights
        self.begun_with: Optional[Origin] = None
        """The weights with which the first epoch begins."""
        self.files: List[str] = []
        self.gone: List[str] = []
        """What the hooks around the epochs have written, and what they have removed."""
        self.epoch: Optional[int] = None
        self.told: Optional[int] = None
        """The index that the batch hook was told last."""
        self.logs = {}
        self.epochs: List[Dict[str, Any]] = []
        self.around = [_Said(self) for _ in self.scenario.configured()]
        self._said = self.around
        self._beginning: Dict[str, int] = {}

    def note_beginning(self, first: int, epoch: int, batch: int) -> None:
        """Training begins with that epoch and batch, where the epoch `first` was told."""
        if (epoch, batch) != (first, 0):
            self._beginning = {"initial_epoch": epoch, "initial_batch": batch} if batch else {"initial_epoch": epoch}

    def note_recorded(self, callback: int, recorded: Optional[List[Dict[str, Any]]]) -> None:
        """What a callback has written down by the end of the fit."""
        self.around[callback].recorded = recorded

    def asks_for_attributes(self, error: Optional[Dict[str, Any]]) -> bool:
        """Whether attributes are looked at when a fit has ended so: a callback's hook that raised was left in its middle."""
        return self.optional and (error is None or error.get("by") == "other")

    def note_attributes(self, callback: int, attributes: Optional[Dict[str, Any]]) -> None:
        """What the public attributes of a callback hold when the fit has ended."""
        self.around[callback].attributes = attributes

    def whose(self, origin: Optional[Origin]) -> Optional[Dict[str, Any]]:
        """Whose weights they are; None for nobody's, or where that is not known."""
        told = weights_json(origin, self.began, self.fit)
        return None if told["weights_of_epoch"] is None else told

    def could_not_begin(self, fit: int, raised: OtherRaised) -> Dict[str, Any]:
        """A fit without any hook; the record of what was raised."""
        self.fit_begins(fit)
        whose = raised.whose if self.scenario.several or "by" in raised.whose else {}
        error = self.error(raised.error, "fit_begin", **whose)
        self.fit_ends(error)
        return error

    def files_changed(self, new: List[str], gone: List[str]) -> None:
        """What the hooks around the epochs have done to files."""
        self.files += new
        self.gone += gone

    def at_begin(self) -> Dict[str, Any]:
        """With whose weights the fit's first epoch began."""
        began = self.begun_with
        if began is None or began.fit < -1:
            return {}
        return {"weights_at_begin": _from(began, UNTRAINED.fit)}

    def epoch_begins(self, epoch: int) -> None:
        if not self.epochs:
            self.begun_with = self.weights
        self.epoch = epoch
        self.in_epoch: Any = None
        self._held: Dict[str, Any] = {}
        self.batches: List[Dict[str, Any]] = []
        self._said = [_Said(self) for _ in self.scenario.configured()]

    def batches_begin(self) -> None:
        """The rate is now the one in force in the epoch's first batch."""
        if self._rate_in_epoch:
            self.in_epoch = self.rate

    def note_held(self, moment: str) -> None:
        """Whose weights the model holds at that moment of the epoch, where its optimizer keeps an average of them."""
        if self.scenario.use_ema:
            self._held[moment] = weights_json(self.weights, self.began, self.fit)

    def note_counts(self, callback: int, counts: Optional[Dict[str, int]]) -> None:
        """What could be counted at the end of the epoch."""
        self._said[callback].counts = counts

    def epoch_ends(self, files: Optional[Tuple[List[str], List[str]]] = None) -> None:
        """`files`: the new ones, and those that are gone."""
        epoch: Dict[str, Any] = {}
        if self.stop is not None:
            epoch["stop"] = self.stop
        if self.rate is not None:
            epoch["learning_rate"] = rate_to_json(self.rate)
        if self.in_epoch is not None:
            epoch["learning_rate_in_epoch"] = rate_to_json(self.in_epoch)
        said = [each.to_json(self.optional) for each in self._said]
        if self.scenario.several:
            epoch["callbacks"] = said
        else:
            epoch.update(said[0])
        if self.optional and (self.batches or self.sees_all):
            epoch["batches"] = self.batches
        if files is not None:
            epoch["files"], epoch["gone"] = files
        if self.scenario.use_ema:
            epoch["held"] = self._held
        self.epochs.append(epoch)
        self._said = self.around

    def fit_ends(self, error: Optional[Dict[str, Any]], **optional: Any) -> None:
        fit: Dict[str, Any] = {"epochs": self.epochs, "epochs_run": len(self.epochs)}
        fit.update(weights_json(self.weights, self.began, self.fit))
        around = [self._around(said) for said in self.around]
        if not self.scenario.several:
            fit.update(around[0])
        elif any(around):
            fit["callbacks"] = around
        fit.update(optional)
        fit.update(self._beginning)
        fit["error"] = error
        self.fits.append(fit)

    def _around(self, said: _Said) -> Dict[str, Any]:
        """What a callback said in the hooks around the epochs."""
        written: Dict[str, Any] = {}
        if self.prints or any(each.printed is not None for each in self.around):
            written["printed"] = said.printed or []
        if self.optional and said.warned is not None:
            written["warned"] = said.warned
        if self.optional:
            written["side_effects"] = said.side_effects
        if said.recorded is not None:
            written["recorded"] = said.recorded
        if said.attributes is not None:
            written["attributes"] = said.attributes
        return written

    # ---------------------------------------------------------------------------------- what is seen

    def saw(
        self,
        callback: int,
        seen: Observation,
        hook: str,
        batch: Optional[int] = None,
        raised: bool = False,
        saves: Optional[Sequence[Dict[str, Any]]] = None,
        left: Sequence[str] = (),
    ) -> None:
        """A hook of a callback is over. `raised`: not by its end, so that what it announced to save may not have been saved.
        `saves`: those that were seen in the files themselves, in place of the observation's. `left`: the names of
        what it left changed beside its work. Raises Nonsense."""
        before = self.weights
        self.saw_state(seen)
        said = self._said[callback]
        self._heard.speaker = callback
        were_set = before is not None and self.weights not in (None, before)
        if were_set and said.weights_set is not None and hook not in said.weights_set:
            said.weights_set.append(hook)
        _note_left(said.side_effects, left, hook)
        if self._heard.something or not self.sees_all:
            if self.prints:
                self._add_printed(said, self.printed(seen, batch, raised))
            if self.warns:
                said.warned = (said.warned or []) + list(self._heard.warned())
        if seen.warned is not None:
            said.warned = (said.warned or []) + list(seen.warned)
        if seen.printed is not None:
            self._add_printed(said, seen.printed)
        if saves is None and seen.saved is not None:
            saves = [self.save(path, seen.weights) for path in seen.saved]
        if saves is not None and (saves or said.saved is None):
            said.saved = said.saved or []
            for save in saves:
                if batch is not None:
                    save["batch"] = batch
                said.saved.append(save)
        if batch is None and seen.logged is not None and (seen.logged or said.logged is None):
            said.logged = said.logged or {}
            said.logged.update((name, value_to_json(value)) for name, value in seen.logged.items())
        if self.optional and (seen.changed is not None or seen.removed is not None):
            self._note_changes(callback, said, seen, batch)

    def saw_state(self, seen: Observation) -> None:
        """Only how things stand has changed: somebody else was at work. Raises Nonsense."""
        _check(seen)
        self.stop = seen.stop
        self.rate = seen.learning_rate
        self.weights = seen.weights

    def heard(self, callback: int) -> None:
        """Write down what was said so far in a hook that goes on."""
        said = self._said[callback]
        self._heard.speaker = callback
        self._add_printed(said, self._heard.printed(others=self.optional))
        said.warned = (said.warned or []) + list(self._heard.warned())

    def _note_changes(self, callback: int, said: _Said, seen: Observation, batch: Optional[int]) -> None:
        changed, removed = list(seen.changed or ()), list(seen.removed or ())
        if batch is None:
            said.changed = sorted({*(said.changed or ()), *changed})
            said.removed = sorted({*(said.removed or ()), *removed})
        else:
            logged = {name: value_to_json(value) for name, value in (seen.logged or {}).items()}
            note: Dict[str, Any] = {"batch": batch, "logged": logged, "changed": changed, "removed": removed}
            if self.scenario.several:
                note["callback"] = callback
            if logged or changed or removed:
                self.batches.append(note)

    def _add_printed(self, said: _Said, printed: Sequence[str]) -> None:
        said.printed = (said.printed or []) + list(printed)

    def printed(self, seen: Observation, batch: Optional[int], raised: bool = False) -> Sequence[str]:
        """What was printed since the last time of asking."""
        return self._heard.printed(
            lambda: Facts(
                epoch=self.epoch, batch=batch if batch is None else self.told, rate=seen.learning_rate, weights=seen.weights,
                saved=None if raised else seen.saved, logs=self.logs,
            ),
            self.optional,
        )  # fmt: skip

    def save(self, path: str, weights: Optional[Origin]) -> Dict[str, Any]:
        """The record of a save."""
        save: Dict[str, Any] = {"path": str(path)}
        save.update(weights_json(weights, self.began, self.fit))
        if isinstance(path, Saved) and path.content is not None:
            save["content"] = path.content
        if self.optional and self.steps is not None:
            save["optimizer_steps"] = self.steps
        return save

    def error(self, error: BaseException, hook: str, batch: Optional[int] = None, **by: Any) -> Dict[str, Any]:
        """The record of an exception out of a hook. `by`: whose it is, where that has to be said."""
        around = hook in ("fit_begin", "fit_end")
        written: Dict[str, Any] = {
            "type": type(error).__name__, "message": text_of(error), "fit": self.fit,
            "epoch": None if around else self.epoch, "hook": hook,
        }  # fmt: skip
        if batch is not None:
            written["batch"] = batch
        written.update(by)
        return written

    @property
    def asks_for_state(self) -> bool:
        """Whether the callbacks' state is looked at when an epoch has ended."""
        return self._internal is not None

    def note_internal(self, callback: int, state: Optional[Mapping[str, Any]]) -> None:
        """The callback's state at the end of an epoch."""
        if self._internal is None or not state:
            return
        for name, value in state.items():
            fits = self._internal[callback].setdefault(name, [])
            fits.extend([] for _ in range(self.fit + 1 - len(fits)))
            fits[-1].append(value)

    def trace(self) -> Dict[str, Any]:
        written: Dict[str, Any] = {"rejected": None}
        warned, internal = self._warned, self._internal
        if self.scenario.several:
            places: List[Dict[str, Any]] = [{} for _ in self.scenario.configured()]
            for index, place in enumerate(places):
                if warned is not None:
                    place["warned"] = warned[index]
                if self.optional:
                    place["side_effects"] = self._left[index]
                if internal is not None and internal[index]:
                    place["internal"] = internal[index]
            written["callbacks"] = places
        elif warned is not None:
            written["warned"] = warned[0]
        if self.optional and not self.scenario.several:
            written["side_effects"] = self._left[0]
        written["fits"] = self.fits
        if not self.scenario.several and internal is not None and internal[0]:
            written["internal"] = internal[0]
        return written


def rejected(error: BaseException, callback: Optional[int]) -> Dict[str, Any]:
    """The trace of a configuration that a constructor refused; `callback`: whose, of several."""
    refusal: Dict[str, Any] = {"type": type(error).__name__, "message": text_of(error)}
    if callback is not None:
        refusal["callback"] = callback
    return {"rejected": refusal, "fits": []}


def _note_left(noted: Dict[str, List[str]], left: Sequence[str], hook: str) -> None:
    for name in left:
        hooks = noted.setdefault(name, [])
        if hook not in hooks:
            hooks.append(hook)


def _check(seen: Observation) -> None:
    """Raises Nonsense, with the field and what it holds."""
    if seen.stop is not None and not isinstance(seen.stop, bool):
        raise Nonsense(f"stop is {seen.stop!r}, not a boolean")
    rate = seen.learning_rate
    if rate is not None and type(rate) is not float:
        rates = rate.values() if isinstance(rate, Mapping) else (rate,)
        if not all(isinstance(each, float) for each in rates):
            raise Nonsense(f"learning_rate is {rate!r}, not a float, or a float for each optimizer")
    if seen.saved and not all(isinstance(path, str) for path in seen.saved):
        raise Nonsense(f"saved is {seen.saved!r}, not paths")
