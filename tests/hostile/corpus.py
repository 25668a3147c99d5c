"""The corpus of hostile subjects: every deed at every place, what came of it, and what had to.

    python tests/hostile/corpus.py          all of them, and how many came out as they have to; some minutes

A worker is given a good scenario, the hostile one and a good one again: the hostile one has a named outcome, and the two good
ones come out as the reference predicts.
"""

import json
import os
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import subjects

from callcheck.conformance.subjects.transport import WorkerProcess
from callcheck.reference.replay import replay
from callcheck.spec.dialect import resolve
from callcheck.spec.difference import difference
from callcheck.spec.scenario import from_json
from callcheck.spec.trace import from_json as trace_from_json

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 3.0
"""Seconds for one scenario: a correct one takes a hundredth."""
LOSSES = (1.0, 0.9, 0.9, 0.9, 0.9)


def scenario(monitor: str) -> dict[str, Any]:
    """The losses that the correct callback stops on."""
    epochs = [{"logs": {"val_loss": loss, "loss": 1.0}} for loss in LOSSES]
    return {
        "callback": "EarlyStopping",
        "config": {"monitor": monitor, "mode": "min", "patience": 2},
        "fits": [{"epochs": epochs}],
    }


GOOD = scenario("val_loss")


def cases(places: tuple[str, ...] = subjects.PLACES) -> list[tuple[str, str]]:
    """Every deed with every place; what is done to logs happens at the end of an epoch."""
    logs = [(f"logs-{name}", "on_epoch_end") for name in subjects.LOGS if "on_epoch_end" in places]
    return [(deed, place) for deed in subjects.DEEDS for place in places] + logs


def expected(deed: str, place: str) -> tuple[str, ...]:
    """The outcomes that it may have."""
    said = tomllib.loads((HERE / "outcomes.toml").read_text(encoding="utf-8"))
    found = said["hooks"][deed]
    if place == "constructor":
        found = said["constructor"].get(deed, found)
    return (found,) if isinstance(found, str) else tuple(found)


def outcome(result: dict[str, Any]) -> str:
    """The outcome of a result, in the words of `outcomes.toml`, which are cut where a name is long."""
    return _outcome(result)[:40]


def _outcome(result: dict[str, Any]) -> str:
    if "failed" in result:
        return str(result["failed"]["kind"])
    if "not_expressible" in result:
        return "not expressible"
    if result["rejected"]:
        return f"rejected {result['rejected']['type']}"
    errors = [fit["error"]["type"] for fit in result["fits"] if fit.get("error")]
    if errors:
        return f"raised {errors[0]}"
    return "as the correct one" if is_right(result) else "other trace"


def is_right(result: dict[str, Any]) -> bool:
    """Whether the result of the good scenario is what the reference predicts for Keras on numpy."""
    predicted = replay(from_json(GOOD), resolve("keras-3.15.1+numpy").dialect)
    return difference(predicted, trace_from_json(result)) is None


def started() -> WorkerProcess:
    """A worker with the subjects."""
    before = os.getcwd()
    os.chdir(HERE)
    try:
        return WorkerProcess("subjects:make", callback="EarlyStopping", time_limit=TIME_LIMIT)
    finally:
        os.chdir(before)


def tried(worker: WorkerProcess, deed: str, place: str) -> tuple[str, bool]:
    """The outcome, and whether the good scenarios before and after came out right."""
    before, result, after = worker.ask([GOOD, scenario(f"hostile/{deed}/{place}"), GOOD])
    return outcome(result), is_right(before) and is_right(after)


def failures(worker: WorkerProcess, which: list[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each case that came out wrong."""
    for deed, place in which:
        came, undisturbed = tried(worker, deed, place)
        if came not in expected(deed, place):
            yield f"{deed} in {place}: {came}, not {' or '.join(expected(deed, place))}"
        if not undisturbed:
            yield f"{deed} in {place}: the scenario before or after it came out wrong"


def main() -> int:
    began = time.monotonic()
    which = cases()
    with started() as worker:
        found = list(failures(worker, which))
    print(*found, sep="\n")
    print(f"{len(which) - len(found)} of {len(which)} as they have to, in {time.monotonic() - began:.0f} s")
    print(json.dumps({"cases": len(which), "failures": len(found), "starts": worker.starts}))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
