"""The specification in somebody's own tests: `parametrize_with_clauses`, one test for each clause about a callback.

    from callcheck import parametrize_with_clauses

    @parametrize_with_clauses("EarlyStopping", MyEarlyStopping, expected={"early-stopping/nonfinite/...": "on purpose"})
    def test_conformance(clause):
        clause.check()

Rules
- It is strict: what is expected to fail and holds fails, an id that does not exist is refused when the tests are collected, and a
  run that exercised no clause fails.
- What cannot be judged is a skip that says why. What fails as expected is an xfail with its reason.
- The callback is asked when the first clause is checked, never when tests are collected.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.reading import Refused

from .declarations import pinned
from .driver.subjects import custom
from .hearing import Hearing
from .judge import FAILING, NOT_APPLICABLE, NOT_EXERCISED, Judgement
from .pool import EXAMPLES
from .report.counterexample import describe
from .rules import AGREEMENTS, Rule, selected
from .session import held_to
from .subjects.names import parse
from .subjects.registry import handed_over, start

EXERCISED = "every-clause/something-was-exercised"
"""The id of the last test: that there was anything to judge."""


class NoSuchClause(Refused):
    """What is expected names no clause of the callback; the message is one sentence."""


class ClauseCheck:
    """One clause for one callback. `id` is the clause's."""

    def __init__(self, run: "_Run", id: str, expected: str | None) -> None:
        self._run = run
        self.id = id
        self._expected = expected

    def __repr__(self) -> str:
        return self.id

    def check(self) -> None:
        """Judge it. Raises AssertionError, with a smallest counterexample, where the callback does not keep it, or keeps what was
        expected to fail."""
        import pytest

        if self.id == EXERCISED:
            assert self._run.exercised, f"no clause about {self._run.callback} was exercised: nothing was judged"
            return
        found = self._run.judgement(self.id)
        if found.verdict in FAILING:
            if self._expected is None:
                raise AssertionError(describe(self._run.hearing.shown(found)))
            pytest.xfail(self._expected)
        if self._expected is not None:
            raise AssertionError(
                f"{self.id} was expected to fail ({self._expected}), and does not: {found.verdict}; take it out of `expected`"
            )
        if found.verdict in (NOT_APPLICABLE, NOT_EXERCISED):
            pytest.skip(found.reason or "no scenario exercised it")


class _Run:
    """The hearing of one callback, begun when first asked for."""

    def __init__(
        self, callback: str, implementation: Any, dialect: str | None, examples: int | None, seed: int | None
    ) -> None:
        self.callback = callback
        self.implementation = implementation
        self.dialect = dialect
        self.examples = examples
        self.seed = seed
        self.rules: dict[str, Rule] = {rule.id: rule for rule in selected("") if callback in rule.callbacks}
        self._judged: dict[str, Judgement] = {}

    @cached_property
    def hearing(self) -> Hearing:
        given = self.implementation
        if isinstance(given, str):
            started = start(parse(given), self.callback)
        else:
            name = getattr(given, "name", None) or getattr(given, "__qualname__", type(given).__name__)
            started = handed_over(custom(str(name), given, self.callback))
        beside = pinned(self.dialect)
        examples = self.examples or beside.examples or EXAMPLES
        seed = (beside.seed or 0) if self.seed is None else self.seed
        hearing, _ = held_to(started, self.dialect, pinned=beside.declarations, examples=examples, seed=seed)
        return hearing

    def judgement(self, id: str) -> Judgement:
        if id not in self._judged:
            self._judged[id] = self.hearing.judgement(self.rules[id], self.callback)
        return self._judged[id]

    @property
    def exercised(self) -> bool:
        return any(self.judgement(id).exercised for id in self.rules)


def parametrize_with_clauses(
    callback: str,
    implementation: Any,
    *,
    dialect: str | None = None,
    expected: Mapping[str, str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
) -> Callable[[Callable[..., Any]], Any]:
    """Make a test of an argument `clause` into one for each clause about `callback`; `clause.check()` judges.

    `implementation`: a callback class or a function that makes one, an adapter, or a name as the command line takes it; an object
    runs in this process. `dialect`: to what it is held, the name of a dialect or a TOML file; by default to the documentation,
    and a class derived from a Keras callback to that release. `expected`: the clauses that it does not keep, by id, each with a
    reason. `examples`, `seed`: of the random scenarios, by default 300 and 0, or those with which the dialect was pinned. Raises
    NoSuchClause for an id that is none, Refused for an unknown callback.
    """
    import pytest

    if callback not in CALLBACKS:
        raise NoSuchClause(f"unknown callback {callback!r}; known are {', '.join(CALLBACKS)}")
    run = _Run(callback, implementation, dialect, examples, seed)
    reasons = dict(expected or {})
    unknown = [id for id in reasons if id not in run.rules]
    if unknown:
        raise NoSuchClause(
            f"expected: no clause about {callback} is called {unknown[0]!r}; `callcheck clauses` lists them"
        )
    ids = [id for id in run.rules if dialect is not None or id != AGREEMENTS[callback].id]
    checks = [ClauseCheck(run, id, reasons.get(id)) for id in (*ids, EXERCISED)]
    decorated: Callable[[Callable[..., Any]], Any] = pytest.mark.parametrize(
        "clause", checks, ids=[each.id for each in checks]
    )
    return decorated
