"""The pytest side of the suite: options, one item per clause and implementation, and the summary.

It is an entry point, so it is loaded into every pytest run of an environment with callcheck: it imports pytest and no more of
callcheck than what options take, and does nothing unless a callcheck test is collected.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from .options import positive, seconds

if TYPE_CHECKING:
    from .session import Suite

_suite = pytest.StashKey["Suite"]()

VERDICT = "callcheck verdict"
"""The property of a test's report that holds the implementation's name and the verdict on it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("callcheck", "callcheck: hold training callbacks to their specification")
    group.addoption(
        "--implementation", action="append", metavar="IMPL",
        help="who is held to it (may be given several times; default: the reference in all its dialects, and keras)",
    )  # fmt: skip
    group.addoption("--clause", metavar="PREFIX", help="only the clauses whose id begins so")
    group.addoption(
        "--callback", metavar="NAME", help="only this callback (default: the one that --clause is about, or all)"
    )
    group.addoption("--dialect", metavar="D", help="hold them to this dialect: a name or a TOML file")
    group.addoption("--examples", type=positive, metavar="N", help="random scenarios per callback (default: 300)")
    group.addoption("--in-process", action="store_true", help="run implementations in this process, for a debugger")
    group.addoption("--python", metavar="PATH", help="the interpreter whose environment holds the implementations")
    group.addoption(
        "--time-limit",
        type=seconds,
        metavar="SECONDS",
        help="for one scenario (default: 10 by hooks, 60 through a real fit)",
    )
    group.addoption(
        "--budget", type=seconds, metavar="SECONDS", help="to start, draw and ask in; the rest is not tried"
    )
    group.addoption(
        "--callcheck-seed",
        type=int,
        metavar="S",
        help="seed of the random scenarios (default: 0, or as the dialect was pinned)",
    )


def suite(config: pytest.Config) -> Suite:
    """The suite of this run, made at its first use."""
    if _suite not in config.stash:
        from callcheck.spec.reading import Refused

        from .budget import Budget
        from .session import Suite
        from .subjects.registry import Manner

        try:
            config.stash[_suite] = Suite(
                names=config.getoption("--implementation") or (),
                prefix=config.getoption("--clause") or "",
                callback=config.getoption("--callback"),
                dialect=config.getoption("--dialect"),
                examples=config.getoption("--examples"),
                seed=config.getoption("--callcheck-seed"),
                manner=Manner(
                    in_process=config.getoption("--in-process"),
                    python=config.getoption("--python"),
                    time_limit=config.getoption("--time-limit"),
                    budget=Budget(config.getoption("--budget")),
                ),
            )
            config.add_cleanup(config.stash[_suite].close)
        except Refused as error:
            raise pytest.UsageError(f"callcheck: {error}") from None
    return config.stash[_suite]


def pytest_configure(config: pytest.Config) -> None:
    """What is asked for in vain is said before anything is collected."""
    if any(config.getoption(option) for option in ("--implementation", "--callback", "--clause", "--dialect")):
        suite(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "clause_item" in metafunc.fixturenames:
        items = suite(metafunc.config).items()
        metafunc.parametrize("clause_item", items, ids=[str(item) for item in items])


@pytest.fixture(scope="session", name="suite")
def _the_suite(pytestconfig: pytest.Config) -> Suite:
    return suite(pytestconfig)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The verdicts by implementation, from the tests' reports, which come from other processes too."""
    verdicts: dict[str, Counter[str]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, value in getattr(report, "user_properties", ()):
                if name == VERDICT:
                    implementation, verdict = value
                    verdicts.setdefault(implementation, Counter())[verdict] += 1
    if verdicts:
        from .report.words import told

        terminalreporter.section("callcheck")
        for implementation, counts in sorted(verdicts.items()):
            terminalreporter.write_line(f"{implementation}: {told(counts)}")
        terminalreporter.write_line(f"seed {suite(config).seed} (--callcheck-seed)")
