"""What stands at the front of the specification: how to read it, what its words mean, and what its version says.

Rules
- It is the same whether the document is one or has pages; `Form` knows where what it points to stands.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from callcheck.spec.clauses.clause import CLAUSES
from callcheck.spec.dialect import edition
from callcheck.spec.version import VERSION, retired

from .form import CHOICES_PART, Form
from .legend import legend
from .words import anchor

LEVELS = {
    "universal": "no training callback of this kind may break it, whatever it chooses beside a choice that it is tied to: it "
    "follows from what a callback is, and from what this one is for. Hardly a text says so. A callback that only records has no "
    "business in the logs or on the screen; one that decides something may well tell it there: so one statement can be "
    "universal of the one and observed of the other.",
    "documented": f"the documentation of {edition()} promises it.",
    "observed": "the documentation is silent or says otherwise; the releases that the source names do it. Who decides otherwise "
    "breaks no promise.",
}


@cache
def glossary() -> Mapping[str, str]:
    """What the sentences mean by their words, by term."""
    return dict(tomllib.loads((files("callcheck.spec") / "glossary.toml").read_text(encoding="utf-8"))["terms"])


def introduction(form: Form) -> Iterator[str]:
    """How to read the document, its words, and its version."""
    counts = {level: sum(clause.level == level for clause in CLAUSES.values()) for level in LEVELS}
    choice = f"[choice]({form.part(CHOICES_PART)})"
    tried = (
        "What stands behind *Try it* prints the same, with reasons; `callcheck trace -` takes the JSON under *as JSON*"
    )
    if form.site:
        tried += ", and the link leads to the page that answers, in the browser"
    yield from ('## <a id="reading"></a>How to read it', "")
    yield (
        "A clause is one statement, of a sentence or two, with an id that never comes to mean something else, a source, and a "
        "level. What stands in parentheses behind a sentence limits it: it holds only there. An exception begins with *except*, "
        "*but for* or *not of*. *Checked* names what callcheck looks at, and the sentence is meant beyond it. Nothing is limited "
        "where something is called an inference, which means that the documentation does not say that much itself, nor by a "
        "sentence of its own that names no condition: that only adds something. "
        "Unless a sentence speaks of errors, it is about training that is run to its end without one."
    )
    yield ""
    yield (
        "Nor is it, unless it says so, about anything out of the ordinary: there is one optimizer, which keeps no "
        "average and whose learning rate is a number that can be set (no LearningRateSchedule, and no function); the model is "
        "compiled and built, its optimizer at the latest with the first batch; how many batches an epoch has, and an evaluation, "
        "is known when it begins; no symbolic link leads to a file or a directory; the names of metrics and of optimizers "
        "differ, and could be fields of str.format; a switch, as restore_best_weights or raise_error, is True or False; every "
        "fit goes on with the "
        "model "
        "of the fit before, and "
        "with its instance of the callback or a copy of it; "
        "nobody else does anything but set the stop flag, at an epoch's end and before the callback's own hook; and no epoch "
        "has an index below 0. A clause on every callback is also about other optimizers and about new instances; one on "
        "training, or on BackupAndRestore, also about new instances, models that are loaded, and others at work. What is done in "
        "a fit that follows on one that ended by an exception is said only by clauses that speak of errors or interruptions."
    )
    yield ""
    yield (
        "What a table shows as logs is what the callback is handed. Keras 3's `fit` hands it plain numbers (see *logs* below), "
        "and an array where the result of a metric is several numbers, as that of F1Score is; a boolean, None, a tensor or a "
        "number in an array stands for what another callback has put there, or what another framework hands over. Nobody "
        "asks for anything but training: no prediction, no profile; and the process has its usual settings (`floatx` is float32, "
        "eager execution is as it comes). Whether there is a progress bar is said where it matters; no other matters."
    )
    yield ""
    yield from (f"- **{level}** ({counts[level]}): {says}" for level, says in LEVELS.items())
    yield ""
    yield (
        "A source is a text that says it, or, where it begins with *follows from*, one from which it follows though it does not "
        "say it. The documentation is what is published at keras.io and the docstrings of what Keras exports; the docstring of "
        "a private class and a comment in the code are none, and what only they say is observed. What no training shows is "
        "left out. Of a callback's attributes those are specified that scripts read when a fit has ended: `stopped_epoch`, "
        "`best`, `wait` and the like, `params` and `model`, and History's `epoch` and `history`. "
        "Where a sentence says that something changes nothing, or that two calls do the same, `best` and `params` may follow "
        "what was changed: four times the values have four times the best."
    )
    yield ""
    yield (
        f"A clause that is not documented may be tied to a {choice}: it holds for implementations that decide so. A *dialect* "
        "has one value for each choice. The dialect `documented`, called like the level, is that of no release: it keeps every "
        "clause of that level, and where the documentation leaves a choice open does what Keras does. The others are "
        "releases, on TensorFlow unless another backend is named behind a +. On the backend NumPy Keras has no `fit`: there the "
        "hooks of its callbacks are called by callcheck's own loop, as a `fit` calls them."
    )
    yield ""
    yield (
        "Where one of the dialects documented, keras-3.15.1, keras-3.15.1+numpy and tf-keras-2.21.0 breaks a clause, it is said "
        "which, and by which choices: as the *reference* does it, callcheck's own implementation, which is held to the real "
        "releases, on the *stored scenarios*, a few hundred that come with callcheck. A scenario is one callback or several with "
        "their arguments, and one or several fits: by epoch, the logs that the callbacks are shown. A clause says nothing of a "
        "dialect in which there is no such callback, or which refuses or decides otherwise what it begins with."
    )
    yield ""
    yield (
        "An example is a small scenario that tells right from wrong. Its table says what the callback was shown in each epoch, "
        "what has to be seen when the epoch has ended, in a dialect that keeps the clause, and beside it what a dialect does "
        "that breaks it, or else somebody's mistake. Left out are the learning rate where the callback has nothing to do with "
        "it, what is logged where that tells nothing apart, and the weights at the end where they are those of the last epoch, "
        "but for restore_best_weights. "
        f"Where two runs are compared, the second table is the other one. {tried}. In the tables:"
    )
    yield ""
    yield from (f"- {sign}: {meaning}" for sign, meaning in legend())
    yield from ("", '## <a id="words"></a>Words', "")
    yield from (f"- **{term}**: {meaning}" for term, meaning in glossary().items())
    yield ""
    yield from _version(form)


def _version(form: Form) -> Iterator[str]:
    yield from ('## <a id="version"></a>Version', "")
    yield (
        "Cite a clause by its id and the version of the specification: `early-stopping/patience/stops-after-patience-epochs` "
        f"({VERSION}). An id never comes to mean something else, though its sentence may be corrected, and the anchor made of "
        "it, with dashes for slashes, leads to the clause from this document for good. Of the version"
    )
    yield ""
    yield "- the last number rises where sentences or examples change, and no implementation can be told by it;"
    yield "- the middle one where clauses are added, or one is corrected: an implementation may be judged otherwise;"
    yield (
        "- the first one where a clause is retired, or a choice loses a value. As long as it is 0, the middle one rises in its "
        "place."
    )
    yield ""
    yield (
        "A number belongs to one text when that is released; up to then the text under it still grows, and is cited with its "
        "commit."
    )
    yield from ("", "Retired, and never used again for anything else:", "")
    for id, successors in retired().items():
        see = " and ".join(form.link(successor) for successor in successors)
        yield f'- <a id="{anchor(id)}"></a>`{id}`: see {see}'
    yield ""
