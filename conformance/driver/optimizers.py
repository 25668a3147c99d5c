"""Optimizers of Keras 3 that are something else than one rate: several in one, and one that keeps an average of the weights."""

import importlib
from typing import Any, Tuple

from .protocol import CannotExpress


def several_in_one(keras: Any, names: Tuple[str, ...]) -> Any:
    """A MultiOptimizer whose optimizers have these names; all that is trained is the last one's. Raises CannotExpress where
    Keras has none."""
    if not hasattr(keras.optimizers, "MultiOptimizer"):
        raise CannotExpress("learning_rate")
    *others, last = (keras.optimizers.SGD(name=name) for name in names)
    return keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(last, {f"none of {other.name}": other for other in others})
    )


def averaging(keras: Any) -> Any:
    """An optimizer that keeps an average of one variable, which has three numbers: it is the last of what this returns."""
    numpy = importlib.import_module("numpy")
    variable = keras.Variable(numpy.zeros(3, dtype="float32"))
    optimizer = keras.optimizers.SGD(1.0, use_ema=True)
    optimizer.build([variable])
    return optimizer, variable


def counting(keras: Any, clock: Any) -> Any:
    """The class of an optimizer whose steps make weights that a float32 holds exactly, and so is every average of two: the n-th
    step of the `clock`, in whichever model, gives the variable number i the average n to the power of i + 1.

    Nothing else tells weights from averages for sure: with a small learning rate, or a gradient of zero, they are the same. And
    exchanged by addition, as Keras does on TensorFlow, weights that are no such numbers come back rounded.
    """

    class Counting(keras.optimizers.SGD):  # type: ignore[misc]
        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            clock.assign_add(1.0)
            super().apply(grads, trainable_variables)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            index = self._get_variable_index(variable)
            due = clock ** float(index + 1)
            variable.assign(keras.ops.subtract(2.0 * due, self._model_variables_moving_average[index]))

    return keras.saving.register_keras_serializable("callcheck")(Counting)
