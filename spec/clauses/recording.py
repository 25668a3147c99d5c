"""What the clauses on callbacks that only write down what was logged have in common. No clauses in here."""

from .clause import Case, Expectations


def changes_nothing(case: Case, because: str) -> Expectations:
    """The expectation that the callback sets no stop flag, prints no line, warns of nothing, and neither adds to the logs nor
    changes them."""
    for epoch in case.epochs():
        seen = epoch.seen
        done = [
            what
            for what, there in (
                ("a stop", epoch.stopped), ("a line", seen.printed), ("a warning", seen.warned), ("a log", seen.logged),
                ("a changed log", seen.changed), ("a removed log", seen.removed),
            )
            if there
        ]  # fmt: skip
        yield epoch.expects_that(not done, "nothing to be done", got=", ".join(done), because=because)


def never_fails(case: Case, because: str) -> Expectations:
    """The expectation that no fit ends with an exception, but for those of somebody else."""
    for fit, _, seen in case.fits():
        yield case.at(fit).expects_that(
            seen.error is None or seen.error.by == "other",
            "no exception",
            got=lambda seen=seen: f"{seen.error.type} in {seen.error.hook}",
            because=because,
        )
