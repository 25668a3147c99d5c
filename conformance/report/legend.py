"""What the signs in the examples' tables mean.

Rules
- An entry has a `sign` as it is printed, what it means, and `looks`: a pattern that is matched by the whole of every part of a
  table that it explains, and by nothing else. A test holds that each part of each table is explained by one entry, and that each
  entry explains one.
- The kinds of lines and warnings are all listed: a test holds that they are those of a trace.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from callcheck.spec.trace import HOOKS

from .example_table import Shown
from .table import heading, ways_to_begin

PRINTED = {
    "improved": "the value is better than the best",
    "not-improved": "it is not",
    "saving": "a file is to be written",
    "saved": "it is written",
    "early-stop": "training was stopped early",
    "restored": "weights are put back",
    "reduced": "ReduceLROnPlateau sets a lower rate",
    "scheduled": "LearningRateScheduler sets a rate",
    "nan": "TerminateOnNaN's line of an invalid loss",
    "other": "any other line, or one in which something is false",
}
WARNED = {
    "missing-metric": "the metric is not in the logs",
    "array-metric": "it is an array, and cannot be compared",
    "unknown-mode": "`mode` is none of auto, min and max",
    "other": "any other warning",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign, its meaning, and the pattern of the parts that it explains."""

    sign: str
    meaning: str
    looks: str

    def explains(self, part: str) -> bool:
        return re.fullmatch(self.looks, part, re.DOTALL) is not None


_NUMBER = r"(?:-?Infinity|NaN|-?\d[\d.e+-]*)"
_VALUE = rf"(?:{_NUMBER}|None|True|False|(?:np\.array|tensor)\(.*?\))"
_METRICS = rf"(?:\S+={_VALUE})(?: \S+={_VALUE})*"
_RATE = rf"(?:{_NUMBER}|\S+:{_NUMBER}(?: \S+:{_NUMBER})*)"
_WHERE = rf"(?:{'|'.join(HOOKS)})"
_CLASSES = r"\w+ as \w+(?: of \w+)?"


def _listed(kinds: Mapping[str, str]) -> str:
    return "; ".join(f"`{kind}`, {meaning}" for kind, meaning in kinds.items())


CALL = (
    Sign("`EarlyStopping(...)`", "the call that makes the callback; in it `inf` and `nan` are numbers.", r"\w+\(.*\)"),
    Sign(
        "`A + B`, `1. A(...)`", "several callbacks, in the order of the list.",
        r"\w+(?: \+ \w+)+|\d+\. \w+\(.*\)",
    ),
    Sign(
        "`learning_rate: 0.1`", "that of the optimizer when the first fit begins, 1.0 where none is shown: "
        "`head:1.0 body:0.5` of two optimizers, by their names; `(a LearningRateSchedule)` of one that has a schedule of its "
        "own; `none` of one without a rate.", rf"learning_rate: (?:{_RATE}|none)(?: \(a LearningRateSchedule\))?",
    ),
    Sign(
        "`metrics: AUC as auc`", "the model is compiled with a metric of that class and name; `of a`: for the output `a`.",
        rf"metrics: {_CLASSES}(?:, {_CLASSES})*",
    ),
    Sign("`outputs: a, b`", "the model has several outputs, of these names.", r"outputs: \w+(?:, \w+)*"),
    Sign(
        "`steps_per_execution: 2`", "so many batches to each call of a batch hook.", r"steps_per_execution: \d+",
    ),
    Sign("`initial_epoch: 5`", "the argument of every `fit` that names no other.", r"initial_epoch: \d+"),
    Sign("`optimizer: use_ema=True`", "it keeps an average of the weights, and puts it in their place after so many steps, if "
         "`ema_overwrite_frequency` says so.", r"optimizer: use_ema=True(?:, ema_overwrite_frequency=\d+)?"),
    Sign("`there before: ...`", "files and directories that lie there when the first fit begins.", "there before: .*"),
)  # fmt: skip
"""Behind the word Example."""

FITS = (
    Sign("`new instances`, `pickled instances`",
         "the fit has new callbacks, as after a restart of the process, or copies of those before, once pickled and read.",
         "(?:new|copied|pickled) instances"),
    Sign("`a fresh model`", "the fit has another model than the one before, untrained.", "a fresh model"),
    Sign("`resumed from m.keras`", "the model is the one in that file; `weights in ...`: a new model into which the weights in "
         "that "
         "file are loaded; `an unbuilt optimizer's model`: into one whose optimizer has not been built, as the documentation of "
         "ModelCheckpoint does it.", "resumed from .*"),
    Sign("`m.keras cut to nothing`", "before the fit somebody has cut that file to a length of 0.", ".* cut to nothing"),
    Sign("`learning rate 0.5`", "it is set before the fit.", rf"learning rate {_RATE}"),
    Sign("`compiled with Hinge as m`", "the model is compiled anew before the fit.",
         rf"compiled with (?:no metrics|{_CLASSES}(?:, {_CLASSES})*)"),
    Sign("`initial_epoch=5`", "the argument of that `fit`.", r"initial_epoch=\d+"),
    Sign("`in fit_begin before callback 1: somebody ...`", "what is done by someone else than the callback when the fit begins "
         "or has ended, before the hook of the first callback of the list; `after callback 1`: behind it.",
         r"in fit_(?:begin|end)(?: (?:before|after) callback \d+)?: somebody .*"),
)  # fmt: skip
"""In the column of fits, behind the number of the fit; of a single fit, behind the call."""

SHOWN = (
    Sign("`val_loss=1.0`", "what `logs` holds at the epoch's end. Numbers are written as in JSON, `NaN` and `-Infinity`; "
         "`np.array(...)` and `tensor(...)` are arrays.", _METRICS),
    Sign("`(empty)`", "`logs` holds no metric.", r"\(empty\)"),
    Sign("`batches: ...; ...`", "the logs of the epoch's batches. An epoch without them has one batch, whose logs are the "
         "epoch's without those that begin with val_.", "batches: .*"),
    Sign("`(stop set)`", "somebody else sets the stop flag, at the epoch's end, before the callback's hook.", r"\(stop set\)"),
    Sign("`(epoch_begin: somebody ...)`", "what is done by someone else than the callback, in that hook, before those of all "
         "callbacks; `after callback 1`: behind the hook of the first one in the list.",
         rf"\({_WHERE}(?: of batch \d+)?(?: before callback \d+)?: somebody .*\)"),
    Sign("`the constructor`, `when the fit begins`, `after training`", "what is seen before the first epoch, or when the fit has "
         "ended.", "the constructor|when the fit begins|after training"),
)  # fmt: skip
"""In the column of logs."""

SEEN = (
    Sign("`-`", "nothing was seen at the end of that epoch.", "-"),
    Sign("`(not run)`", "the fit had ended before, or began later.", r"\(not run\)"),
    Sign("`stop`", "the stop flag is set: this epoch was the last of the fit.", "stop"),
    Sign("`lr=0.1`", "the learning rate after the epoch's end; `lr=head:0.5 body:0.25` those of two optimizers, by their names.",
         rf"lr={_RATE}"),
    Sign("`logged {...}`", "what the callback added to the logs, or set in them; behind `at the end of batch 0`, in those of "
         "that batch.", r"(?:at the end of batch \d+ )?logged \{.*\}(?: and removed .*)?"),
    Sign("`removed ...`", "what it removed from them.", r"(?:at the end of batch \d+ )?removed .*"),
    Sign("`saved m.keras (weights of epoch 2)`", "that file was written, at the epoch's end unless a batch is named; of "
         "BackupAndRestore a backup in that directory. Behind the name stands what the file holds, where it is not what "
         "save_weights_only asks for: `the whole model` or `the weights alone`; in parentheses, which epoch trained the "
         "weights: in the middle of an epoch, the running one.",
         r"saved \S*(?: at the end of batch \d+)?(?:, the (?:whole model|weights alone))?(?: \((?:weights|average) .*\))?"),
    Sign("`warned ...`", f"a warning: {_listed(WARNED)}.", rf"warned (?:{'|'.join(WARNED)})"),
    Sign("`printed ...`", f"a line on the screen, by what it says: {_listed(PRINTED)}.", rf"printed (?:{'|'.join(PRINTED)})"),
    Sign("`epoch_end raised ...`", "the hook that raised, and the type of the exception, which ends training; "
         "`in batch_end somebody else raised ...`: it was not the callback's; `raised ...` alone: the constructor.",
         rf"(?:{_WHERE} |in {_WHERE} somebody else )?raised \w+(?: without a message)?"),
    Sign("`weights set at ...`", "the hook in which other weights were put into the model. What is done, or raised, as an "
         "evaluation begins or ends is told under epoch_end: the evaluation is a part of the epoch's end.",
         f"weights set at {_WHERE}"),
    Sign("`the model holds the weights ...`", "those that it has when the fit begins or has ended; left out where they are "
         "those of the last epoch, but for restore_best_weights.",
         "the model holds (?:the (?:weights|average) .*|untrained weights)"),
    Sign("`trained from ...`, `evaluated with ...`, `ends with ...`", "with an optimizer that keeps an average of the weights: "
         "what the model holds when training on the epoch begins, while it is evaluated, and when the epoch has ended; "
         "`the average of epoch 2` is the one up to that epoch.",
         "(?:trained from|evaluated with|ends with) the (?:weights|average) .*"),
    Sign("`... changed at ...`", "what that hook left changed beside the callback's work, such as the working directory.",
         rf".* changed at (?:constructor|{_WHERE})(?:, {_WHERE})*"),
    Sign("`lines: 2`, `schedule calls: 2`", "how many lines the callback's file has then; how often the schedule "
         "answered in the epoch, if that was not once.", r"(?:lines|schedule calls): \d+"),
    Sign("`recorded {...}`", "what the callback has written down by the end of the fit, as JSON: lists of History; each `line` "
         "of a file; of a backup the `epoch` with which it goes on, or, with a `batch`, in which that one was the last. "
         "Of a long one the middle is cut out, and it is said how long it is.",
         r"recorded \{.*\}"),
    Sign("`stopped_epoch=2`, `best_weights: the weights of epoch 1`", "what the callback's public attribute of that name holds "
         "when the fit has ended; `model is another one`: not the model that was trained, nor its own `history`.",
         r"(?!lr=)[\w.]+(?:=.*|: the .*| is another one)"),
    Sign("`new file ...`", "what has appeared in the working directory in the epoch, beside what is `saved`.", "new file .*"),
    Sign("`new files around it: ...`, `files gone around it: ...`", "what has appeared there, or vanished from there, when the "
         "fit began, or when it ended.", "(?:new files|files gone) around it: .*"),
    Sign("`2 steps of the optimizer, in all`", "how many it has made since it was new, those before it was saved and loaded "
         "included.", r"\d+ steps? of the optimizer, in all"),
)  # fmt: skip
"""In the columns of what is seen. Of several callbacks, the number of the one that did it stands in front."""

OF_ANY = (
    Sign("`1 to 9`", "in the column of epochs: the same in each of these.", r"\| \d+ to \d+ \|"),
    Sign("`2: ...`", "of several callbacks, that the second one in the list did.", r"[|,] \d: \w+ "),
    Sign("`'m.keras' (relative)`", "a path that is given as it is, in the working directory; every other one is absolute, with "
         "the working directory in front, which is left out here.", r"'\S+' \(relative\)"),
    Sign("`(for an int and a float alone)`", "of a schedule: it raises RuntimeError where it is given anything else, such as a "
         "number of NumPy's.", r"\(for an int and a float alone\)"),
)  # fmt: skip
"""What stands in a part, or around several; `looks` is found in the document."""


def legend() -> Iterator[tuple[str, str]]:
    """The signs with their meanings, column by column."""
    for signs in (CALL, FITS, SHOWN, SEEN, OF_ANY):
        yield from ((each.sign, each.meaning) for each in signs)


def parts(shown: Shown) -> Iterator[tuple[Sequence[Sign], str]]:
    """The parts of what is shown of a scenario, each with the signs one of which explains it."""
    yield from ((CALL, line) for line in heading(shown.scenario))
    for fit in shown.scenario.fits:
        yield from ((FITS, part) for part in ways_to_begin(fit))
    for row in (row for column in shown.columns.values() for row in column.values()):
        yield from ((SHOWN, part) for part in row.shown.split("  ") if part)
        yield from ((SEEN, re.sub(r"^\d+: ", "", part)) for part in row.seen or ("-",))
