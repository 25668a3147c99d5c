"""The folder of a report: what lies in it, what is left alone, and that whatever comes from outside is text in it."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from callcheck.cli import main
from callcheck.conformance.report.folder import LONGEST_BRIEF, Brief, Folder, fenced, ours, plain
from callcheck.spec.reading import Refused

FOUR = ["index.html", "junit.xml", "summary.md"]
HOSTILE = "<script>alert(1)</script>|`x`"


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def explained(tmp_path: Path, *more: str) -> int:
    record = tmp_path / "log.json"
    record.write_text(json.dumps({HOSTILE: [1.0, 2.0, 3.0]}))
    words = [f"monitor={HOSTILE}", "mode=min", "patience=1", *more]
    return main(["explain", str(record), "EarlyStopping", *words, "--report", str(tmp_path / "r")])


def test_explain_leaves_a_report(tmp_path: Path) -> None:
    assert explained(tmp_path) == 0
    folder = tmp_path / "r"
    assert names(folder) == sorted([*FOUR, "explain.json"])
    page = (folder / "index.html").read_text()
    assert "<script" not in page
    assert "EarlyStopping stops after epoch 2" in page
    (case,) = ElementTree.parse(folder / "junit.xml").iter("testcase")
    assert case.find("failure") is not None  # the record goes on after the stop
    assert "<script" not in (folder / "summary.md").read_text().partition("```")[0]
    assert json.loads((folder / "explain.json").read_text())["audit"]["agrees"] is False


def test_diff_leaves_a_report(tmp_path: Path) -> None:
    words = ["--predicted", "--callback", "EarlyStopping", "--report", str(tmp_path / "r")]
    assert main(["diff", "reference@keras-3.10.0", "reference@keras-3.11.0", *words]) == 1
    folder = tmp_path / "r"
    assert names(folder) == sorted([*FOUR, "diff.json"])
    page = (folder / "index.html").read_text()
    assert "What does an instance remember when it is used for a second fit?" in page
    assert "Since keras 3.11.0" in page
    assert page.count('class="finding"') == 1
    (suite,) = ElementTree.parse(folder / "junit.xml").iter("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert (folder / "summary.md").read_text().startswith("### callcheck diff: reference&#64;keras-3.10.0 and")
    assert main(["diff", "reference@keras-3.15.0", "reference@keras-3.15.1", *words]) == 0
    (suite,) = ElementTree.parse(folder / "junit.xml").iter("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


@pytest.mark.usefixtures("own")
def test_check_leaves_a_report() -> None:
    words = ["--callback", "EarlyStopping", "--examples", "20", "--report", "r"]
    assert main(["check", "mine:MyEarlyStopping", *words]) == 1
    data = json.loads(Path("r/check.json").read_text())
    assert sorted([*data["files"], "check.json"]) == names(Path("r"))
    suites = list(ElementTree.parse("r/junit.xml").iter("testsuite"))
    deviating = [each for each in data["results"] if each["verdict"] == "deviates"]
    assert [each.get("name") for each in suites] == ["mine:MyEarlyStopping"]
    assert suites[0].get("tests") == str(len(data["results"]))
    assert suites[0].get("failures") == str(len(deviating)) != "0"
    page = Path("r/index.html").read_text()
    assert page.count('<article class="finding"') == max(each["finding"] or 0 for each in data["results"])
    assert "the reference: the documentation of Keras" in page
    assert page.count("class=failing") == len(deviating)
    brief = Path("r/summary.md").read_text()
    assert brief.startswith("### callcheck check: ")
    assert brief.count("<summary>the counterexample</summary>") == max(each["finding"] or 0 for each in data["results"])
    assert main(["check", "reference", "--clause", "terminate-on-nan", "--examples", "20", "--report", "r"]) == 0
    assert names(Path("r")) == sorted([*FOUR, "check.json"])
    assert "Everything that was exercised conforms." in Path("r/index.html").read_text()


def test_every_anchor_of_a_page_leads_somewhere(tmp_path: Path, own: Path) -> None:
    main(
        [
            "check",
            "mine:MyEarlyStopping",
            "reference",
            "--callback",
            "EarlyStopping",
            "--examples",
            "20",
            "--report",
            "r",
        ]
    )
    main(["diff", "reference@keras-3.10.0", "reference@keras-3.15.1", "--predicted", "--report", "d"])
    main(["clauses", "--html", "specification.html"])
    for file in ("r/index.html", "d/index.html", "specification.html"):
        page = (own / file).read_text()
        ids = re.findall(r'\sid="([^"]+)"', page)
        targets = set(re.findall(r'href="#([^"]+)"', page))
        assert len(ids) == len(set(ids)), file
        assert targets, file
        assert targets <= set(ids), file
        assert not re.search(r'<(?:script|link|img|iframe)\b|\ssrc="|url\((?!#)', page), file  # nothing is loaded


def test_a_file_that_no_report_wrote_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(Refused, match=r"index.html is there, and is of no report; name another folder"):
        Folder(str(tmp_path), "check")
    assert (tmp_path / "index.html").read_text() == "mine"
    (tmp_path / "index.html").rename(tmp_path / "check.json")
    with pytest.raises(Refused, match=r"check.json is there, and is of no report"):
        Folder(str(tmp_path), "check")
    assert (tmp_path / "check.json").read_text() == "mine"


def test_a_report_takes_the_place_of_one_of_another_command(tmp_path: Path) -> None:
    assert explained(tmp_path) == 0
    assert (
        main(
            ["diff", "reference@keras-3.15.0", "reference@keras-3.15.1", "--predicted", "--report", str(tmp_path / "r")]
        )
        == 0
    )
    assert names(tmp_path / "r") == sorted([*FOUR, "diff.json"])


def test_a_report_lies_where_the_command_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Folder("r", "check")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert folder.folder == tmp_path / "r"


def test_a_manifest_names_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("kept")
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "check.json").write_text(json.dumps({"files": ["../kept.txt", "gone.txt", 3, ".."]}))
    Folder(str(tmp_path / "r"), "check")
    assert (tmp_path / "kept.txt").read_text() == "kept"


def test_a_summary_fits_a_comment() -> None:
    text = Brief(begin="begin", parts=["x" * 1000] * 100, end="end").text()
    assert len(text) <= LONGEST_BRIEF + 200
    assert re.search(r"And \d+ more, which `index.html` shows", text)
    assert text.endswith("end\n")


@pytest.mark.parametrize("hostile", [HOSTILE, "```\n# head", "[a](b) ![c](d)", "@everyone & <b>", "_x_ *y* ~z~"])
def test_markdown_shows_what_it_is_given(hostile: str) -> None:
    from markdown_it import MarkdownIt

    render = MarkdownIt("commonmark").render
    for markdown, tag in ((plain(hostile), "p"), (fenced(hostile), "pre")):
        html = render(markdown)
        assert html.startswith(f"<{tag}>")
        shown = re.sub(r"<[^>]+>", "", html)
        for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
            shown = shown.replace(entity, char)
        assert shown.split() == hostile.split()
    assert render(ours("one `two` three")) == "<p>one <code>two</code> three</p>\n"


@pytest.mark.usefixtures("own")
def test_infer_leaves_a_report() -> None:
    words = ["--callback", "EarlyStopping", "--examples", "40", "--report", "r"]
    assert main(["infer", "mine:MyEarlyStopping", *words]) == 1
    assert names(Path("r")) == sorted([*FOUR, "infer.json", "dialect.toml"])
    data = json.loads(Path("r/infer.json").read_text())
    (suite,) = ElementTree.parse("r/junit.xml").iter("testsuite")
    failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert set(data["differences"]) == {name for name in failed if "/" in str(name)} != set()
    page = Path("r/index.html").read_text()
    assert all(f"{choice}</h3>" in page for choice in data["differences"])
    assert "<dt>documented</dt>" in page
    assert Path("r/dialect.toml").read_text() == data["toml"]
    assert Path("r/summary.md").read_text().startswith("### callcheck infer: mine:MyEarlyStopping")
