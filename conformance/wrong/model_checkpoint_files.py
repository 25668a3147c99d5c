"""Wrong variants of ModelCheckpoint in what concerns its files: their names and suffixes, what is there already; and in what it
says and accepts.

What decides a save has its variants in `model_checkpoint.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from callcheck.reference.machine import NOTHING, Effect, Event, Log, Print, Save, Warn
from callcheck.reference.model_checkpoint import ModelCheckpoint
from callcheck.spec.callbacks import parameters
from callcheck.spec.dialect import Dialect
from callcheck.spec.files import RELATIVE
from callcheck.spec.scenario import Scenario
from callcheck.spec.values import Logs, Value

from .model_checkpoint import Decided, Turned, speaking, variant
from .wrong import Wrong

# ---------------------------------------------------------------------------------------------- file names


class EpochsFromZero(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        return super()._turn(direction, best, event._replace(epoch=event.epoch - 1), batch, effects)


class WritesWholeModels(ModelCheckpoint):
    """`self.model.save` in both branches."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        done: list[Effect] = []
        turned = super()._turn(direction, best, event, batch, done)
        effects.extend(Save(each.path) if isinstance(each, Save) else each for each in done)
        return turned


class BatchesFromZero(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        return super()._turn(direction, best, event, None if batch is None else batch - 1, effects)


class BestInTheName(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        done: list[Effect] = []
        turned = super()._turn(direction, best, event, batch, done)
        mark = "best-" if self.config.save_best_only else ""
        effects.extend(each._replace(path=mark + each.path) if isinstance(each, Save) else each for each in done)
        return turned


class DecidesBeforeTheName(ModelCheckpoint):
    """The file name is filled in only where there is something to save."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        said: list[Effect] = []
        after, saves, reason = self._decide(direction, best, event.logs, said)
        if saves:
            return super()._turn(direction, best, event, batch, effects)
        effects.extend(said)
        return after, reason


class OwnFieldsGoFirst(ModelCheckpoint):
    """`{**logs, "epoch": ..., "batch": ...}`"""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        own = ("epoch",) if batch is None else ("epoch", "batch")
        logs = {name: value for name, value in event.logs.items() if name not in own}
        return super()._turn(direction, best, event._replace(logs=logs), batch, effects)


class ABatchAtTheEpochEnd(ModelCheckpoint):
    """`{batch}` is filled in at the end of an epoch too, as if that was the end of its first batch."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        logs = {"batch": 1.0, **event.logs} if batch is None else event.logs
        return super()._turn(direction, best, event._replace(logs=logs), batch, effects)


class NeedsADirectory(ModelCheckpoint):
    """`makedirs(dirname(filepath))`, which for a bare name is of an empty path."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        if isinstance(self.config.filepath, Mapping) and "/" not in self.filepath and RELATIVE in self.config.filepath:
            raise FileNotFoundError("No such file or directory: ''")
        return super()._turn(direction, best, event, batch, effects)


# ---------------------------------------------------------------------------------------------- what is there already


class _Handling(ModelCheckpoint):
    """Does something else with what the system says when a file cannot be written."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        try:
            return super()._turn(direction, best, event, batch, effects)
        except OSError as error:
            self.handle(error)
            return best, NOTHING

    def handle(self, error: OSError) -> None:
        """Swallows it."""


class SwallowsSystemErrors(_Handling):
    """`except IOError: pass`"""


class HandsOnTheSystemsError(_Handling):
    def handle(self, error: OSError) -> None:
        if type(error) is OSError:
            raise IsADirectoryError(str(error))
        raise error


class LooksForTheWordsAnywhere(_Handling):
    """The words "is a directory" are looked for in the whole message, in which the file's name may have them."""

    def handle(self, error: OSError) -> None:
        raise OSError(str(error)) if "is a directory" in str(error) else error


class NeedsAnEmptyPlace(ModelCheckpoint):
    """`if not exists(filepath):` before the file is written."""

    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        done: list[Effect] = []
        turned = super()._turn(direction, best, event, batch, done)
        effects.extend(each for each in done if not isinstance(each, Save) or each.path not in self.existing)
        return turned


# ---------------------------------------------------------------------------------------------- what it says


class SaysWithoutBeingAsked(ModelCheckpoint):
    """The default of `verbose` is 1."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({"verbose": 1, **config}, dialect)


class SaysNothing(ModelCheckpoint):
    """`verbose` is not looked at."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({**config, "verbose": 0}, dialect)


class SaysSavedTwice(ModelCheckpoint):
    def _turn(
        self, direction: str | None, best: Value | None, event: Event, batch: int | None, effects: list[Effect]
    ) -> Turned:
        turned = super()._turn(direction, best, event, batch, effects)
        if effects[-1:] == [Print("saved")]:
            effects.append(Print("saved"))
        return turned


class NeverWarns(ModelCheckpoint):
    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect)
        self.warned = ()

    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        said: list[Effect] = []
        decided = super()._decide(direction, best, logs, said)
        effects.extend(each for each in said if not isinstance(each, Warn))
        return decided


class LogsTheBest(ModelCheckpoint):
    def _decide(self, direction: str | None, best: Value | None, logs: Logs, effects: list[Effect]) -> Decided:
        best, saves, reason = super()._decide(direction, best, logs, effects)
        if isinstance(best, float):
            effects.append(Log("best", best))
        return best, saves, reason


# ---------------------------------------------------------------------------------------------- arguments


class _OtherSuffixes(ModelCheckpoint):
    """Where file names are checked, with other suffixes."""

    weights: str
    models: tuple[str, ...]

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__(config, dialect.replace("wrong", **{"model-checkpoint/suffix": "free"}))
        suffixes = (self.weights,) if self.config.save_weights_only else self.models
        if dialect["model-checkpoint/suffix"] != "free" and not self.filepath.endswith(suffixes):
            raise ValueError(f"filepath must end with {' or '.join(suffixes)}, got {self.filepath!r}")


class NoDotBeforeWeights(_OtherSuffixes):
    weights = "weights.h5"
    models = (".keras", ".h5")


class ModelsEndWithKeras(_OtherSuffixes):
    weights = ".weights.h5"
    models = (".keras",)


class SwallowsArguments(ModelCheckpoint):
    """Arguments that it does not know are dropped."""

    def __init__(self, config: Mapping[str, Any], dialect: Dialect) -> None:
        super().__init__({name: config[name] for name in config if name in parameters("ModelCheckpoint")}, dialect)


def keeps_the_model_that_it_has(scenario: Scenario) -> Scenario:
    """A training loop that goes on with the model of the fit before, whatever it is to load."""
    return replace(scenario, fits=tuple(replace(fit, resume=None) for fit in scenario.fits))


# ---------------------------------------------------------------------------------------------- the variants

LOADS: tuple[Wrong, ...] = (
    Wrong(
        name="keeps-the-model-that-it-has",
        says="What was saved is not loaded: training goes on with the model as it is.",
        callback="ModelCheckpoint",
        make=None,
        shown=keeps_the_model_that_it_has,
    ),
)

NAMES: tuple[Wrong, ...] = (
    variant("epochs-from-zero", EpochsFromZero, "The field epoch counts from zero."),
    variant("writes-whole-models", WritesWholeModels, "save_weights_only decides on the name alone."),
    variant("batches-from-zero", BatchesFromZero, "The field batch counts from zero."),
    variant("best-in-the-name", BestInTheName, "With save_best_only, the file's name says that it is the best."),
    variant(
        "decides-before-the-name", DecidesBeforeTheName, "The name is filled in only where there is something to save."
    ),
    variant("batch-at-the-epoch-end", ABatchAtTheEpochEnd, "{batch} is filled in at the end of an epoch too."),
    variant("own-fields-go-first", OwnFieldsGoFirst, "The fields epoch and batch go before metrics of these names."),
)

THERE: tuple[Wrong, ...] = (
    variant(
        "swallows-system-errors", SwallowsSystemErrors, "A file that cannot be written is left out without a word."
    ),
    variant(
        "hands-on-the-systems-error",
        HandsOnTheSystemsError,
        "A directory in the file's place raises IsADirectoryError.",
    ),
    variant(
        "looks-for-the-words-anywhere",
        LooksForTheWordsAnywhere,
        "Whether the error is about a directory is told by its whole text, file names included.",
    ),
    variant("needs-an-empty-place", NeedsAnEmptyPlace, "A file that is there already is not written again."),
)

SAYS: tuple[Wrong, ...] = (
    variant("says-without-being-asked", SaysWithoutBeingAsked, "The default of verbose is 1."),
    variant("says-nothing", SaysNothing, "verbose is ignored."),
    variant("says-saved-twice", SaysSavedTwice, "A finished save is announced twice."),
    variant("never-warns", NeverWarns, "It warns of nothing."),
    variant("logs-the-best", LogsTheBest, "The best value is added to the logs."),
)

ARGUMENTS: tuple[Wrong, ...] = (
    variant(
        "makes-no-directories", speaking(folder="never"), "The directory of a file has to be there, in any dialect."
    ),
    variant("needs-a-string", speaking(path_like="only-for-weights"), "For a model, the filepath has to be a string."),
    variant(
        "needs-a-directory", NeedsADirectory, "A directory is made of the name before the last slash, even of none."
    ),
    variant("no-dot-before-weights", NoDotBeforeWeights, "The suffix of weights is looked for without its first dot."),
    variant("models-end-with-keras", ModelsEndWithKeras, "A model has to be called .keras."),
    variant("any-suffix", speaking(suffix="free"), "Every file name is accepted, in any dialect."),
    variant("swallows-arguments", SwallowsArguments, "Unknown arguments are accepted without a word, in any dialect."),
)

WRONG: tuple[Wrong, ...] = (*NAMES, *LOADS, *THERE, *SAYS, *ARGUMENTS)
