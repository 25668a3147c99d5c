"""Real models whose optimizer keeps an average of the weights (`use_ema`), of Keras 3 alone.

Everything is done by Keras, but for the step itself, which makes weights that can be told from their average.
"""

import importlib
from typing import Any, List, Sequence, Tuple

from .optimizers import counting
from .packages import Package
from .protocol import CannotExpress
from .real import RealModel, RealModels
from .scenario import Scenario
from .values import Origin
from .worlds import Keras3


class AveragedModels(RealModels):
    """Raises CannotExpress for another Keras than 3."""

    def __init__(self, package: Package) -> None:
        if not isinstance(package.world, Keras3):
            raise CannotExpress("use_ema")
        super().__init__(package)
        self._clock = importlib.import_module("tensorflow").Variable(0.0)
        self._counting = counting(package.keras, self._clock)

    def new(self, outputs: Tuple[str, ...]) -> Any:
        given = self.keras.layers.Input((1,))
        return self._model(given, self.keras.layers.Dense(1, activation="sigmoid", name="output")(given))

    def new_optimizer(self, scenario: Scenario) -> Any:
        return self._counting(
            1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=scenario.ema_overwrite_frequency
        )

    def take(self, scenario: Scenario) -> RealModel:
        real = super().take(scenario)
        self._clock.assign(0.0)
        self._set_average(real, _zeros(real))
        return real

    def compile(self, real: RealModel, metrics: Any, scenario: Scenario) -> None:
        built = real.optimizer.built
        average = self._average(real) if built else _zeros(real)
        clock = float(self._clock)
        super().compile(real, metrics, scenario)
        self._clock.assign(clock)
        self._set_average(real, average)

    def resumed(self, path: str, load: str, scenario: Scenario, metrics: Any) -> RealModel:
        if load == "weights-unbuilt":
            raise CannotExpress("resume")  # such an optimizer keeps no average yet
        return super().resumed(path, load, scenario, metrics)

    def made(self, real: RealModel, origin: Origin) -> Sequence[Tuple[List[Any], Origin]]:
        weights, average = real.model.get_weights(), self._average(real)
        if self.steps(real) == 1:
            return [(weights, origin)]  # which are their own average
        found = [(average, origin._replace(averaged=True))]
        overwritten = all((one == other).all() for one, other in zip(weights, average))
        return found if overwritten else [*found, (weights, origin)]

    def state(self, real: RealModel) -> Any:
        average = {id(variable) for variable in real.optimizer._model_variables_moving_average}
        held = [each for each in real.optimizer.variables if id(each) not in average and each.name != "learning_rate"]
        return [variable.numpy().tobytes() for variable in held]

    def _average(self, real: RealModel) -> List[Any]:
        return [variable.numpy() for variable in real.optimizer._model_variables_moving_average]

    def _set_average(self, real: RealModel, average: Sequence[Any]) -> None:
        for variable, array in zip(real.optimizer._model_variables_moving_average, average):
            variable.assign(array)


def _zeros(real: RealModel) -> List[Any]:
    """What the average of a new optimizer is; none of them is below zero."""
    return [abs(array * 0) for array in real.untrained]
