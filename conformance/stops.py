"""A stop at every place of a plain `fit` of a Keras, beside what the reference predicts.

    python -m callcheck.conformance.stops keras tf-keras keras==2.3.1 tensorflow==2.3.4

The loops of the driver and of the reference are models of fit's own: that they agree with each other shows nothing of it. Here
neither takes part: `driver/plain_stops.py` runs alone in the interpreter of the subject. The status is 1 where something differs.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from callcheck.reference.replay import replay
from callcheck.spec.dialect import Dialect, release_dialect
from callcheck.spec.reading import Refused
from callcheck.spec.scenario import Epoch, Fit, Other, Scenario
from callcheck.spec.trace import Trace

from .agreement import interpreter
from .driver.plain_stops import BATCHES, EPOCHS
from .driver.protocol import Unavailable
from .subjects.names import Name, UnknownImplementation, parse

SCRIPT = Path(__file__).with_name("driver") / "plain_stops.py"
TIME_LIMIT = 300
"""Seconds for all fits of a subject, its imports included."""


def scenario(evaluated: bool, hook: str, batch: int | None) -> Scenario:
    """Somebody stops there, in the first epoch; the callback only looks on."""
    logs = {"loss": 1.0, "val_loss": 1.0} if evaluated else {"loss": 1.0}
    acts = (Other(hook=hook, batch=batch, before=0, stop=True),)
    around = hook == "fit_begin"
    epochs = [Epoch(logs=logs, batches=({"loss": 1.0},) * BATCHES) for _ in range(EPOCHS)]
    epochs[0] = Epoch(logs=logs, batches=epochs[0].batches, others=() if around else acts)
    return Scenario(callback="History", fits=(Fit(epochs=tuple(epochs), others=acts if around else ()),))


def seen(name: Name) -> tuple[str, list[Mapping[str, Any]]]:
    """The version of a Keras, and what its plain fits did. Raises Unavailable."""
    assert name.package is not None
    variables = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [interpreter(name), str(SCRIPT), name.package.replace("-", "_")]
    try:
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=TIME_LIMIT)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{name} cannot be trained: {error.stderr.strip().splitlines()[-1:]}") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{name} was not done after {TIME_LIMIT} s") from None
    told = json.loads(ran.stdout.splitlines()[-1])
    return told["version"], told["seen"]


def apart(one: Mapping[str, Any], dialect: Dialect) -> str | None:
    """How what was seen of one fit differs from what the reference predicts; None if it does not."""
    predicted = replay(scenario(one["evaluated"], one["hook"], one["batch"]), dialect, optional=True)
    assert isinstance(predicted, Trace), predicted
    (fit,) = predicted.fits
    expected = {"epochs": fit.epochs_run, "steps": fit.optimizer_steps, "raised": None}
    if expected == {each: one[each] for each in expected}:
        return None
    where = one["hook"] + ("" if one["batch"] is None else f", batch {one['batch']}")
    got = f"{one['raised']} raised" if one["raised"] else f"{one['epochs']} epochs, {one['steps']} batches"
    evaluated = "with" if one["evaluated"] else "without"
    return (
        f"a stop in {where}, {evaluated} validation data: {got}; predicted were {fit.epochs_run}, {fit.optimizer_steps}"
    )


def compared(text: str) -> tuple[Dialect, int, list[str]]:
    """The dialect, how many stops were compared, and how those that differ do. A hook that the release does not have stopped
    nothing, and is left out. Raises Refused and Unavailable."""
    name = parse(text)
    if not name.is_keras or name.package is None:
        raise UnknownImplementation(f"{text}: a Keras is expected, such as keras or keras==2.3.1")
    version, all_seen = seen(name)
    dialect = release_dialect(name.package, version).dialect
    stopped = [one for one in all_seen if one["stopped"]]
    found = [apart(one, dialect) for one in stopped]
    return dialect, len(stopped), [each for each in found if each is not None]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m callcheck.conformance.stops", description=__doc__)
    parser.add_argument("subjects", nargs="+", metavar="IMPL", help="keras, tf-keras, keras==2.3.1, keras@PATH")
    status = 0
    for text in parser.parse_args().subjects:
        try:
            dialect, asked, found = compared(text)
        except (Refused, Unavailable) as error:
            print(f"{text}: {error}", file=sys.stderr)
            status = max(status, 2 if isinstance(error, Refused) else 4)
            continue
        print(f"{text}: {asked} stops, {len(found)} not as in {dialect.name}", *found, sep="\n  ", flush=True)
        status = max(status, int(bool(found)))
    return status


if __name__ == "__main__":
    sys.exit(main())
