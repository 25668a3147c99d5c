"""SwapEMAWeights: it evaluates the optimizer's average of the weights, and not the weights that are trained.

Rules
1. When an evaluation begins, the weights and the average are exchanged, and exchanged back when it ends.
2. With `swap_on_epoch` they are exchanged at every epoch end, too, and back when the next epoch begins, so that what comes after
   it in the list sees, and saves, the average.
3. In an epoch that is the last one that fit was told, the average is made what the model then holds: so the average is what the
   model ends with. What it ends with when training is stopped before that epoch is the choice `swap-ema-weights/stopped-early`.
4. The instance remembers one thing: whether the average is in the model, as far as it knows. A new one takes it for granted that
   it is not.
5. Where the optimizer keeps no average, the first exchange raises ValueError; without one nothing is said.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from callcheck.spec.callbacks import SwapEMAWeights as Configuration
from callcheck.spec.callbacks import bind
from callcheck.spec.dialect import Dialect

from .machine import NOTHING, Average, Effect, Event, Machine, Reason, Swap

EVALUATED = Reason(
    "swap-ema-weights/evaluation/is-of-the-average", "An evaluation begins: the average is put into the model."
)
PUT_BACK = Reason(
    "swap-ema-weights/evaluation/puts-the-weights-back", "The evaluation has ended: the weights are put back."
)
SWAPPED = Reason(
    "swap-ema-weights/swap-on-epoch/an-epoch-ends-with-the-average",
    "The epoch ends: the average is put into the model.",
)
LAST = Reason(
    "swap-ema-weights/end/the-model-holds-the-average",
    "The last epoch ends: the average is put into the model, and stays.",
)
BACK = Reason(
    "swap-ema-weights/swap-on-epoch/the-next-epoch-trains-the-weights", "An epoch begins: the weights are put back."
)


class State(NamedTuple):
    """`averaged`: the average is in the model, as far as the instance knows; Keras calls it `_ema_weights_in_model`."""

    averaged: bool = False


class SwapEMAWeights(Machine):
    initial = State()

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        self.config: Configuration = bind("SwapEMAWeights", config, dialect.signature("SwapEMAWeights"))

    def swap(self, event: Event, effects: list[Effect]) -> None:
        """Rule 5."""
        if not event.keeps_average:
            raise ValueError("the optimizer keeps no average of the weights: use_ema is not set")
        effects.append(Swap())

    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not (self.config.swap_on_epoch and state.averaged):
            return state, NOTHING
        self.swap(event, effects)
        return State(averaged=False), BACK

    def test_begin(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if state.averaged:
            return state, NOTHING
        self.swap(event, effects)
        return State(averaged=True), EVALUATED

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not state.averaged:
            return state, NOTHING
        self.swap(event, effects)
        return State(averaged=False), PUT_BACK

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> tuple[State, Reason]:
        if not self.config.swap_on_epoch or state.averaged:
            return state, NOTHING
        self.swap(event, effects)
        if event.epoch != event.epochs - 1:
            return State(averaged=True), SWAPPED
        effects.append(Average())
        return State(averaged=True), LAST
