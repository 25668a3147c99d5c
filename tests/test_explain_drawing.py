"""The drawing of an explanation: as a file, and as long as what can be seen of it."""

import json
import math
import re
from pathlib import Path

import pytest

import callcheck
from callcheck.cli import main
from callcheck.conformance.explain import svg
from callcheck.conformance.explain.explanation import Explanation
from callcheck.conformance.explain.figure import figure


def test_a_long_drawing_is_no_longer_than_what_can_be_seen_of_it() -> None:
    def path(losses: list[float]) -> str:
        explained = callcheck.explain(losses, "EarlyStopping", {"patience": 100_000})
        assert isinstance(explained, Explanation)
        drawn = svg.svg(figure(explained))
        return re.findall(r'class="metric" d="(M[^"]+)"', drawn)[-1]

    noise = [2.0 + math.sin(at * at) for at in range(20_000)]
    highest, lowest = noise.index(max(noise)), noise.index(min(noise))
    every, thinned = path(noise[:600]), path(noise)
    assert every.count("L") == 599
    assert thinned.count("L") < 4 * 645 < 20_000
    for at in (0, highest, lowest, len(noise) - 1):  # 62 on the left and 14 on the right are for words
        x = 62.0 + (720.0 - 62.0 - 14.0) * (at + 0.5) / len(noise)
        assert re.search(rf"[ML]{x:.1f} ", thinned), at


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_drawing(suffix: str, tmp_path: Path) -> None:
    if suffix == "png":
        pytest.importorskip("matplotlib")
    file = tmp_path / f"drawing.{suffix}"
    record = tmp_path / "record.json"
    record.write_text(json.dumps({"val_loss": [1.0, 0.5, 0.75, None, 0.75], "learning_rate": [0.1] * 5}))
    assert main(["explain", str(record), "EarlyStopping", "patience=2", "--plot", str(file)]) == 0
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == "png" else b"<?xml")
    if suffix == "svg":
        assert all(word in content for word in (b"stop", b"whose weights remain", b"best so far", b"no value"))


def test_a_drawing_has_a_known_suffix(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["explain", "1,1", "EarlyStopping", "--plot", str(tmp_path / "drawing.bmp")]) == 2
    assert "has to end with .png, .svg, .pdf" in capsys.readouterr().err
