"""The packages that are a Keras, as they are imported, and the world of each."""

import importlib
import sys
from functools import lru_cache
from typing import Any, Dict

from .importing import load
from .tensorflow_1 import TensorFlow1
from .worlds import Keras3, PlainWorld, StandaloneKeras, TfKeras


class Package:
    """A Keras that was imported: its module (whose `callbacks` it has), its names, its world."""

    def __init__(self, name: str, keras: Any, version: str, backend: str, world: PlainWorld) -> None:
        self.name = name
        self.keras = keras
        self.version = version
        self.backend = backend
        self.world = world

    def identity(self) -> Dict[str, str]:
        """What a greeting says of it: also the NumPy that it calculates with, which every Keras has imported."""
        known = {"package": self.name, "version": self.version, "backend": self.backend}
        return dict(known, numpy=str(sys.modules["numpy"].__version__))


@lru_cache(maxsize=None)
def package(name: str) -> Package:
    """A Keras by its distribution: "keras", "tf-keras" or "tensorflow" (its own tf.keras). Raises Unavailable."""
    module = load(name.replace("-", "_"), name)
    version = str(module.__version__)
    numbers = version.split(".")
    if name == "tensorflow":
        world = TensorFlow1 if numbers[0] == "1" else TfKeras
        return Package(name, module.keras, version, "tensorflow", world(module.keras))
    if int(numbers[0]) >= 3:
        return Package(name, module, version, module.config.backend(), Keras3(module))
    if name == "keras" and int(numbers[0]) < 2:  # its parts are there only once they are imported
        for part in ("backend", "callbacks", "layers", "metrics", "models", "optimizers"):
            importlib.import_module("keras." + part)
    if name == "keras" and (int(numbers[0]), int(numbers[1])) < (2, 4):
        backend = module.backend.backend() if hasattr(module.backend, "backend") else module.backend._BACKEND
        return Package(name, module, version, backend, StandaloneKeras(module, tuple(map(int, numbers))))
    if name == "keras" and int(numbers[1]) < 9:
        module = load("tensorflow", name).keras  # until 2.9 the package alone was no public interface
    return Package(name, module, version, "tensorflow", TfKeras(module))
