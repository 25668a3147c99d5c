"""Scenarios for ModelCheckpoint, and the boundaries that they promise to reach."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ..files import PATH_LIKE, RELATIVE, existing_directories, existing_files, handed_over_as, path_of
from ..scenario import Epoch, Scenario
from ..values import ArrayNumber, Logs
from . import aimed as aims
from .conditions import BATCHED, EVERY, VERBOSE, Condition, any_epoch, left_out, parameter, parameter_is
from .drawing import ABSENT, chance, config_of, weighted
from .fits import LOSS, MIXED, VERBOSITY, drawn_epoch, drawn_scenario, drawn_shape, dressed, logs_of
from .monitoring import MONITORING, around_the_mark, columns, monitor_name
from .streams import drawn_monitored, drawn_stream

# {monitored} and {other} stand for the names of the metrics
_FILEPATH = weighted(
    ("m-{epoch}", 18), ("m-{epoch:02d}", 15), ("m", 12), ("{epoch}/m", 6), ("a/b/m-{epoch:02d}", 4),
    ("m-{epoch:02d}-{monitored:.2f}", 8), ("m-{epoch}-{other:.2f}", 4), ("m-{epoch}-{batch}", 1), ("m-{missing}", 1),
)  # fmt: skip
_BATCH_FILEPATH = weighted(
    ("m-{epoch}-{batch}", 16), ("m-{epoch:02d}-{batch:03d}", 6), ("m", 4), ("m-{epoch}", 6), ("{epoch}/{batch}", 2),
    ("m-{batch}-{loss:.2f}", 4), ("m-{epoch}-{monitored:.2f}", 1),
)  # fmt: skip
_SUFFIX = weighted((".keras", 8), (".h5", 2))
_WRONG_SUFFIX = weighted((".ckpt", 2), ("", 1), (".hdf5", 1), (".weights.keras.txt", 1))
_SAVE_FREQ = weighted((2, 5), (1, 3), (3, 4), (5, 2), (4, 1), (7, 1))
_EPOCH_FREQ = weighted((ABSENT, 3), ("epoch", 1))
_BEST_ONLY = weighted((True, 6), (ABSENT, 2), (False, 1))
_WEIGHTS_ONLY = weighted((ABSENT, 4), (True, 3), (False, 1))
_ODD = weighted(
    ({"save_freq": True}, 3), ({"save_freq": 0}, 3), ({"save_freq": -1}, 2), ({"save_freq": False}, 1),
    ({"save_freq": 1.5}, 2), ({"save_freq": None}, 1), ({"save_freq": "batch"}, 1), ({"verbose": 2}, 1),
    ({"period": 2}, 5), ({"period": 1}, 1), ({"load_weights_on_restart": False}, 1), ({"unknown": 1}, 1),
)  # fmt: skip
_SHADOW = weighted(("batch", 1), ("epoch", 1))
# what is there already: the file itself, a directory in its place, a file in the place of its directory, its directory
_EXISTING = weighted(("file", 2), ("directory", 3), ("parent", 3), ("folder", 1))
_HANDED_OVER = weighted((PATH_LIKE, 1), (RELATIVE, 1))
_EXISTING_EPOCH = weighted((1, 2), (2, 3), (3, 1))


def _drawn_filepath(draw: DrawFn, monitor: str, other: str, *, template: str, weights_only: bool) -> str:
    suffix = ".weights.h5" if weights_only else draw(_SUFFIX)
    if chance(draw, 3):
        suffix = draw(_WRONG_SUFFIX)
    elif weights_only and chance(draw, 4):
        suffix = ".keras"
    return template.replace("monitored", monitor).replace("other", other) + suffix


def _drawn_existing(draw: DrawFn, filepath: str) -> tuple[str, ...]:
    """What is there already, around the name of an early file; what is no field of an epoch or a batch stays as it is."""
    number = draw(_EXISTING_EPOCH)
    name = filepath
    for field in ("epoch", "batch"):
        name = name.replace(f"{{{field}}}", f"{number}").replace(f"{{{field}:02d}}", f"{number:02d}")
    parent = name.rpartition("/")[0] or "a"
    what = {"file": name, "directory": f"{name}/", "parent": parent, "folder": f"{parent}/"}
    return (what[draw(_EXISTING)],)


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    monitored = drawn_monitored(draw)
    monitor = monitored.monitor
    by_batches = chance(draw, 28)
    best_only, weights_only = draw(_BEST_ONLY), draw(_WEIGHTS_ONLY)
    stream, threshold = drawn_stream(draw, monitored.sign, marked=40 if best_only is True else 4, forgets=False)
    template = draw(_BATCH_FILEPATH if by_batches else _FILEPATH)
    if stream.kind == "arrays" and chance(draw, 50):
        # with a format specification: the text of an array without one is numpy's affair
        template = "m-{epoch}-{monitored:.2f}"
    other = "val_loss" if monitor == "loss" else "loss"
    config = config_of(
        filepath=_drawn_filepath(draw, monitor, other, template=template, weights_only=weights_only is True),
        **monitored.parameters, verbose=draw(VERBOSITY), save_best_only=best_only, save_weights_only=weights_only,
        save_freq=draw(_SAVE_FREQ if by_batches else _EPOCH_FREQ), initial_value_threshold=threshold,
    )  # fmt: skip
    if chance(draw, 8):
        config.update(draw(_ODD))
    shape = drawn_shape(draw, decoy=other, decoys=97 if "{other" in template else 20, batches=88 if by_batches else 8)
    shadow = {draw(_SHADOW): 7.0} if chance(draw, 4) else {}
    in_batches = by_batches and not monitor.startswith("val_")

    def batch() -> Logs:
        # a batch shows the stream too, but for what is known after validation only
        return {**(logs_of(monitor, stream.next()) if in_batches else {"loss": draw(LOSS)}), **shadow}

    def epoch() -> Epoch:
        return drawn_epoch(draw, shape, {**logs_of(monitor, stream.next()), **shadow}, batch)

    scenario = drawn_scenario(
        draw, "ModelCheckpoint", config, shape, epoch, monitored=monitored, begin_fit=stream.begin_fit
    )
    if chance(draw, 9):
        scenario = replace(scenario, existing=_drawn_existing(draw, config["filepath"]))
    if chance(draw, 6):
        scenario = replace(scenario, config={**config, "filepath": {draw(_HANDED_OVER): config["filepath"]}})
    return dressed(draw, scenario, monitor, MIXED) if chance(draw, 7) else scenario


AIMS: dict[aims.Aiming, int] = {
    aims.first_array: 10, aims.tensors: 24, aims.without_dimensions: 18, aims.undecided: 8, aims.of_an_output: 20,
    aims.changes: 12, aims.decided_once: 3, aims.in_batches: 18,
    aims.resumed: 48,
}  # fmt: skip
"""How many scenarios with each aim go with the default number of random ones."""
_AIMED_PATH = weighted(("m-{epoch}.keras", 2), ("m.keras", 2), ("m-{epoch:02d}.weights.h5", 1))


def more(draw: DrawFn) -> dict[str, Any]:
    """What an aimed scenario is given besides."""
    filepath = draw(_AIMED_PATH)
    return config_of(
        filepath=filepath, save_best_only=True, save_weights_only=True if filepath.endswith(".weights.h5") else ABSENT
    )


# ---------------------------------------------------------------------------------------------- boundaries


def _filepath(scenario: Scenario) -> str:
    return path_of(scenario.config.get("filepath", ""))


def _path_has(text: str) -> Condition:
    return lambda scenario: text in _filepath(scenario)


def _path_fields(scenario: Scenario) -> set[str]:
    parts = _filepath(scenario).split("{")[1:]
    return {part.split("}")[0].split(":")[0] for part in parts}


def _path_names_missing(scenario: Scenario) -> bool:
    known = {"epoch", "batch"} | {name for fit in scenario.fits for epoch in fit.epochs for name in epoch.logs}
    return not _path_fields(scenario) <= known


def _names(scenario: Scenario) -> Iterator[PurePosixPath]:
    """The names of the files, as far as they consist of epochs alone."""
    for fit in scenario.fits:
        for number in range(scenario.first_epoch(fit), scenario.first_epoch(fit) + len(fit.epochs)):
            with contextlib.suppress(KeyError, IndexError, ValueError):  # other fields, or braces that make none
                yield PurePosixPath(_filepath(scenario).format(epoch=number + 1))


def _file_exists(scenario: Scenario) -> bool:
    return any(name in existing_files(scenario.existing) for name in _names(scenario))


def _directory_exists(scenario: Scenario) -> bool:
    return any(name in existing_directories(scenario.existing) for name in _names(scenario))


def _file_for_a_directory(scenario: Scenario) -> bool:
    return any(not existing_files(scenario.existing).isdisjoint(name.parents) for name in _names(scenario))


def _by_batches(scenario: Scenario) -> int | None:
    """`save_freq`, if it is a positive integer."""
    freq = parameter(scenario, "save_freq")
    return freq if isinstance(freq, int) and not isinstance(freq, bool) and freq > 0 else None


def _wrong_suffix(scenario: Scenario) -> bool:
    suffixes = (".weights.h5",) if parameter(scenario, "save_weights_only") else (".keras", ".h5")
    return not _filepath(scenario).endswith(suffixes)


def _does_not_divide(scenario: Scenario) -> bool:
    freq = _by_batches(scenario)
    lengths = [len(epoch.batch_logs()) for fit in scenario.fits for epoch in fit.epochs]
    return freq is not None and any(length > freq and length % freq for length in lengths)


def _crosses_epochs(scenario: Scenario) -> bool:
    freq = _by_batches(scenario)
    return freq is not None and any(
        len(a.batch_logs()) < freq <= len(a.batch_logs()) + len(b.batch_logs())
        for fit in scenario.fits
        for a, b in pairwise(fit.epochs)
    )


def _file_name_of_array(scenario: Scenario) -> bool:
    named = _path_fields(scenario)
    return any_epoch(lambda epoch: any(isinstance(epoch.logs.get(name), tuple) for name in named))(scenario)


BOUNDARIES: dict[str, Condition] = {
    **EVERY,
    **VERBOSE,
    **MONITORING,
    **BATCHED,
    **around_the_mark("initial_value_threshold"),
    "save_best_only": parameter_is("save_best_only", bool),
    "not save_best_only": parameter_is("save_best_only", lambda best_only: not best_only),
    "save_weights_only": parameter_is("save_weights_only", bool),
    "not save_weights_only": parameter_is("save_weights_only", lambda weights_only: not weights_only),
    "save_freq left out": left_out("save_freq"),
    "save_freq epoch": lambda s: s.config.get("save_freq") == "epoch",
    "save_freq one": lambda s: _by_batches(s) == 1,
    "save_freq does not divide the epoch": _does_not_divide,
    "save_freq longer than an epoch": _crosses_epochs,
    "save_freq over several fits": lambda s: (_by_batches(s) or 0) > 1 and len(s.fits) > 1,
    "save_freq of one-batch epochs": lambda s: (
        (_by_batches(s) or 0) > 1 and all(len(epoch.batch_logs()) == 1 for fit in s.fits for epoch in fit.epochs)
    ),
    "save_freq and save_best_only": lambda s: _by_batches(s) is not None and bool(parameter(s, "save_best_only")),
    "save_freq, save_best_only and a metric that batches have": lambda s: (
        _by_batches(s) is not None and bool(parameter(s, "save_best_only")) and not monitor_name(s).startswith("val_")
    ),
    "save_freq is no positive integer": lambda s: parameter(s, "save_freq") != "epoch" and _by_batches(s) is None,
    "file name without fields": lambda s: "{" not in _filepath(s),
    "{epoch} in the file name": _path_has("{epoch}"),
    "{epoch:02d} in the file name": _path_has("{epoch:02d}"),
    "{batch} in the file name": lambda s: "batch" in _path_fields(s) and _by_batches(s) is not None,
    "{batch} in the file name, save_freq epoch": lambda s: "batch" in _path_fields(s) and _by_batches(s) is None,
    "a metric in the file name": _path_has(":.2f}"),
    "a missing key in the file name": _path_names_missing,
    "an array in the file name": _file_name_of_array,
    "a metric called epoch": any_epoch(lambda epoch: "epoch" in epoch.logs),
    "a metric called batch": any_epoch(lambda epoch: "batch" in epoch.logs),
    "a sub-folder": _path_has("/"),
    "numbers, some of them in arrays without dimensions": lambda s: any(
        {float, ArrayNumber} <= {type(value) for value in column} for column in columns(s)
    ),
    "a file of that name exists": _file_exists,
    "a directory in the place of the file": _directory_exists,
    "a file in the place of the directory": _file_for_a_directory,
    "filepath is a PathLike": lambda s: handed_over_as(s.config) == PATH_LIKE,
    "filepath is relative": lambda s: handed_over_as(s.config) == RELATIVE and "/" in _filepath(s),
    "filepath is relative, without a directory": lambda s: (
        handed_over_as(s.config) == RELATIVE and "/" not in _filepath(s)
    ),
    "wrong suffix": _wrong_suffix,
    "model as .h5": lambda s: (
        not parameter(s, "save_weights_only")
        and _filepath(s).endswith(".h5")
        and not _filepath(s).endswith(".weights.h5")
    ),
    "period": lambda s: "period" in s.config,
}
