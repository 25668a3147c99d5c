"""The folder of a report: what a command leaves for people who were not there, a pull request, a build server, and programs.

Rules
- A folder is prepared before anything is run: that it cannot be written is found out at the beginning, not at the end. Its place
  is that of the beginning too, wherever the process is later.
- It holds `index.html`, `summary.md`, `junit.xml`, the JSON named after the command, and what the command adds. The JSON names
  them all: a later report removes what an earlier one left, and nothing else; a file that no report wrote is never overwritten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from callcheck.spec.reading import Refused, printable

from .document import write
from .words import escaped

MAINS = tuple(f"{command}.json" for command in ("check", "diff", "explain", "infer"))
"""The file in which each command that can write a report says what it wrote."""
PAGE, BRIEF, CASES = "index.html", "summary.md", "junit.xml"
LONGEST_BRIEF = 60_000
"""Characters: GitHub takes comments of up to 65,536."""

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One line of `junit.xml`. `message`: one line; `text`: all there is to say."""

    suite: str
    group: str
    name: str
    outcome: str = PASSED
    message: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """`summary.md`: what matters, then one part for each thing that was found, as many as there is room for."""

    begin: str
    parts: Sequence[str] = ()
    end: str = ""

    def text(self) -> str:
        room = LONGEST_BRIEF - len(self.begin) - len(self.end)
        shown = []
        for part in self.parts:
            room -= len(part) + 2
            if room < 0:
                break
            shown.append(part)
        left = len(self.parts) - len(shown)
        more = [f"And {left} more, which `{PAGE}` shows."] if left else []
        return "\n\n".join(part for part in (self.begin, *shown, *more, self.end) if part) + "\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a command writes. `more`: files besides the four, by name."""

    command: str
    page: str
    brief: Brief
    cases: Sequence[Case]
    data: Mapping[str, Any]
    more: Mapping[str, str] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """The contents by name, that of the JSON last."""
        found = {PAGE: self.page, BRIEF: self.brief.text(), CASES: junit(self.cases), **self.more}
        written = {**self.data, "files": sorted(found)}
        return found | {f"{self.command}.json": json.dumps(written, indent=1, allow_nan=False) + "\n"}


class Folder:
    """A place for the report of one command."""

    def __init__(self, folder: str, command: str) -> None:
        """Make it, and remove what an earlier report left there. Raises Refused."""
        if not folder:
            raise Refused("--report: expected the name of a folder")
        said = f"--report {printable(folder)}"
        self.folder = Path(folder).absolute()
        self.main = f"{command}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for main in MAINS:
                self._clear(main)
            taken = [name for name in (PAGE, BRIEF, CASES, self.main) if (self.folder / name).exists()]
        except OSError as error:
            raise Refused(f"{said}: cannot be written ({error.strerror})") from None
        except ValueError as error:  # a path with a null byte in it
            raise Refused(f"{said}: cannot be written ({error})") from None
        if taken:
            raise Refused(f"{said}: {taken[0]} is there, and is of no report; name another folder")
        self._write(self.main, '{"files": []}\n')

    def _clear(self, main: str) -> None:
        """Remove an earlier report whose JSON has this name."""
        try:
            names = json.loads((self.folder / main).read_text(encoding="utf-8"))["files"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return
        if isinstance(names, list):
            for name in (*names, main):
                if isinstance(name, str) and Path(name).name == name and (self.folder / name).is_file():
                    (self.folder / name).unlink()

    def write(self, written: Written) -> None:
        """Write the report. Raises Refused."""
        for name, text in written.files().items():
            self._write(name, text)

    def _write(self, name: str, text: str) -> None:
        write(text, self.folder / name, "--report")


def junit(cases: Sequence[Case]) -> str:
    """The cases as build servers read them."""
    root = ElementTree.Element("testsuites", name="callcheck")
    for suite in dict.fromkeys(case.suite for case in cases):
        mine = [case for case in cases if case.suite == suite]
        failures, skipped = (str(sum(case.outcome == each for case in mine)) for each in (FAILED, SKIPPED))
        element = ElementTree.SubElement(
            root, "testsuite", name=_xml(suite), tests=str(len(mine)), failures=failures, errors="0", skipped=skipped
        )
        for case in mine:
            one = ElementTree.SubElement(element, "testcase", classname=_xml(case.group), name=_xml(case.name))
            if case.outcome != PASSED:
                tag = "failure" if case.outcome == FAILED else "skipped"
                ElementTree.SubElement(one, tag, message=_xml(case.message)).text = _xml(case.text)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    """What XML can hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", escaped(text))


# ---------------------------------------------------------------------------------------------- Markdown


def plain(text: str) -> str:
    """A text as Markdown that shows it as it is."""
    marked = re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", escaped(text))
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")


def ours(sentence: str) -> str:
    """A sentence of ours as Markdown: what stands between backticks is code."""
    parts = escaped(sentence).split("`")
    if len(parts) % 2 == 0:
        return plain(sentence)
    return "".join(f"`{part}`" if at % 2 else plain(part) for at, part in enumerate(parts))


def fenced(text: str, language: str = "text") -> str:
    """A text as a block of code, whatever is in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{escaped(text).rstrip()}\n{fence}"


def folded(title: str, content: str) -> str:
    """Something to be opened."""
    return f"<details><summary>{plain(title)}</summary>\n\n{content}\n\n</details>"
