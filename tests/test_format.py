"""The format as a whole: every field survives JSON, whatever is put in its place is read or refused with the place named, and the
schemas say the same as the records."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from schemas import SCHEMAS, valid

from callcheck.spec import scenario as scenarios
from callcheck.spec import trace as traces
from callcheck.spec.difference import Difference, difference
from callcheck.spec.fields import ListOf, Table
from callcheck.spec.reading import InvalidScenario, parse_json, printable

SEVERAL: dict[str, Any] = {
    "callbacks": [
        {"callback": "EarlyStopping", "config": {"monitor": "val_loss", "baseline": "NaN", "patience": "2"}},
        {"callback": "ModelCheckpoint", "config": {"filepath": {"path_like": "a/m-{epoch:02d}.keras"}}},
        {
            "callback": "LearningRateScheduler",
            "config": {"schedule": {"table": [1.0, "Infinity"], "returns": "tensor"}},
        },
        {"callback": "LearningRateScheduler", "config": {"schedule": {"scale": -0.0}}},
        {"callback": "TerminateOnNaN"},
    ],
    "learning_rate": {"head": 0.5, "body": 1.0},
    "metrics": {"a": ["accuracy", {"function": "my_metric"}], "b": [{"class": "AUC", "name": "auc"}]},
    "initial_epoch": 3,
    "steps_per_execution": 2,
    "existing": ["a/", "b/c.keras"],
    "outputs": ["a", "b"],
    "fits": [
        {
            "initial_epoch": 1,
            "metrics": ["mse"],
            "learning_rate": {"head": 0.25, "body": 2.0},
            "epochs": [
                {
                    "logs": {"val_loss": [1.0, "-Infinity"], "loss": {"array": -0.0}, "x": {"tensor": [1.0, 2.0]}},
                    "batches": [{"loss": True}, {"loss": {"none": True}}, {}],
                    "validations": [{"val_loss": "NaN"}, {}],
                    "stop": True,
                    "others": [
                        {"hook": "epoch_end", "before": 0, "stop": True},
                        {"hook": "batch_end", "batch": 1, "after": 1, "learning_rate": {"head": 0.1, "body": 0.1}},
                        {"hook": "batch_end", "weights": "zero"},
                        {"hook": "epoch_begin", "raise": "KeyboardInterrupt"},
                        {"hook": "batch_begin", "batch": 1, "weights": "zero"},
                        {"hook": "test_end", "stop": True},
                    ],
                }
            ],
        },
        {
            "instances": "pickled",
            "resume": {"from": "a/m-01.keras", "load": "weights"},
            "damaged": ["a/m-01.keras"],
            "others": [{"hook": "fit_begin", "after": 0, "raise": "OSError"}, {"hook": "fit_end", "weights": "zero"}],
            "epochs": [{"logs": {}}],
        },
    ],
}
"""Every field of a scenario but `callback` and `config`."""

ONE: dict[str, Any] = {
    "callback": "ReduceLROnPlateau",
    "config": {
        "monitor": "val_loss", "factor": 0.5, "patience": 2, "verbose": 1, "mode": "auto", "min_delta": "NaN", "cooldown": True,
        "min_lr": None, "initial_value_threshold": -0.0, "schedule": {"table": [0.5, "NaN"], "accepts": "epoch"},
        "filepath": {"relative": "m"}, "x": [{"y": [1, "a"]}],
    },
    "learning_rate": {"schedule": 0.5},
    "fits": [
        {"metrics": [{"function": "f"}], "epochs": [{"logs": {}, "others": [{"hook": "batch_end", "after": 0, "stop": True}]}]}
    ],
}  # fmt: skip
"""One callback, and what does not go together with several optimizers."""

TRACE: dict[str, Any] = {
    "rejected": {"type": "ValueError", "message": "no", "callback": 1},
    "warned": ["unknown-mode"],
    "callbacks": [{"warned": ["other"], "internal": {"wait": [[0, None]]}}, {}],
    "fits": [
        {
            "epochs": [
                {
                    "stop": False,
                    "learning_rate": {"head": 0.5, "body": "NaN"},
                    "learning_rate_in_epoch": 1.0,
                    "saved": [
                        {"path": "m", "weights_of_epoch": 0, "weights_of_fit": 1, "batch": 0, "optimizer_steps": 3},
                        {"path": "m", "weights_of_epoch": None},
                    ],
                    "warned": ["missing-metric"],
                    "printed": ["improved", "other"],
                    "logged": {"lr": {"array": 1.0}, "x": True},
                    "callbacks": [
                        {
                            "saved": [{"path": "n", "weights_of_epoch": -1}],
                            "warned": [],
                            "printed": ["nan"],
                            "logged": {},
                            "changed": ["loss"],
                            "removed": ["val_loss"],
                            "weights_set": ["epoch_begin"],
                            "side_effects": {"working directory": ["epoch_end"]},
                            "counts": {"lines": 2},
                        },
                        {},
                    ],
                    "changed": ["loss"],
                    "removed": [],
                    "batches": [{"batch": 1, "logged": {"x": 1.0}, "changed": ["loss"], "removed": [], "callback": 1}],
                    "files": ["m"],
                    "gone": ["o"],
                    "weights_set": ["batch_end", "epoch_end"],
                    "side_effects": {"working directory": ["batch_end"]},
                    "counts": {"schedule calls": 1},
                }
            ],
            "epochs_run": 1,
            "weights_of_epoch": 0,
            "weights_of_fit": -1,
            "printed": ["restored"],
            "warned": ["other"],
            "callbacks": [
                {
                    "printed": [],
                    "warned": ["other"],
                    "side_effects": {"working directory": ["fit_end"]},
                    "recorded": [{"epoch": 0, "loss": "NaN"}],
                    "attributes": {"wait": 1, "best": "NaN"},
                },
                {},
            ],
            "weights_at_begin": {"weights_of_epoch": 4, "weights_of_fit": 0},
            "files": ["n"],
            "gone": ["p"],
            "side_effects": {"working directory": ["fit_begin"]},
            "optimizer_steps": 2,
            "recorded": [{"epoch": 0, "loss": 1.0, "lr": "NA", "x": [1.0], "y": None}],
            "attributes": {"best": {"array": 0.5}, "best_weights": {"weights_of_epoch": 2}, "model": True, "x": None},
            "error": {
                "type": "KeyboardInterrupt", "message": "", "fit": 0, "epoch": 0, "hook": "batch_end", "batch": 0,
                "callback": 1, "by": "other",
            },
        }
    ],
    "internal": {"best": [["Infinity", 1.0, 2, "text"], []], "implementation": "mine"},
}  # fmt: skip
"""Every field of a trace."""


def test_every_field_survives_json() -> None:
    for scenario in (SEVERAL, ONE):
        read = scenarios.from_json(scenario)
        assert json.dumps(scenarios.to_json(read), sort_keys=True) == json.dumps(scenario, sort_keys=True)
        assert scenarios.key(scenarios.loads(scenarios.dumps(read))) == scenarios.key(read)
    assert json.dumps(traces.to_json(traces.from_json(TRACE)), sort_keys=True) == json.dumps(TRACE, sort_keys=True)


# ---------------------------------------------------------------------------------------------- whatever is put in its place

DEEP: Any = 1
for _ in range(60):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None, True, False, 0, -1, 7, 1.5, -0.0, 10**400, "", "x", "NaN", "../x", "a b", "\x1b[2J\n", [], [None], [[]], [1.0, 2.0],
    ["x", "x"], {}, {"x": 1}, {"none": True}, {"array": 1.0}, {"tensor": [1.0]}, {"schedule": 0.5}, {"function": "f"}, DEEP,
]  # fmt: skip


def paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a piece of JSON."""
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, content in items:
        yield from paths(content, (*path, step))


def changed(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with another value at that place; `...` for none."""
    if not path:
        return value
    data = copy.deepcopy(data)
    part = data
    for step in path[:-1]:
        part = part[step]
    if value is ...:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return data


def mutants(data: Any) -> Iterator[Any]:
    """The data with every place taken away, replaced by each of VALUES, and given a field more."""
    for path in paths(data):
        part = data
        for step in path:
            part = part[step]
        if path:
            yield changed(data, path, ...)
        if isinstance(part, dict):
            yield changed(data, path, {**part, "zzz": 1})
        for value in VALUES:
            yield changed(data, path, value)


NO_SCHEMA_SAYS = (
    "unknown metric",
    "expected a number, as in the scenario's learning_rate",
    "expected a rate for each of",
    "an optimizer that has no learning rate",
    "a learning rate that is a schedule",
    "there is no callback of the index",
    "the batch hook is called with",
    "an epoch without a val_ metric is not evaluated",
    "unknown output",
    "no fit before it",
    "the name of an output",
    "would have to be a file and a directory",
    "the integer is out of the range of float64",
    "nested too deeply",
    "stays relative when it is formatted",
    "as the other fields say",
    "expected the name of a function",
    "expected an integer, got a number",
)
"""What a schema cannot say: how fields go together, the names of metrics, and what memory or a file system make of a value. To a
schema 1.0 is an integer."""


def read(module: Any, data: Any) -> tuple[Any, InvalidScenario | None]:
    """The record, or why there is none. Any other exception is a mistake."""
    try:
        return module.from_json(data), None
    except InvalidScenario as refusal:
        return None, refusal


@pytest.mark.parametrize(
    ("module", "schema", "data"),
    [(scenarios, "scenario", SEVERAL), (scenarios, "scenario", ONE), (traces, "result", TRACE)],
    ids=["several", "one", "trace"],
)
def test_whatever_is_put_in_its_place_is_read_or_refused(module: Any, schema: str, data: Any) -> None:
    accepted = 0
    for mutant in mutants(data):
        record, refusal = read(module, mutant)
        accepts = valid(schema, mutant)
        if refusal is None:
            assert accepts, mutant
            written = json.loads(json.dumps(module.to_json(record), allow_nan=False))
            assert written == module.to_json(module.from_json(written))
            accepted += 1
        else:
            assert not accepts or any(sentence in refusal.message for sentence in NO_SCHEMA_SAYS), (refusal, mutant)
            assert str(refusal).isprintable()
            assert len(str(refusal)) < 1000
    assert accepted > 50


# ---------------------------------------------------------------------------------------------- schemas and records


def tables(table: Table[Any]) -> Iterator[Table[Any]]:
    """A table and those that its fields consist of."""
    yield table
    for field in table.fields:
        kind = getattr(field.kind, "kind", field.kind)
        kind = kind.item if isinstance(kind, ListOf) else kind
        if isinstance(kind, Table):
            yield from tables(kind)


DEFINITIONS = {
    "Scenario": "", "Configured": "configured", "Fit": "fit", "Resume": "resume", "Epoch": "epoch", "Other": "other",
    "Trace": "trace", "FitTrace": "fit", "EpochTrace": "epoch", "BatchTrace": "batch", "Save": "save", "Raised": "error",
    "Rejected": "rejected", "Weights": "weights", "CallbackInEpoch": "callback_in_epoch", "CallbackInFit": "callback_in_fit",
    "CallbackInTrace": "callback_in_trace",
}  # fmt: skip
"""Where a schema describes each record."""


@pytest.mark.parametrize(("schema", "table"), [("scenario", scenarios.SCENARIO), ("result", traces.TRACE)])
def test_schemas_and_records_have_the_same_fields(schema: str, table: Table[Any]) -> None:
    described = set()
    for each in tables(table):
        definition = DEFINITIONS[each.record.__name__]
        described.add(definition)
        found = SCHEMAS[schema]["$defs"][definition] if definition else SCHEMAS[schema]
        assert set(found["properties"]) == {name for field in each.fields for name in field.names}
        assert set(found.get("required", ())) == {field.names[0] for field in each.fields if field.required}
        assert found.get("additionalProperties", True) is each.open
    records = {
        name
        for name, part in SCHEMAS[schema]["$defs"].items()
        if "additionalProperties" in part and "properties" in part
    }
    assert records - {"schedule"} <= described


def test_the_reasons_for_no_trace_are_those_of_the_schema() -> None:
    for name, table in traces.REASONS.items():
        (described,) = [each for each in SCHEMAS["result"]["anyOf"] if each.get("required") == [name]]
        assert set(described["properties"][name]["properties"]) == {field.names[0] for field in table.fields}
    for kind in traces.FAILED:
        written = {"failed": {"kind": kind, "message": ""}}
        assert valid("result", written)
        assert traces.to_json(traces.from_json(written)) == written


# ---------------------------------------------------------------------------------------------- differences


def test_a_change_anywhere_in_a_trace_is_a_difference_there() -> None:
    told = traces.from_json(TRACE)
    seen = 0
    for path in paths(TRACE):
        value = TRACE
        for step in path:
            value = value[step]
        if isinstance(value, bool):
            other: Any = not value
        elif isinstance(value, int | float):
            other = value + 1
        else:
            continue
        if "internal" in path or path[-1] in ("epochs_run", "weights_of_fit"):
            continue
        found = difference(told, traces.from_json(changed(TRACE, path, other)))
        assert isinstance(found, Difference)
        assert found.place.split(".")[-1].startswith(str([step for step in path if isinstance(step, str)][-1]))
        assert (found.a, found.b) == (value, other)
        seen += 1
    assert seen > 15


def test_messages_and_inner_state_are_no_difference() -> None:
    other = copy.deepcopy(TRACE)
    other["internal"] = {}
    other["callbacks"][0]["internal"] = {}
    other["rejected"]["message"] = other["fits"][0]["error"]["message"] = "something else"
    assert difference(traces.from_json(TRACE), traces.from_json(other)) is None


def test_what_only_one_could_see_is_no_difference() -> None:
    other = copy.deepcopy(TRACE)
    for name in (
        "stop",
        "learning_rate",
        "saved",
        "callbacks",
        "changed",
        "batches",
        "files",
        "gone",
        "weights_set",
        "side_effects",
        "counts",
    ):
        del other["fits"][0]["epochs"][0][name]
    around = (
        "printed",
        "warned",
        "callbacks",
        "weights_at_begin",
        "files",
        "optimizer_steps",
        "recorded",
        "attributes",
    )
    for name in around:
        del other["fits"][0][name]
    del other["callbacks"]
    assert difference(traces.from_json(TRACE), traces.from_json(other)) is None


@pytest.mark.parametrize(("a", "b", "equal"), [("NaN", "NaN", True), (0.0, -0.0, False), (1.0, {"array": 1.0}, False)])
def test_numbers_are_equal_if_they_are_written_the_same(a: Any, b: Any, equal: bool) -> None:
    one, other = (traces.from_json(changed(TRACE, ("fits", 0, "epochs", 0, "logged", "lr"), value)) for value in (a, b))
    assert (difference(one, other) is None) is equal


def test_an_epoch_that_only_one_has_is_a_difference_as_a_whole() -> None:
    longer = copy.deepcopy(TRACE)
    longer["fits"][0]["epochs"].append({"stop": True})
    longer["fits"][0]["epochs_run"] = 2
    found = difference(traces.from_json(TRACE), traces.from_json(longer))
    assert found == Difference(fit=0, epoch=1, field="", a=None, b={"stop": True})
    assert str(found) == 'fits[0].epochs[1] is null in the one and {"stop": true} in the other'


def test_a_failure_differs_from_a_trace_and_from_another() -> None:
    trace, crash = traces.from_json(TRACE), traces.Failed(kind="crash", message="a")
    found = difference(trace, crash)
    assert found is not None
    assert (found.place, found.a, found.b) == ("failed", None, {"kind": "crash", "message": "a"})
    assert difference(crash, traces.Failed(kind="crash", message="b")) is None
    found = difference(crash, traces.Failed(kind="exit", message="a"))
    assert found is not None
    assert (found.place, found.a, found.b) == ("failed.kind", "crash", "exit")


# ---------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"x": 1e999}', "the number 1e999 is out of the range of float64"),
        ('{"a": {"x": 1, "x": 2}}', "an object has the key 'x' twice"),
        ('{"x": NaN}', 'NaN is not JSON; write the string "NaN"'),
        ('{"x": "\\ud800"}', "a text holds half of a surrogate pair, which is no character"),
        ('{"x": 1' + "0" * 5000 + "}", "an integer has more digits than Python reads"),
        ("[" * 100000, "not a scenario: nested too deeply"),
        ('{"x": 1', "not JSON: Expecting ',' delimiter at line 1, column 8"),
    ],
)
def test_json_that_is_none_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidScenario) as caught:
        parse_json(text)
    assert str(caught.value) == message


def test_a_line_separator_in_a_text_is_part_of_it() -> None:
    assert parse_json('{"x": "a\u2028b"}') == {"x": "a\u2028b"}
    assert parse_json('{"x": "\\ud83d\\ude00"}') == {"x": "\U0001f600"}


def test_names_are_printed_without_control_characters_and_cut() -> None:
    assert printable("a\x1b[2J\n\u202e\u2028\ud800b") == "a\\x1b[2J\\n\\u202e\\u2028\\ud800b"
    assert printable("x" * 1000) == "x" * 200 + "... (1000 characters)"
    with pytest.raises(InvalidScenario) as caught:
        scenarios.from_json({**ONE, "\x1b[31m" + "y" * 1000: 1})
    assert str(caught.value).startswith("\\x1b[31myyy")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "filepath",
    [".{epoch!s:.0}./m", "{epoch!r:.0s}/m", "{epoch!s:.<2.0}/m", "a/{epoch!s:.>2.0}/m", "gs://m", "a:{epoch!s:.0}//m"],
)
def test_a_path_that_leaves_the_directory_however_it_is_formatted_is_refused(filepath: str) -> None:
    data = {**ONE, "callback": "ModelCheckpoint", "config": {"filepath": filepath}}
    with pytest.raises(InvalidScenario, match="stays relative when it is formatted") as caught:
        scenarios.from_json(data)
    assert caught.value.field == "config.filepath"


@pytest.mark.parametrize(
    "filepath", ["m-{epoch:02d}.keras", "{val_loss!s:.3}", "{", "{{..}}", "a..b/m", "{epoch!s:5.0}/m"]
)
def test_a_path_that_may_stay_in_the_directory_is_read(filepath: str) -> None:
    read = scenarios.from_json({**ONE, "callback": "ModelCheckpoint", "config": {"filepath": filepath}})
    assert read.config["filepath"] == filepath
