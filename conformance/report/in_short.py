"""What the values of choices mean, in as few words as fit into a headline: the sentences of the registry come after it.

Of a value that is not here its own name has to do. The documented value needs no words, for it is no difference.
"""

from collections.abc import Mapping

from callcheck.spec.callbacks import CALLBACKS
from callcheck.spec.choices import CHOICES

_MONITORING = {
    "anchor": {"best-value": "a value is compared with the best so far, not with the last that improved by min_delta"},
    "direction": {
        "always-minimum": "mode auto always means the minimum",
        "compiled-metric": "mode auto goes by the compiled metric",
        "name-contains-acc": "mode auto goes by acc in the name",
        "name-contains-acc-or-starts-with-fmeasure": "mode auto goes by acc or fmeasure in the name",
        "name-ends-with-acc-accuracy-auc": "mode auto goes by the end of the name",
    },
    "exact-change": {
        "is-none": "a change of exactly min_delta is no improvement",
        "always-is-one": "a change of exactly min_delta is an improvement, and so is the same value again",
    },
    "first-value": {
        "accepted": "the first value is the best, even a NaN",
        "not-kept": "the first value counts, but a NaN or infinity is not kept as the best",
    },
    "min-delta-sign": {
        "as-given": "a negative min_delta is taken as it is",
        "as-zero": "a negative min_delta counts as 0",
        "turned": "min_delta stands on the wrong side",
        "refused": "a negative min_delta is refused",
        "refused-at-the-first-epoch": "a negative min_delta raises in the first epoch",
    },
    "nonfinite": {
        "nan-improves": "a NaN counts as an improvement",
        "ends-training": "a NaN or infinity ends training",
        "skipped": "a NaN or infinity is passed over",
    },
    "precision": {
        "float32": "values are compared in float32",
        "float32-arithmetic": "values are added and compared in float32",
        "float32-jax": "values are compared in float32, as by JAX",
        "float32-tensorflow": "values are compared in float32, as by TensorFlow",
    },
    "threshold": {"relative": "min_delta is a share of the best value, not an absolute change"},
    "unknown-mode": {"raises": "an unknown mode raises"},
}  # fmt: skip
"""By the last part of the id, for every callback that monitors."""

_OWN = {
    "early-stopping": {
        "baseline": {
            "gates-the-reset": "an unbeaten baseline resets no count, and spares the epoch that improves",
            "is-the-first-best": "the baseline is the first best value",
        },
        "first-epoch": {"as-any-other": "the first epoch can stop, too"},
        "improvement": {"leaves-the-count": "an improvement does not reset the wait"},
        "missing-metric": {
            "raises-key-error": "a missing metric raises KeyError",
            "raises-runtime-error": "a missing metric raises RuntimeError",
            "says-nothing": "a missing metric is passed over without a word",
            "warns-and-raises-type-error": "a missing metric warns and raises TypeError",
        },
        "patience": {
            "more-than": "patience counts one more: it stops an epoch later",
            "and-one-more": "patience is asked before the epoch is counted: it stops an epoch later",
            "exactly": "it stops in the epoch that is the patience-th without an improvement, and in none after it",
        },
        "patience-zero": {
            "stops-at-once": "a patience of 0 stops even after an improvement",
            "stops-in-the-first-epoch": "a patience of 0 stops in the first epoch",
            "disables": "a patience of 0 never stops",
            "refused": "a patience of 0 is refused",
        },
        "restored-epoch": {"last-improvement": "the weights put back are those of the last improvement by min_delta"},
        "restored-when": {"it-stops": "weights are put back only by its own stop"},
        "restored-without-best": {"nothing": "no weights are put back where no value was the best"},
        "reuse": {
            "best-value": "the best value is kept for the next fit",
            "best-weights": "the best weights are kept for the next fit",
            "everything": "the next fit goes on where the last one ended",
        },
        "stop-message": {"at-the-stop": "the stop is announced when it happens"},
        "stop-message-epoch": {"from-zero": "the line about the stop counts from zero"},
        "unit": {"validation": "patience counts validations, not epochs"},
        "warm-up": {"absolute": "start_from_epoch is an absolute epoch"},
    },
    "reduce-lr-on-plateau": {
        "cooldown": {"one-less": "the cooldown is one epoch shorter"},
        "min-lr": {
            "as-given": "the rate is compared with min_lr as it is given",
            "with-a-margin": "a rate slightly above min_lr is not reduced",
            "not-at-all": "a rate below min_lr is raised to it",
        },
        "patience": {
            "more-than": "patience counts one more: it reduces an epoch later",
            "more-than-at-first": "the first reduction comes an epoch later",
        },
        "patience-below-zero": {"reduces-always": "a patience below 0 reduces in every epoch"},
        "pickling": {"fails": "an instance cannot be pickled"},
        "reuse": {
            "best-value": "the best value is kept for the next fit",
            "everything": "the next fit goes on where the last one ended",
        },
        "smallest-change": {
            "above-0": "a reduction that changes nothing is not made",
            "above-1e-8": "a reduction by 1e-8 or less is not made",
        },
        "without-a-reduction": {"begins-anew": "wait and cooldown begin anew although the rate cannot fall"},
    },
    "model-checkpoint": {
        "announces": {"before": "nothing is printed after a save"},
        "epoch-in-name": {"from-zero": "epochs in file names count from zero"},
        "missing-metric": {
            "raises": "a missing metric raises",
            "saves": "it saves although the metric is missing",
        },
        "save-freq": {"samples": "save_freq counts samples, not batches"},
        "suffix": {"free": "any file name is accepted"},
    },
    "learning-rate": {
        "empty-logs": {"get-the-rate": "the rate is logged into empty logs, too"},
        "log-key": {"lr": "the rate is logged as lr"},
        "logged-as": {"numpy": "the rate is logged as a number of NumPy's"},
        "stored-as": {"float64": "the rate is stored in float64"},
    },
    "learning-rate-scheduler": {
        "logs": {"nothing": "the rate is not logged"},
        "schedule": {"epoch": "the schedule is given the epoch alone"},
    },
}  # fmt: skip
"""By the prefix of the id, and its last part."""

IN_SHORT: Mapping[str, Mapping[str, str]] = {
    id: {value: said for value, said in words.items() if value in CHOICES[id].values}
    for prefix in (*(each.prefix for each in CALLBACKS.values()), "learning-rate")
    for name, words in {**_MONITORING, **_OWN.get(prefix, {})}.items()
    if (id := f"{prefix}/{name}") in CHOICES
}
"""By the id of a choice and the name of a value."""


def in_short(choice: str, value: str) -> str:
    """What the value means, and behind it by which name it is known."""
    name = choice.partition("/")[2]
    said = IN_SHORT.get(choice, {}).get(value)
    return f"{name} = {value}" if said is None else f"{said} ({name} = {value})"
