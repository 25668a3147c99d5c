"""What a scenario can say and the reference does not predict yet: each by the name of its field."""

from callcheck.spec.dialect import Dialect
from callcheck.spec.scenario import Scenario, acts
from callcheck.spec.values import ScheduledRate


def beyond(scenario: Scenario, dialect: Dialect) -> str | None:
    """The field of the first thing in the scenario that the reference does not predict, or the dialect does not have; None if
    there is none."""
    if not all(dialect.has(each.callback) for each in scenario.configured()):
        return "callback"
    if scenario.use_ema and not dialect.has("SwapEMAWeights"):
        return "use_ema"
    boards = [each.config for each in scenario.configured() if each.callback == "TensorBoard"]
    if boards and scenario.learning_rate is None:
        return "learning_rate"  # in a real fit such an optimizer raises
    if boards and any(act.raises and act.hook == "fit_begin" for fit in scenario.fits for act in fit.others):
        return "others"  # its file is opened before the hook, when it is given the model
    listed = {each.callback for each in scenario.configured()}
    by_batches = any(config.get("update_freq", "epoch") != "epoch" for config in boards)
    if by_batches and "BackupAndRestore" in listed and dialect["backup-and-restore/restores"] == "the-batch":
        return "update_freq"  # batches are counted otherwise where a fit goes on in the middle of an epoch
    late = dialect["csv-logger/opens"] == "with-the-first-row" and {"CSVLogger", "BackupAndRestore"} <= listed
    if late and any(act.raises for fit in scenario.fits[:-1] for act in acts(fit)):
        return "instances"  # a backup has the system write what waits for a file of the fit before
    if len(boards) > 1:
        if by_batches:
            return "update_freq"  # the batches of one are written where the other one is at work
        if len({config.get("log_dir", "logs") for config in boards}) < len(boards):
            return "log_dir"
    if scenario.outputs and not all(m.output for fit in scenario.fits for m in scenario.compiled_metrics(fit)):
        return "metrics"
    if isinstance(scenario.learning_rate, ScheduledRate) and dialect["learning-rate/log-key"] != "learning-rate":
        return "learning_rate"  # what Keras 2 makes of a schedule of the optimizer's own
    return None
