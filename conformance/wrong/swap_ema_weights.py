"""Wrong variants of SwapEMAWeights."""

from collections.abc import Mapping
from typing import Any

from callcheck.reference.machine import NOTHING, Average, Effect, Event, Print, Reason, Swap
from callcheck.reference.swap_ema_weights import EVALUATED, LAST, State, SwapEMAWeights
from callcheck.spec.dialect import Dialect

from .wrong import Wrong

After = tuple[State, Reason]


class EvaluatesTheWeights(SwapEMAWeights):
    """Nothing is exchanged for an evaluation."""

    def test_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state, NOTHING

    test_end = test_begin


class LeavesTheAverage(SwapEMAWeights):
    """`on_predict_end` as Keras has it, in the place of `on_test_end`: it asks whether the average is not in the model."""

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state, NOTHING


class LosesTheWeights(SwapEMAWeights):
    """The average is put into the model for an evaluation, and the weights are kept nowhere."""

    def test_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        after = super().test_begin(state, event, effects)
        effects += [Average()] if effects else []
        return after


class SwapsAnyEpoch(SwapEMAWeights):
    """Epochs are exchanged whether swap_on_epoch says so or not."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "swap_on_epoch": True}, dialect)


class SwapsEpochsByDefault(SwapEMAWeights):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"swap_on_epoch": True, **config}, dialect)


class IgnoresSwapOnEpoch(SwapEMAWeights):
    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state, NOTHING


class TrainsTheAverage(SwapEMAWeights):
    """What an epoch's end has put into the model stays there."""

    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return State(averaged=False), NOTHING


class SwapsWithoutAsking(SwapEMAWeights):
    """Every beginning of an epoch takes it for granted that there was an end before it."""

    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_begin(State(averaged=True), event, effects)


class ForgetsTheLastEpoch(SwapEMAWeights):
    """The last epoch is exchanged like any other, and `fit` exchanges it back."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_end(state, event._replace(epochs=-1), effects)


class TakesEveryStopForTheEnd(SwapEMAWeights):
    """The average is kept for the end in every epoch in which training is stopped."""

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        after, reason = super().epoch_end(state, event, effects)
        if event.stop and effects and reason is not LAST:
            effects.append(Average())
        return after, reason


class SaysNothing(SwapEMAWeights):
    """Without an average it does nothing, and says nothing."""

    def swap(self, event: Event, effects: list[Effect]) -> None:
        if event.keeps_average:
            effects.append(Swap())


class AsksAtOnce(SwapEMAWeights):
    """An optimizer without an average is refused when a fit begins, whether an exchange is due or not."""

    def fit_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        if not event.keeps_average:
            raise ValueError("the optimizer keeps no average of the weights")
        return state, NOTHING


class SaysSo(SwapEMAWeights):
    def test_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        effects.append(Print("other"))
        return super().test_begin(state, event, effects)


class LooksAtTheModel(SwapEMAWeights):
    """It knows whether the average is in the model, whoever put it there."""

    def epoch_begin(self, state: State, event: Event, effects: list[Effect]) -> After:
        return super().epoch_begin(State(averaged=event.weights.averaged), event, effects)


class EvaluatesAtTheEnd(SwapEMAWeights):
    """The weights are put back for what comes after it in the list: at the end of the epoch in place of the evaluation's."""

    def test_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        return state, EVALUATED

    def epoch_end(self, state: State, event: Event, effects: list[Effect]) -> After:
        if self.config.swap_on_epoch:
            return super().epoch_end(State(averaged=False), event, [] if state.averaged else effects)
        return super().test_end(state, event, effects)


# ---------------------------------------------------------------------------------------------- what catches them


def _wrong(name: str, make: type[SwapEMAWeights], says: str) -> Wrong:
    return Wrong(name=f"averages-{name}", says=says, callback="SwapEMAWeights", make=make)


WRONG: tuple[Wrong, ...] = (
    _wrong("evaluates-the-weights", EvaluatesTheWeights, "An evaluation is one of the weights, not of their average."),
    _wrong("leaves-the-average", LeavesTheAverage, "The average stays in the model when an evaluation has ended."),
    _wrong("loses-the-weights", LosesTheWeights, "The weights are lost when the average is put into the model."),
    _wrong("swaps-any-epoch", SwapsAnyEpoch, "Every epoch ends with the average, whatever swap_on_epoch is."),
    _wrong("swaps-epochs-by-default", SwapsEpochsByDefault, "The default of swap_on_epoch is True."),
    _wrong("ignores-swap-on-epoch", IgnoresSwapOnEpoch, "swap_on_epoch does nothing."),
    _wrong("trains-the-average", TrainsTheAverage, "With swap_on_epoch the next epoch is trained on the average."),
    _wrong("swaps-without-asking", SwapsWithoutAsking, "A fit's first epoch exchanges what was never exchanged."),
    _wrong("forgets-the-last-epoch", ForgetsTheLastEpoch, "With swap_on_epoch a fit ends with the weights."),
    _wrong("takes-every-stop-for-the-end", TakesEveryStopForTheEnd, "A fit that is stopped ends with the average."),
    _wrong("says-nothing", SaysNothing, "An optimizer without an average is accepted without a word."),
    _wrong("asks-at-once", AsksAtOnce, "An optimizer without an average is refused when a fit begins."),
    _wrong("says-so", SaysSo, "It prints a line for every evaluation."),
    _wrong("looks-at-the-model", LooksAtTheModel, "A new instance finds the average in the model, and puts it back."),
    _wrong(
        "evaluates-at-the-end",
        EvaluatesAtTheEnd,
        "The average stays in the model until its own turn at the epoch's end.",
    ),
)
