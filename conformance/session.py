"""One run over several implementations: which clauses, which dialect, one judge each. Shared by pytest and the command line."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.clauses.clause import CLAUSES, Clause
from callcheck.spec.dialect import NEWEST, InvalidDialect, Resolution, resolve

from .judge import EXAMPLES, Judge, Judgement
from .subjects.protocol import Unavailable
from .subjects.registry import Subject, UnknownImplementation, default_names, implementation, known_name


class UnknownClause(ValueError):
    """No clause begins like that."""


WRONG_REQUESTS = (UnknownClause, UnknownImplementation, InvalidDialect)
"""What making a Suite raises for a request that makes no sense; each message is one sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing to judge: a clause, for a callback, on an implementation by its name."""

    implementation: str
    clause: Clause
    callback: str

    def __str__(self) -> str:
        many = len(self.clause.callbacks) > 1
        return f"{self.implementation}-{self.clause.id}" + (f"-{self.callback}" if many else "")


def selected(prefix: str) -> list[Clause]:
    """The clauses whose id begins with `prefix`. Raises UnknownClause if there is none."""
    found = [clause for id, clause in CLAUSES.items() if id.startswith(prefix)]
    if not found:
        raise UnknownClause(f"no clause begins with {prefix!r}; `callcheck clauses` lists them")
    return found


class Suite:
    """The judges of a run, made when first asked for, and their judgements."""

    def __init__(
        self,
        *,
        names: list[str] | None = None,
        prefix: str = "",
        dialect: str | None = None,
        examples: int | None = None,
        seed: int = 0,
        callback: str | None = None,
        progress: Callable[[str, int], object] = lambda name, done: None,
    ) -> None:
        for name in names or ():
            known_name(name)
        self.names = names or default_names()
        self.named = bool(names)
        self.clauses = selected(prefix)
        self.callback = callback
        self.callbacks = (callback,) if callback else tuple(CALLBACKS)
        self.dialect = None if dialect is None else resolve(dialect)
        self.examples = EXAMPLES if examples is None else examples
        self.seed = seed
        self.progress = progress
        self.judgements: list[Judgement] = []
        self._judges: dict[str, Judge | Unavailable] = {}

    def items(self) -> list[Item]:
        """Everything to judge; what an implementation lacks comes out as not applicable."""
        return [
            Item(implementation=name, clause=clause, callback=callback)
            for name in self.names
            for clause in self.clauses
            for callback in clause.callbacks
            if callback in self.callbacks
        ]

    def agreements(self) -> list[tuple[str, str]]:
        """The implementations that are to do exactly what the reference predicts, with each callback: the Keras ones."""
        return [
            (name, callback)
            for name in self.names
            if name.startswith(("keras", "tf-keras"))
            for callback in self.callbacks
        ]

    def judge(self, name: str) -> Judge:
        """The judge of an implementation. Raises what `implementation` raises, Unavailable among it."""
        if name not in self._judges:
            try:
                subject = implementation(name, self.callback)
            except Unavailable as error:
                self._judges[name] = error
            else:
                self._judges[name] = Judge(
                    subject,
                    self.resolution(subject).dialect,
                    native=self.dialect is None and hasattr(subject, "dialect"),
                    examples=self.examples,
                    seed=self.seed,
                    progress=lambda done: self.progress(name, done),
                )
        judge = self._judges[name]
        if isinstance(judge, Unavailable):
            raise judge
        return judge

    def missing(self, error: Unavailable) -> NoReturn:
        """End a test of an implementation that cannot be started: it fails if it was asked for by name, else it is skipped."""
        import pytest

        if self.named:
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))

    def started(self) -> dict[str, Judge]:
        """The judges that could be made, by the name that was asked for."""
        return {name: judge for name, judge in self._judges.items() if isinstance(judge, Judge)}

    def resolution(self, subject: Subject) -> Resolution:
        """The dialect to which it is held: as asked, its own, or the newest Keras's."""
        if self.dialect is not None:
            return self.dialect
        return getattr(subject, "dialect", None) or resolve(NEWEST)

    def judgement(self, item: Item) -> Judgement:
        found = self.judge(item.implementation).judge(item.clause, item.callback)
        self.judgements.append(found)
        return found

    def summary(self) -> list[str]:
        """A line per implementation: how many clauses have which verdict, and to which dialect it was held."""
        lines = []
        for judge in self.started().values():
            name = judge.implementation.name
            counts = Counter(each.verdict for each in self.judgements if each.implementation == name)
            if counts:
                verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
                lines.append(f"{name}: {verdicts} (held to {judge.dialect.name}; {judge.runs} scenarios run)")
        if lines:
            lines.append(f"seed {self.seed}, {self.examples} random scenarios per callback")
        return lines
