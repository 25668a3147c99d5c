"""What EarlyStopping has to do with a stream, as a closed form over the whole of a fit. No clauses in here.

Rules
- The monitored epochs of a fit are those that carry the metric and do not lie before `start_from_epoch`.
- The first of them improves; a later one does if it is better by more than min_delta than the last that improved. One that
  improves resets if it also beats `baseline`, or there is none.
- The stop is the first monitored epoch, not of absolute index 0, that does not improve and lies `patience` monitored
  epochs or more behind the last reset, or behind the beginning if there was none.
- There is no counter: everything is positions in the list of monitored epochs. The dialect gives the arithmetic of the
  comparison and nothing else.
- On some streams other choices lead elsewhere: the functions called `plain_...` tell where they do not.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from ...scenario import Fit, Scenario
from ...values import Value
from ..clause import Case
from ..monitoring import is_number, precision

Better = Callable[[float, float], bool]
"""Whether a value improves on another one. Raises ValueError for a value that the precision refuses."""


def number(value: object) -> bool:
    """Whether Python can compare it with a count: an integer, a float, or a boolean."""
    return isinstance(value, int | float)


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitored:
    """An epoch that counts: `index` in its fit, absolute `number`, and its value."""

    index: int
    number: int
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """One fit in the direction `way`. `end`: the index of the last epoch run; `stopped`: the callback sets the stop flag
    there; `raised`: comparing raises ValueError there. `monitored`: those that are run; `improving`, `resets`: positions
    among them."""

    way: str
    monitored: tuple[Monitored, ...]
    improving: tuple[int, ...]
    resets: tuple[int, ...]
    end: int
    stopped: bool
    raised: bool

    def since_reset(self, position: int) -> int:
        """How many monitored epochs after the last reset this one is; after the beginning, counted from one."""
        return position - max((reset for reset in self.resets if reset <= position), default=-1)

    def account(self, index: int) -> str:
        """Why the epoch at `index` stops or goes on, in a few words with values."""
        for position, epoch in enumerate(self.monitored):
            if epoch.index == index:
                count = self.since_reset(position)
                kind = "improves" if position in self.improving else "does not improve"
                return f"{epoch.value!r} {kind}, and {count} monitored epochs have passed since the last reset"
        return "this epoch is not monitored"


def positions(scenario: Scenario, fit: Fit) -> Iterator[tuple[int, int, Value | None]]:
    """Of every epoch shown: index, absolute number, and the monitored value if there is one."""
    monitor = scenario.config.get("monitor", "val_loss")
    for index, epoch in enumerate(fit.epochs):
        yield index, scenario.first_epoch(fit) + index, epoch.logs.get(monitor)


def monitored(case: Case, fit: Fit) -> tuple[Monitored, ...] | None:
    """The monitored epochs of everything shown; None if one of their values is an array."""
    found = []
    for index, absolute, value in positions(case.scenario, fit):
        if value is not None and absolute >= case["start_from_epoch"]:
            if isinstance(value, tuple):
                return None
            found.append(Monitored(index=index, number=absolute, value=value))
    return tuple(found)


def well_typed(case: Case) -> bool:
    """Whether the counts are numbers and the metric has a name; min_delta and baseline are numbers by the format."""
    return number(case["patience"]) and number(case["start_from_epoch"]) and isinstance(case["monitor"], str)


def forward(case: Case) -> bool:
    """Whether min_delta is a number that is not negative: what a negative one means is a choice."""
    return is_number(case["min_delta"]) and not case["min_delta"] < 0


def plain_start(case: Case, fit: int = 0) -> bool:
    """Whether it makes no difference if start_from_epoch, a number, counts absolute epochs or those of the fit."""
    return bool(case["start_from_epoch"] <= 0 or case.scenario.first_epoch(case.scenario.fits[fit]) == 0)


def better_by(case: Case, way: str, min_delta: float | None = None) -> Better:
    """Better, in the direction `way`, by more than min_delta, which has to be a number; another one may be given."""
    delta = abs(case["min_delta"] if min_delta is None else min_delta)

    def less(value: float, than: float) -> bool:
        return precision(case, value, new=True)(value + delta) < precision(case, than)(than)

    def greater(value: float, than: float) -> bool:
        return precision(case, value, new=True)(value - delta) > precision(case, than)(than)

    return less if way == "min" else greater


def predict(case: Case, way: str | None, fit: int = 0) -> Prediction | None:
    """What happens in the fit, if it is reached. None: the configuration or the stream is not one to predict."""
    if way is None or not forward(case) or not well_typed(case):
        return None
    shown = case.scenario.fits[fit]
    epochs = monitored(case, shown)
    if epochs is None:
        return None
    improving, resets, raises = _ranked(better_by(case, way), [epoch.value for epoch in epochs], case["baseline"])
    stop = None
    for position in range(len(epochs) if raises is None else raises):
        last_reset = max((reset for reset in resets if reset < position), default=-1)
        late = position - last_reset >= case["patience"]
        if late and position not in improving and epochs[position].number > 0:
            stop = epochs[position].index
            break
    others = next((index for index, epoch in enumerate(shown.epochs) if epoch.stop), None)
    raising = None if raises is None else epochs[raises].index
    end = min(index for index in (stop, others, raising, len(shown.epochs) - 1) if index is not None)
    run = tuple(epoch for epoch in epochs if epoch.index <= end)
    return Prediction(
        way=way,
        monitored=run,
        improving=tuple(position for position in improving if position < len(run)),
        resets=tuple(position for position in resets if position < len(run)),
        end=end,
        stopped=stop == end,
        raised=raising == end,
    )


def _ranked(better: Better, values: list[float], baseline: float | None) -> tuple[list[int], list[int], int | None]:
    """Among the values of a fit the positions of those that improve and of those that reset, and the first that cannot be
    compared, beyond which nothing is known."""
    improving: list[int] = []
    resets: list[int] = []
    for position, value in enumerate(values):
        try:
            improves = not improving or better(value, values[improving[-1]])
            beats_baseline = improves and (baseline is None or better(value, baseline))
        except ValueError:
            return improving, resets, position
        improving.extend([position] * improves)
        resets.extend([position] * beats_baseline)
    return improving, resets, None


def improvements(case: Case, way: str, epochs: Sequence[Monitored]) -> list[Monitored] | None:
    """Those of these epochs that improve; None if one cannot be compared."""
    improving, _, raises = _ranked(better_by(case, way), [epoch.value for epoch in epochs], None)
    return [epochs[position] for position in improving] if raises is None else None


def plain_first(case: Case, way: str, epochs: Sequence[Monitored]) -> bool:
    """Whether the first value is better than the worst infinity: then it is the best whatever a dialect makes of first values."""
    try:
        return not epochs or better_by(case, way)(epochs[0].value, inf if way == "min" else -inf)
    except ValueError:
        return False


def plain_changes(case: Case, way: str, epochs: Sequence[Monitored]) -> bool:
    """Whether no value is better than an earlier one, or than the baseline, by exactly min_delta, as far as can be seen; a change
    of 0 is none."""
    delta = case["min_delta"] if way == "min" else -case["min_delta"]
    if delta == 0:
        return True
    values = [epoch.value for epoch in epochs]
    others = [] if case["baseline"] is None else [case["baseline"]]

    def equal(value: float, than: float) -> bool:
        try:
            return precision(case, value, new=True)(value + delta) == precision(case, than)(than)
        except ValueError:  # the comparison raises, and what follows it does not matter
            return False

    return not any(equal(value, than) for place, value in enumerate(values) for than in (*values[:place], *others))


def plain_anchor(case: Case, way: str, epochs: Sequence[Monitored]) -> bool:
    """Whether it makes no difference if a value is compared with the last that improved by more than min_delta, or with the
    best."""
    if case["min_delta"] == 0 or not epochs:
        return True
    improves, exceeds = better_by(case, way), better_by(case, way, 0.0)
    last = best = epochs[0].value
    for epoch in epochs[1:]:
        try:
            if improves(epoch.value, best) != improves(epoch.value, last):
                return False
            last = epoch.value if improves(epoch.value, last) else last
            best = epoch.value if exceeds(epoch.value, best) else best
        except ValueError:
            return True
    return True
