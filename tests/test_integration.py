"""The specification in somebody's own tests, as they stand in the documentation: strict, and told by pytest."""

from pathlib import Path

import pytest

import callcheck
from callcheck.conformance.integration import EXERCISED, NoSuchClause, parametrize_with_clauses

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test of a test runs in a process of its own, where modules of C are loaded once; it has to find this callcheck."""
    monkeypatch.setenv("PYTHONPATH", str(Path(callcheck.__file__).resolve().parents[1]))


STOPPER = '''
class EarlyStopping:
    """Stops after patience epochs without an improvement; a NaN ends training, on purpose."""

    def __init__(self, monitor="val_loss", patience=0, mode="auto"):
        self.monitor, self.patience, self.sign = monitor, patience, {"max": -1.0}.get(mode, 1.0)

    def set_params(self, params): pass
    def set_model(self, model): self.model = model
    def on_epoch_begin(self, epoch, logs=None): pass
    def on_train_batch_begin(self, batch, logs=None): pass
    def on_train_batch_end(self, batch, logs=None): pass
    def on_train_end(self, logs=None): pass
    def on_train_begin(self, logs=None): self.wait, self.best = 0, None

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.monitor)
        if type(value) is not float:
            return
        if self.best is None or self.sign * value < self.sign * self.best:
            self.best, self.wait = value, 0
            return
        self.wait += 1
        if self.wait >= self.patience + LATE and epoch > 0:
            self.model.stop_training = True
'''
TEST = """
from callcheck import parametrize_with_clauses
from stopper import EarlyStopping

@parametrize_with_clauses("EarlyStopping", EarlyStopping, examples=60, expected=EXPECTED)
def test_conformance(clause):
    clause.check()
"""
STOPS = "early-stopping/patience/stops-after-patience-epochs"
WARNS = "early-stopping/monitor/missing-metric-is-skipped"


README = Path(__file__).resolve().parents[1] / "README.md"


def outcome(pytester: pytest.Pytester, expected: dict[str, str], late: int = 0) -> pytest.RunResult:
    return outcome_of(pytester, TEST.replace("EXPECTED", repr(expected)), late)


def outcome_of(pytester: pytest.Pytester, test: str, late: int) -> pytest.RunResult:
    pytester.makepyfile(stopper=STOPPER.replace("LATE", str(late)), test_stopper=test)
    return pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-rA", "-k", "stops-after-patience or something-was or skipped"
    )


def test_each_clause_is_a_test_and_a_failure_shows_its_counterexample(pytester: pytest.Pytester) -> None:
    good = outcome(pytester, {})
    good.stdout.fnmatch_lines([f"PASSED *{STOPS}]*", f"PASSED *{EXERCISED}]*"])
    late = outcome(pytester, {}, late=1)
    late.stdout.fnmatch_lines([f"FAILED *{STOPS}]*"])
    late.stdout.fnmatch_lines(["*expected in fit 1, epoch *"])


def test_what_is_expected_to_fail_is_an_xfail_and_what_holds_in_spite_of_it_fails(pytester: pytest.Pytester) -> None:
    """The test stands in the README; its callback stops one epoch late."""
    (told,) = (
        part.partition("```")[0] for part in README.read_text().split("```python\n") if "parametrize_with" in part
    )
    late = outcome_of(pytester, f"from stopper import EarlyStopping as MyEarlyStopping\n{told}", late=1)
    late.stdout.fnmatch_lines([f"XFAIL *{STOPS}] - one epoch of grace, on purpose"])
    good = outcome(pytester, {STOPS: "one epoch of grace, on purpose"})
    good.stdout.fnmatch_lines(["*was expected to fail (one epoch of grace, on purpose), and does not: conforms*"])


def test_an_id_that_does_not_exist_is_refused_when_tests_are_collected(pytester: pytest.Pytester) -> None:
    result = outcome(pytester, {"early-stopping/patience/no-such": "?"})
    result.stdout.fnmatch_lines(["*no clause about EarlyStopping is called 'early-stopping/patience/no-such'*"])
    assert result.ret != 0
    with pytest.raises(NoSuchClause, match="unknown callback 'Stopping'"):
        parametrize_with_clauses("Stopping", object)
    with pytest.raises(NoSuchClause, match="no clause about EarlyStopping"):
        parametrize_with_clauses("EarlyStopping", object, expected={"reduce-lr-on-plateau/agreement": "?"})


def test_nothing_exercised_is_a_failure(pytester: pytest.Pytester) -> None:
    """It can be asked nothing: every clause is skipped, and the last test says that this is no success."""
    pytester.makepyfile(
        test_nothing="""
        from callcheck import Capabilities, parametrize_with_clauses
        from callcheck.conformance.driver.protocol import CannotExpress

        class Silent:
            name = "silent"
            capabilities = Capabilities(callbacks={"TerminateOnNaN"}, observables={"stop"})
            def build(self, scenario):
                raise CannotExpress("everything")

        @parametrize_with_clauses("TerminateOnNaN", Silent, examples=20)
        def test_conformance(clause):
            clause.check()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rA")
    result.assert_outcomes(failed=1, skipped=result.parseoutcomes()["skipped"])
    result.stdout.fnmatch_lines(["*no clause about TerminateOnNaN was exercised: nothing was judged*"])
