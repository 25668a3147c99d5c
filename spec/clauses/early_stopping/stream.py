"""What EarlyStopping has to do with a stream, as a closed form over the whole of it. No clauses in here.

Rules
- The monitored epochs of a fit are those that carry the metric and do not lie before `start_from_epoch`.
- A leader is the value that the next one is compared with: a first one, then always the next value that is better.
- An epoch improves if it is better than the leader before it by more than min_delta; it resets if it also beats
  `baseline`.
- The stop is the first monitored epoch, not of absolute index 0, that does not improve and lies `patience` monitored
  epochs or more behind the last reset, or behind the beginning if there was none.
There is no counter: everything is positions in the list of monitored epochs. The dialect says how values compare.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ...scenario import Fit, Scenario
from ...values import Value
from ..clause import Case
from ..monitoring import comparison


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
    """One fit. `end`: the index of the last epoch run; `stopped`: the callback sets the stop flag there; `raised`:
    comparing raises ValueError there. `monitored`: those that are run; `improving`, `resets`, `leaders`: positions
    among them."""

    monitored: tuple[Monitored, ...]
    improving: tuple[int, ...]
    resets: tuple[int, ...]
    leaders: tuple[int, ...]
    end: int
    stopped: bool
    raised: bool

    @property
    def best(self) -> Monitored | None:
        """The epoch whose weights are kept: the last leader, or the first monitored epoch while there is none."""
        if not self.monitored:
            return None
        return self.monitored[self.leaders[-1] if self.leaders else 0]

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Positions among the monitored epochs; `raises`: the first that cannot be compared, beyond which nothing is
    known."""

    improving: tuple[int, ...]
    resets: tuple[int, ...]
    leaders: tuple[int, ...]
    raises: int | None


def well_typed(case: Case) -> bool:
    """Whether the counts are numbers and the metric has a name; min_delta and baseline are numbers by the format."""
    return number(case["patience"]) and number(case["start_from_epoch"]) and isinstance(case["monitor"], str)


def ranked(case: Case, values: list[float], carried: float | None = None) -> Ranking:
    """Who improves on whom among the monitored values of a fit. `carried`: the leader that an earlier fit has left.

    Only where the direction can be known, and min_delta is a number."""
    compare, lead = comparison(case), comparison(case, 0.0)
    assert compare is not None
    assert lead is not None
    # Where only significant improvements are compared with, being better by less than min_delta leads to nothing.
    leads = lead.better if case.dialect["early-stopping/anchor"] == "best-value" else compare.better
    start = None if compare.accepts_first else compare.worst
    improving: list[int] = []
    resets: list[int] = []
    leaders: list[int] = []
    raises = None
    for position, value in enumerate(values):
        leader = values[leaders[-1]] if leaders else start if carried is None else carried
        try:
            improves = leader is None or compare.better(value, leader)
            takes_over = improves or leader is None or leads(value, leader)
            beats_baseline = improves and (case["baseline"] is None or compare.better(value, case["baseline"]))
        except ValueError:
            raises = position
            break
        improving.extend([position] * improves)
        leaders.extend([position] * takes_over)
        resets.extend([position] * beats_baseline)
    return Ranking(improving=tuple(improving), resets=tuple(resets), leaders=tuple(leaders), raises=raises)


def predict(case: Case) -> list[Prediction] | None:
    """What happens in every fit that is reached. None: the configuration or the stream is not one to predict."""
    if comparison(case) is None or not well_typed(case):
        return None
    carried = None
    found = []
    for fit in case.scenario.fits:
        epochs = monitored(case, fit)
        if epochs is None:
            return None
        values = [epoch.value for epoch in epochs]
        found.append(_ending(case, fit, epochs, ranked(case, values, carried)))
        if found[-1].raised:
            break
        if case.dialect["early-stopping/reuse"] == "best-value" and found[-1].leaders:
            carried = values[found[-1].leaders[-1]]
    return found


def _ending(case: Case, fit: Fit, epochs: tuple[Monitored, ...], ranking: Ranking) -> Prediction:
    """Where the fit ends: where the callback stops, somebody else stops, a comparison raises, or the epochs are
    over."""
    spared = ranking.improving if case.dialect["early-stopping/baseline"] == "gates-the-reset" else ranking.resets
    known = len(epochs) if ranking.raises is None else ranking.raises
    stop = None
    for position in range(known):
        last_reset = max((reset for reset in ranking.resets if reset < position), default=-1)
        late = position - last_reset >= case["patience"]
        if late and position not in spared and epochs[position].number > 0:
            stop = epochs[position].index
            break
    others = next((index for index, epoch in enumerate(fit.epochs) if epoch.stop), None)
    raises = None if ranking.raises is None else epochs[ranking.raises].index
    end = min(index for index in (stop, others, raises, len(fit.epochs) - 1) if index is not None)
    run = tuple(epoch for epoch in epochs if epoch.index <= end)

    def of_run(positions: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(position for position in positions if position < len(run))

    return Prediction(
        monitored=run,
        improving=of_run(ranking.improving),
        resets=of_run(ranking.resets),
        leaders=of_run(ranking.leaders),
        end=end,
        stopped=stop == end,
        raised=raises == end,
    )
