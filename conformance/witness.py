"""A witness: a short script in plain Keras that shows what a callback does with a scenario, without callcheck.

It trains a real model. A callback in front of the one in question puts the scenario's metrics into the logs, which all callbacks
of a fit share. What it prints is what differs between two releases: the epochs run, the rate, the weights, the files.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from callcheck.spec.callbacks import TRAINING
from callcheck.spec.chain import version as numbers
from callcheck.spec.files import PATH_LIKE, RELATIVE
from callcheck.spec.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """The script for each of two Kerases, which says the same in the words of their releases, and what it printed."""

    scripts: tuple[str, str]
    printed: tuple[str, str]

    def told(self, a: str, b: str) -> list[str]:
        """The script for `b`, with the lines that are others for `a`, and what both printed, as comments."""
        lines = []
        one, other = (script.splitlines() for script in self.scripts)
        for kind, begin, end, first, last in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            lines += other[first:last]
            if kind != "equal":
                lines += [f"#   for {a}: {line.strip()}" for line in one[begin:end]] or [f"#   not for {a}"]
        for name, printed in zip((a, b), self.printed, strict=True):
            lines += [f"# {name}: {line}" for line in printed.splitlines()]
        return lines


Print = Callable[[Sequence[str]], Sequence[str | None]]
"""What each of some scripts prints, run by a Keras; None for one of which that cannot be said."""


def witnesses(
    scenarios: Sequence[Scenario], releases: Sequence[tuple[str, str]], both: Sequence[Print]
) -> dict[int, Witness]:
    """For each scenario, by its place, on which a script in plain Keras shows a difference of two: the script, and what it
    printed. `releases`: package and version of the two; `both` run scripts."""
    written = {}
    for index, scenario in enumerate(scenarios):
        one, other = (script(scenario, package, numbers(version)) for package, version in releases)
        if one is not None and other is not None:
            written[index] = one, other
    with ThreadPoolExecutor(2) as side_by_side:
        asked = zip(*written.values(), strict=True)
        printed = list(side_by_side.map(lambda run, scripts: run(scripts), both, asked))
    return {
        index: Witness(scripts=scripts, printed=(one, other))
        for (index, scripts), one, other in zip(written.items(), *printed, strict=True)
        if one is not None and other is not None and one != other
    }


_HELD = """for name in sorted(os.listdir(".")):
    model.load_weights(name)
    print("   ", name, "holds weight", model.get_weights()[0].item())
"""
"""What files of a known kind hold, as the last thing that is asked."""


def _import(package: str, version: tuple[int, ...]) -> str:
    """How the Keras of a release is imported; that of 2.4 to 2.8 was whole only inside of TensorFlow."""
    if package == "tf-keras":
        return "import tf_keras as keras"
    if version < (2,):
        return "import keras, keras.callbacks, keras.layers, keras.models, keras.optimizers"
    inside = package == "tensorflow" or (2, 4) <= version < (2, 9)
    return "from tensorflow import keras" if inside else "import keras"


def script(scenario: Scenario, package: str = "keras", version: tuple[int, ...] = (3, 15, 1)) -> str | None:
    """The script for a release of `package`; None for a scenario that takes more to show."""
    modern = package == "keras" and version >= (3,)
    rate = "float(model.optimizer.learning_rate)" if modern else "float(keras.backend.get_value(model.optimizer.lr))"
    shape = "input_dim=1" if version < (2,) else "input_shape=(1,)"
    initial = "init" if version < (2,) else "kernel_initializer"
    ones = "one" if version < (2,) else "ones"
    written = parts(scenario)
    firsts = [scenario.first_epoch(fit) for fit in scenario.fits]
    if written is None or (any(firsts) and version < (2,)):
        return None
    call, fits = written
    metrics = ", ".join(f"keras.metrics.{metric.cls}(name={metric.name!r})" for metric in scenario.metrics)
    which = "nb_epoch=len(feed.stream)"
    if version >= (2,):
        which = "initial_epoch=min(feed.stream), epochs=max(feed.stream) + 1"
    setting = f'optimizer=keras.optimizers.SGD({scenario.learning_rate!r}), loss="mse"'
    setting += f", metrics=[{metrics}]" if metrics else ""
    # To make a graph of one step takes a second, and where all of Keras is read for it, as for tf-keras, fifteen.
    setting += ", run_eagerly=True" if version >= (2, 4) else ""
    unusual = 'nan, inf = float("nan"), float("inf")\n' if re.search(r"\b(nan|inf)\b", fits + call) else ""
    path = str(scenario.config.get("filepath"))
    held = _HELD if scenario.callback == "ModelCheckpoint" and path.endswith((".keras", ".h5", ".hdf5")) else ""
    # TensorFlow 2.3 and 2.4 give callbacks that take tensors other logs than those that do not, and make these of those.
    tensors = "feed._supports_tf_logs = True\n" if _divides_logs(package, version) else ""
    return f"""{_import(package, version)}
import os, numpy as np
{unusual}class Feed(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs.clear()
        logs.update(self.stream[epoch])
model = keras.models.Sequential([keras.layers.Dense(1, {initial}="{ones}", {shape})])
model.compile({setting})
feed, callback = Feed(), keras.callbacks.{call}
{tensors}for feed.stream in {fits}:
    done = model.fit(np.ones((1, 1)), np.zeros((1, 1)), {which},
                     callbacks=[feed, callback], verbose=0)
    print(len(done.epoch), "epochs, weight", model.get_weights()[0].item(), "rate", {rate})
    print("   ", done.history, sorted(os.listdir(".")))
{held}"""


def parts(scenario: Scenario) -> tuple[str, str] | None:
    """The callback's call, and the logs of the fits by the numbers of their epochs, as Python writes them; None for a scenario
    that takes more than metrics at the ends of epochs to show."""
    streams = [[_plain(epoch.logs) for epoch in fit.epochs] for fit in scenario.fits]
    firsts = [scenario.first_epoch(fit) for fit in scenario.fits]
    arguments = {name: _argument(name, value) for name, value in scenario.config.items()}
    beyond = (
        scenario.about == TRAINING
        or any(stream is None for fit in streams for stream in fit)
        or any(value is None for value in arguments.values())
        or any(epoch.batches is not None or epoch.validations or epoch.stop for fit in scenario.fits for epoch in fit.epochs)
        or any(fit.metrics is not None or fit.learning_rate for fit in scenario.fits)
        or scenario.outputs or scenario.existing or scenario.use_ema or scenario.steps_per_execution != 1 or min(firsts) < 0
        or not isinstance(scenario.learning_rate, float)
    )  # fmt: skip
    if beyond:
        return None
    call = ", ".join(f"{name}={value}" for name, value in arguments.items())
    fits = ", ".join(_numbered(first, stream) for first, stream in zip(firsts, streams, strict=True))
    return f"{scenario.callback}({call})", f"[{fits}]"


def _divides_logs(package: str, version: tuple[int, ...]) -> bool:
    return version[:2] in {"keras": ((2, 4),), "tensorflow": ((2, 3), (2, 4))}.get(package, ())


def _numbered(first: int, stream: Sequence[str | None]) -> str:
    """The logs of a fit's epochs, by their numbers."""
    return "{" + ", ".join(f"{number}: {logs}" for number, logs in enumerate(stream, first)) + "}"


def _plain(logs: Mapping[str, Any]) -> str | None:
    """Metric values as Python writes them; None if one is no plain number."""
    if any(type(value) is not float for value in logs.values()):
        return None
    return "{" + ", ".join(f"{name!r}: {value!r}" for name, value in logs.items()) + "}"


def _argument(name: str, value: Any) -> str | None:
    """An argument of the constructor as Python writes it; None for one that takes a function or a path of a kind of its own."""
    if name == "schedule":
        if "accepts" in value or "returns" in value:
            return None
        result = f"{value['table']!r}[epoch]" if "table" in value else f"rate * {value['scale']!r}"
        return f"lambda epoch, rate: {result}"
    if isinstance(value, Mapping):
        path = value.get(RELATIVE)
        return f'__import__("pathlib").Path({value[PATH_LIKE]!r})' if path is None else repr(path)
    return repr(value)
