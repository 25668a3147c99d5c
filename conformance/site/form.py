"""The form of the page, made when it is built: callbacks with their parameters, releases, examples."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from callcheck.spec.callbacks import CALLBACKS, defaults, parameters
from callcheck.spec.chain import chains
from callcheck.spec.dialect import DOCUMENTED, NEWEST, Dialect, shipped, third_party

from ..explain.arguments import LEGACY
from ..report.markup import text
from ..report.words import compared_with

MEANS = {
    "monitor": "the metric that decides",
    "min_delta": "an improvement has to be larger than this",
    "patience": "how many epochs without an improvement are put up with",
    "verbose": "1: print what is done",
    "mode": "min: less is better; max: more is better; auto: Keras finds out",
    "baseline": "a value that has to be beaten first",
    "restore_best_weights": "put the weights of the best epoch back at the end",
    "start_from_epoch": "do not look before the epoch of this index",
    "factor": "the learning rate is multiplied by this",
    "cooldown": "epochs to wait after a reduction before counting again",
    "min_lr": "the learning rate does not fall below this",
    "filepath": "where to save; {epoch:02d} and {val_loss:.2f} are filled in",
    "save_best_only": "save only when the metric is the best so far",
    "save_weights_only": "save weights only, not the model",
    "save_freq": '"epoch", or a number of batches',
    "initial_value_threshold": "the best value before training begins",
    "schedule": "{'table': [0.1, 0.05]} by epoch, or {'scale': 0.5} of the rate before",
    "raise_error": "raise an error in place of stopping",
    "filename": "the file that is written",
    "separator": "what stands between two columns",
    "append": "go on with a file that is there",
    "backup_dir": "the directory of the backup",
    "double_checkpoint": "keep the backup before the last, too",
    "delete_checkpoint": "delete the backup when training has come to its end",
    "log_dir": "the directory of the two runs",
    "update_freq": '"epoch", "batch", or a number of batches',
    "write_steps_per_second": "write how many steps there are in a second",
    "write_graph": "write the graph, which is not looked at",
    "write_images": "with histograms, images of the weights, which are not looked at",
    "histogram_freq": "every how many epochs to write histograms: only 0 is predicted",
    "profile_batch": "which batches to profile: only 0 is predicted",
    "embeddings_freq": "every how many epochs to write embeddings: only 0 is predicted",
    "embeddings_metadata": "of embeddings",
    "swap_on_epoch": "exchange weights and average at every epoch's end, and not for an evaluation alone",
    "epsilon": "Keras 2: the older name of min_delta",
    "period": "Keras 2: every how many epochs to save",
}
"""What a parameter is for, in a few words."""

AROUND = {
    "learning_rate": "at the beginning, if the record does not say",
    "epochs": "how many fit was given, if the record does not say",
    "initial_epoch": "as in fit",
    "validation_freq": "as in fit",
}

EXAMPLES: tuple[tuple[str, dict[str, str]], ...] = (
    ("Why did it stop?", {"callback": "EarlyStopping", "patience": "3", "min_delta": "0.001",
                          "see": "1, .8, .6, .412, .5, .4119, .45"}),
    ("Which weights do I have?", {"callback": "EarlyStopping", "patience": "2", "restore_best_weights": "True",
                                  "see": "0.9, 0.6, 0.7, 0.65, 0.64"}),
    ("Why does cooldown=1 do nothing?", {"callback": "ReduceLROnPlateau", "monitor": "loss", "factor": "0.5", "patience": "1",
                                         "cooldown": "1", "see": "loss=1,1,1,1,1", "against": DOCUMENTED}),
    ("Used twice, two releases", {"callback": "EarlyStopping", "patience": "2", "see": "val_loss=0.5,0.6,0.7/0.9,0.8,0.7,0.6",
                                  "on": NEWEST, "against": "keras-3.12.4"}),
    ("What is saved?", {"callback": "ModelCheckpoint", "filepath": "best-{epoch:02d}.keras", "save_best_only": "True",
                        "see": "val_loss=0.9,0.7,0.8,0.6"}),
)  # fmt: skip
"""What people ask first; the first of them is what the page shows before anybody has asked."""


def callbacks() -> str:
    """The choice of a callback."""
    return "".join(
        f'<label><input type="radio" name="callback" value="{name}"{" checked" if not at else ""}><span>{name}</span></label>'
        for at, name in enumerate(CALLBACKS)
    )


def fieldsets() -> str:
    """The parameters of every callback, one set each; the page shows that of the chosen one."""
    return "".join(
        f'<fieldset data-callback="{name}"{" hidden" if at else ""}><legend>{name}</legend>{"".join(_fields(name))}</fieldset>'
        for at, name in enumerate(CALLBACKS)
    )


def _fields(callback: str) -> Iterator[str]:
    known = defaults(callback)
    for name in (*parameters(callback), *LEGACY.get(callback, ())):
        default = known.get(name)
        yield _field(callback, name, "" if name not in known else repr(default), MEANS[name], isinstance(default, bool))


def _field(prefix: str, name: str, default: str, means: str, boolean: bool = False) -> str:
    id = f"{prefix}-{name}"
    listed = ("True", "False") if boolean else ("min", "max", "auto") if name == "mode" else ()
    choices = (
        f'<datalist id="{id}-values">{"".join(f"<option>{value}</option>" for value in listed)}</datalist>'
        if listed
        else ""
    )
    more = f' list="{id}-values"' if listed else ""
    return (
        f'<div class="field"><label for="{id}">{name}</label><input id="{id}" name="{name}" placeholder="{text(default)}" '
        f'autocomplete="off" spellcheck="false" title="{text(means)}"{more}>{choices}<small>{text(means)}</small></div>'
    )


def around() -> str:
    """What a record may not say about the training."""
    return "".join(_field("around", name, "", means) for name, means in AROUND.items())


def releases(name: str, nobody: str = "") -> str:
    """A choice of the dialects, the newest first, by package."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for dialect in reversed(tuple(shipped().values())):
        groups.setdefault(_group(dialect), []).append((dialect.name, label(dialect)))
    groups["Other libraries"] = [(name, name) for name in third_party()]
    options = "".join(
        f'<optgroup label="{text(group)}">'
        + "".join(f'<option value="{value}"{" selected" if value == NEWEST and not nobody else ""}>{text(label)}</option>'
                  for value, label in entries)
        + "</optgroup>"
        for group, entries in groups.items()
    )  # fmt: skip
    first = f'<option value="">{text(nobody)}</option>' if nobody else ""
    return f'<select name="{name}" id="{name}">{first}{options}</select>'


def _group(dialect: Dialect) -> str:
    if dialect.package is None:
        return "Not a release"
    if "+" not in dialect.name:
        return "Keras, on TensorFlow" if dialect.package == "keras" else dialect.package
    return f"{dialect.package}, on {dialect.name.partition('+')[2]}"


def label(dialect: Dialect) -> str:
    """The releases that do so; of what is none, its name."""
    if dialect.package is None or dialect.since is None:
        return "what the documentation promises" if dialect.name == DOCUMENTED else dialect.name
    first, last = dialect.since, chains()[dialect.package].last(dialect.since)
    name = compared_with(dialect.name)
    return name if first == last else name.replace(last, f"{first} to {last}", 1)


def examples() -> str:
    """Links to what people ask first."""
    return "".join(f'<a href="#{text(urlencode(state))}">{text(title)}</a>' for title, state in EXAMPLES)
