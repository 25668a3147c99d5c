"""Scenarios as they come on the command line: files of JSON or JSON lines, folders of such files, standard input."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from callcheck.conformance.report.folder import MAINS
from callcheck.spec.reading import InvalidScenario, as_text, parse_json, read_standard_input, read_text
from callcheck.spec.scenario import Scenario, from_json
from callcheck.spec.trace import Invalid

from .status import WrongInput

Placed = tuple[str, Scenario | Invalid]
"""Where a scenario stands, and what stands there."""


def read_all(sources: Sequence[str]) -> list[Placed]:
    """Every scenario of the sources, or why something is none. Raises WrongInput for a source that cannot be used."""
    return [placed for source in sources for file in _files(source) for placed in _read(file)]


def _files(source: str) -> list[str]:
    """A folder's files of scenarios, in the order of their names; a report's results that lie beside them are none."""
    if source == "-" or not os.path.isdir(source):  # which takes any text, as pathlib does not
        return [source]
    found = sorted(
        file for file in Path(source).iterdir() if file.suffix in (".json", ".jsonl") and file.name not in MAINS
    )
    if not found:
        raise WrongInput(f"{source}: there is no scenario in this folder")
    return [str(file) for file in found]


def _read(source: str) -> Iterator[Placed]:
    name = "standard input" if source == "-" else source
    text = as_text(read_standard_input(), name) if source == "-" else read_text(source)
    found = False
    for place, data in _json_values(name, text):
        found = True
        if isinstance(data, Invalid):
            yield place, data
            continue
        try:
            yield place, from_json(data)
        except InvalidScenario as error:
            yield place, Invalid(field=error.field, message=error.message)
    if not found:
        raise WrongInput(f"{name}: there is no scenario in it")


def _json_values(name: str, text: str) -> Iterator[tuple[str, Any]]:
    """One JSON text (a scenario or a list of them), or a line of JSON for each."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    try:
        whole = parse_json(text)
    except InvalidScenario as error:
        if not any(_is_scenario(line) for _, line in lines):
            if lines:
                yield name, Invalid(field=error.field, message=error.message)
            return
        for number, line in lines:
            try:
                yield f"{name}, line {number}", parse_json(line)
            except InvalidScenario as wrong:
                yield f"{name}, line {number}", Invalid(field=wrong.field, message=wrong.message)
        return
    if isinstance(whole, list):
        yield from ((f"{name}, item {number}", item) for number, item in enumerate(whole, 1))
    else:
        yield name, whole


def _is_scenario(line: str) -> bool:
    """Whether a line is meant as one scenario: then its file has a scenario on each line."""
    try:
        data = parse_json(line)
    except InvalidScenario:
        return False
    return isinstance(data, dict) and ("callback" in data or "callbacks" in data)
