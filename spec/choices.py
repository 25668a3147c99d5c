"""The registry of semantic choices: one decision each, on which implementations differ, with named values.

Rules
- A dialect takes one value for every choice; the reference honours every value listed here, and no other.
- A choice that no scenario can show is not a choice: a test finds, for every value, a scenario on which it matters.
- A choice belongs to one callback, or to the learning rate that two of them share.
- An id is a path, `<callback>/<decision>`, and never changes its meaning; `choices.txt` lists them, and a test holds the list.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One decision. `values` maps each value's name to a sentence that says what an implementation with it does."""

    id: str
    question: str
    values: dict[str, str]


def _choice(id: str, question: str, **values: str) -> Choice:
    return Choice(id=id, question=question, values={name.replace("_", "-"): text for name, text in values.items()})


_IN_AUTO = 'How does mode="auto" choose between minimum and maximum?'
_COMPILED = (
    "By the compiled metric of that name; ValueError if that does not decide. Resolved at the first epoch end, once for an "
    "instance"
)


def _precision(prefix: str) -> Choice:
    return _choice(
        f"{prefix}/precision",
        "In which precision is a monitored value compared with the best one?",
        float32_tensorflow="Both sides are rounded to float32; subnormals count as zero; a finite value beyond the range "
        "of float32 raises ValueError.",
        float32="Both sides are rounded to float32.",
        float64="The Python floats are compared.",
    )


def _first_value(prefix: str) -> Choice:
    return _choice(
        f"{prefix}/first-value",
        "Is the first monitored value always the best so far?",
        accepted="Always, even a NaN or an infinity; nothing improves on a NaN.",
        compared_with_infinity="It is compared with the worst infinity, so that a NaN or that infinity is no improvement.",
    )


def _anchor(prefix: str) -> Choice:
    return _choice(
        f"{prefix}/anchor",
        "What is a value compared with?",
        last_significant_improvement="With the last value that improved by more than min_delta.",
        best_value="With the best value so far, whether it was better by more than min_delta or not.",
    )


_ALL = (
    _precision("early-stopping"),
    _first_value("early-stopping"),
    _anchor("early-stopping"),
    _choice(
        "early-stopping/direction",
        _IN_AUTO,
        compiled_metric=_COMPILED + ".",
        name_ends_with_acc_accuracy_auc="Maximum if the name ends with acc, accuracy or auc, else minimum.",
    ),
    _choice(
        "early-stopping/baseline",
        "What does an unbeaten baseline do?",
        gates_the_reset="An epoch that improves on the best but not on the baseline leaves the count of epochs as it is, "
        "and never stops.",
        stops_after_patience="Training stops after patience epochs without a value better than the baseline, even if the "
        "last one improved on the best.",
    ),
    _choice(
        "early-stopping/reuse",
        "What does an instance remember when it is used for a second fit?",
        nothing="Every fit starts anew.",
        best_value="The best value of the fit before; counters and weights are reset.",
    ),
    _precision("reduce-lr-on-plateau"),
    _first_value("reduce-lr-on-plateau"),
    _anchor("reduce-lr-on-plateau"),
    _choice(
        "reduce-lr-on-plateau/direction",
        _IN_AUTO,
        compiled_metric=_COMPILED + ".",
        name_contains_acc="Maximum if the name contains acc, else minimum.",
    ),
    _choice(
        "reduce-lr-on-plateau/min-delta-side",
        "On which side of the comparison does min_delta stand? The same on paper, not in floating point.",
        current="It is added to the current value (mode min) or taken from it (mode max).",
        best="It is taken from the best value (mode min) or added to it (mode max).",
    ),
    _choice(
        "reduce-lr-on-plateau/min-delta-sign",
        "What does a negative min_delta mean?",
        absolute="Its absolute value.",
        as_given="Values that are worse by less than that are improvements.",
    ),
    _choice(
        "reduce-lr-on-plateau/cooldown",
        "For how many epochs after a reduction is none counted as bad?",
        one_less="cooldown - 1: the counter is decremented before it is asked.",
        exact="cooldown.",
    ),
    _choice(
        "reduce-lr-on-plateau/epsilon",
        "What does the argument epsilon do?",
        swallowed="Nothing; like every unknown argument it is accepted without a word.",
        alias_of_min_delta="It is min_delta, with a warning; other unknown arguments are accepted without a word.",
    ),
    _choice(
        "reduce-lr-on-plateau/rate-arithmetic",
        "In which precision is the rate multiplied by factor?",
        float64="The stored float32 rate is widened, multiplied in float64, and rounded when it is stored.",
        float32="Rate and factor are multiplied as float32.",
    ),
    _choice(
        "learning-rate/log-key",
        "Under which key do ReduceLROnPlateau and LearningRateScheduler log the rate?",
        learning_rate="learning_rate, as Keras 3 does.",
        lr="lr, as Keras 2 does.",
    ),
    _choice(
        "learning-rate/logged-as",
        "As what do ReduceLROnPlateau and LearningRateScheduler log the rate?",
        float="A Python float.",
        numpy="A number of numpy's, which json does not write.",
    ),
    _choice(
        "learning-rate/several-optimizers",
        "What do ReduceLROnPlateau and LearningRateScheduler do where the optimizer is several in one (MultiOptimizer)?",
        each_its_own="Each of them has its own rate, which is logged, reduced or scheduled by itself.",
        unknown="They take it for one optimizer, and miss its learning rate: AttributeError and ValueError, as for an optimizer "
        "that has none.",
    ),
    _precision("model-checkpoint"),
    _first_value("model-checkpoint"),
    _choice(
        "model-checkpoint/direction",
        _IN_AUTO,
        compiled_metric=_COMPILED
        + ", even if nothing depends on it; before that, a save_best_only that compares raises "
        "TypeError.",
        name_contains_acc_or_starts_with_fmeasure="Maximum if the name contains acc or starts with fmeasure, else minimum.",
    ),
    _choice(
        "model-checkpoint/missing-metric",
        "What does save_best_only do when the metric is missing?",
        saves="It saves, with a warning.",
        skips="It does not save, with a warning.",
    ),
    _choice(
        "model-checkpoint/array-metric",
        "What does save_best_only do when the metric is an array?",
        saves="It saves, with a warning.",
        compares="It compares, and fails unless the array has one element.",
    ),
    _choice(
        "model-checkpoint/suffix",
        "Which file names are accepted?",
        keras_or_h5="Names that end with .weights.h5 for weights, with .keras or .h5 for models; others raise ValueError.",
        free="All.",
    ),
    _choice(
        "model-checkpoint/path-like",
        "May filepath be a PathLike?",
        accepted="It may, and does what the string does that it stands for.",
        only_for_weights="With save_weights_only; for a whole model it raises AttributeError.",
    ),
    _choice(
        "model-checkpoint/arguments",
        "Which arguments does the constructor know?",
        save_freq="Those of Keras 3; an unknown one raises TypeError.",
        save_freq_and_keywords="Those of Keras 3 and all others: period saves every period-th epoch, with a warning; others "
        "do nothing.",
    ),
    _choice(
        "model-checkpoint/announces",
        "What is printed about a save, with verbose=1?",
        before_and_after="A line before it and a line after it.",
        before="A line before it.",
    ),
    _choice(
        "terminate-on-nan/arguments",
        "Which arguments does the constructor know?",
        raise_error="raise_error: it raises RuntimeError in place of stopping.",
        none="None: raise_error raises TypeError.",
    ),
)

CHOICES: dict[str, Choice] = {choice.id: choice for choice in _ALL}
"""Every choice, by its id."""
