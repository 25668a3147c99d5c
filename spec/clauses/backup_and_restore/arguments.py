"""BackupAndRestore: what its constructor takes and refuses, and that nothing else fails."""

from ...callbacks import defaults, parameters
from ...editing import configured
from ...scenario import Scenario
from ..clause import Case, Expectations
from ..recording import never_fails
from .shared import DOCUMENTATION, KERAS_2, KERAS_3, OBSERVED, OVERVIEW, by_epochs, is_number_of_batches, judged


@judged(
    "backup-and-restore/save-freq/anything-else-is-refused",
    level="observed",
    source=KERAS_3,
    choices={"backup-and-restore/save-freq": ("off", "integers")},
)
def anything_else_is_refused(case: Case) -> Expectations:
    """The constructor refuses, with an exception, a save_freq that is neither "epoch" nor an integer (False is one). (Of the
    arguments of this release, and a backup_dir that is not empty.)"""
    every = case["save_freq"]
    if not case.knows(*case.scenario.config) or not case.scenario.config.get("backup_dir"):
        return
    if every != "epoch" and not isinstance(every, int):
        yield case.expects_that(
            case.trace.rejected is not None, "an exception from the constructor", got="nothing raised",
            because=f"save_freq is {every!r}",
        )  # fmt: skip


@judged("backup-and-restore/save-freq/what-is-refused-raises-value-error", level="observed", source=OBSERVED,
        choices={"backup-and-restore/save-freq": ("off", "integers", "not-nothing")})  # fmt: skip
def refused_with_value_error(case: Case) -> Expectations:
    """Where the constructor refuses a save_freq that is neither "epoch" nor an integer, it does so with ValueError. (Of the
    arguments of this release, and a backup_dir that is not empty.)"""
    every, rejected = case["save_freq"], case.trace.rejected
    knows = case.knows(*case.scenario.config) and case.scenario.config.get("backup_dir")
    if rejected is not None and knows and every != "epoch" and not isinstance(every, int):
        yield case.expects_that(
            rejected.type == "ValueError", "ValueError", got=rejected.type, because=f"save_freq is {every!r}"
        )


@judged("backup-and-restore/save-freq/a-false-value-is-refused", level="observed", source=KERAS_2,
        choices={"backup-and-restore/save-freq": "not-nothing"})  # fmt: skip
def a_false_value_is_refused(case: Case) -> Expectations:
    """A save_freq that Python takes for false (False, 0, 0.0, None or an empty string) raises ValueError, unless
    save_before_preemption is true."""
    if (
        case.knows(*case.scenario.config)
        and not case["save_freq"]
        and not case.scenario.config.get("save_before_preemption")
    ):
        got = "nothing raised" if case.trace.rejected is None else case.trace.rejected.type
        yield case.expects_that(
            got == "ValueError", "ValueError", got=got, because=f"save_freq is {case['save_freq']!r}"
        )


@judged("backup-and-restore/backup-dir/an-empty-one-is-refused", level="observed", source=KERAS_3,
        choices={"backup-and-restore/empty-dir": "refused"})  # fmt: skip
def empty_is_refused(case: Case) -> Expectations:
    """An empty backup_dir raises ValueError."""
    if case.knows(*case.scenario.config) and case.scenario.config.get("backup_dir") == "":
        got = "nothing raised" if case.trace.rejected is None else case.trace.rejected.type
        yield case.expects_that(got == "ValueError", "ValueError", got=got, because="backup_dir is empty")


def _spelt_out(scenario: Scenario) -> Scenario | None:
    given = {
        name: value for name, value in defaults("BackupAndRestore").items() if name in parameters("BackupAndRestore")
    }
    missing = {name: value for name, value in given.items() if name not in scenario.config}
    return (
        configured(scenario, **missing)
        if missing and "backup_dir" in scenario.config and not scenario.existing
        else None
    )


@judged("backup-and-restore/arguments/defaults-are-those-documented", level="documented",
        source=f"{DOCUMENTATION} (Args; that of save_freq in the first paragraph)", related=_spelt_out)  # fmt: skip
def documented_defaults(case: Case) -> Expectations:
    """Leaving an argument out is giving save_freq="epoch", double_checkpoint=False, delete_checkpoint=True. (Nothing of somebody
    else's was there before.)"""
    left_out = (name for name in parameters("BackupAndRestore") if name not in case.scenario.config)
    yield from case.expects_the_same(f"the defaults are {', '.join(f'{name}={case[name]!r}' for name in left_out)}")


@judged("backup-and-restore/errors/ordinary-input-never-fails", level="universal", source=f"follows from {OVERVIEW}")
def ordinary_input(case: Case) -> Expectations:
    """Nothing is refused and nothing raises with a backup_dir that has a name, is a directory of its own or none yet, and in
    which nothing of somebody else's is, and save_freq="epoch" or an integer above 0, whether there is a backup or not. (Of a
    model that is built before the fit, arguments that the release has, and instances that are neither pickled nor copied.)"""
    freely = not case.scenario.existing and case.scenario.config.get("backup_dir") and case.knows(*case.scenario.config)
    moved = any(fit.instances not in ("same", "new") for fit in case.scenario.fits)
    if freely and not moved and (by_epochs(case) or is_number_of_batches(case["save_freq"])):
        rejected, why = case.trace.rejected, f"config={dict(case.scenario.config)} is an ordinary one"
        got = "" if rejected is None else f"{rejected.type} from the constructor"
        yield case.expects_that(rejected is None, "no error", got=got, because=why)
        yield from never_fails(case, why)
