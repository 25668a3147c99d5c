"""A semantic choice as a record, and the choices and sentences that several callbacks share. The registry is `choices.py`."""

from dataclasses import dataclass, replace

from .callbacks import Callback


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One decision. `values` maps each value's name to a sentence that says what an implementation with it does; `held`: it shows
    in what a public attribute holds, and nowhere else."""

    id: str
    question: str
    values: dict[str, str]
    held: bool = False


def decision(id: str, question: str, **values: str) -> Choice:
    return Choice(id=id, question=question, values={name.replace("_", "-"): text for name, text in values.items()})


def in_attributes(choice: Choice) -> Choice:
    return replace(choice, held=True)


IN_AUTO = 'How does mode="auto" choose between minimum and maximum?'
NAMED = (
    "By the name, without val_ and the name of an output: as is better for the metric that Keras calls so; minimum for a name "
    "that it does not know."
)
CONTAINS_ACC = "Maximum if the name contains acc, else minimum."
CONTAINS_ACC_OR_FMEASURE = "Maximum if the name contains acc or starts with fmeasure, else minimum."
ALWAYS_MINIMUM = "Minimum, whatever the metric is called."
COMPILED = (
    "By the compiled metric of that name; ValueError if that does not decide. Resolved at the first epoch end, once for an "
    "instance"
)


def precision(prefix: str, **more: str) -> Choice:
    return decision(
        f"{prefix}/precision",
        "In which precision is a monitored value compared with the best one?",
        float32_tensorflow="Both sides are rounded to float32, where values that differ can be equal; subnormals count as zero; "
        "a finite value beyond the range of float32 raises ValueError. A number of NumPy's (np.float64(0.3), or "
        "np.array(0.3) without dimensions) is not rounded, so that it is less than 0.3.",
        float32_jax="Both sides are rounded to float32; subnormals count as zero; what is beyond the range is an infinity.",
        float32="Both sides are rounded to float32; what is beyond the range is an infinity.",
        float64="The Python floats are compared.",
        **more,
    )


def first_value(prefix: str, given: str = "", **more: str) -> Choice:
    return decision(
        f"{prefix}/first-value",
        "Is the first monitored value always the best so far?",
        accepted=f"Always{given}, even a NaN or an infinity; nothing improves on a NaN, however good what follows it is.",
        compared_with_infinity="It is compared with the worst infinity, so that a NaN or that infinity is no improvement.",
        **more,
    )


def anchor(prefix: str) -> Choice:
    return decision(
        f"{prefix}/anchor",
        "What is a value compared with?",
        last_significant_improvement="With the last value that improved by more than min_delta.",
        best_value="With the best value so far, whether it was better by more than min_delta or not.",
    )


def min_delta_sign(prefix: str, **more: str) -> Choice:
    return decision(
        f"{prefix}/min-delta-sign",
        "What does a negative min_delta mean?",
        absolute="Its absolute value.",
        as_given="Values that are worse by less than that are improvements.",
        **more,
    )


def min_delta_side(prefix: str, **more: str) -> Choice:
    return decision(
        f"{prefix}/min-delta-side",
        "On which side of the comparison does min_delta stand? The same on paper, not in floating point.",
        current="It is added to the current value (mode min) or taken from it (mode max).",
        best="It is taken from the best value (mode min) or added to it (mode max).",
        **more,
    )


def threshold(prefix: str) -> Choice:
    return decision(
        f"{prefix}/threshold",
        "Is min_delta an absolute change?",
        absolute="Yes: a value has to be better by min_delta.",
        relative="No, a relative one: the best value is multiplied by 1 - min_delta (mode min) or 1 + min_delta (mode max).",
    )


def patience(prefix: str, acts: str, **more: str) -> Choice:
    return decision(
        f"{prefix}/patience",
        "When is patience at its end?",
        at_least=f"After patience epochs without an improvement: the last of them {acts}.",
        more_than=f"After more than patience epochs without an improvement: it {acts} one epoch later.",
        **more,
    )


def arguments(callback: Callback) -> Choice:
    return Choice(
        id=f"{callback.prefix}/arguments",
        question="Which arguments does the constructor know?",
        values={name: signature.says for name, signature in callback.signatures.items()},
    )


FROM_WHAT = "From what does {} count the epochs?"
FROM_ONE, FROM_ZERO = "From one.", "From zero."
NOT_KEPT = (
    "It counts as an improvement, but is kept as the best only if it is better than the worst infinity; for a NaN that infinity "
    "is kept."
)
AFTER_IMPROVEMENTS = "It is asked for after an improvement too: 0 epochs have passed, which is"


TENSOR_LOSS = decision(
    "terminate-on-nan/tensors",
    "What does a loss that is a tensor of several numbers raise?",
    value_error="ValueError, as an array of several numbers does.",
    runtime_error="RuntimeError, as PyTorch's tensors do where they are asked whether they are true.",
)
