"""What `infer` finds about a callback, as records: each choice, what no choice explains, and how all of that stands to Keras."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

from callcheck.spec.dialect import NEWEST, Dialect, documented, resolve
from callcheck.spec.editing import configs
from callcheck.spec.scenario import Scenario
from callcheck.spec.trace import Result

from .health import Complaint

SEEN, NOT_SEPARABLE = "seen", "not separable"
NOT_OBSERVABLE, NOT_EXPRESSIBLE = "not observable here", "not expressible here"

ARITHMETIC = frozenset({"precision", "min-delta-side", "rate-arithmetic", "stored-as"})
"""The last parts of the ids of choices that are the same on paper, and differ in floating point alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inferred:
    """What was found about a choice. `shows`: on how many scenarios the documented value would do something else than was seen.
    `scenario` and `result`: a smallest one of these, and what was seen. `possible`: the other values that nothing rules out."""

    choice: str
    value: str
    status: str
    shows: int = 0
    scenario: Scenario | None = None
    result: Result | None = None
    possible: tuple[str, ...] = ()

    @property
    def as_documented(self) -> bool:
        return self.value == documented()[self.choice]

    @property
    def as_in_keras(self) -> bool:
        """Whether the newest Keras does so."""
        return self.value == resolve(NEWEST).dialect[self.choice]

    @property
    def odd(self) -> bool:
        """Whether only scenarios show it of which nobody promises anything: with epochs whose index is below 0."""
        return self.scenario is not None and below_zero(self.scenario)

    @property
    def only_arithmetic(self) -> bool:
        return self.choice.rpartition("/")[2] in ARITHMETIC


@dataclass(frozen=True, kw_only=True, slots=True)
class Unexplained:
    """What no choice explains: on how many scenarios, and a smallest one of them with what was seen and what was predicted."""

    scenarios: int
    scenario: Scenario
    seen: Result
    predicted: Result


@dataclass(frozen=True, kw_only=True, slots=True)
class Inference:
    """What was found about one callback. `left_out`: what it never does, by the field of a trace, where it is documented.
    `ignored`: by parameter, where it does the same with and without one that is to show.
    `unanswered`: where it hung or died instead, by what became of it. `asked`: how many scenarios were answered. `nearest`: the
    known dialect that fits best, and on how many of them it does."""

    callback: str
    dialect: Dialect
    choices: tuple[Inferred, ...] = ()
    unexplained: tuple[Unexplained, ...] = ()
    left_out: Mapping[str, Unexplained] = field(default_factory=dict)
    ignored: Mapping[str, Unexplained] = field(default_factory=dict)
    unanswered: tuple[Unexplained, ...] = ()
    asked: int = 0
    nearest: str = ""
    nearest_fits: int = 0
    complaint: Complaint | None = None

    @property
    def differences(self) -> tuple[Inferred, ...]:
        """What it does as neither the documentation nor the newest Keras does."""
        return tuple(each for each in self._shown() if not each.as_documented and not each.as_in_keras)

    @property
    def unlike_keras(self) -> tuple[Inferred, ...]:
        """What it does as it is documented, and Keras does not."""
        return tuple(each for each in self._shown() if each.as_documented and not each.as_in_keras)

    @property
    def like_keras(self) -> tuple[Inferred, ...]:
        """What it does as Keras does, and not as it is documented."""
        return tuple(each for each in self._shown() if not each.as_documented and each.as_in_keras)

    @property
    def arithmetic(self) -> tuple[Inferred, ...]:
        """What it does otherwise in floating point alone."""
        return tuple(each for each in self.choices if each.only_arithmetic and not each.as_documented)

    @property
    def odd(self) -> tuple[Inferred, ...]:
        """What shows where nobody promises anything, and nowhere else."""
        return tuple(each for each in self.choices if each.odd and not each.as_documented)

    @property
    def conforms(self) -> bool:
        """Whether it could be told, and is nowhere unlike both the documentation and Keras."""
        return self.complaint is None and self.asked > 0 and not self._found

    @property
    def _found(self) -> bool:
        return bool(self.differences or self.left_out or self.ignored or self.unexplained or self.unanswered)

    def _shown(self) -> Iterator[Inferred]:
        told = (each for each in self.choices if each.scenario is not None)
        return (each for each in told if not each.only_arithmetic and not each.odd)


def below_zero(scenario: Scenario) -> bool:
    """Whether an epoch has an index below 0."""
    return any(scenario.first_epoch(fit) < 0 for fit in scenario.fits)


def oddity(scenario: Scenario) -> tuple[bool, bool, bool]:
    """What makes a scenario tell a person little, the worst first: an index below 0, a value that is no finite number, an
    argument that is None."""
    logs = (each for fit in scenario.fits for epoch in fit.epochs for each in (*epoch.validations, epoch.logs))
    finite = all(isinstance(value, float) and isfinite(value) for each in logs for value in each.values())
    return (
        below_zero(scenario),
        not finite,
        None in [value for config in configs(scenario) for value in config.values()],
    )
