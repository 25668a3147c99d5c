"""How fast callcheck is, as ratios measured side by side in one run, printed as JSON. Needs the installed Keras on TensorFlow.

    python benchmarks/speed.py

- `reference_to_hooks`: an epoch of a bare loop over the reference's transitions to an epoch of a bare loop over the same Keras
  hooks; neither records anything. Wanted: at most 1/50 (0.02) overall.
- `replay_to_hooks`: the same with all that `replay` does beside it, the trace above all.
- `driving_to_bare_loop`: an epoch of Keras driven through callcheck to one of the bare loop; wanted: at most 1.5 overall.
- `worker_to_in_process`: a pool through a worker to the same pool in this process, by the clock, imports aside; wanted: at most
  1.25.
- `import_seconds`: a new interpreter with `import callcheck`, less one without; wanted: at most 0.1.
- `explain_seconds`: `callcheck explain` of a CSVLogger file with a million epochs, in CPU time; wanted: at most 5.

The scenarios are long runs, one per callback, so that what is counted is epochs and not constructors. Both sides of a ratio
run in turn, in CPU time; a ratio is the median over the rounds. "Overall" is the sum over the callbacks.
"""

import contextlib
import functools
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callcheck import __version__
from callcheck.conformance.driver import loop
from callcheck.conformance.driver.files import Directory, arguments
from callcheck.conformance.driver.scenario import Scenario as Driven
from callcheck.conformance.driver.subjects import subject as driven
from callcheck.conformance.driver.values import as_logged
from callcheck.conformance.pool import pool
from callcheck.conformance.subjects.transport import InProcess, Transport, WorkerProcess
from callcheck.reference.machine import Effect, Event, SetRate
from callcheck.reference.replay import MACHINES, replay
from callcheck.spec.dialect import Dialect, release_dialect
from callcheck.spec.numbers import float32
from callcheck.spec.scenario import Epoch, Fit, Scenario, groups, to_json
from callcheck.spec.values import map_rate
from callcheck.spec.weights import UNTRAINED, Origin

ROUNDS = 15
EPOCHS = 300
POOL, POOL_ROUNDS = 100, 7
"""Random scenarios per callback beside the stored ones, and how often they are run."""

# A value that improves in every third epoch: every branch of a callback is taken again and again.
STREAM = tuple(Epoch(logs={"loss": 1.0, "val_loss": 1.0 - 0.001 * (epoch // 3)}) for epoch in range(EPOCHS))
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "EarlyStopping": {"mode": "min", "patience": EPOCHS, "restore_best_weights": True},
    "ReduceLROnPlateau": {"mode": "min", "patience": 2, "factor": 0.99, "cooldown": 1},
    "ModelCheckpoint": {"filepath": "best.keras", "mode": "min", "save_best_only": True},
    "LearningRateScheduler": {"schedule": {"scale": 0.99}},
    "TerminateOnNaN": {},
}


def long_run(callback: str) -> Scenario:
    """The scenario with which the callback is timed."""
    return Scenario(callback=callback, config=CONFIGURATIONS[callback], fits=(Fit(epochs=STREAM),))


def bare_loop(keras: Any, world: Any, data: dict[str, Any]) -> Any:
    """What somebody would write by hand to drive the same hooks on the same stand-in model. The rate at its end."""
    scenario = Driven(data)
    with Directory() as directory:
        model = world.model(scenario, directory)
        (configured,) = scenario.configured()
        given = arguments(configured.config, directory.path, world.tensor)
        callback = getattr(keras.callbacks, configured.callback)(**given)
        callback.set_model(model)
        for index, fit in enumerate(scenario.fits):
            world.compile(model, scenario, index)
            model.stop_training = False
            callback.on_train_begin()
            for epoch, content in enumerate(fit.epochs, scenario.first_epoch(fit)):
                callback.on_epoch_begin(epoch)
                for batch, logs in enumerate(content.batch_logs()):
                    callback.on_train_batch_begin(batch)
                    callback.on_train_batch_end(batch, as_logged(logs))
                    if model.stop_training:
                        break
                callback.on_epoch_end(epoch, as_logged(content.logs))
                if model.stop_training:
                    break
            callback.on_train_end()
        return world.rate(model)


def bare_machine(dialect: Dialect, scenario: Scenario) -> Any:
    """The same loop over the transitions of the reference, with the rate as the one effect that comes back to them. The rate at
    its end."""
    machine: Any = MACHINES[scenario.callback](scenario.config, dialect)
    fit_begin, epoch_begin, batch_end, epoch_end, fit_end = (
        getattr(machine, hook) if hook in machine.hooks else None
        for hook in ("fit_begin", "epoch_begin", "batch_end", "epoch_end", "fit_end")
    )
    state, rate = machine.initial, scenario.learning_rate
    effects: list[Effect] = []
    for index, fit in enumerate(scenario.fits):
        first = scenario.first_epoch(fit)
        if fit_begin:
            state, _ = fit_begin(state, Event(first, -1, {}, rate, UNTRAINED, ()), effects)
        for epoch, content in enumerate(fit.epochs, first):
            weights = Origin(index, epoch)
            if epoch_begin:
                state, _ = epoch_begin(state, Event(epoch, -1, {}, rate, weights, ()), effects)
            if batch_end:
                for batch, logs in groups(content.batch_logs(), scenario.steps_per_execution):
                    state, _ = batch_end(state, Event(epoch, batch, logs, rate, weights, ()), effects)
            if epoch_end:
                state, _ = epoch_end(state, Event(epoch, -1, content.logs, rate, weights, ()), effects)
            for effect in effects:
                if isinstance(effect, SetRate):
                    rate = map_rate(effect.rate, float32)
            effects.clear()
        if fit_end:
            state, _ = fit_end(state, Event(first, -1, {}, rate, UNTRAINED, ()), effects)
    return rate


def seconds(action: Callable[[], object]) -> float:
    """The CPU time of the action."""
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        action()
    return time.process_time() - start


def import_seconds() -> float:
    """How much longer an interpreter takes that imports callcheck; the smallest of several, in seconds."""

    def start(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
        return time.perf_counter() - begun

    return min(start("import callcheck") for _ in range(ROUNDS)) - min(start("pass") for _ in range(ROUNDS))


def explain_seconds() -> float:
    """What `callcheck explain` takes for a CSVLogger file of a million epochs; CPU time of the process, in seconds."""
    losses = random.Random(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "log.csv"
        rows = "".join(f"{at},{losses.random()},{losses.random()}\n" for at in range(1_000_000))
        file.write_text("epoch,loss,val_loss\n" + rows)
        command = [sys.executable, "-m", "callcheck", "explain", str(file), "EarlyStopping", "patience=1000000"]
        before = os.times()
        subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL)
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def worker_to_in_process(implementation: Any) -> float:
    """The same scenarios, of all callbacks, asked of a worker and here in turn."""
    asked = [to_json(scenario) for callback in CONFIGURATIONS for scenario in pool(callback, POOL, 0)]
    here = InProcess(implementation)

    def clock(transport: Transport) -> float:
        begun = time.perf_counter()
        for _ in transport.ask(asked):
            pass
        return time.perf_counter() - begun

    with WorkerProcess("keras") as worker:
        clock(worker), clock(here)  # what is made once is made
        ratios = [clock(worker) / clock(here) for _ in range(POOL_ROUNDS)]
    return statistics.median(ratios)


def main() -> None:
    subject = driven("keras")
    import keras

    release = InProcess(subject).greeting.release
    assert release is not None
    dialect = release_dialect(*release).dialect
    ratios: dict[str, dict[str, float]] = {}
    totals = [[0.0, 0.0, 0.0, 0.0] for _ in range(ROUNDS)]
    for callback in CONFIGURATIONS:
        scenario = long_run(callback)
        actions: list[Callable[[], object]] = [
            functools.partial(bare_machine, dialect, scenario),
            functools.partial(replay, scenario, dialect),
            functools.partial(bare_loop, keras, subject.world, to_json(scenario)),
            functools.partial(loop.run, subject, to_json(scenario)),
        ]
        rounds = []
        for index in range(ROUNDS):
            measured = [seconds(action) for action in actions]
            rounds.append(measured)
            totals[index] = [total + part for total, part in zip(totals[index], measured, strict=True)]
        ratios[callback] = _ratios(rounds)
    print(
        json.dumps(
            {
                "callcheck": __version__,
                "implementation": subject.name,
                "overall": _ratios(totals),
                "callbacks": ratios,
                "worker_to_in_process": round(worker_to_in_process(subject), 3),
                "import_seconds": round(import_seconds(), 4),
                "explain_seconds": round(explain_seconds(), 1),
            },
            indent=1,
        )
    )


def _ratios(rounds: list[list[float]]) -> dict[str, float]:
    return {
        "reference_to_hooks": round(statistics.median(machine / bare for machine, _, bare, _ in rounds), 4),
        "replay_to_hooks": round(statistics.median(replayed / bare for _, replayed, bare, _ in rounds), 4),
        "driving_to_bare_loop": round(statistics.median(driven / bare for _, _, bare, driven in rounds), 3),
    }


if __name__ == "__main__":
    main()
