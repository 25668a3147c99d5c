"""Hostile scenarios, as files for `callcheck trace`: as text, field by field, and as lines."""

from typing import Any

from .case import LINK, Case, encoded, of_file

GOOD: dict[str, Any] = {
    "callback": "EarlyStopping",
    "config": {"monitor": "val_loss", "mode": "min", "patience": 1},
    "fits": [{"epochs": [{"logs": {"val_loss": 1.0}}, {"logs": {"val_loss": 1.0}}]}],
}
ESCAPE = "\x1b[2J\x1b[31m"
LONG = "x" * 50_000_000


def but(**changes: Any) -> dict[str, Any]:
    """A good scenario with other fields."""
    return {**GOOD, **changes}


def logs(**values: Any) -> dict[str, Any]:
    return but(fits=[{"epochs": [{"logs": values}]}])


def fit(**fields: Any) -> dict[str, Any]:
    return but(fits=[{**GOOD["fits"][0], **fields}])


def epoch(**fields: Any) -> dict[str, Any]:
    return but(fits=[{"epochs": [fields]}])


def config(**values: Any) -> dict[str, Any]:
    return but(config=values)


def checkpoint(filepath: Any, **fields: Any) -> dict[str, Any]:
    return but(callback="ModelCheckpoint", config={"filepath": filepath}, **fields)


def schedule(value: Any) -> dict[str, Any]:
    return but(callback="LearningRateScheduler", config={"schedule": value})


def raw(value: str) -> str:
    """A scenario with that JSON text as a metric's value."""
    return '{"callback": "TerminateOnNaN", "fits": [{"epochs": [{"logs": {"loss": %s}}]}]}' % value


TEXTS: dict[str, tuple[Any, int, str]] = {
    "empty": ("", 2, "there is no scenario in it"),
    "blank lines": ("\n \n\t\n", 2, "there is no scenario in it"),
    "only a byte order mark": ("\ufeff", 2, "s.json"),
    "a byte order mark in front": ("\ufeff" + encoded(GOOD).decode(), 0, "EarlyStopping("),
    "binary": (bytes(range(256)), 2, "is not UTF-8 text"),
    "null bytes": (b"\0" * 100, 2, "not JSON"),
    "UTF-16": (encoded(GOOD).decode().encode("utf-16"), 2, "is not UTF-8 text"),
    "half of UTF-8": (b'{"callback": "\xc3', 2, "is not UTF-8 text"),
    "a pickle": (b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00.", 2, "is not UTF-8 text"),
    "HTML": ("<html><body>404</body></html>", 2, "not JSON"),
    "TOML": ('callback = "EarlyStopping"', 2, "not JSON"),
    "YAML": ("callback: EarlyStopping\nfits: []\n", 2, "not JSON"),
    "Python": ("{'callback': 'EarlyStopping'}", 2, "not JSON"),
    "cut off": (encoded(GOOD)[:-5], 2, "not JSON"),
    "two objects on a line": (encoded(GOOD) * 2, 2, "not JSON"),
    "a comma too many": ('{"callback": "EarlyStopping",}', 2, "not JSON"),
    "a comment": ('{"callback": "EarlyStopping" /* mine */}', 2, "not JSON"),
    "a number": ("3", 2, "expected an object, got a number"),
    "a text": ('"EarlyStopping"', 2, "expected an object, got a string"),
    "null": ("null", 2, "expected an object, got null"),
    "true": ("true", 2, "expected an object, got a boolean"),
    "an empty object": ("{}", 2, "this field is required"),
    "an empty list": ("[]", 2, "there is no scenario in it"),
    "a list of lists": ("[[[]]]", 2, "expected an object, got a list"),
    "a list in a list of good ones": ([[GOOD]], 2, "expected an object, got a list"),
    "lists, deep": ("[" * 100_000 + "]" * 100_000, 2, "nested too deeply"),
    "lists, deep and open": ("[" * 100_000, 2, "nested too deeply"),
    "objects, deep": ('{"a":' * 100_000 + "1" + "}" * 100_000, 2, "nested too deeply"),
    "1e999": (raw("1e999"), 2, "out of the range of float64"),
    "-1e999": (raw("-1e999"), 2, "out of the range of float64"),
    "an exponent of 5,000 digits": (raw("1e" + "9" * 5000), 2, "out of the range of float64"),
    "5,000 digits": (raw("1" * 5000), 2, "more digits than Python reads"),
    "400 digits": (raw("1" * 400), 2, "loss"),
    "minus 400 digits": (raw("-" + "1" * 400), 2, "loss"),
    "5,000 digits behind the point": (raw("0." + "1" * 5000), 0, "loss=0.1111"),
    "a leading zero": (raw("01"), 2, "not JSON"),
    "a plus sign": (raw("+1"), 2, "not JSON"),
    "hexadecimal": (raw("0x10"), 2, "not JSON"),
    "digits that are not ASCII": (raw("\u0661"), 2, "not JSON"),
    "NaN as a literal": (raw("NaN"), 2, 'NaN is not JSON; write the string "NaN"'),
    "Infinity as a literal": (raw("Infinity"), 2, "Infinity is not JSON"),
    "-Infinity as a literal": (raw("-Infinity"), 2, "-Infinity is not JSON"),
    "nan": (raw('"nan"'), 2, "loss"),
    "NAN": (raw('"NAN"'), 2, "loss"),
    "-NaN": (raw('"-NaN"'), 2, "loss"),
    "inf": (raw('"inf"'), 2, "loss"),
    "+Infinity": (raw('"+Infinity"'), 2, "loss"),
    "NaN with a space": (raw('"NaN "'), 2, "loss"),
    "NaN": (raw('"NaN"'), 0, "loss=NaN"),
    "Infinity": (raw('"Infinity"'), 0, "loss=Infinity"),
    "minus zero": (raw("-0.0"), 0, "loss=-0.0"),
    "the smallest number": (raw("5e-324"), 0, "loss=5e-324"),
    "smaller than the smallest": (raw("1e-999"), 0, "loss=0.0"),
    "the same key twice": ('{"callback": "EarlyStopping", "callback": "EarlyStopping", "fits": []}', 2, "the key 'callback' twice"),
    "the same metric twice": (raw('1.0, "loss": 2.0'), 2, "the key 'loss' twice"),
    "the same key in two spellings": (raw('1.0, "lo\\u0073s": 2.0'), 2, "the key 'loss' twice"),
    "a lone high surrogate": (raw('1.0, "\\ud800": 2.0'), 2, "half of a surrogate pair"),
    "a lone low surrogate": (raw('1.0, "\\udfff": 2.0'), 2, "half of a surrogate pair"),
    "surrogates in the wrong order": (raw('1.0, "\\udc00\\ud800": 2.0'), 2, "half of a surrogate pair"),
    "a surrogate in bytes": (b'{"callback": "\xed\xa0\x80"}', 2, "is not UTF-8 text"),
    "a surrogate in a value": (encoded(GOOD).replace(b'"min"', b'"\\ud800"'), 2, "half of a surrogate pair"),
    "a pair of surrogates": (raw('1.0, "\\ud83d\\ude00": 2.0'), 0, "\U0001f600=2.0"),
    "U+2028 in a name": (raw('1.0, "a\u2028b": 2.0'), 0, "a\\u2028b=2.0"),
    "U+2028 between lines": (encoded(GOOD).decode() + "\u2028" + encoded(GOOD).decode(), 2, "not JSON"),
    "U+0085 in a name": (raw('1.0, "a\u0085b": 2.0'), 0, "a\\x85b=2.0"),
    "text from right to left": (raw('1.0, "a\u202eb": 2.0'), 0, "a\\u202eb=2.0"),
    "a raw newline in a name": (raw('1.0, "a\nb": 2.0'), 2, "not JSON"),
    "an escaped newline in a name": (raw('1.0, "a\\nb": 2.0'), 0, "a\\nb=2.0"),
    "an escaped null": (raw('1.0, "a\\u0000b": 2.0'), 0, "a\\x00b=2.0"),
    "ANSI in a name": (raw('1.0, "\\u001b[31mred": 2.0'), 0, "\\x1b[31mred=2.0"),
    "an empty name": (raw('1.0, "": 2.0'), 0, "=2.0"),
    "a name of 50 MB": (raw('1.0, "%s": 2.0' % LONG), 0, "characters)"),
    "a callback's name of 50 MB": (but(callback=LONG), 2, "characters)"),
}  # fmt: skip

FIELDS: dict[str, tuple[Any, int, str]] = {
    "no callback": ({"fits": GOOD["fits"]}, 2, "callback: this field is required"),
    "no fits": ({"callback": "EarlyStopping"}, 2, "fits: this field is required"),
    "an unknown field": (but(epochs=[]), 2, "epochs: unknown field"),
    "an unknown field with ANSI": (but(**{ESCAPE: 1}), 2, "\\x1b[2J\\x1b[31m: unknown field"),
    "an unknown field of 50 MB": (but(**{LONG: 1}), 2, "unknown field"),
    "callback null": (but(callback=None), 2, "callback: unknown callback None"),
    "callback a list": (but(callback=["EarlyStopping"]), 2, "callback: unknown callback ['EarlyStopping']"),
    "callback of another case": (but(callback="earlystopping"), 2, "callback: unknown callback 'earlystopping'"),
    "callback with ANSI": (but(callback=ESCAPE), 2, "callback: unknown callback '\\x1b[2J\\x1b[31m'"),
    "callback and callbacks": (but(callbacks=[]), 2, "callback"),
    "no callbacks in callbacks": ({"callbacks": [], "fits": GOOD["fits"]}, 2, "callbacks"),
    "callbacks an object": ({"callbacks": {}, "fits": GOOD["fits"]}, 2, "callbacks: expected a list"),
    "config null": (but(config=None), 2, "config: expected an object of parameters, got null"),
    "config a list": (but(config=[]), 2, "config: expected an object of parameters, got a list"),
    "config, deep": (
        encoded(GOOD).replace(b'"val_loss"', b"[" * 500 + b"]" * 500, 1), 2, "config.monitor: nested too deeply",
    ),
    "patience of 4,000 digits": (config(patience=10**4000), 0, "EarlyStopping("),
    "patience a text": (config(patience="one"), 0, "EarlyStopping(patience='one')"),
    "patience an object": (config(patience={"a": 1}), 0, "EarlyStopping(patience={'a': 1})"),
    "min_delta a text": (config(min_delta="much"), 2, "config.min_delta"),
    "min_delta true": (config(min_delta=True), 2, "config.min_delta"),
    "min_delta a list": (config(min_delta=[0.1]), 2, "config.min_delta"),
    "min_delta with 400 digits": (config(min_delta=10**400), 2, "config.min_delta"),
    "baseline NaN": (config(baseline="NaN"), 0, "baseline=nan"),
    "monitor a number": (config(monitor=3), 0, "monitor=3"),
    "monitor an object": (config(monitor={}), 0, "monitor={}"),
    "monitor an object, and a value": (
        but(callback="ReduceLROnPlateau", config={"monitor": {"a": 1}, "mode": "min"}), 0, "ReduceLROnPlateau(",
    ),
    "monitor with ANSI": (config(monitor=ESCAPE), 0, "monitor='\\x1b[2J\\x1b[31m'"),
    "monitor of 50 MB": (config(monitor=LONG), 0, "characters)"),
    "an unknown parameter": (config(patient=1), 0, "rejected: TypeError"),
    "an unknown parameter with ANSI": (config(**{ESCAPE: 1}), 0, "rejected: TypeError"),
    "a parameter with an empty name": (config(**{"": 1}), 0, "rejected: TypeError"),
    "the parameter self": (config(self=1), 0, "rejected: TypeError"),
    "the parameter __class__": (config(__class__=1), 0, "rejected: TypeError"),
    "fits null": (but(fits=None), 2, "fits: expected a list, got null"),
    "fits an object": (but(fits={}), 2, "fits: expected a list, got an object"),
    "fits empty": (but(fits=[]), 2, "fits: the list is empty"),
    "a fit that is null": (but(fits=[None]), 2, "fits[0]: expected an object, got null"),
    "a fit without epochs": (but(fits=[{}]), 2, "fits[0].epochs: this field is required"),
    "a fit with no epochs": (but(fits=[{"epochs": []}]), 2, "fits[0].epochs: the list is empty"),
    "a fit with a number of epochs": (but(fits=[{"epochs": 3}]), 2, "fits[0].epochs: expected a list, got a number"),
    "an unknown field of a fit": (fit(verbose=1), 2, "fits[0].verbose: unknown field"),
    "the second fit is wrong": (but(fits=[*GOOD["fits"], {}]), 2, "fits[1].epochs: this field is required"),
    "10,000 fits": (but(fits=[{"epochs": [{}]}] * 10_000), 0, "fit 10000"),
    "an epoch that is a list": (but(fits=[{"epochs": [[]]}]), 2, "fits[0].epochs[0]: expected an object, got a list"),
    "an unknown field of an epoch": (epoch(log={}), 2, "fits[0].epochs[0].log: unknown field"),
    "logs null": (epoch(logs=None), 2, "fits[0].epochs[0].logs: expected an object of metric values, got null"),
    "logs a list": (epoch(logs=[1.0]), 2, "fits[0].epochs[0].logs: expected an object of metric values, got a list"),
    "a metric null": (logs(loss=None), 2, "fits[0].epochs[0].logs.loss"),
    "a metric a text": (logs(loss="low"), 2, "fits[0].epochs[0].logs.loss"),
    "a metric an empty list": (logs(loss=[]), 2, "fits[0].epochs[0].logs.loss"),
    "a metric a list of lists": (logs(loss=[[1.0]]), 2, "fits[0].epochs[0].logs.loss"),
    "a metric a list of texts": (logs(loss=["a"]), 2, "fits[0].epochs[0].logs.loss"),
    "a metric an empty object": (logs(loss={}), 2, "fits[0].epochs[0].logs.loss"),
    "a metric of two kinds": (logs(loss={"array": 1.0, "tensor": [1.0]}), 2, "fits[0].epochs[0].logs.loss"),
    "a metric of an unknown kind": (logs(loss={"scalar": 1.0}), 2, "fits[0].epochs[0].logs.loss"),
    "an array in an array": (logs(loss={"array": {"array": 1.0}}), 2, "fits[0].epochs[0].logs.loss"),
    "a metric with ANSI is wrong": (logs(**{ESCAPE: None}), 2, "logs.\\x1b[2J\\x1b[31m"),
    "a metric with a newline is wrong": (logs(**{"a\nb": None}), 2, "logs.a\\nb"),
    "a metric with a dot is wrong": (logs(**{"a.b": None}), 2, "logs.a.b"),
    "a metric of 50 MB is wrong": (logs(**{LONG: None}), 2, "characters)"),
    "stop a number": (epoch(stop=1), 2, "fits[0].epochs[0].stop: expected true or false, got a number"),
    "stop a text": (epoch(stop="true"), 2, "fits[0].epochs[0].stop: expected true or false, got a string"),
    "batches empty": (epoch(logs={}, batches=[]), 2, "fits[0].epochs[0].batches"),
    "batches a number": (epoch(logs={}, batches=2), 2, "fits[0].epochs[0].batches: expected a list, got a number"),
    "a batch null": (epoch(logs={}, batches=[None]), 2, "fits[0].epochs[0].batches[0]: expected an object of metric values, got null"),
    "a batch's metric null": (epoch(batches=[{}, {"loss": None}]), 2, "fits[0].epochs[0].batches[1].loss"),
    "others a text": (epoch(others="me"), 2, "fits[0].epochs[0].others: expected a list, got a string"),
    "others in no hook": (epoch(others=[{"stop": True}]), 2, "fits[0].epochs[0].others[0].hook"),
    "others in an unknown hook": (epoch(others=[{"hook": "fit", "stop": True}]), 2, "others[0].hook"),
    "others doing nothing": (epoch(others=[{"hook": "epoch_end"}]), 2, "fits[0].epochs[0].others[0]"),
    "others raising what is no exception": (epoch(others=[{"hook": "epoch_end", "raise": "print"}]), 2, "others[0].raise"),
    "others raising __import__": (epoch(others=[{"hook": "epoch_end", "raise": "__import__"}]), 2, "others[0].raise"),
    "others before a callback that is not there": (
        epoch(others=[{"hook": "epoch_end", "before": 7, "stop": True}]), 2, "fits[0].epochs[0].others[0].before",
    ),
    "others before and after": (
        epoch(others=[{"hook": "epoch_end", "before": 0, "after": 0, "stop": True}]), 2, "fits[0].epochs[0].others[0]",
    ),
    "others at a batch of an epoch's hook": (
        epoch(others=[{"hook": "epoch_end", "batch": 0, "stop": True}]), 2, "fits[0].epochs[0].others[0]",
    ),
    "weights of somebody": (epoch(others=[{"hook": "epoch_end", "weights": "mine"}]), 2, "others[0].weights"),
    "learning_rate a text": (but(learning_rate="fast"), 2, "learning_rate"),
    "learning_rate true": (but(learning_rate=True), 2, "learning_rate"),
    "learning_rate with 400 digits": (but(learning_rate=10**400), 2, "learning_rate"),
    "learning_rate an empty object": (but(learning_rate={}), 2, "learning_rate"),
    "learning_rate of objects": (but(learning_rate={"a": {"b": 1.0}}), 2, "learning_rate.a"),
    "learning_rate a schedule of texts": (but(learning_rate={"schedule": "cosine"}), 2, "learning_rate.schedule"),
    "learning_rate -0.0": (but(learning_rate=-0.0), 0, "EarlyStopping("),
    "learning_rate 1e308": (but(learning_rate=1e308), 0, "EarlyStopping("),
    "learning_rate NaN": (but(learning_rate="NaN"), 0, "EarlyStopping("),
    "a fit's learning_rate null": (fit(learning_rate=None), 2, "fits[0].learning_rate"),
    "a fit's learning_rate for an optimizer that is not there": (fit(learning_rate={"a": 1.0}), 2, "fits[0].learning_rate"),
    "initial_epoch a text": (but(initial_epoch="0"), 2, "initial_epoch: expected an integer, got a string"),
    "initial_epoch 0.5": (but(initial_epoch=0.5), 2, "initial_epoch: expected an integer, got a number"),
    "initial_epoch true": (but(initial_epoch=True), 2, "initial_epoch: expected an integer, got a boolean"),
    "initial_epoch with 400 digits": (but(initial_epoch=10**400), 0, "epoch 1000000"),
    "a fit's initial_epoch null": (fit(initial_epoch=None), 2, "fits[0].initial_epoch"),
    "steps_per_execution 0": (but(steps_per_execution=0), 2, "steps_per_execution: expected at least 1, got 0"),
    "steps_per_execution -1": (but(steps_per_execution=-1), 2, "steps_per_execution: expected at least 1, got -1"),
    "steps_per_execution 1.0": (but(steps_per_execution=1.0), 2, "steps_per_execution: expected an integer"),
    "steps_per_execution with 400 digits": (but(steps_per_execution=10**400), 0, "steps_per_execution: 1000"),
    "metrics a text": (but(metrics="accuracy"), 2, "metrics: expected a list, got a string"),
    "metrics null": (but(metrics=None), 2, "metrics: expected a list, got null"),
    "an unknown metric": (but(metrics=["goodness"]), 2, "metrics[0]: unknown metric name 'goodness'"),
    "an unknown metric with ANSI": (but(metrics=[ESCAPE]), 2, "metrics[0]: unknown metric name '\\x1b[2J\\x1b[31m'"),
    "an unknown metric of 50 MB": (but(metrics=[LONG]), 2, "metrics[0]: unknown metric name"),
    "an unknown metric class": (but(metrics=[{"class": "Goodness"}]), 2, "metrics[0]: unknown metric class 'Goodness'"),
    "a metric class that is a list": (but(metrics=[{"class": ["AUC"]}]), 2, "metrics[0]: unknown metric class ['AUC']"),
    "a metric without a class": (but(metrics=[{"name": "auc"}]), 2, "metrics[0]: expected a metric name"),
    "a metric with an empty name": (but(metrics=[{"class": "AUC", "name": ""}]), 2, "metrics[0]: expected a name"),
    "a metric that is a keyword": (but(metrics=[{"function": "lambda"}]), 2, "metrics[0]: expected the name of a function"),
    "a metric that is code": (but(metrics=[{"function": "f(x)"}]), 2, "metrics[0]: expected the name of a function"),
    "a metric null in metrics": (but(metrics=[None]), 2, "metrics[0]: expected a metric name"),
    "metrics by output, without": (but(metrics={}), 2, "metrics: the object is empty"),
    "metrics of an output that is not there": (but(metrics={"a": ["mse"]}), 2, "metrics"),
    "outputs a text": (but(outputs="a"), 2, "outputs: expected a list, got a string"),
    "outputs, one": (but(outputs=["a"]), 0, "EarlyStopping("),
    "outputs twice": (but(outputs=["a", "a"]), 2, "outputs"),
    "outputs with a slash": (but(outputs=["a/b", "c"]), 2, "outputs"),
    "outputs with ANSI": (but(outputs=[ESCAPE, "c"]), 2, "outputs"),
    "outputs that are numbers": (but(outputs=[1, 2]), 2, "outputs"),
    "instances unknown": (fit(instances="other"), 2, "fits[0].instances"),
    "instances a list": (fit(instances=["same"]), 2, "fits[0].instances"),
    "the first fit resumes": (fit(resume={"from": "m.keras"}), 2, "fits[0].resume"),
    "resume null": (but(fits=[*GOOD["fits"], {"epochs": [{}], "resume": None}]), 2, "fits[1].resume"),
    "resume from above": (
        but(fits=[*GOOD["fits"], {"epochs": [{}], "resume": {"from": "../m.keras"}}]), 2, "fits[1].resume.from",
    ),
    "resume from the root": (
        but(fits=[*GOOD["fits"], {"epochs": [{}], "resume": {"from": "/etc/passwd"}}]), 2, "fits[1].resume.from",
    ),
    "resume with an unknown way": (
        but(fits=[*GOOD["fits"], {"epochs": [{}], "resume": {"from": "m", "load": "all"}}]), 2, "fits[1].resume.load",
    ),
    "schedule a number": (schedule(0.1), 2, "config.schedule: expected an object, got a number"),
    "schedule a text": (schedule("lambda e: 0.1"), 2, "config.schedule: expected an object, got a string"),
    "schedule empty": (schedule({}), 2, "config.schedule"),
    "schedule of two kinds": (schedule({"table": [1.0], "scale": 1.0}), 2, "config.schedule"),
    "schedule with a table of texts": (schedule({"table": ["a"]}), 2, "config.schedule.table"),
    "schedule with a table that is a number": (schedule({"table": 1.0}), 2, "config.schedule.table"),
    "schedule with a scale that is a text": (schedule({"scale": "half"}), 2, "config.schedule.scale"),
    "schedule with an unknown return": (schedule({"scale": 0.5, "returns": "list"}), 2, "config.schedule.returns"),
    "schedule with an unknown argument": (schedule({"scale": 0.5, "accepts": "rate"}), 2, "config.schedule.accepts"),
    "schedule with an unknown field": (schedule({"scale": 0.5, "code": "x"}), 2, "config.schedule.code: unknown field"),
    "schedule with a table of nothing": (schedule({"table": []}), 2, "config.schedule.table: the list is empty"),
}  # fmt: skip

PATHS: dict[str, tuple[Any, int, str]] = {
    "absolute": (checkpoint("/elsewhere/victim.keras"), 2, "config.filepath: expected a relative path"),
    "above": (checkpoint("../victim.keras"), 2, "config.filepath: expected a relative path without '..'"),
    "above in the middle": (checkpoint("a/../../victim.keras"), 2, "config.filepath: expected a relative path without '..'"),
    "only above": (checkpoint(".."), 2, "config.filepath: expected a relative path without '..'"),
    "with a null": (checkpoint("a\0b"), 2, "config.filepath: expected a relative path"),
    "a number": (checkpoint(3), 2, "config.filepath: expected a relative path, got a number"),
    "null": (checkpoint(None), 2, "config.filepath: expected a relative path, got null"),
    "a list": (checkpoint(["m.keras"]), 2, "config.filepath: expected a relative path, got a list"),
    "an object of two ways": (checkpoint({"relative": "a", "path_like": "a"}), 2, "config.filepath: a filepath that is an object"),
    "an object of no way": (checkpoint({}), 2, "config.filepath: a filepath that is an object"),
    "an object of another way": (checkpoint({"absolute": "a"}), 2, "config.filepath.absolute: unknown field"),
    "relative and absolute": (checkpoint({"relative": "/a"}), 2, "config.filepath.relative: expected a relative path"),
    "relative and above": (checkpoint({"relative": "../a"}), 2, "config.filepath.relative: expected a relative path"),
    "relative and the directory": (checkpoint({"relative": "."}), 2, "config.filepath.relative: expected a relative path"),
    "relative and empty": (checkpoint({"relative": ""}), 2, "config.filepath.relative: expected a relative path"),
    "relative and null": (checkpoint({"relative": None}), 2, "config.filepath.relative: expected a relative path, got null"),
    "absolute when formatted": (
        checkpoint({"relative": "{epoch!s:.0}/elsewhere/victim.keras"}), 2, "config.filepath.relative: expected a path that stays",
    ),
    "above when formatted": (
        checkpoint({"relative": ".{epoch!s:.0}./victim.keras"}), 2, "config.filepath.relative: expected a path that stays",
    ),
    "above when formatted, with a directory in front": (
        checkpoint("a/.{epoch!s:.0}./.{epoch!s:.0}./victim.keras"), 2, "config.filepath: expected a path that stays",
    ),
    "above when filled": (checkpoint("{epoch!s:.>2.0}/victim.keras"), 2, "config.filepath: expected a path that stays"),
    "a slash as filling": (checkpoint({"relative": "{epoch!s:/>2.0}victim.keras"}), 2, "config.filepath.relative: expected"),
    "a slash as filling of a number": (checkpoint({"relative": "{epoch:/>9}victim.keras"}), 0, "ModelCheckpoint("),
    "a URL": (checkpoint("gs://bucket/m.keras"), 2, "config.filepath"),
    "a URL when formatted": (checkpoint("gs:{epoch!s:.0}//bucket/m.keras"), 2, "config.filepath"),
    "an attribute of a field": (checkpoint("{epoch.__class__}.keras"), 0, "ModelCheckpoint("),
    "an attribute of an attribute": (checkpoint("{val_loss.__class__.__mro__[1].__subclasses__}.keras"), 0, "ModelCheckpoint("),
    "an index into a field": (checkpoint("{epoch[0]}.keras"), 0, "ModelCheckpoint("),
    "a position": (checkpoint("{0}.keras"), 0, "ModelCheckpoint("),
    "a field that is not there": (checkpoint("{nothing}.keras"), 0, "ModelCheckpoint("),
    "an open brace": (checkpoint("{epoch.keras"), 0, "ModelCheckpoint("),
    "a closing brace": (checkpoint("epoch}.keras"), 0, "ModelCheckpoint("),
    "a million characters of filling": (checkpoint("{epoch:1000000}.keras"), 0, "ModelCheckpoint("),
    "a hundred million characters of filling": (checkpoint("{epoch:100000000}.keras"), 0, "ModelCheckpoint("),
    "more filling than there is memory": (checkpoint("{epoch:99999999999999}.keras"), 0, "ModelCheckpoint("),
    "filling in a filling": (checkpoint("{epoch:{epoch}}.keras"), 0, "ModelCheckpoint("),
    "a name of 5,000 characters": (checkpoint("x" * 5000 + ".keras"), 0, "ModelCheckpoint("),
    "ANSI": (checkpoint(ESCAPE + ".keras"), 0, "\\x1b[2J\\x1b[31m.keras"),
    "a newline": (checkpoint("a\nb.keras"), 0, "a\\nb.keras"),
    "empty": (checkpoint(""), 0, "ModelCheckpoint("),
    "spaces": (checkpoint("   "), 0, "ModelCheckpoint("),
    "existing, absolute": (checkpoint("m.keras", existing=["/elsewhere/victim"]), 2, "existing[0]: expected a relative path"),
    "existing, above": (checkpoint("m.keras", existing=["a", "../victim"]), 2, "existing[1]: expected a relative path"),
    "existing, the directory": (checkpoint("m.keras", existing=["./"]), 2, "existing[0]: expected a relative path"),
    "existing, only a slash": (checkpoint("m.keras", existing=["/"]), 2, "existing[0]: expected a relative path"),
    "existing, empty": (checkpoint("m.keras", existing=[""]), 2, "existing[0]: expected a relative path"),
    "existing, two slashes": (checkpoint("m.keras", existing=["a//b"]), 2, "existing[0]: expected a relative path"),
    "existing, a null": (checkpoint("m.keras", existing=["a\0"]), 2, "existing[0]: expected a relative path"),
    "existing, a number": (checkpoint("m.keras", existing=[3]), 2, "existing[0]: expected a relative path, got a number"),
    "existing, a text": (checkpoint("m.keras", existing="m.keras"), 2, "existing: expected a list, got a string"),
    "existing, a file and a directory": (checkpoint("m.keras", existing=["a", "a/b"]), 2, "would have to be a file and a directory"),
    "existing, ANSI": (checkpoint("m.keras", existing=[ESCAPE]), 0, "there before: \\x1b[2J\\x1b[31m"),
    "existing, ANSI and wrong": (checkpoint("m.keras", existing=[f"../{ESCAPE}"]), 2, "existing[0]: expected a relative path"),
}  # fmt: skip

_LINE = encoded(GOOD)
LINES: dict[str, tuple[Any, int, str]] = {
    "the first is bad": (b"{]\n" + _LINE + b"\n" + _LINE, 2, "s.json, line 1: not JSON"),
    "the second is bad": (_LINE + b"\n{]\n" + _LINE, 2, "s.json, line 2: not JSON"),
    "the last is cut off": (_LINE + b"\n" + _LINE[:-3], 2, "s.json, line 2: not JSON"),
    "a line is empty": (_LINE + b"\n\n" + _LINE, 0, "[2] s.json, line 3"),
    "Windows's line ends": (_LINE + b"\r\n" + _LINE + b"\r\n", 0, "[2] s.json, line 2"),
    "a line of another kind": (_LINE + b"\n3\n", 2, "s.json, line 2: expected an object, got a number"),
    "a line of nulls": (_LINE + b"\n" + b"\0" * 10 + b"\n", 2, "s.json, line 2: not JSON"),
    "a line with a lone surrogate": (_LINE + b'\n{"callback": "\\ud800"}\n', 2, "s.json, line 2: a text holds half of a surrogate"),
    "a line with 1e999": (_LINE + b"\n" + raw("1e999").encode(), 2, "s.json, line 2: the number 1e999 is out of the range"),
    "a line with 5,000 digits": (_LINE + b"\n" + raw("1" * 5000).encode(), 2, "s.json, line 2: an integer has more digits"),
    "a line with a key twice": (_LINE + b"\n" + raw('1.0, "loss": 2.0').encode(), 2, "s.json, line 2: an object has the key"),
    "a line that is deep": (_LINE + b"\n" + b"[" * 100_000, 2, "s.json, line 2: not a scenario: nested too deeply"),
    "a line with U+2028": (_LINE + b"\n" + raw('1.0, "a\u2028b": 2.0').encode(), 0, "[2] s.json, line 2"),
    "lines in a list": (b"[" + _LINE + b",\n" + _LINE + b"]", 0, "[2] s.json, item 2"),
    "an item is bad": (b"[" + _LINE + b", {}]", 2, "s.json, item 2: fits: this field is required"),
    "an item is null": (b"[" + _LINE + b", null]", 2, "s.json, item 2: expected an object, got null"),
    "1,000 lines": ((_LINE + b"\n") * 1_000, 0, "[1000] s.json, line 1000"),
}  # fmt: skip


def _on_standard_input() -> list[Case]:
    table: dict[str, tuple[bytes | None, int, str]] = {
        "good": (_LINE, 0, "EarlyStopping("),
        "empty": (b"", 2, "standard input: there is no scenario in it"),
        "binary": (bytes(range(256)), 2, "standard input: is not UTF-8 text"),
        "bad": (b"{", 2, "standard input: not JSON"),
        "closed": (None, 2, "standard input is closed"),
    }
    return [
        Case(name=f"scenario on standard input: {name}", words=("trace", "-"), stdin=content, status=status, says=says)
        for name, (content, status, says) in table.items()
    ]


def _in_files() -> list[Case]:
    table: dict[str, tuple[str, dict[str, bytes], int, str]] = {
        "not there": ("trace nowhere.json", {}, 2, "nowhere.json: cannot be read"),
        "a name with ANSI": (f"trace {ESCAPE}.json", {}, 2, "\\x1b[2J\\x1b[31m.json: cannot be read"),
        "a name with a newline": ("trace a\nb.json", {}, 2, "a\\nb.json: cannot be read"),
        "a name of a million characters": ("trace " + "x" * 1_000_000, {}, 2, "characters)"),
        "a lone surrogate in the name": ("trace \udcff.json", {}, 2, "cannot be read"),
        "an empty name": ("trace ", {}, 2, "a file without a name: cannot be read"),
        "an empty folder": ("trace d", {"d/": b""}, 2, "d: there is no scenario in this folder"),
        "a folder in a folder": ("trace d", {"d/e.json/": b""}, 2, "e.json: cannot be read"),
        "a folder with a link to itself": ("trace d", {"d/": b"", "d/a.json": LINK + b"a.json"}, 2, "a.json: cannot be read"),
        "a link that leads nowhere": ("trace a.json", {"a.json": LINK + b"nowhere"}, 2, "a.json: cannot be read"),
        "a link to a good one": ("trace a.json", {"a.json": LINK + b"b.json", "b.json": _LINE}, 0, "EarlyStopping("),
        "a device without end": ("trace /dev/zero", {}, 2, "/dev/zero: is larger than 256 MiB"),
        "a good one and a device without end": ("trace a.json /dev/zero", {"a.json": _LINE}, 2, "/dev/zero: is larger than 256 MiB"),
        "a device": ("trace /dev/null", {}, 2, "/dev/null: there is no scenario in it"),
        "one of two is not there": ("trace a.json nowhere.json", {"a.json": _LINE}, 2, "nowhere.json: cannot be read"),
        "a report's main file": ("trace d", {"d/check.json": b"{}"}, 2, "d: there is no scenario in this folder"),
    }  # fmt: skip
    return [
        Case(name=f"scenario in a file: {name}", words=tuple(words.split(" ")), files=files, status=status, says=says)
        for name, (words, files, status, says) in table.items()
    ]


CASES = [
    *of_file("scenario as text", "trace s.json", "s.json", TEXTS),
    *of_file("scenario by field", "trace s.json", "s.json", FIELDS),
    *of_file("scenario with files", "trace s.json", "s.json", PATHS),
    *of_file("scenarios in lines", "trace s.json", "s.json", LINES),
    *_on_standard_input(),
    *_in_files(),
]
