"""The stand-in of a model whose optimizer keeps an average of the weights (`use_ema`), for Keras 3.

Its weights and their average are variables of Keras's, of a real optimizer, as a callback looks for them there: three numbers
each, those of an `Origin`. What the optimizer does with them in a step, and `fit` at its end, is done here.
"""

from typing import Any, Optional

from .files import Directory
from .model import Model
from .optimizers import averaging
from .values import ZERO, Origin


class AveragedModel(Model):
    """The stand-in. `overwrites`: after how many steps the average becomes the weights; None: never in training."""

    def __init__(self, keras: Any, directory: Directory, world: Any, overwrites: Optional[int]) -> None:
        optimizer, self._variable = averaging(keras)
        self._read = keras.ops.convert_to_numpy
        (self._average,) = optimizer._model_variables_moving_average
        self.trainable_variables = [self._variable]
        self.overwrites = overwrites
        self.average = ZERO
        super().__init__(optimizer, directory, world)

    @property
    def weights_of(self) -> Origin:
        return self._origin(self._variable)

    @weights_of.setter
    def weights_of(self, origin: Origin) -> None:
        self._variable.assign([float(each) for each in origin])

    @property
    def average(self) -> Origin:
        return self._origin(self._average)

    @average.setter
    def average(self, origin: Origin) -> None:
        self._average.assign([float(each) for each in origin])

    def _origin(self, variable: Any) -> Origin:
        fit, epoch, averaged = self._read(variable)
        return Origin(int(fit), int(epoch), bool(averaged))

    def trained(self, weights: Origin, steps: int) -> None:
        for step in range(self.steps + 1, self.steps + steps + 1):
            average = weights if step == 1 else weights._replace(averaged=True)
            overwritten = self.overwrites is not None and step % self.overwrites == 0
        self.average = average
        self.weights_of = average if overwritten else weights
        self.steps += steps

    def finish(self) -> None:
        self.weights_of = self.average

    def goes_on(self, weights: Origin, rate: Any, steps: Optional[int], average: Optional[Origin] = None) -> None:
        super().goes_on(weights, rate, steps)
        if average is not None:
            self.average = average
