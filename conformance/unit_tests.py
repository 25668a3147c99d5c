"""Witnesses as unit tests in Keras's own style, for whoever works on Keras 3: a file to be put beside its own tests.

Rules
- A test trains a real model with the logs of a scenario and holds a Keras to what was seen with the first of two: it passes there
  and fails with the second. Both were run; a difference that does not show so, or shows a NaN, has no test.
"""

import re
from collections.abc import Mapping, Sequence

from callcheck.spec.scenario import Scenario

from .diff import Difference
from .witness import Print, parts

FILE = "callbacks_behavior_test.py"
_HEAD = '''import os

import numpy as np

from keras.src import callbacks
from keras.src import layers
from keras.src import metrics
from keras.src import models
from keras.src import optimizers
from keras.src import testing

inf = float("inf")


class Feed(callbacks.Callback):
    """Puts logs into those that all callbacks of a fit share."""

    def on_epoch_end(self, epoch, logs=None):
        logs.clear()
        logs.update(self.stream[epoch])


def seen(callback, streams, learning_rate=1.0, compiled=None):
    """Epochs, weight, rate, history and files after each fit."""
    model = models.Sequential(
        [layers.Input((1,)), layers.Dense(1, kernel_initializer="ones")]
    )
    optimizer = optimizers.SGD(learning_rate)
    model.compile(optimizer, "mse", metrics=compiled, run_eagerly=True)
    feed, found = Feed(), []
    for feed.stream in streams:
        done = model.fit(
            np.ones((1, 1)),
            np.zeros((1, 1)),
            initial_epoch=min(feed.stream),
            epochs=max(feed.stream) + 1,
            callbacks=[feed, callback],
            verbose=0,
        )
        weight = float(model.get_weights()[0].item())
        rate = float(model.optimizer.learning_rate)
        files = sorted(os.listdir("."))
        found.append([len(done.epoch), weight, rate, done.history, files])
    return found
'''
_CLASS = '''

class CallbacksBehaviorTest(testing.TestCase):
    """What {a} does, and {b} does not."""

    def setUp(self):
        super().setUp()
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.get_temp_dir())
'''
"""What stands before the tests."""
_TEST = """
    def test_{name}(self):
        # {choices}
        callback = callbacks.{call}
        self.assertEqual(
            seen(callback, {rest}),
            {expected},
        )
"""
_RAISES = """
    def test_{name}(self):
        # {choices}
        with self.assertRaises({expected}):
            seen(callbacks.{call}, {rest})
"""


def unit_tests(differences: Sequence[Difference], names: tuple[str, str], both: Sequence[Print]) -> Mapping[str, str]:
    """The file by its name, made of what scripts print with both; empty where no difference shows so."""
    asked = {index: of for index, each in enumerate(differences) if (of := _parts(each.scenario)) is not None}
    scripts = [f"import keras\n{_HEAD}\nprint(seen(callbacks.{call}, {rest}))" for call, rest in asked.values()]
    tests: dict[str, str] = {}
    for (index, (call, rest)), a, b in zip(asked.items(), *(run(scripts) for run in both), strict=True):
        raised = re.match(r"(\w+)(: |$)", a or "")
        if a is None or b is None or a == b or re.search(r"\bnan\b", a) or not (raised or a.startswith("[[")):
            continue
        choices = ", ".join(differences[index].choices) or "no known choice"
        name = re.sub(r"\W", "_", choices.split(", ")[0])
        form, expected = (_RAISES, raised[1]) if raised else (_TEST, a.splitlines()[-1])
        tests.setdefault(name, form.format(name=name, choices=choices, call=call, rest=rest, expected=expected))
    if not tests:
        return {}
    return {FILE: _HEAD + _CLASS.format(a=names[0], b=names[1]) + "".join(tests.values())}


def _parts(scenario: Scenario) -> tuple[str, str] | None:
    """The callback's call, and the other arguments of `seen`."""
    written = parts(scenario)
    if written is None:
        return None
    call, rest = written
    rest += "" if scenario.learning_rate == 1.0 else f", {scenario.learning_rate!r}"
    compiled = ", ".join(f"metrics.{metric.cls}(name={metric.name!r})" for metric in scenario.metrics)
    return call, rest + (f", compiled=[{compiled}]" if compiled else "")
