"""The registry of semantic choices: one decision each, on which implementations differ, with named values.

Rules
- A dialect takes one value for every choice; the reference honours every value listed here, and no other.
- A choice that no scenario can show is not a choice: a test finds, for every value, a scenario on which it matters.
- A choice belongs to one callback, or to the learning rate that two of them share.
- An id is a path, `<callback>/<decision>`, and never changes its meaning; `choices.txt` lists them with their values, and nothing
  in the list vanishes. `python -m callcheck.conformance.vectors` adds what is new.
"""

from .callbacks import CALLBACKS
from .choice import (
    AFTER_IMPROVEMENTS,
    ALWAYS_MINIMUM,
    COMPILED,
    CONTAINS_ACC,
    CONTAINS_ACC_OR_FMEASURE,
    FROM_ONE,
    FROM_WHAT,
    FROM_ZERO,
    IN_AUTO,
    NAMED,
    NOT_KEPT,
    TENSOR_LOSS,
    Choice,
    anchor,
    arguments,
    decision,
    first_value,
    in_attributes,
    min_delta_side,
    min_delta_sign,
    patience,
    precision,
    threshold,
)
from .choices_of_recording import RECORDING
from .choices_of_training import TRAINING

_ALL = (
    precision(
        "early-stopping",
        float32_arithmetic="Value and min_delta are rounded to float32 and added so; what is beyond the range is an infinity.",
    ),
    first_value("early-stopping", not_kept=NOT_KEPT),
    anchor("early-stopping"),
    decision(
        "early-stopping/direction",
        IN_AUTO,
        compiled_metric=COMPILED + ".",
        name_ends_with_acc_accuracy_auc="Maximum if the name ends with acc, accuracy or auc, else minimum.",
        name_contains_acc=CONTAINS_ACC,
        name_contains_acc_or_starts_with_fmeasure=CONTAINS_ACC_OR_FMEASURE,
        metric_of_that_name=NAMED,
        always_minimum=ALWAYS_MINIMUM,
    ),
    decision(
        "early-stopping/unknown-mode",
        "What does a mode do that is none of auto, min and max?",
        warns="It warns, and counts as auto.",
        raises="The constructor raises AttributeError, which it meets while it makes the warning.",
    ),
    min_delta_sign(
        "early-stopping",
        as_zero="As one of 0.",
        turned="min_delta stands on the wrong side, whatever its sign: a value that is worse by less than it is an improvement.",
        refused="The constructor raises ValueError.",
        refused_at_the_first_epoch="The end of a fit's first epoch raises ValueError.",
    ),
    min_delta_side(
        "early-stopping",
        the_larger="It is taken from the larger of the two: the best value (mode min) or the current one (mode max).",
        the_difference="On neither: the difference of the two is compared with it.",
    ),
    threshold("early-stopping"),
    decision(
        "early-stopping/exact-change",
        "Is a change of exactly min_delta an improvement?",
        is_none="No: it has to be larger.",
        is_one="Yes, where min_delta is not 0; the same value again is none.",
        always_is_one="Yes, and where min_delta is 0 the same value again is an improvement too.",
    ),
    decision(
        "early-stopping/nonfinite",
        "What do NaN and infinities do?",
        compared="They are compared as other values are: a NaN does not improve, and nothing improves on one.",
        nan_improves="They are compared, but a NaN counts as an improvement, and so does what follows it: the test is whether a "
        "value is not worse.",
        ends_training="Either of them ends training at once, and is not compared.",
        skipped="An epoch with either of them is passed over: it neither counts nor improves.",
    ),
    decision(
        "early-stopping/missing-metric",
        "What does an epoch without the metric do?",
        warns="Nothing, with a warning; it does not count.",
        warns_and_raises_type_error="It warns, and raises TypeError: what is missing is compared all the same.",
        says_nothing="Nothing, without a word; it does not count.",
        raises_key_error="It raises KeyError.",
        raises_runtime_error="It raises RuntimeError.",
    ),
    patience(
        "early-stopping",
        "stops",
        and_one_more="After patience epochs without an improvement and one more: it is asked before the epoch is counted.",
        exactly="In the epoch that is the patience-th without an improvement; not in a later one.",
    ),
    decision(
        "early-stopping/unit",
        "What does patience count?",
        epoch="Epochs: of each what is logged at its end is looked at, and no validation before that.",
        validation="Validations: each of them is looked at and counted, be it in the middle of an epoch or at its end. One that "
        "stops ends its epoch there.",
    ),
    decision(
        "early-stopping/stop-message",
        "When is the line about the stop printed?",
        at_the_end="When training ends; not for a stop in the epoch with index 0.",
        at_every_later_end="When training ends, and at the end of every later fit of the instance too, whether that was "
        "stopped or not; not for a stop in the epoch with index 0.",
        at_the_stop="In the epoch that stops.",
    ),
    decision(
        "early-stopping/stop-message-epoch",
        FROM_WHAT.format("the line about the stop"),
        from_one=FROM_ONE,
        from_zero=FROM_ZERO,
    ),
    decision(
        "early-stopping/patience-zero",
        "What does a patience of 0 or less do?",
        as_any_other="It is at its end with the first epoch that does not improve.",
        stops_at_once=f"{AFTER_IMPROVEMENTS} enough: the first monitored epoch that can stop does, even if it improves.",
        stops_in_the_first_epoch=f"{AFTER_IMPROVEMENTS} enough: the first monitored epoch stops, be its index 0, and even if it "
        "improves.",
        disables="It never stops.",
        refused="The constructor raises ValueError.",
    ),
    decision(
        "early-stopping/improvement",
        "What does an improvement do to the count of epochs?",
        resets_the_count="The count begins anew.",
        leaves_the_count="Nothing: the epochs without an improvement are counted over the whole fit, and not in a row.",
    ),
    decision(
        "early-stopping/warm-up",
        "Which epochs does start_from_epoch leave out?",
        absolute="Those with an index below it: a fit with an initial_epoch has fewer of them, or none.",
        epochs_of_the_fit="That many at the beginning of every fit, whatever its initial_epoch is.",
    ),
    decision(
        "early-stopping/baseline",
        "What does an unbeaten baseline do?",
        gates_the_reset="An epoch that improves on the best but not on the baseline does not stop training, but is counted like "
        "one without an improvement: training goes on for as long as there is any improvement.",
        stops_after_patience="Training stops after patience epochs without a value better than the baseline, even if the "
        "last one improved on the best.",
        is_the_first_best="Nothing: it is the best value before any was seen.",
    ),
    decision(
        "early-stopping/first-epoch",
        "Can the epoch with index 0 stop?",
        never="Never, whatever patience is.",
        as_any_other="As any other epoch.",
    ),
    decision(
        "early-stopping/restored-epoch",
        "Which weights does restore_best_weights put back?",
        last_improvement="Those of the last epoch that improved by more than min_delta; one that is best by less is not kept.",
        best_value="Those of the epoch with the best value, whatever min_delta is.",
    ),
    decision(
        "early-stopping/restored-when",
        "When does restore_best_weights put them back?",
        training_ends="When training ends, whoever stopped it and even if nobody did.",
        it_stops="In the epoch in which it stops training, and only then.",
    ),
    decision(
        "early-stopping/restored-without-best",
        "What does restore_best_weights put back if no value was the best?",
        first_monitored_epoch="The weights of the first epoch that was monitored.",
        nothing="Nothing: there is nothing to put back; where it puts back when it stops, that raises TypeError.",
    ),
    decision(
        "early-stopping/restored-message",
        "Which epoch does the line about restored weights name, if no value was the best?",
        theirs="The one whose weights they are, if any.",
        the_first="Epoch 1, whichever it was.",
    ),
    decision(
        "early-stopping/reuse",
        "What does an instance remember when it is used for a second fit?",
        nothing="Every fit starts anew, but for a direction that mode auto has taken.",
        best_value="The best value of the fit before; counters and weights are reset.",
        best_weights="The best weights of the fit before; counters and the best value are reset.",
        everything="Everything: the best value, its weights, and the count of epochs. It goes on as if the first had not ended.",
    ),
    precision("reduce-lr-on-plateau"),
    first_value("reduce-lr-on-plateau"),
    anchor("reduce-lr-on-plateau"),
    decision(
        "reduce-lr-on-plateau/direction",
        IN_AUTO,
        compiled_metric=COMPILED + ".",
        name_contains_acc=CONTAINS_ACC,
        metric_of_that_name=NAMED,
        always_minimum=ALWAYS_MINIMUM,
    ),
    decision(
        "reduce-lr-on-plateau/reuse",
        "What does an instance remember when it is used for a second fit?",
        nothing="Every fit starts anew, but for a direction that mode auto has taken.",
        best_value="The best value of the fit before; the counters are reset.",
        everything="Everything: the best value, the count of epochs, and the cooldown.",
    ),
    min_delta_side("reduce-lr-on-plateau"),
    min_delta_sign("reduce-lr-on-plateau"),
    threshold("reduce-lr-on-plateau"),
    patience(
        "reduce-lr-on-plateau",
        "reduces",
        more_than_at_first="After more than patience epochs without an improvement: it is asked before the epoch is counted. The "
        "epoch that reduces counts for the next reduction, which comes after patience more.",
    ),
    decision(
        "reduce-lr-on-plateau/message-epoch",
        FROM_WHAT.format("the line about a reduction"),
        from_one=FROM_ONE,
        from_zero=FROM_ZERO,
    ),
    decision(
        "reduce-lr-on-plateau/patience-below-zero",
        "What does a patience below 0 do?",
        as_zero="Every epoch without an improvement reduces, outside of a cooldown, as with a patience of 0 or 1.",
        reduces_always=f"{AFTER_IMPROVEMENTS} more, and in the cooldown too: every epoch reduces.",
    ),
    decision(
        "reduce-lr-on-plateau/min-lr",
        "With what is the rate compared before a reduction?",
        as_stored="With min_lr as an optimizer stores it, as float32.",
        as_given="With min_lr as it is given: a rate that is min_lr rounded up is reduced once more.",
        with_a_margin="With min_lr and a ten-thousandth of it: a rate that lies above by less is not reduced.",
        not_at_all="With nothing: a rate that is below min_lr is raised to it.",
    ),
    decision(
        "reduce-lr-on-plateau/smallest-change",
        "How small a reduction is made?",
        any="Any, where the rate lies above min_lr.",
        above_0="One that lowers the rate; another one leaves it as it is.",
        above_1e_8="One by more than 1e-8; another one leaves the rate as it is.",
    ),
    decision(
        "reduce-lr-on-plateau/without-a-reduction",
        "What becomes of the count of epochs when patience is at its end and the rate cannot be reduced?",
        goes_on="It goes on: as soon as the rate can be reduced, it is.",
        begins_anew="It begins anew, and so does the cooldown, as after a reduction.",
    ),
    decision(
        "reduce-lr-on-plateau/cooldown",
        "For how many epochs after a reduction is none counted as bad?",
        one_less="cooldown - 1, with a cooldown of 1 or more: the counter is decremented before it is asked, so that "
        "cooldown=1 does nothing, and on a plateau, with a patience of 1 or more, the rate falls every patience + cooldown - 1 "
        "epochs.",
        exact="For as many as cooldown says.",
    ),
    decision(
        "reduce-lr-on-plateau/epsilon",
        "What does the argument epsilon do?",
        swallowed="Nothing; like every unknown argument it is accepted without a word.",
        alias_of_min_delta="It is min_delta, with a warning; other unknown arguments are accepted without a word.",
    ),
    decision(
        "reduce-lr-on-plateau/rate-arithmetic",
        "In which precision is the rate multiplied by factor?",
        float64="The stored float32 rate is widened, multiplied in float64, and rounded when it is stored.",
        float32="Rate and factor are multiplied as float32: with NumPy 2 the product of a float32 and a Python float is one.",
    ),
    decision(
        "reduce-lr-on-plateau/pickling",
        "Can an instance be pickled?",
        works="Yes; what is read remembers what was written.",
        fails="No: it compares by a lambda, and pickling it raises AttributeError.",
    ),
    decision(
        "learning-rate/log-key",
        "Under which key do ReduceLROnPlateau and LearningRateScheduler log the rate?",
        learning_rate="learning_rate, as Keras 3 does.",
        lr="lr, as Keras 2 does.",
    ),
    decision(
        "learning-rate/stored-as",
        "As what does the optimizer store the rate?",
        float32="As float32: 0.1 reads 0.10000000149011612.",
        float64="As a Python float.",
    ),
    decision(
        "learning-rate/logged-as",
        "As what do ReduceLROnPlateau and LearningRateScheduler log the rate?",
        float="A Python float.",
        numpy="A number of numpy's, which json does not write.",
    ),
    decision(
        "learning-rate/empty-logs",
        "Is the rate logged where the logs are empty?",
        stay_empty="It is not.",
        get_the_rate="It is.",
    ),
    decision(
        "learning-rate/several-optimizers",
        "What do ReduceLROnPlateau and LearningRateScheduler do where the optimizer is several in one (MultiOptimizer)?",
        each_its_own="Each of them has its own rate, which is logged, reduced or scheduled by itself.",
        unknown="They take it for one optimizer, and miss its learning rate: AttributeError and ValueError, as for an optimizer "
        "that has none.",
    ),
    decision(
        "learning-rate-scheduler/schedule",
        "With what is the schedule called?",
        epoch_and_rate="With the epoch and the rate, and if that raises TypeError with the epoch.",
        epoch_and_lr="With the epoch and lr=rate, and if that raises TypeError with the epoch: a schedule that calls its second "
        "argument otherwise is not given the rate, and raises TypeError if it needs it.",
        epoch="With the epoch alone: a schedule that needs the rate raises TypeError.",
    ),
    decision(
        "learning-rate-scheduler/logs",
        "Is the rate logged?",
        the_rate="At the end of every epoch.",
        nothing="It is not.",
    ),
    decision(
        "learning-rate-scheduler/refusal",
        "What is raised for a schedule that returns no float, and for an optimizer without a learning rate?",
        value_error="ValueError for both.",
        assertion_for_the_optimizer="ValueError for the schedule, AssertionError for the optimizer.",
        assertion_error="AssertionError for both, and for a float of NumPy's too.",
    ),
    decision(
        "learning-rate-scheduler/tensors",
        "May a schedule return a tensor of the backend's, as lr * ops.exp(-0.1) does?",
        accepted="It may: the rate is the number in it.",
        refused="It may not: an epoch that begins with one raises ValueError.",
    ),
    precision("model-checkpoint"),
    first_value("model-checkpoint", " without a threshold", not_kept=NOT_KEPT),
    decision(
        "model-checkpoint/direction",
        IN_AUTO,
        compiled_metric=COMPILED
        + ", even if nothing depends on it; before that, a save_best_only that compares raises "
        "TypeError, even with mode min or max.",
        name_contains_acc=CONTAINS_ACC,
        name_contains_acc_or_starts_with_fmeasure=CONTAINS_ACC_OR_FMEASURE,
        metric_of_that_name=NAMED,
    ),
    decision(
        "model-checkpoint/missing-metric",
        "What does save_best_only do when the metric is missing?",
        saves="It saves, with a warning; over the best model, if the file name is the same.",
        skips="It does not save, with a warning.",
        raises="It raises Lightning's MisconfigurationException.",
    ),
    decision(
        "model-checkpoint/array-metric",
        "What does save_best_only do when the metric is an array?",
        saves="It saves, with a warning, if the array has at least one dimension; of two equal ones the second too.",
        saves_the_whole_model="It saves, with a warning, if the array has at least one dimension; the whole model, with "
        "save_weights_only too.",
        compares="It compares, and fails unless the array has one element; to print that one fails too.",
        compares_and_prints="It compares, and fails unless the array has one element, which is printed as its number.",
    ),
    in_attributes(
        decision(
            "model-checkpoint/best-of-an-array",
            "What is the attribute best, where the best value was logged as an array without dimensions?",
            as_logged="That array.",
            plain_number="A plain number of Python's.",
        )
    ),
    decision(
        "model-checkpoint/suffix",
        "Which file names are accepted?",
        keras_or_h5="Names that end with .weights.h5 for weights, with .keras or .h5 for models; others raise ValueError.",
        keras="Names that end with .weights.h5 for weights, with .keras for models; others raise ValueError.",
        free="All.",
    ),
    decision(
        "model-checkpoint/path-like",
        "May filepath be a PathLike?",
        accepted="It may, and does what the string does that it stands for.",
        only_for_weights="With save_weights_only; for a whole model it raises AttributeError: it is asked for its suffix before "
        "it is made a string.",
        fails_when_saving="It may not: the first time a save is due it raises AttributeError.",
    ),
    decision(
        "model-checkpoint/save-freq",
        "What does an integer save_freq count?",
        batches="Batches.",
        samples="Samples: a batch counts as many as its logs have under size, where fit puts it, and as one without it.",
    ),
    decision(
        "model-checkpoint/batch-in-name",
        "What is {batch} in a file name that is saved at the end of a batch?",
        from_one="The batch's index, counted from one.",
        from_zero="The batch's index, counted from zero, which fit puts into its logs, with the number of samples as {size}.",
        unknown="No field, unless the logs have it: it raises KeyError.",
    ),
    decision(
        "model-checkpoint/epoch-in-name",
        FROM_WHAT.format("{epoch} in a file name, and in the lines that are printed"),
        from_one=FROM_ONE,
        from_zero=FROM_ZERO,
    ),
    decision(
        "model-checkpoint/first-batches",
        "With an integer save_freq, how many batches count when the first batch hook comes after several (steps_per_execution)?",
        counted="All of them.",
        one_short="One less.",
    ),
    decision(
        "model-checkpoint/folder",
        "When is the folder of the file made?",
        before_a_save="When a model is saved.",
        at_every_turn="Whenever a save is due, before it is decided: a place that cannot be a folder fails although nothing is "
        "saved.",
        never="Never: a save is one file, and into a folder that is not there, or is a file, it raises OSError.",
        for_checkpoints="By saving alone, of weights whose name has no suffix of HDF5, which TensorFlow writes as a checkpoint. "
        "A whole model is an HDF5 file, whatever its name: to save one into a folder that is not there raises OSError.",
        for_near_checkpoints="By saving alone, of weights whose name does not end with .h5 or .keras, which TensorFlow writes as "
        "a checkpoint, and only the last folder of the path: where that is not enough, or the path names no folder at all, "
        "ValueError is raised. A whole model is an HDF5 file, whatever its name: to save one into a folder that is not there "
        "raises OSError.",
        for_formats_of_tensorflow="By saving alone, where the name has no suffix of a file and TensorFlow writes a format of its "
        "own; to save an HDF5 file into a folder that is not there raises OSError.",
        for_whole_models="By saving alone, of a whole model or in a format of TensorFlow's; to save weights as HDF5 into a "
        "folder that is not there raises OSError.",
    ),
    decision(
        "model-checkpoint/failed-save",
        "What does a save do that fails with an OSError?",
        raises="It raises it.",
        passes_for_a_save="Nothing: no file is there, and not a word is said.",
        raises_attribute_error="It raises AttributeError, which the handler of the OSError makes of it.",
    ),
    decision(
        "model-checkpoint/best-keras-file",
        "May save_best_only save a whole model to a file whose name ends with .keras?",
        saved="It may.",
        refused="It may not: the first improvement raises ValueError, as it is saved with an argument that the format refuses.",
    ),
    decision(
        "model-checkpoint/loaded-weights",
        "What does loading the weights of a .keras or .weights.h5 file bring back beside the weights?",
        the_optimizer="The optimizer's learning rate and its steps.",
        its_steps="The optimizer's steps; the learning rate is that with which the model was compiled.",
        nothing_else="Nothing.",
    ),
    decision(
        "model-checkpoint/unbuilt-optimizer",
        "Is the optimizer restored with the weights if the model was compiled, and its optimizer not built yet?",
        restored="As it is if it was built: what the file has of it is brought back.",
        begins_anew="It begins anew, with the learning rate with which the model was compiled and 0 steps, unless it is a plain "
        "SGD, which keeps nothing for each weight.",
    ),
    decision(
        "model-checkpoint/announces",
        "What is printed about a save, with verbose=1?",
        before_and_after="A line before it and a line after it.",
        before="A line before it.",
    ),
    TENSOR_LOSS,
    *RECORDING,
    *TRAINING,
    *(arguments(callback) for callback in CALLBACKS.values() if len(callback.signatures) > 1),
)

CHOICES: dict[str, Choice] = {choice.id: choice for choice in _ALL}
"""Every choice, by its id."""
