"""A campaign: real releases beside the reference in their dialects, on many random scenarios.

    python -m callcheck.conformance.agreement keras==3.7.0 'keras[numpy]==3.7.0' keras==2.3.1 --examples 5000 --write
    python -m callcheck.conformance.agreement keras keras:fit --callback training --examples 20000

Rules
- A release runs in a worker, in an environment that is made for it, or in that of an interpreter: `keras@PATH`, `--backend`.
- Scenarios are drawn within the signature of the release's constructor, one in ten outside of it; for an adapter of another
  library within its limits, and it is compared with the dialect that comes with it.
- What counts is a trace of both sides of a scenario whose configuration was not refused. How often there was none, and why, is
  counted beside it: `refused` (by both), `not_expressible` (there), `failed`, `unpredictable` (the reference does not know).
- A subject that cannot be asked is told of on standard error, and does not keep the others from being asked.
- With `--write` the counts go into `agreement_result.json`, those of adapters into `adapters_result.json`, by subject and
  callback; what was not run again stays as it was.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import Dialect, InvalidDialect, release_dialect, resolve, third_party
from callcheck.spec.editing import with_config
from callcheck.spec.scenario import Scenario, to_json
from callcheck.spec.search.strategies import sample
from callcheck.spec.trace import NotExpressible, Result, Trace, difference

from .driver.protocol import Unavailable
from .limits import Limits, limits
from .subjects.environments import EnvironmentFailed, NoSuchRelease, environment
from .subjects.names import UnknownImplementation, parse
from .subjects.transport import Greeting, WorkerProcess, read

RESULT = Path(__file__).with_name("agreement_result.json")
ADAPTERS_RESULT = Path(__file__).with_name("adapters_result.json")
OUTSIDE = 0.1
"""The share of scenarios whose configuration is not cut to the release's signature."""
BATCH = 200
"""Scenarios that are asked at once: after each batch it is seen whether there are enough."""

BLOCK = 10_000
"""Scenarios that are drawn at once."""

Ask = Callable[[Sequence[Scenario]], Iterator[Result]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What came of one callback. `counts`: "compared", "different", and why others do not count; `differences`: the first few."""

    counts: Mapping[str, int]
    differences: Sequence[tuple[Scenario, str]] = field(default=())


def scenarios(callback: str, dialect: Dialect, n: int, seed: int, within: Limits | None = None) -> Iterator[Scenario]:
    """`n` scenarios as random as the strategies', most of them within the signature that the dialect has, or all `within` the
    limits of an adapter."""
    if within is not None:
        yield from map(within.inside, sample(callback, n, seed))
        return
    chance = random.Random(seed)
    for block in range(0, n, BLOCK):
        for scenario in sample(callback, min(BLOCK, n - block), seed + block):
            yield scenario if chance.random() < OUTSIDE else _within_signatures(scenario, dialect)


def _within_signatures(scenario: Scenario, dialect: Dialect) -> Scenario:
    """The scenario without the parameters that the constructors do not know."""
    for index, each in enumerate(scenario.configured()):
        known = CALLBACKS[each.callback].parameters(dialect.signature(each.callback))
        config = {name: value for name, value in each.config.items() if name in known}
        scenario = with_config(scenario, index, config)
    return scenario


def agree(
    ask: Ask, dialect: Dialect, callback: str, examples: int, seed: int, within: Limits | None = None
) -> Agreement:
    """Ask until `examples` scenarios are compared, or twice as many were drawn."""
    counts: Counter[str] = Counter(compared=0, different=0)
    found: list[tuple[Scenario, str]] = []
    drawn = scenarios(callback, dialect, 2 * examples, seed, within)
    while batch := list(islice(drawn, min(BATCH, examples - counts["compared"]))):
        for scenario, seen in zip(batch, ask(batch), strict=True):
            kind, told = _compared(replay(scenario, dialect), seen)
            counts[kind] += 1
            if told is not None:
                counts["different"] += 1
                found.append((scenario, told))
    return Agreement(counts=dict(counts), differences=tuple(found[:5]))


def _compared(predicted: Result, seen: Result) -> tuple[str, str | None]:
    """Under which name the scenario counts, and how the two differ."""
    if not isinstance(seen, Trace):
        return "not_expressible" if isinstance(seen, NotExpressible) else "failed", None
    if not isinstance(predicted, Trace):
        return "unpredictable", None
    apart = difference(predicted, seen)
    refused = predicted.rejected is not None and seen.rejected is not None
    return "refused" if refused else "compared", None if apart is None else str(apart)


def worker(text: str, backend: str | None) -> WorkerProcess:
    """The named subject under way. Raises what cannot be started, or means nothing."""
    name = parse(text)
    if name.kind == "adapter":
        return WorkerProcess(str(replace(name, interpreter=None)), python=name.interpreter or sys.executable)
    if not name.is_keras or name.package is None:
        raise UnknownImplementation(f"{text}: a release of a Keras is expected, keras@INTERPRETER, or an adapter")
    python = str(environment(name).python) if name.kind == "release" else name.interpreter or sys.executable
    chosen = name.backend or backend
    variables = {} if chosen is None else {"KERAS_BACKEND": chosen}
    way = "" if name.way == "hooks" else f":{name.way}"
    return WorkerProcess(f"{name.package}{way}", python=python, environment=variables)


def campaign(
    text: str, backend: str | None, examples: int, seed: int, only: str | None = None
) -> tuple[str, dict[str, Any]]:
    """The subject's name and its counts by callback, or of `only` one; differences are printed. Raises InvalidDialect for a
    release without one."""
    with worker(text, backend) as process:
        greeting = process.greeting
        dialect = _dialect(greeting)
        print(f"{greeting.name}, held to {dialect.name}", flush=True)
        results: dict[str, Any] = {"dialect": dialect.name, "seed": seed}

        def ask(asked: Sequence[Scenario]) -> Iterator[Result]:
            return map(read, process.ask([to_json(each) for each in asked], optional=True))

        callbacks = sorted(greeting.capabilities.callbacks, key=tuple(CALLBACKS).index)
        for callback in (*callbacks, *(() if greeting.dialect else (TRAINING,))):
            if only not in (None, callback):
                continue
            within = limits(greeting.capabilities, callback) if greeting.dialect else None
            done = agree(ask, dialect, callback, examples, seed, within)
            results[callback] = dict(done.counts)
            print(f"  {callback:<22}{_in_words(done.counts)}", flush=True)
            for scenario, told in done.differences:
                print(f"    {told}\n    {json.dumps(to_json(scenario))}")
    return greeting.name, results


def _dialect(greeting: Greeting) -> Dialect:
    """The dialect that comes with an adapter, or that is in force in a release."""
    if greeting.dialect is not None:
        return resolve(greeting.dialect).dialect
    assert greeting.release is not None
    return release_dialect(*greeting.release).dialect


def _in_words(counts: Mapping[str, int]) -> str:
    drawn = sum(counts.values()) - counts["different"]
    others = [f"{kind} {n} ({n / drawn:.1%})" for kind, n in counts.items() if kind not in ("compared", "different")]
    return ", ".join([f"compared {counts['compared']}", f"different {counts['different']}", *others])


def _keep(file: Path, results: Mapping[str, Any]) -> None:
    """Write the counts into the file, beside those of others."""
    if results:
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        merged = {**kept, **{name: {**kept.get(name, {}), **counts} for name, counts in results.items()}}
        lines = [f"{json.dumps(name)}: {json.dumps(counts)}" for name, counts in sorted(merged.items())]
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m callcheck.conformance.agreement", description=__doc__)
    parser.add_argument("subjects", nargs="+", metavar="IMPL", help="keras==3.7.0, keras[numpy]==3.7.0, keras@PATH")
    parser.add_argument("--backend", help="of the subjects that name none")
    parser.add_argument("--examples", type=int, default=5000, metavar="N", help="compared scenarios per callback")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--callback", choices=(*CALLBACKS, TRAINING), help="this one alone")
    parser.add_argument("--write", action="store_true", help="keep the counts")
    options = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    status = 0
    for text in options.subjects:
        try:
            name, counts = campaign(text, options.backend, options.examples, options.seed, options.callback)
            results[name] = counts
        except (UnknownImplementation, InvalidDialect, NoSuchRelease) as error:
            print(f"{text}: {error}", file=sys.stderr)
            status = 2
        except (Unavailable, EnvironmentFailed) as error:
            print(f"{text}: {error}", file=sys.stderr)
            status = status or 4
    if options.write:
        _keep(RESULT, {name: found for name, found in results.items() if found["dialect"] not in third_party()})
        _keep(ADAPTERS_RESULT, {name: found for name, found in results.items() if found["dialect"] in third_party()})
    counted = (counts for each in results.values() for counts in each.values() if isinstance(counts, dict))
    return status or int(any(counts["different"] for counts in counted))


if __name__ == "__main__":
    sys.exit(main())
