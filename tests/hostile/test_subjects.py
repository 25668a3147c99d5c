"""The deeds of the corpus at the end of an epoch; every other place, and what is slow on any machine, by `corpus.py`."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))  # `subjects` is imported as the worker imports it

import corpus

from callcheck.conformance.subjects.transport import WorkerProcess


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    with corpus.started() as started:
        yield started


SLOW = ("digs-deep", "fills-its-directory", "starts-forty")


@pytest.mark.parametrize(
    ("deed", "place"), [case for case in corpus.cases(("on_epoch_end",)) if not case[0].startswith(SLOW)]
)
def test_a_hostile_subject_has_a_named_outcome_and_disturbs_nobody(
    worker: WorkerProcess, deed: str, place: str
) -> None:
    came, undisturbed = corpus.tried(worker, deed, place)
    assert came in corpus.expected(deed, place)
    assert undisturbed


def test_nothing_was_written_outside() -> None:
    """Two deeds try to."""
    assert not Path(tempfile.gettempdir(), "callcheck-hostile-elsewhere.keras").exists()
