"""The registry of semantic choices: one decision each, on which implementations differ, with named values.

Rules
- A dialect takes one value for every choice; the reference honours every value listed here, and no other.
- A choice that no scenario can show is not a choice: a test finds, for every value, a scenario on which it matters.
- A choice belongs to one callback, or to the learning rate that two of them share.
- An id is a path, `<callback>/<decision>`, and never changes its meaning; `choices.txt` lists them with their values, and nothing
  in the list vanishes. `python -m callcheck.conformance.vectors` adds what is new.
"""

from dataclasses import dataclass

from .callbacks import CALLBACKS, Callback


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One decision. `values` maps each value's name to a sentence that says what an implementation with it does."""

    id: str
    question: str
    values: dict[str, str]


def _choice(id: str, question: str, **values: str) -> Choice:
    return Choice(id=id, question=question, values={name.replace("_", "-"): text for name, text in values.items()})


_IN_AUTO = 'How does mode="auto" choose between minimum and maximum?'
_NAMED = (
    "By the name, without val_ and the name of an output: as is better for the metric that Keras calls so; minimum for a name "
    "that it does not know."
)
_CONTAINS_ACC = "Maximum if the name contains acc, else minimum."
_ALWAYS_MINIMUM = "Minimum, whatever the metric is called."
_COMPILED = (
    "By the compiled metric of that name; ValueError if that does not decide. Resolved at the first epoch end, once for an "
    "instance"
)


def _precision(prefix: str, **more: str) -> Choice:
    return _choice(
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


def _first_value(prefix: str, given: str = "", **more: str) -> Choice:
    return _choice(
        f"{prefix}/first-value",
        "Is the first monitored value always the best so far?",
        accepted=f"Always{given}, even a NaN or an infinity; nothing improves on a NaN, however good what follows it is.",
        compared_with_infinity="It is compared with the worst infinity, so that a NaN or that infinity is no improvement.",
        **more,
    )


def _anchor(prefix: str) -> Choice:
    return _choice(
        f"{prefix}/anchor",
        "What is a value compared with?",
        last_significant_improvement="With the last value that improved by more than min_delta.",
        best_value="With the best value so far, whether it was better by more than min_delta or not.",
    )


def _min_delta_sign(prefix: str, **more: str) -> Choice:
    return _choice(
        f"{prefix}/min-delta-sign",
        "What does a negative min_delta mean?",
        absolute="Its absolute value.",
        as_given="Values that are worse by less than that are improvements.",
        **more,
    )


def _min_delta_side(prefix: str, **more: str) -> Choice:
    return _choice(
        f"{prefix}/min-delta-side",
        "On which side of the comparison does min_delta stand? The same on paper, not in floating point.",
        current="It is added to the current value (mode min) or taken from it (mode max).",
        best="It is taken from the best value (mode min) or added to it (mode max).",
        **more,
    )


def _threshold(prefix: str) -> Choice:
    return _choice(
        f"{prefix}/threshold",
        "Is min_delta an absolute change?",
        absolute="Yes: a value has to be better by min_delta.",
        relative="No, a relative one: the best value is multiplied by 1 - min_delta (mode min) or 1 + min_delta (mode max).",
    )


def _patience(prefix: str, acts: str, **more: str) -> Choice:
    return _choice(
        f"{prefix}/patience",
        "When is patience at its end?",
        at_least=f"After patience epochs without an improvement: the last of them {acts}.",
        more_than=f"After more than patience epochs without an improvement: it {acts} one epoch later.",
        **more,
    )


def _arguments(callback: Callback) -> Choice:
    return Choice(
        id=f"{callback.prefix}/arguments",
        question="Which arguments does the constructor know?",
        values={name: signature.says for name, signature in callback.signatures.items()},
    )


_NOT_KEPT = (
    "It counts as an improvement, but is kept as the best only if it is better than the worst infinity; for a NaN that infinity "
    "is kept."
)
_AFTER_IMPROVEMENTS = "It is asked for after an improvement too: 0 epochs have passed, which is"

_ALL = (
    _precision(
        "early-stopping",
        float32_arithmetic="Value and min_delta are rounded to float32 and added so; what is beyond the range is an infinity.",
    ),
    _first_value(
        "early-stopping",
        not_kept=_NOT_KEPT,
    ),
    _anchor("early-stopping"),
    _choice(
        "early-stopping/direction",
        _IN_AUTO,
        compiled_metric=_COMPILED + ".",
        name_ends_with_acc_accuracy_auc="Maximum if the name ends with acc, accuracy or auc, else minimum.",
        name_contains_acc=_CONTAINS_ACC,
        metric_of_that_name=_NAMED,
        always_minimum=_ALWAYS_MINIMUM,
    ),
    _min_delta_sign(
        "early-stopping",
        as_zero="As one of 0.",
        turned="min_delta stands on the wrong side, whatever its sign: a value that is worse by less than it is an improvement.",
        refused="The constructor raises ValueError.",
        refused_at_the_first_epoch="The end of a fit's first epoch raises ValueError.",
    ),
    _min_delta_side(
        "early-stopping",
        the_larger="It is taken from the larger of the two: the best value (mode min) or the current one (mode max).",
        the_difference="On neither: the difference of the two is compared with it.",
    ),
    _threshold("early-stopping"),
    _choice(
        "early-stopping/exact-change",
        "Is a change of exactly min_delta an improvement?",
        is_none="No: it has to be larger.",
        is_one="Yes, where min_delta is not 0; the same value again is none.",
        always_is_one="Yes, and where min_delta is 0 the same value again is an improvement too.",
    ),
    _choice(
        "early-stopping/nonfinite",
        "What do NaN and infinities do?",
        compared="They are compared as other values are: a NaN does not improve, and nothing improves on one.",
        nan_improves="They are compared, but a NaN counts as an improvement, and so does what follows it: the test is whether a "
        "value is not worse.",
        ends_training="Either of them ends training at once, and is not compared.",
        skipped="An epoch with either of them is passed over: it neither counts nor improves.",
    ),
    _choice(
        "early-stopping/missing-metric",
        "What does an epoch without the metric do?",
        warns="Nothing, with a warning; it does not count.",
        says_nothing="Nothing, without a word; it does not count.",
        raises_key_error="It raises KeyError.",
        raises_runtime_error="It raises RuntimeError.",
    ),
    _patience(
        "early-stopping",
        "stops",
        exactly="In the epoch that is the patience-th without an improvement; not in a later one.",
    ),
    _choice(
        "early-stopping/patience-zero",
        "What does a patience of 0 or less do?",
        as_any_other="It is at its end with the first epoch that does not improve.",
        stops_at_once=f"{_AFTER_IMPROVEMENTS} enough: the first monitored epoch that can stop does, even if it improves.",
        stops_in_the_first_epoch=f"{_AFTER_IMPROVEMENTS} enough: the first monitored epoch stops, be its index 0, and even if it "
        "improves.",
        disables="It never stops.",
        refused="The constructor raises ValueError.",
    ),
    _choice(
        "early-stopping/improvement",
        "What does an improvement do to the count of epochs?",
        resets_the_count="The count begins anew.",
        leaves_the_count="Nothing: the epochs without an improvement are counted over the whole fit, and not in a row.",
    ),
    _choice(
        "early-stopping/warm-up",
        "Which epochs does start_from_epoch leave out?",
        absolute="Those with an index below it: a fit with an initial_epoch has fewer of them, or none.",
        epochs_of_the_fit="That many at the beginning of every fit, whatever its initial_epoch is.",
    ),
    _choice(
        "early-stopping/baseline",
        "What does an unbeaten baseline do?",
        gates_the_reset="An epoch that improves on the best but not on the baseline does not stop training, but is counted like "
        "one without an improvement: training goes on for as long as there is any improvement.",
        stops_after_patience="Training stops after patience epochs without a value better than the baseline, even if the "
        "last one improved on the best.",
        is_the_first_best="Nothing: it is the best value before any was seen.",
    ),
    _choice(
        "early-stopping/first-epoch",
        "Can the epoch with index 0 stop?",
        never="Never, whatever patience is.",
        as_any_other="As any other epoch.",
    ),
    _choice(
        "early-stopping/restored-epoch",
        "Which weights does restore_best_weights put back?",
        last_improvement="Those of the last epoch that improved by more than min_delta; one that is best by less is not kept.",
        best_value="Those of the epoch with the best value, whatever min_delta is.",
    ),
    _choice(
        "early-stopping/restored-when",
        "When does restore_best_weights put them back?",
        training_ends="When training ends, whoever stopped it and even if nobody did.",
        it_stops="In the epoch in which it stops training, and only then.",
    ),
    _choice(
        "early-stopping/restored-without-best",
        "What does restore_best_weights put back if no value was the best?",
        first_monitored_epoch="The weights of the first epoch that was monitored.",
        nothing="Nothing: there is nothing to put back; where it puts back when it stops, that raises TypeError.",
    ),
    _choice(
        "early-stopping/restored-message",
        "Which epoch does the line about restored weights name, if no value was the best?",
        theirs="The one whose weights they are, if any.",
        the_first="Epoch 1, whichever it was.",
    ),
    _choice(
        "early-stopping/reuse",
        "What does an instance remember when it is used for a second fit?",
        nothing="Every fit starts anew, but for a direction that mode auto has taken.",
        best_value="The best value of the fit before; counters and weights are reset.",
        best_weights="The best weights of the fit before; counters and the best value are reset.",
        everything="Everything: the best value, its weights, and the count of epochs. It goes on as if the first had not ended.",
    ),
    _precision("reduce-lr-on-plateau"),
    _first_value("reduce-lr-on-plateau"),
    _anchor("reduce-lr-on-plateau"),
    _choice(
        "reduce-lr-on-plateau/direction",
        _IN_AUTO,
        compiled_metric=_COMPILED + ".",
        name_contains_acc=_CONTAINS_ACC,
        metric_of_that_name=_NAMED,
        always_minimum=_ALWAYS_MINIMUM,
    ),
    _choice(
        "reduce-lr-on-plateau/reuse",
        "What does an instance remember when it is used for a second fit?",
        nothing="Every fit starts anew.",
        best_value="The best value of the fit before; the counters are reset.",
        everything="Everything: the best value, the count of epochs, and the cooldown.",
    ),
    _min_delta_side("reduce-lr-on-plateau"),
    _min_delta_sign("reduce-lr-on-plateau"),
    _threshold("reduce-lr-on-plateau"),
    _patience("reduce-lr-on-plateau", "reduces"),
    _choice(
        "reduce-lr-on-plateau/patience-below-zero",
        "What does a patience below 0 do?",
        as_zero="The first epoch without an improvement, and every one after it, reduces.",
        reduces_always=f"{_AFTER_IMPROVEMENTS} more, and in the cooldown too: every epoch reduces.",
    ),
    _choice(
        "reduce-lr-on-plateau/min-lr",
        "With what is the rate compared before a reduction?",
        as_stored="With min_lr as an optimizer stores it, as float32.",
        as_given="With min_lr as it is given: a rate that is min_lr rounded up is reduced once more.",
        not_at_all="With nothing: a rate that is below min_lr is raised to it.",
    ),
    _choice(
        "reduce-lr-on-plateau/smallest-change",
        "How small a reduction is made?",
        any="Any, where the rate lies above min_lr.",
        above_0="One that lowers the rate; another one leaves it as it is.",
        above_1e_8="One by more than 1e-8; another one leaves the rate as it is.",
    ),
    _choice(
        "reduce-lr-on-plateau/without-a-reduction",
        "What becomes of the count of epochs when patience is at its end and the rate cannot be reduced?",
        goes_on="It goes on: as soon as the rate can be reduced, it is.",
        begins_anew="It begins anew, and so does the cooldown, as after a reduction.",
    ),
    _choice(
        "reduce-lr-on-plateau/cooldown",
        "For how many epochs after a reduction is none counted as bad?",
        one_less="cooldown - 1, with a cooldown of 1 or more: the counter is decremented before it is asked, so that "
        "cooldown=1 does nothing, and on a plateau, with a patience of 1 or more, the rate falls every patience + cooldown - 1 "
        "epochs.",
        exact="For as many as cooldown says.",
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
        "reduce-lr-on-plateau/pickling",
        "Can an instance be pickled?",
        works="Yes; what is read remembers what was written.",
        fails="No: it compares by a lambda, and pickling it raises AttributeError.",
    ),
    _choice(
        "learning-rate/log-key",
        "Under which key do ReduceLROnPlateau and LearningRateScheduler log the rate?",
        learning_rate="learning_rate, as Keras 3 does.",
        lr="lr, as Keras 2 does.",
    ),
    _choice(
        "learning-rate/stored-as",
        "As what does the optimizer store the rate?",
        float32="As float32: 0.1 reads 0.10000000149011612.",
        float64="As a Python float.",
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
    _choice(
        "learning-rate-scheduler/tensors",
        "May a schedule return a tensor of the backend's, as lr * ops.exp(-0.1) does?",
        accepted="It may: the rate is the number in it.",
        refused="It may not: an epoch that begins with one raises ValueError.",
    ),
    _precision("model-checkpoint"),
    _first_value("model-checkpoint", " without a threshold", not_kept=_NOT_KEPT),
    _choice(
        "model-checkpoint/direction",
        _IN_AUTO,
        compiled_metric=_COMPILED
        + ", even if nothing depends on it; before that, a save_best_only that compares raises "
        "TypeError, even with an explicit mode.",
        name_contains_acc_or_starts_with_fmeasure="Maximum if the name contains acc or starts with fmeasure, else minimum.",
        metric_of_that_name=_NAMED,
    ),
    _choice(
        "model-checkpoint/missing-metric",
        "What does save_best_only do when the metric is missing?",
        saves="It saves, with a warning; over the best model, if the file name is the same.",
        skips="It does not save, with a warning.",
        raises="It raises Lightning's MisconfigurationException.",
    ),
    _choice(
        "model-checkpoint/array-metric",
        "What does save_best_only do when the metric is an array?",
        saves="It saves, with a warning, if the array has at least one dimension; of two equal ones the second too.",
        saves_the_whole_model="It saves, with a warning, if the array has at least one dimension; the whole model, with "
        "save_weights_only too.",
        compares="It compares, and fails unless the array has one element; to print that one fails too.",
        compares_and_prints="It compares, and fails unless the array has one element, which is printed as its number.",
    ),
    _choice(
        "model-checkpoint/suffix",
        "Which file names are accepted?",
        keras_or_h5="Names that end with .weights.h5 for weights, with .keras or .h5 for models; others raise ValueError.",
        keras="Names that end with .weights.h5 for weights, with .keras for models; others raise ValueError.",
        free="All.",
    ),
    _choice(
        "model-checkpoint/path-like",
        "May filepath be a PathLike?",
        accepted="It may, and does what the string does that it stands for.",
        only_for_weights="With save_weights_only; for a whole model it raises AttributeError: it is asked for its suffix before "
        "it is made a string.",
        fails_when_saving="It may not: the first time a save is due it raises AttributeError.",
    ),
    _choice(
        "model-checkpoint/save-freq",
        "What does an integer save_freq count?",
        batches="Batches.",
        samples="Samples: a batch counts as many as its logs have under size, where fit puts it, and as one without it.",
    ),
    _choice(
        "model-checkpoint/batch-in-name",
        "What is {batch} in a file name that is saved at the end of a batch?",
        from_one="The batch's index, counted from one.",
        unknown="No field, unless the logs have it: it raises KeyError.",
    ),
    _choice(
        "model-checkpoint/first-batches",
        "With an integer save_freq, how many batches count when the first batch hook comes after several (steps_per_execution)?",
        counted="All of them.",
        one_short="One less.",
    ),
    _choice(
        "model-checkpoint/folder",
        "When is the folder of the file made?",
        before_a_save="When a model is saved.",
        at_every_turn="Whenever a save is due, before it is decided: a place that cannot be a folder fails although nothing is "
        "saved.",
        never="Never: to save into a folder that is not there raises OSError.",
        for_formats_of_tensorflow="By saving alone, where the name has no suffix of a file and TensorFlow writes a format of its "
        "own; to save an HDF5 file into a folder that is not there raises OSError.",
        for_whole_models="By saving alone, of a whole model or in a format of TensorFlow's; to save weights as HDF5 into a "
        "folder that is not there raises OSError.",
    ),
    _choice(
        "model-checkpoint/failed-save",
        "What does a save do that fails with an OSError?",
        raises="It raises it.",
        passes_for_a_save="Nothing: no file is there, and not a word is said.",
        raises_attribute_error="It raises AttributeError, which the handler of the OSError makes of it.",
    ),
    _choice(
        "model-checkpoint/best-keras-file",
        "May save_best_only save a whole model to a file whose name ends with .keras?",
        saved="It may.",
        refused="It may not: the first improvement raises ValueError, as it is saved with an argument that the format refuses.",
    ),
    _choice(
        "model-checkpoint/loaded-weights",
        "What does loading the weights of a .keras or .weights.h5 file bring back beside the weights?",
        the_optimizer="The optimizer's learning rate and its steps.",
        its_steps="The optimizer's steps; the learning rate is that with which the model was compiled.",
        nothing_else="Nothing.",
    ),
    _choice(
        "model-checkpoint/unbuilt-optimizer",
        "Is the optimizer restored with the weights if the model was compiled, and its optimizer not built yet?",
        restored="As it is if it was built: what the file has of it is brought back.",
        begins_anew="It begins anew, with the learning rate with which the model was compiled and 0 steps, unless it is a plain "
        "SGD, which keeps nothing for each weight.",
    ),
    _choice(
        "model-checkpoint/announces",
        "What is printed about a save, with verbose=1?",
        before_and_after="A line before it and a line after it.",
        before="A line before it.",
    ),
    _choice(
        "history/reuse",
        "What does an instance that is used for a second fit still hold?",
        nothing="Nothing: epoch and history begin anew.",
        metrics="The metrics of all fits before, one list after the other, while epoch begins anew.",
    ),
    *(_arguments(callback) for callback in CALLBACKS.values() if len(callback.signatures) > 1),
)

CHOICES: dict[str, Choice] = {choice.id: choice for choice in _ALL}
"""Every choice, by its id."""
