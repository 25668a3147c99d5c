"""Makes the stored vectors: the smallest scenarios that matter, with the trace that each dialect expects.

    python -m callcheck.conformance.vectors                         remake them from the clauses' catches and the choices
    python -m callcheck.conformance.vectors --add FILE --about ID   store a counterexample, to be tried first from now on

There is a vector for every clause (a scenario on which a deliberately wrong implementation fails it) and for every two values of
a choice (a smallest scenario that tells them apart). What is added goes into `found.json`, which remaking leaves alone but for
the expected traces. The traces are the reference's; that they are the real thing's too is what the suite shows.

Remaking also lists the ids of new clauses and choices, with their values. What is listed is frozen: nothing is taken from a list.
And what has to do without the records of the callbacks is told of them: the driver their defaults and attributes, the schema
their names.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain, combinations, product
from pathlib import Path

from callcheck.reference.replay import replay
from callcheck.spec import vectors
from callcheck.spec.callbacks import CALLBACKS, TRAINING, defaults
from callcheck.spec.chain import chains
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import NEWEST, Dialect, resolve, shipped
from callcheck.spec.difference import difference
from callcheck.spec.difference import told_apart as told_apart_by
from callcheck.spec.reading import InvalidScenario
from callcheck.spec.scenario import Scenario, from_json, key, loads
from callcheck.spec.search.samples import sample, sample_aimed
from callcheck.spec.search.shrink import smallest
from callcheck.spec.vectors import Vector

from .driver import domain
from .wrong.catches import catches

FOLDER = Path(vectors.__file__).parent / "vectors"
FOUND = "found"
DRIVER = Path(domain.__file__).parent
SCHEMA = FOLDER.parent / "schema" / "scenario.json"
EXAMPLES = 1500
"""Scenarios per callback among which a choice is looked for: enough to tell all values apart, as a test shows."""


def expected(scenario: Scenario, about: Iterable[str], id: str) -> Vector:
    """The vector of a scenario, with what each shipped dialect expects that does not do as its parent does."""
    vector = Vector(id=id, about=tuple(about), scenario=scenario, expected={})
    for dialect in sorted(shipped().values(), key=lambda each: len(each.lineage)):  # a parent before its children
        trace = replay(scenario, dialect, optional=False)
        inherited = vector.trace(dialect)
        if inherited is None or difference(trace, inherited) is not None:
            vector = replace(vector, expected={**vector.expected, dialect.lineage[0]: trace})
    return vector


def of_clauses() -> Iterator[tuple[str, Scenario]]:
    """For every clause the scenarios on which a wrong implementation fails it."""
    for catch in catches():
        yield catch.clause, catch.scenario


def of_choices() -> Iterator[tuple[str, Scenario]]:
    """For every two values of a choice a smallest scenario that tells them apart."""
    for id, choice in CHOICES.items():
        for one, other in combinations(choice.values, 2):
            yield id, told_apart(id, one, other)


def bases() -> Iterator[Dialect]:
    """The dialects in which a choice is looked for: the newest first, and others with an age's other choices."""
    for name in (NEWEST, "keras-3.7.0", "keras-2.3.1", "tensorflow-2.0.4", "tf-keras-2.21.0"):
        yield resolve(name).dialect


@cache
def pool(callback: str) -> tuple[Scenario, ...]:
    return (*sample(callback, EXAMPLES, 0), *sample_aimed(callback, EXAMPLES, 0))


def recorded(id: str) -> Iterator[Scenario]:
    """The scenarios of the change records of a choice."""
    for history in chains().values():
        yield from (from_json(change.scenario) for change in history.changes if change.choice == id)


def told_apart(id: str, one: str, other: str) -> Scenario:
    """A smallest scenario that shows the difference in the first dialect in which there is one. Raises LookupError."""
    prefixes = {callback: record.prefix for callback, record in CALLBACKS.items()}
    own = [callback for callback, prefix in prefixes.items() if id.startswith(f"{prefix}/")]
    pools = chain.from_iterable(pool(callback) for callback in own or prefixes)
    for tried, base in product(
        (tuple(recorded(id)), tuple(pools)), tuple(bases())
    ):  # what is recorded shows it in some base
        a, b = base.replace("a", **{id: one}), base.replace("b", **{id: other})

        def shows(scenario: Scenario, a: Dialect = a, b: Dialect = b) -> bool:
            return told_apart_by(replay(scenario, a), replay(scenario, b), [id])

        found = next((scenario for scenario in tried if shows(scenario)), None)
        if found is not None:
            return smallest(found, shows)
    raise LookupError(f"no scenario tells {id} = {one} from {other}")


def remade() -> dict[str, list[Vector]]:
    """All vectors, by file: each scenario once, with everything that it shows."""
    about: dict[str, tuple[Scenario, list[str]]] = {}
    for id, scenario in (*of_clauses(), *of_choices()):
        shown = about.setdefault(key(scenario), (scenario, []))[1]
        if id not in shown:
            shown.append(id)
    files: dict[str, list[Vector]] = {about: [] for about in (*CALLBACKS, TRAINING)}
    used: dict[str, int] = {}
    for scenario, ids in about.values():
        used[ids[0]] = used.get(ids[0], 0) + 1
        name = ids[0] if used[ids[0]] == 1 else f"{ids[0]}-{used[ids[0]]}"
        files[scenario.about].append(expected(scenario, ids, name))
    files[FOUND] = [expected(vector.scenario, vector.about, vector.id) for vector in found()]
    return files


def found() -> list[Vector]:
    """The counterexamples that were stored by hand."""
    file = FOLDER / f"{FOUND}.json"
    return [vectors.from_json(item) for item in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def write(files: dict[str, list[Vector]]) -> None:
    """Write the files, a vector on a line, so that a change of one is a change of one line."""
    for name, items in files.items():
        lines = ",\n".join(json.dumps(vectors.to_json(vector), allow_nan=False) for vector in items)
        (FOLDER / f"{name}.json").write_text(f"[\n{lines}\n]\n" if items else "[]\n", encoding="utf-8")


def tell() -> None:
    """Write down what the driver and the schema have of the callbacks' records."""
    told: dict[str, object] = {
        "defaults": {name: dict(defaults(name)) for name in CALLBACKS},
        "attributes": {name: record.attributes for name, record in CALLBACKS.items()},
    }
    for file, content in told.items():
        (DRIVER / f"{file}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    schema = SCHEMA.read_text(encoding="utf-8")
    names = json.loads(schema)["$defs"]["callback"]["enum"]
    SCHEMA.write_text(schema.replace(json.dumps(names), json.dumps(list(CALLBACKS))), encoding="utf-8")


LISTS = {
    FOLDER.parent / "clauses" / "ids.txt": CLAUSES.keys(),
    FOLDER.parent / "choices.txt": {f"{choice.id} {value}" for choice in CHOICES.values() for value in choice.values},
}
"""What is frozen: the ids of clauses (a line may be `retired ID for ID and ID`), and the choices with each of their values."""


def listed(file: Path) -> list[str]:
    """The lines of a list with those that are new."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return sorted({*lines, *LISTS[file]}, key=lambda line: line.removeprefix("retired "))


def add(file: str, about: list[str]) -> str | None:
    """Store the scenario in a file; what is wrong with it, in one sentence, if it cannot be."""
    unknown = [id for id in about if id not in CLAUSES and id not in CHOICES]
    if unknown or not about:
        return f"--about names a clause or a choice; {unknown[0] if unknown else 'nothing'} is neither"
    try:
        scenario = loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, InvalidScenario) as error:
        return f"{file}: {error}"
    strange = [id for id in about if id in CLAUSES and scenario.about not in CLAUSES[id].callbacks]
    if strange:
        return f"--about {strange[0]}: the scenario is one of {scenario.about}, of which that does not speak"
    known = found()
    if any(key(vector.scenario) == key(scenario) for vector in known):
        return f"{file}: this scenario is stored already"
    write({FOUND: [*known, expected(scenario, about, f"found/{len(known) + 1}")]})
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m callcheck.conformance.vectors", description=__doc__)
    parser.add_argument("--add", metavar="FILE", help="a scenario to store")
    parser.add_argument(
        "--about", action="append", default=[], metavar="ID", help="what it shows: a clause or a choice"
    )
    options = parser.parse_args()
    if options.add is None and options.about:
        parser.error("--about goes with --add")
    if options.add is None:
        tell()
        write(remade())
        for file in LISTS:
            file.write_text("".join(f"{line}\n" for line in listed(file)), encoding="utf-8")
        return 0
    wrong = add(options.add, options.about)
    if wrong is not None:
        print(wrong, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
