"""What `benchmarks/speed.py` times side by side are the same runs: all end with the same learning rate."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

keras = pytest.importorskip("keras", reason="keras is not installed; pip install 'callcheck[keras]' installs it")

from callcheck.conformance.driver import loop  # noqa: E402 - after the skip
from callcheck.conformance.driver.subjects import subject  # noqa: E402
from callcheck.reference.replay import replay  # noqa: E402
from callcheck.spec.dialect import release_dialect  # noqa: E402
from callcheck.spec.scenario import to_json  # noqa: E402
from callcheck.spec.trace import Trace  # noqa: E402


@pytest.fixture(scope="module")
def speed() -> ModuleType:
    found = importlib.util.spec_from_file_location("speed", Path(__file__).parents[1] / "benchmarks" / "speed.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


CALLBACKS = ("EarlyStopping", "ReduceLROnPlateau", "ModelCheckpoint", "LearningRateScheduler", "TerminateOnNaN")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own, in every hook
@pytest.mark.parametrize("callback", CALLBACKS)
def test_what_is_timed_ends_with_the_same_rate(speed: ModuleType, callback: str) -> None:
    scenario, implementation = speed.long_run(callback), subject("keras")
    dialect = release_dialect("keras", keras.__version__).dialect
    predicted = replay(scenario, dialect)
    assert isinstance(predicted, Trace)
    (fit,) = predicted.fits
    rate = fit.epochs[-1].learning_rate
    assert len(fit.epochs) == speed.EPOCHS
    assert speed.bare_machine(dialect, scenario) == rate
    assert speed.bare_loop(keras, implementation.world, to_json(scenario)) == rate
    driven = loop.run(implementation, to_json(scenario))
    assert driven["fits"][0]["epochs"][-1]["learning_rate"] == rate


def test_every_callback_that_is_timed_is_tested(speed: ModuleType) -> None:
    assert tuple(speed.CONFIGURATIONS) == CALLBACKS
