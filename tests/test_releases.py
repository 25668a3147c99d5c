"""Real releases do what their dialects say, on a sample, in every run of the tests.

The installed Keras and tf-keras are asked everywhere else. Here are three that people still have: Keras 2.3.1, in an
environment, and two of Keras 3, each in front of everything else that is installed. Where the interpreter of the first
is missing, that is said, and the campaign whose result is kept stands in for it.
"""

import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Iterable
from pathlib import Path

import pytest

from callcheck.conformance.agreement import Ran, campaign, kept
from callcheck.conformance.subjects.environments import EnvironmentFailed, interpreter, needs, uv
from callcheck.conformance.subjects.names import parse
from callcheck.spec.callbacks import CALLBACKS

SAMPLE = 25
"""Compared scenarios for each callback."""


def agrees(ran: Iterable[Ran], subject: str) -> None:
    """Nothing differs, and everything was asked."""
    found = {each.callback: each for each in ran}
    assert {callback: each.counts["different"] for callback, each in found.items()} == dict.fromkeys(found, 0)
    assert {each.subject for each in found.values()} == {subject}
    assert found.keys() > {*CALLBACKS} - {"BackupAndRestore", "SwapEMAWeights", "TensorBoard"}, (
        "which Keras 2.3 does not have, or which is not looked at there"
    )
    assert all(each.counts["compared"] == SAMPLE for each in found.values())


@pytest.mark.parametrize("version", ["3.6.0", "3.11.3"])
def test_a_release_of_keras_3_beside_what_is_installed(version: str, tmp_path: Path) -> None:
    """Only Keras itself is fetched: it stands in front of the TensorFlow and the Keras that are here."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed; pip install 'callcheck[keras]' installs it")
    place, python = tmp_path / "with", tmp_path / "with/bin/python"
    for command in (
        ["venv", "--python", sys.executable, str(place)],
        ["pip", "install", "--python", str(python), "--no-deps", f"keras=={version}"],
    ):
        subprocess.run([uv(), "--quiet", *command], check=True, timeout=300)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "installed.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    agrees(campaign(f"keras@{python}", "tensorflow", SAMPLE, 0), f"keras {version} (tensorflow, hooks)")


def test_keras_2_3_1() -> None:
    release = "keras==2.3.1"
    try:
        interpreter(needs(parse(release)).python)
    except EnvironmentFailed as missing:
        (record,) = (record for _, subject, record in kept() if subject.startswith("keras 2.3.1 "))
        assert {counts["different"] for counts in record["callbacks"].values()} == {0}
        warnings.warn(f"{missing}: it was not run, and results/agreement stands in for it", stacklevel=1)
        return
    agrees(campaign(release, None, SAMPLE, 0), "keras 2.3.1 (tensorflow, hooks)")
