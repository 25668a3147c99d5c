"""The document is what the clauses say, its words are explained and used, and its anchors lead somewhere."""

import json
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from callcheck.cli import main
from callcheck.conformance.explain.arguments import short_scenario
from callcheck.conformance.report.example import example
from callcheck.conformance.report.example_table import shown_of, tables
from callcheck.conformance.report.introduction import glossary
from callcheck.conformance.report.legend import CALL, FITS, OF_ANY, PRINTED, SEEN, SHOWN, WARNED, Sign, parts
from callcheck.conformance.report.specification import FRONT, documents, markdown, page
from callcheck.conformance.report.standing import BREAKS, breaks, standings
from callcheck.conformance.report.table import heading
from callcheck.conformance.report.words import anchor
from callcheck.reference.replay import replay
from callcheck.spec import trace
from callcheck.spec.chain import version
from callcheck.spec.choices import CHOICES
from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import NEWEST, documented, resolve
from callcheck.spec.scenario import Scenario, from_json, key
from callcheck.spec.trace import to_json
from callcheck.spec.version import retired

ROOT = Path(__file__).resolve().parents[1]
TEXT = markdown()
"""The whole in one document, as the page has it."""
FILES = documents()
RENDERED = 500_000
"""Bytes up to which GitHub renders a file of Markdown: 512 KB, less a little."""
IN_JUDGE = {"every-callback/outcome/is-an-answer", "every-callback/outcome/is-the-same-every-time"}
"""Broken by an implementation that hangs or answers differently: no trace shows it."""


def anchors_of(text: str) -> list[str]:
    return re.findall(r'<a id="([^"]+)">', text)


def links_of(text: str) -> list[tuple[str, str]]:
    """The file, empty for the same one, and the anchor, to which each link leads."""
    return re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", text)


def test_the_document_is_in_step_with_the_clauses() -> None:
    """Remade with: callcheck clauses --markdown SPECIFICATION.md"""
    for name, text in FILES.items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, name
        assert len(text.encode()) < RENDERED, name
    written = {file.relative_to(ROOT).as_posix() for file in (ROOT / "specification").iterdir()}
    assert written | {FRONT} == set(FILES)


def test_every_clause_and_every_choice_has_an_anchor_of_its_own() -> None:
    for text in (TEXT, FILES[FRONT]):
        anchors = anchors_of(text)
        assert len(anchors) == len(set(anchors))
        assert {anchor(id) for id in (*CLAUSES, *CHOICES, *retired())} <= set(anchors)


def test_every_link_in_it_leads_to_an_anchor() -> None:
    assert {target for file, target in links_of(TEXT) if not file} <= set(anchors_of(TEXT))


@pytest.mark.parametrize("name", FILES)
def test_every_link_from_file_to_file_leads_to_an_anchor(name: str) -> None:
    for file, target in links_of(FILES[name]):
        there = os.path.normpath(Path(name).parent / file) if file else name
        assert not target or target in anchors_of(FILES[there]), (file, target)


@pytest.mark.parametrize("id", [*CLAUSES, *CHOICES])
def test_the_anchor_in_the_front_leads_to_the_page_where_all_of_it_stands(id: str) -> None:
    line = next(line for line in FILES[FRONT].splitlines() if f'<a id="{anchor(id)}"></a>' in line)
    file, target = links_of(line)[0]
    assert target == anchor(id)
    assert f'### <a id="{anchor(id)}"></a>`{id}`' in FILES[file]


def test_no_clause_is_kept_by_nobody_and_every_break_has_a_reason() -> None:
    """A clause that all dialects break is false, or judged wrongly; so is a break that no choice explains."""
    assert "no choice explains it" not in TEXT
    assert "Kept by none of these dialects" not in TEXT


@pytest.mark.parametrize("id", CLAUSES)
def test_what_is_documented_keeps_every_clause_that_speaks_of_it(id: str) -> None:
    assert [
        each.dialect.name for each in standings(id) if each.verdict == BREAKS and each.dialect == documented()
    ] == []


def shown_in_tables() -> list[tuple[Sequence[Sign], str]]:
    """The parts of all tables, each with the signs one of which has to explain it."""
    examples = [shown for id in CLAUSES if (shown := example(id)) is not None]
    return [each for shown in examples for table in shown_of(shown) for each in parts(table)]


def test_the_legend_explains_each_part_of_each_table_once() -> None:
    found = [(part, [sign.sign for sign in signs if sign.explains(part)]) for signs, part in shown_in_tables()]
    assert len(found) > 1000
    assert [(part, signs) for part, signs in found if len(signs) != 1] == []


def test_all_that_the_legend_explains_stands_in_a_table() -> None:
    found = shown_in_tables()
    for signs in (CALL, FITS, SHOWN, SEEN):
        used = {part for where, part in found if where is signs}
        assert [sign.sign for sign in signs if not any(map(sign.explains, used))] == []
    assert [sign.sign for sign in OF_ANY if re.search(sign.looks, TEXT) is None] == []


def test_the_legend_lists_all_kinds_of_lines_and_warnings() -> None:
    assert (PRINTED.keys(), WARNED.keys()) == (set(trace.PRINTED), set(trace.WARNED))


def test_its_examples_can_be_run_again() -> None:
    examples = re.findall(r"```json\n(.*)\n```", TEXT)
    assert len(examples) > 200
    for each in examples:
        from_json(json.loads(each))


def commands() -> list[tuple[list[str], Scenario, str]]:
    """The words of each command that tries an example, the example as it stands under it, and the heads of its tables."""
    found = []
    for clause in TEXT.split('### <a id="')[1:]:
        words = [shlex.split(each) for each in re.findall(r"^(?:Try it|The other run): `(.*)`$", clause, re.MULTILINE)]
        scenarios = [from_json(json.loads(each)) for each in re.findall(r"```json\n(.*)\n```", clause)]
        if len(words) == len(scenarios):
            heads = " ".join(re.findall(r"^\| epoch .*", clause, re.MULTILINE))
            found += [(each, scenario, heads) for each, scenario in zip(words, scenarios, strict=True)]
    return found


def test_the_commands_that_try_an_example_ask_for_it() -> None:
    found = commands()
    assert len(found) > 250
    for words, scenario, heads in found:
        options = dict(zip(words[-4:], words[-3:], strict=False))
        asked = [options[each].removeprefix("reference@") for each in ("--on", "--against") if each in options]
        ends = words.index("--on") if "--on" in words else words.index("--against") if "--against" in words else None
        assert key(short_scenario(words[2], words[3:ends])) == key(scenario)
        named = asked if "--on" in options else [NEWEST, *asked]
        assert not heads or all(name in heads for name in named), words


def test_the_commands_print_what_the_tables_show(capsys: pytest.CaptureFixture[str]) -> None:
    for words, scenario, _ in commands()[::25]:
        assert main(words[1:]) == 0
        printed = capsys.readouterr().out
        first = next(line.strip() for line in printed.splitlines() if not line.startswith("on "))
        assert first == heading(scenario)[0]
        asked = words[words.index("--on") + 1] if "--on" in words else "reference"
        assert main([*words[1:], "--json"]) == 0
        seen = json.loads(capsys.readouterr().out)
        of_the_first = seen.get("a", seen)
        trace_of = to_json(replay(scenario, resolve(asked.removeprefix("reference").lstrip("@") or NEWEST).dialect))
        assert of_the_first["fits"] == trace_of["fits"]


@pytest.mark.parametrize("term", glossary())
def test_a_word_that_is_explained_is_used(term: str) -> None:
    sentences = " ".join(clause.sentence for clause in CLAUSES.values()).lower()
    assert term.lower() in sentences


@pytest.mark.parametrize("id", sorted(set(CLAUSES) - IN_JUDGE))
def test_its_example_tells_right_from_wrong(id: str) -> None:
    """What is seen in the first column does not break the clause; what is seen in the second does, and looks different."""
    shown, clause = example(id), CLAUSES[id]
    assert shown is not None
    assert shown.wrong is not None
    assert not breaks(clause, shown.kept)
    assert breaks(clause, shown.wrong)
    assert shown.kept.scenario == shown.wrong.scenario
    cells = [line.split(" | ")[-2:] for line in tables(shown) if line.startswith("| ")]
    assert [right for right, wrong in cells if f"{right} |" != wrong and not right.startswith("seen in")]


def releases_named(source: str) -> list[tuple[str, str, str]]:
    """The package, the first release and the last of each range that a source names; one release is a range, too."""
    lists = re.findall(r"\b(tf-keras|keras) (\d+\.\d+\.\d+(?:(?:, | to )\d+\.\d+\.\d+)*)", source)
    ranges = [(package, each.split(" to ")) for package, listed in lists for each in listed.split(", ")]
    return [(package, ends[0], ends[-1]) for package, ends in ranges]


@pytest.mark.parametrize("id", [id for id, clause in CLAUSES.items() if clause.level == "observed"])
def test_what_was_observed_names_the_release_in_which_its_example_shows_it(id: str) -> None:
    named, shown = releases_named(CLAUSES[id].source), example(id)
    assert named
    assert shown is not None
    if shown.kept.dialect != documented():
        package, _, release = shown.kept.dialect.name.partition("+")[0].rpartition("-")
        of_that_package = [(first, last) for other, first, last in named if other == package]
        assert any(version(first) <= version(release) <= version(last) for first, last in of_that_package), named


def test_every_cause_of_a_break_is_named() -> None:
    """What Keras's documentation says of resuming needs an optimizer that is built, in every release."""
    section = TEXT.split('<a id="model-checkpoint-resume-compiling-the-model-is-enough">')[1].split("####")[0]
    assert "Broken by keras-3.15.1" in section
    assert "tf-keras-2.21.0" in section
    assert "model-checkpoint/unbuilt-optimizer" in section
    section = TEXT.split('<a id="model-checkpoint-resume-weights-bring-the-optimizer-back">')[1].split("####")[0]
    assert "**Broken by tf-keras-2.21.0**: [`model-checkpoint/loaded-weights`]" in section


def test_arguments_are_shown_as_python_writes_them() -> None:
    examples = [line for line in TEXT.splitlines() if line.startswith(("Example:", "Compared with:", "| "))]
    assert not [line for line in examples if re.search(r"\{'(?:array|tensor|path_like|relative|table|scale)'", line)]
    assert [line for line in examples if "lambda epoch" in line]


def test_the_page_is_self_contained() -> None:
    """Without scripts, and without anything from elsewhere but links."""
    made = page()
    assert "<script" not in made
    assert not re.findall(r"<(?:link|img|iframe)|@import|url\(", made)
    assert made.count("<table>") == len(re.findall(r"^\|---", TEXT, re.MULTILINE))


def test_the_command_writes_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, written = tmp_path / "s.md", tmp_path / "s.html"
    assert main(["clauses", "--markdown", str(document), "--html", str(written)]) == 0
    for name, text in documents("s.md").items():
        assert (tmp_path / name).read_text(encoding="utf-8") == text
    assert set(documents("s.md")) == {"s.md", *(f"s/{each.name}" for each in (tmp_path / "s").iterdir())}
    assert written.read_text(encoding="utf-8") == page()
    (tmp_path / "t").write_text("a file in the place of the folder")
    assert main(["clauses", "--markdown", str(tmp_path / "t.md")]) == 2
    assert "cannot be written (File exists)" in capsys.readouterr().err
    assert main(["clauses", "--markdown", str(tmp_path / "u")]) == 2
    assert "without its ending" in capsys.readouterr().err
    assert main(["clauses", "early-stopping", "--html", str(written)]) == 2
    assert "early-stopping" in capsys.readouterr().err
