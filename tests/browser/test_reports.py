"""Reports and documents in Chromium, opened as files: a quiet console, nothing loaded, every anchor there, text is text."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from callcheck.cli import main

NAME = "<img src=x onerror=alert(1)>"
OWN = '''
class MyEarlyStopping:
    """It never stops, and knows a parameter of Keras's."""

    def __init__(self, monitor="val_loss", patience=0, mode="auto"):
        pass

    def nothing(self, *arguments, **named):
        pass

    set_params = set_model = on_train_begin = on_train_end = on_epoch_begin = on_epoch_end = nothing
    on_train_batch_begin = on_train_batch_end = nothing
'''
BROKEN = """
const anchors = [...document.querySelectorAll('a[href^="#"]')].map((each) => each.getAttribute("href").slice(1));
return anchors.filter((id) => !document.getElementById(id));
"""
WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
OUTSIDE = """
const loaded = performance.getEntriesByType("resource").map((each) => each.name);
return [...loaded, ...[...document.scripts, ...document.images].map((each) => each.outerHTML)];
"""

Written = Callable[[str], Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The page that a command writes, by its name."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "never.py").write_text(OWN)
    (folder / "log.json").write_text(json.dumps({NAME: [1.0, 0.5, 0.75, 0.75, None, 0.75], "lr": [0.1] * 6}))
    record = ["log.json", "EarlyStopping", f"monitor={NAME}", "mode=min", "patience=2", "restore_best_weights=True"]
    reference = ["reference@keras-3.10.0", "reference@keras-3.15.1", "--predicted"]

    @cache
    def write(command: str) -> Path:
        file = folder / command / "index.html"
        words = {
            "check": ["never:MyEarlyStopping", "--callback", "EarlyStopping", "--examples", "20", "--report", command],
            "diff": [*reference, "--report", command],
            "explain": [*record, "--what-if", "patience=1..3", "--report", command],
            "clauses": ["--html", str(file)],
        }[command]
        file.parent.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.syspath_prepend(str(folder))
            assert main([command, *words]) == (1 if command in ("check", "diff") else 0)
        return file

    return write


@pytest.mark.parametrize("command", ["check", "diff", "explain", "clauses"])
def test_a_page_is_sound(command: str, written: Written, browser: Any) -> None:
    page = written(command)
    browser.get(page.as_uri())
    assert browser.execute_script(BROKEN) == []
    assert browser.execute_script(OUTSIDE) == []
    assert browser.execute_script("return document.querySelectorAll('h1').length") == 1
    if command == "explain":
        assert NAME in browser.execute_script("return document.querySelector('h1').textContent")
        assert NAME in browser.execute_script("return document.querySelector('.figure').textContent")


@pytest.mark.parametrize("command", ["check", "diff", "explain", "clauses"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_fits_its_window(command: str, width: int, written: Written, browser: Any) -> None:
    window = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", window)
    try:
        browser.get(written(command).as_uri())
        assert browser.execute_script(WIDE) == 0
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(scheme: str, written: Written, browser: Any) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(written("explain").as_uri())
    colours = browser.execute_script(
        "const style = getComputedStyle(document.body); return [style.color, style.backgroundColor, "
        "getComputedStyle(document.querySelector('.figure text')).fill]"
    )
    ink, paper, drawn = (sum(map(int, colour[4:-1].split(","))) / 3 for colour in colours)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert (ink < 60 < 200 < paper) if scheme == "light" else (paper < 60 < 200 < ink)
    assert abs(drawn - ink) < 1
