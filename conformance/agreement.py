"""A campaign: real releases beside the reference in their dialects, on many random scenarios.

    python -m callcheck.conformance.agreement keras==3.7.0 'keras[numpy]==3.7.0' keras==2.3.1 --examples 10000 --write
    python -m callcheck.conformance.agreement keras keras:fit --callback training --examples 20000
    python -m callcheck.conformance.agreement --every-class --examples 10000 --write

Rules
- A release runs in a worker, in an environment that is made for it, or in that of an interpreter: `keras@PATH`, `--backend`. Its
  hooks are driven, or with `:fit` a real `fit`. All that a trace can hold is asked for.
- Scenarios are drawn within the signature of the release's constructor, one in ten outside of it; for an adapter of another
  library within its limits, and it is compared with the dialect that comes with it.
- What counts is a trace of both sides of a scenario whose configuration was not refused. How often there was none, and why, is
  counted beside it: `refused` (by both), `not_expressible` (there), `failed`, `unpredictable` (the reference does not know).
- A subject that cannot be asked is told of on standard error, and does not keep the others from being asked.
- With `--every-class` the releases are those that stand for a class which does the same with a callback (`classes.py`) and of
  which fewer examples are kept; it can be ended at any time, and goes on where it was.
- With `--write` the counts go into `results/agreement/`: a file for each class of releases that do the same, called by its first
  release, or for another library's dialect; in it by subject, with the versions of what it ran on, and by callback, with the
  seed. They go there as soon as a callback is done. What was not run again stays.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from callcheck.reference.replay import replay
from callcheck.spec.callbacks import CALLBACKS, TRAINING
from callcheck.spec.dialect import Dialect, release_dialect, resolve
from callcheck.spec.difference import difference
from callcheck.spec.editing import with_config
from callcheck.spec.reading import Refused
from callcheck.spec.scenario import Scenario, to_json
from callcheck.spec.search.samples import sample
from callcheck.spec.trace import NotExpressible, Result, Trace

from .classes import left
from .driver.protocol import Unavailable
from .limits import Limits, limits
from .subjects.environments import environment
from .subjects.names import Name, UnknownImplementation, parse
from .subjects.transport import Greeting, WorkerProcess, read

RESULTS = Path(__file__).resolve().parents[1] / "results" / "agreement"
PACKAGES = ("tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "h5py")
"""The companions whose versions are kept with a result."""
ASK_VERSIONS = """
import glob, json, platform, sys, sysconfig
try:
    from importlib.metadata import version
except ImportError:  # before Python 3.8
    def version(name):
        (found,) = glob.glob("{}/{}-*.dist-info".format(sysconfig.get_path("purelib"), name.replace("-", "_")))
        return found[: -len(".dist-info")].split("-")[-1]
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except Exception:  # it is not there; each of the two has its own
        pass
print(json.dumps(found))
"""
"""What is asked in the subject's interpreter."""
OUTSIDE = 0.1
"""The share of scenarios whose configuration is not cut to the release's signature."""
FORMERLY = {"min_delta": "epsilon"}
"""What a parameter was called in older releases, where it was there at all."""
BATCH = 200
"""Scenarios that are asked at once: after each batch it is seen whether there are enough."""

BLOCK = 2_000
"""Scenarios that are drawn at once."""

Ask = Callable[[Sequence[Scenario]], Iterator[Result]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """What came of one callback. `counts`: "compared", "different", and why others do not count; `differences`: the first few."""

    counts: Mapping[str, int]
    differences: Sequence[tuple[Scenario, str]] = field(default=())


def scenarios(callback: str, dialect: Dialect, n: int, seed: int, within: Limits | None = None) -> Iterator[Scenario]:
    """Up to `n` scenarios as random as the strategies', most of them within the signature that the dialect has, or all `within`
    the limits of an adapter. What has a callback that the release does not have is left out."""
    if within is not None:
        yield from map(within.inside, sample(callback, n, seed))
        return
    chance = random.Random(seed)
    for block in range(0, n, BLOCK):
        for scenario in _block(callback, min(BLOCK, n - block), seed + block):
            if all(dialect.has(each.callback) for each in scenario.configured()):
                yield scenario if chance.random() < OUTSIDE else _within_signatures(scenario, dialect)


@cache
def _block(callback: str, n: int, seed: int) -> list[Scenario]:
    """A sample, which the next release is asked, too."""
    return sample(callback, n, seed)


def _within_signatures(scenario: Scenario, dialect: Dialect) -> Scenario:
    """The scenario without the parameters that the constructors do not know; what is called otherwise there is called so."""
    for index, each in enumerate(scenario.configured()):
        known = CALLBACKS[each.callback].parameters(dialect.signature(each.callback))
        config = {FORMERLY.get(name, name) if name not in known else name: each.config[name] for name in each.config}
        config = {name: value for name, value in config.items() if name in known}
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


def interpreter(name: Name) -> str:
    """The one in whose environment a Keras lives: that of its release, the one that is named, or this one. Raises Unavailable."""
    return str(environment(name).python) if name.kind == "release" else name.interpreter or sys.executable


def worker(text: str, backend: str | None) -> WorkerProcess:
    """The named subject under way. Raises what cannot be started, or means nothing."""
    name = parse(text)
    if name.kind == "adapter":
        return WorkerProcess(str(replace(name, interpreter=None)), python=name.interpreter or sys.executable)
    if not name.is_keras or name.package is None:
        raise UnknownImplementation(f"{text}: a release of a Keras is expected, keras@INTERPRETER, or an adapter")
    python = interpreter(name)
    chosen = name.backend or backend
    variables = {} if chosen is None else {"KERAS_BACKEND": chosen}
    way = "" if name.way == "hooks" else f":{name.way}"
    return WorkerProcess(f"{name.package}{way}", python=python, environment=variables)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What came of a callback of one subject, held to `dialect`. `versions`: of what it ran on."""

    subject: str
    dialect: Dialect
    seed: int
    versions: Mapping[str, str]
    callback: str
    counts: Mapping[str, int]


def campaign(
    text: str, backend: str | None, examples: int, seed: int, only: Collection[str] | None = None
) -> Iterator[Ran]:
    """What came of each callback of the subject, or of `only` these; differences are printed. Raises InvalidDialect for a release
    without one."""
    with worker(text, backend) as process:
        greeting = process.greeting
        dialect = _dialect(greeting)
        print(f"{greeting.name}, held to {dialect.name}", flush=True)

        def ask(asked: Sequence[Scenario]) -> Iterator[Result]:
            return map(read, process.ask([to_json(each) for each in asked], optional=True))

        versions = _versions(process.python)
        callbacks = sorted(filter(dialect.has, greeting.capabilities.callbacks), key=tuple(CALLBACKS).index)
        for callback in (*callbacks, *(() if greeting.dialect else (TRAINING,))):
            if only is not None and callback not in only:
                continue
            within = limits(greeting.capabilities, callback) if greeting.dialect else None
            done = agree(ask, dialect, callback, examples, seed, within)
            print(f"  {callback:<22}{_in_words(done.counts)}", flush=True)
            for scenario, told in done.differences:
                print(f"    {told}\n    {json.dumps(to_json(scenario))}", flush=True)
            yield Ran(
                subject=greeting.name,
                dialect=dialect,
                seed=seed,
                versions=versions,
                callback=callback,
                counts=done.counts,
            )


def _versions(python: str) -> dict[str, str]:
    """The versions of the interpreter and of what a Keras in its environment runs on, as far as it is there."""
    command = [python, "-W", "ignore", "-c", ASK_VERSIONS, *PACKAGES]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    versions: dict[str, str] = json.loads(said.stdout)
    return versions


def kept() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """What was kept: the class of releases, the subject, and its record."""
    for file in sorted(RESULTS.glob("*.json")):
        for subject, record in json.loads(file.read_text(encoding="utf-8")).items():
            yield file.stem, subject, record


def compared() -> Mapping[tuple[str, str], int]:
    """How many scenarios are kept as compared by their hooks without a difference, by class and callback: of the subject that has
    the most."""
    found: Counter[tuple[str, str]] = Counter()
    for of_class, subject, record in kept():
        for callback, counts in record["callbacks"].items():
            if subject.endswith(", hooks)") and not counts["different"]:
                found[of_class, callback] = max(found[of_class, callback], counts["compared"])
    return found


def keep(ran: Ran) -> None:
    """Put it into the file of its class; other callbacks stay as they were."""
    file = RESULTS / f"{next(iter(ran.dialect.lineage), ran.dialect.name)}.json"
    records = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    record = records.get(ran.subject, {})
    records[ran.subject] = {"versions": ran.versions, "callbacks": record.get("callbacks", {})}
    records[ran.subject]["callbacks"][ran.callback] = {"seed": ran.seed, **ran.counts}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dict(sorted(records.items())), indent=1) + "\n", encoding="utf-8")


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m callcheck.conformance.agreement", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="IMPL", help="keras==3.7.0, keras[numpy]==3.7.0, keras@PATH")
    parser.add_argument("--backend", help="of the subjects that name none")
    parser.add_argument("--examples", type=int, default=5000, metavar="N", help="compared scenarios per callback")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--callback", choices=(*CALLBACKS, TRAINING), help="this one alone")
    parser.add_argument("--every-class", action="store_true", help="a release of each class that is still to be asked")
    parser.add_argument("--write", action="store_true", help="keep the counts")
    options = parser.parse_args()
    if bool(options.subjects) == options.every_class:
        parser.error("name subjects, or give --every-class")
    only = None if options.callback is None else (options.callback,)
    asked: Iterable[tuple[str, Collection[str] | None]] = ((text, only) for text in options.subjects)
    if options.every_class:
        asked = ((str(name), each) for name, each in left(compared(), options.examples, only or tuple(CALLBACKS)))
    status = different = 0
    for text, callbacks in asked:
        try:
            for ran in campaign(text, options.backend, options.examples, options.seed, callbacks):
                different += ran.counts["different"]
                if options.write:
                    keep(ran)
        except Refused as error:
            print(f"{text}: {error}", file=sys.stderr)
            status = 2
        except Unavailable as error:
            print(f"{text}: {error}", file=sys.stderr)
            status = status or 4
    return status or int(different > 0)


if __name__ == "__main__":
    sys.exit(main())
