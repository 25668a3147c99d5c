"""The page that runs the reference: in Chromium, offline, it says what `callcheck trace` says."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callcheck.conformance.report.words import LONGEST
from callcheck.conformance.site.state import link, of_scenario
from callcheck.spec.dialect import resolve
from callcheck.spec.scenario import Scenario, dumps
from callcheck.spec.vectors import stored

from .conftest import Served

READ = """
const lines = [];
for (const row of document.querySelectorAll("#answer .epochs tr")) {
  if (!row.querySelector(".epoch") || row.parentElement.tagName === "THEAD") {
    if (row.parentElement.tagName !== "THEAD") lines.push({ title: row.textContent });
    continue;
  }
  const cells = (name, one) => [...row.querySelectorAll("." + name)].map(one);
  lines.push({
    index: row.querySelector(".epoch small span")?.textContent ?? null,
    epoch: row.querySelector(".epoch").textContent,
    shown: row.querySelector(".shown").textContent,
    seen: cells("seen", (cell) => [...cell.querySelectorAll(".part")].map((part) => part.textContent)),
    state: cells("state", (cell) => cell.textContent),
    why: cells("why", (cell) => [...cell.querySelectorAll("p")].map(
      (each) => `${each.firstChild.textContent.trim()} [${each.querySelector(".rule").textContent}]`)),
  });
}
const summary = document.querySelector("#answer .summary")?.textContent;
return { lines, wrong: document.getElementById("wrong").textContent, summary };
"""
ASK = """
const [fragment, done] = arguments;
const root = document.documentElement, before = root.dataset.answered;
const seen = new MutationObserver(() => { if (root.dataset.answered !== before) { seen.disconnect(); done(true); } });
seen.observe(root, { attributes: true, attributeFilter: ["data-answered"] });
location.hash = fragment;
"""
COUNT = 200


@pytest.fixture(scope="module")
def served(site: Path, serve: Callable[[Path], Served]) -> Served:
    return serve(site)


@pytest.fixture
def page(browser: Any, served: Served) -> Any:
    """The page, ready to be asked."""
    browser.get(served.address)
    wait(browser, "document.documentElement.dataset.ready && document.documentElement.dataset.answered")
    return browser


def wait(browser: Any, condition: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not browser.execute_script(f"return Boolean({condition})"):
        failed = browser.execute_script(
            "return document.getElementById('status')?.textContent.includes('not be started')"
        )
        assert not failed, browser.find_element("id", "status").text
        assert time.monotonic() < end, f"{condition}: not within {seconds} s"
        time.sleep(0.05)


def ask(browser: Any, scenario: Scenario, *dialects: str) -> Any:
    """What the page shows at the address of a scenario. A browser follows no more than some twenty addresses a second."""
    time.sleep(0.06)
    browser.execute_async_script(ASK, link(scenario, *dialects).partition("#")[2])
    return browser.execute_script(READ)


def printed(shown: Any, at: int) -> list[str]:
    """The table of a page as `callcheck trace` prints it, of the implementation at that place."""
    lines = []
    for line in shown["lines"]:
        if "title" in line:
            continue
        if line["index"] is None:
            said = f"{line['epoch']}: {'; '.join(line['seen'][at])}".removeprefix("at the end: ")
            lines.append(said)
        else:
            state = line["state"][at] and f"; state: {line['state'][at]}"
            happened = ", ".join(line["seen"][at]) + state
            lines.append(f"epoch {line['index']} {line['shown']} {happened}")
        lines += line["why"][at]
    return [" ".join(line.split()) for line in lines if line.strip(": ")]


def traced(scenarios: list[Scenario], folder: Path, dialect: str) -> Iterator[list[str]]:
    """What `callcheck trace` prints of each, without the lines that say what was asked."""
    file = folder / "scenarios.jsonl"
    file.write_text("\n".join(map(dumps, scenarios)) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "callcheck", "trace", str(file), "--on", f"reference@{dialect}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    for part in ran.stdout.split("\n["):
        lines = part.splitlines()[1:]
        begin = next(at for at, line in enumerate(lines) if line.startswith(("  fit 1", "  rejected:")))
        yield [" ".join(line.split()) for line in lines[begin:] if not line.startswith("  fit ")]


def known(count: int, *dialects: str) -> list[Scenario]:
    """Stored scenarios of every callback that the dialects have, and of several, evenly chosen; what is there before some
    dialects do not predict, and of a very long line a terminal shows a part."""
    having = [resolve(each).dialect for each in dialects]
    known = [
        each.scenario for each in stored()
        if not each.scenario.existing and len(dumps(each.scenario)) < LONGEST
        and all(dialect.has(one.callback) for dialect in having for one in each.scenario.configured())
    ]  # fmt: skip
    return [known[at * len(known) // count] for at in range(count)]


def test_the_table_is_that_of_trace(page: Any, tmp_path: Path) -> None:
    scenarios = known(COUNT)
    expected = list(traced(scenarios, tmp_path, "keras-3.15.1"))
    assert len(expected) == len(scenarios) == COUNT
    for scenario, lines in zip(scenarios, expected, strict=True):
        shown = ask(page, scenario)
        assert shown["wrong"] == "", dumps(scenario)
        if lines[0].startswith("rejected:"):
            assert shown["summary"] == f"The constructor raises {lines[0].removeprefix('rejected: ')}"
        else:
            assert printed(shown, 0) == lines, dumps(scenario)


def test_two_releases_stand_beside_each_other(page: Any, tmp_path: Path) -> None:
    dialects = ("keras-3.10.0", "tf-keras-2.21.0")
    scenarios = known(40, *dialects)
    for at, dialect in enumerate(dialects):
        for scenario, lines in zip(scenarios, traced(scenarios, tmp_path, dialect), strict=True):
            shown = ask(page, scenario, *dialects)
            if not lines[0].startswith("rejected:"):
                assert printed(shown, at) == lines, dumps(scenario)


def test_it_answers_as_somebody_types(page: Any) -> None:
    see = page.find_element("id", "see")
    see.clear()
    see.send_keys("0.5, 0.6, 0.7, 0.8")
    patience = page.find_element("css selector", "fieldset:not([hidden]) input[name=patience]")
    patience.clear()
    patience.send_keys("2")
    wait(page, "document.querySelector('.summary')?.textContent.includes('after epoch 3 (index 2)')")
    wait(page, "location.hash.includes('see=0.5%2C+0.6')")
    wait(page, "location.hash.includes('patience=2')")
    patience.send_keys("x")
    wait(page, "document.getElementById('wrong').textContent || document.querySelector('.epochs .end')")
    page.find_element("css selector", "input[value=ReduceLROnPlateau] + span").click()
    wait(page, "document.querySelector('.asked')?.textContent.startsWith('ReduceLROnPlateau')")


def test_an_address_can_be_shared(browser: Any, served: Served, page: Any) -> None:
    scenario = next(each for each in known(COUNT) if each.callback == "EarlyStopping")  # which both releases have
    address = served.address + link(scenario, against="keras-2.3.1").partition("/")[2]
    browser.get("about:blank")
    browser.get(address)
    wait(browser, "document.documentElement.dataset.answered")
    stated = browser.execute_script("return Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
    assert stated == of_scenario(scenario, against="keras-2.3.1").texts()
    assert len(browser.execute_script(READ)["lines"][0]["seen"]) == 2


def test_a_file_is_read(page: Any, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("epoch,val_loss\n0,0.5\n1,0.6\n")
    page.find_element("id", "file").send_keys(str(tmp_path / "log.csv"))
    wait(page, "document.querySelector('#answer').textContent.includes('a CSVLogger file, 2 epochs')")
    wait(page, "document.querySelector('#audit').textContent.includes('The record')")


def test_names_are_text(page: Any) -> None:
    name = "<img src=x onerror=alert(1)>"
    data = {"callback": "EarlyStopping", "config": {"monitor": name, "mode": "min"}}
    epochs = [{"logs": {name: 1.0}}, {"logs": {name: 2.0}}]
    state = {"callback": "EarlyStopping", "see": json.dumps({**data, "fits": [{"epochs": epochs}]}), name: name}
    page.execute_script("location.hash = new URLSearchParams(arguments[0])", state)
    wait(page, "document.querySelector('.asked')?.textContent.includes('<img')")
    assert page.execute_script("return document.images.length") == 0
    assert name in page.execute_script("return document.querySelector('.figure').textContent")


def test_it_needs_no_network_once_it_was_seen(site: Path, serve: Callable[[Path], Served], browser: Any) -> None:
    served = serve(site)
    browser.get(served.address)
    wait(browser, "document.documentElement.dataset.ready")
    outside = "performance.getEntriesByType('resource').filter((each) => !each.name.startsWith(location.origin)).length"
    assert browser.execute_script(f"return {outside}") == 0
    wait(browser, "navigator.serviceWorker.controller")
    served.stop()
    browser.get(served.address + "#callback=EarlyStopping&patience=1&see=3,4,5")
    browser.refresh()
    wait(browser, "document.querySelector('.summary')?.textContent.includes('after epoch 2 (index 1)')")


def test_it_can_be_opened_as_a_file(site: Path, browser: Any) -> None:
    browser.get(f"{(site / 'index.html').as_uri()}#callback=EarlyStopping&patience=1&see=3,4,5")
    wait(browser, "document.documentElement.dataset.answered")
    assert "after epoch 2 (index 1)" in browser.find_element("css selector", ".summary").text


def test_how_fast_it_is(page: Any, served: Served) -> None:
    """Printed (`pytest -s`), and asserted nowhere: a machine may be busy."""
    page.get(served.address + "?again")
    wait(page, "document.documentElement.dataset.answered && document.documentElement.dataset.ready")
    loaded = page.execute_script(
        "const [each] = performance.getEntriesByType('measure'); return each.startTime + each.duration"
    )
    page.execute_script("performance.clearMeasures()")
    see = page.find_element("id", "see")
    for number in range(20):
        see.send_keys(f", 0.{number + 10}")
    wait(page, "document.querySelectorAll('.epochs .epoch').length > 20")
    times = sorted(page.execute_script("return performance.getEntriesByType('measure').map((each) => each.duration)"))
    print(f"\nfirst answer {loaded / 1000:.1f} s after loading began, everything kept")
    print(f"keystroke to table: median {times[len(times) // 2]:.0f} ms, worst {times[-1]:.0f} ms of {len(times)}")
    assert times
