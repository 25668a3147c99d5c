"""Results: nothing is asked twice, and answers stay with their scenarios."""

from collections.abc import Iterator, Sequence

from callcheck.conformance.budget import Budget
from callcheck.conformance.driver.protocol import Capabilities
from callcheck.conformance.results import ENDS, TIMEOUTS, Results
from callcheck.spec.scenario import Epoch, Fit, Scenario
from callcheck.spec.trace import Failed, Result


def scenario(loss: float) -> Scenario:
    return Scenario(callback="TerminateOnNaN", config={}, fits=(Fit(epochs=(Epoch(logs={"loss": loss}),)),))


class Counting:
    """Answers every question with its number, and notes what was asked together."""

    name = "counting"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.batches: list[int] = []

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        self.batches.append(len(scenarios))
        for _ in scenarios:
            self.answered = getattr(self, "answered", 0) + 1
            yield Failed(kind="crash", message=str(self.answered))


class Heard:
    """Progress that counts."""

    def __init__(self) -> None:
        self.expected = 0
        self.answers: list[str] = []

    def expect(self, more: int) -> None:
        self.expected += more

    def answered(self, name: str) -> None:
        self.answers.append(name)


def messages(results: Sequence[Result | None]) -> list[str]:
    return [result.message for result in results if isinstance(result, Failed)]


def test_what_is_known_is_not_asked_again() -> None:
    subject, heard = Counting(), Heard()
    results = Results(subject, progress=heard)
    assert messages(results.ask([scenario(1.0), scenario(2.0)])) == ["1", "2"]
    assert messages(results.ask([scenario(2.0), scenario(3.0), scenario(1.0)])) == ["2", "3", "1"]
    assert subject.batches == [2, 1], "one question for all that is new"
    assert (heard.expected, heard.answers) == (3, ["counting"] * 3)


def test_a_second_answer_is_asked_for_and_not_kept() -> None:
    results = Results(Counting())
    assert messages(results.ask([scenario(1.0)])) == ["1"]
    assert messages(results.ask([scenario(1.0)], again=True)) == ["2"]
    assert messages(results.ask([scenario(1.0)])) == ["1"]


def test_the_same_scenario_twice_in_one_question_is_asked_once() -> None:
    results = Results(Counting())
    assert messages(results.ask([scenario(1.0), scenario(1.0)])) == ["1", "1"]


class Hanging(Counting):
    """Never answers in time."""

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        for _ in scenarios:
            yield Failed(kind="timeout", message="no answer within 1 s")


def test_three_timeouts_end_what_is_asked() -> None:
    results = Results(Hanging())
    answers = results.ask([scenario(float(number)) for number in range(10)])
    assert sum(answer is not None for answer in answers) == TIMEOUTS
    assert results.untried == 10 - TIMEOUTS
    assert results.ask([scenario(99.0)]) == [None]


class Dying(Counting):
    """Ends its process in every scenario, but for one of these numbers."""

    lives = frozenset({ENDS - 1})

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        for number, _ in enumerate(scenarios):
            kind = "nonsense" if number in self.lives else "exit"
            yield Failed(kind=kind, message="the process ended with status 0")


def test_an_end_of_the_process_in_every_scenario_ends_what_is_asked() -> None:
    results = Results(Dying())
    answers = results.ask([scenario(float(number)) for number in range(3 * ENDS)])
    assert sum(answer is not None for answer in answers) == 2 * ENDS, "they are counted anew after one that is none"
    assert results.hopeless("TerminateOnNaN") == (f"crashed {ENDS} times in a row (the process ended with status 0)")


def test_nothing_is_asked_when_the_budget_is_spent() -> None:
    results = Results(Counting(), budget=Budget(0.0))
    assert results.ask([scenario(1.0)]) == [None]
    assert (results.answered, results.untried) == (0, 1)


class Busy(Counting):
    """Does not answer the first time that it is asked something, as on a machine with other things to do."""

    def ask(self, scenarios: Sequence[Scenario]) -> Iterator[Result]:
        self.batches.append(len(scenarios))
        for _ in scenarios:
            yield Failed(kind="timeout" if len(self.batches) == 1 else "crash", message="as it came")


def test_what_is_late_is_asked_once_more_alone() -> None:
    subject = Busy()
    results = Results(subject)
    answers = results.ask([scenario(1.0), scenario(2.0)])
    assert [answer.kind for answer in answers if isinstance(answer, Failed)] == ["crash", "crash"]
    assert subject.batches == [2, 1]
    assert (results.late, results.answered) == (1, 2)
