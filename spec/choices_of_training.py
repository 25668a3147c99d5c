"""The choices on the training itself, as all callbacks meet it: a part of `choices.py`."""

from .choice import decision

TRAINING = (
    decision(
        "training/stop-when-a-fit-begins",
        "What becomes of the stop flag if somebody sets it when a fit begins?",
        one_epoch="Training ends with the first epoch.",
        no_epoch="Training ends before the first epoch.",
        cleared="It is cleared: training goes on.",
    ),
    decision(
        "training/stop-in-an-epoch",
        "When does training end if the stop flag is set at the end of a batch?",
        after_the_batch="The rest of the epoch's batches are left out.",
        after_the_epoch="The rest of the epoch's batches are trained on.",
    ),
    decision(
        "training/stop-and-evaluation",
        "What becomes of a stop flag that is set by the end of an epoch's last batch, where the epoch is evaluated at its end?",
        stays="Training ends with the epoch.",
        cleared="The evaluation clears it: training goes on. (One that leaves batches out leaves out the evaluation, and stays.)",
    ),
    decision(
        "training/batch-index",
        "Which index is the batch hook told at the end of several batches (steps_per_execution)?",
        the_last="That of the last of them.",
        the_first="That of the first of them.",
        the_last_of_a_full_group="That of the last of them, even where a last group is short: as if it was full.",
    ),
    decision(
        "training/short-last-group",
        "Is there a batch hook at the end of an epoch's last batches, where they are fewer than steps_per_execution?",
        told="Yes, as at the end of any others.",
        not_told="No: their beginning has one, their end has none, and fit warns that the data have run out. They are trained "
        "on, and the optimizer counts a step more than there are batches.",
    ),
    decision(
        "training/model-in-hdf5",
        "What becomes of a fit that goes on from a whole model in an HDF5 file (.h5)?",
        trains="It trains the model.",
        raises_not_implemented_error="Its first step raises NotImplementedError, and so does that of later ones.",
        raises_value_error="Its first step raises ValueError, and so does that of later ones.",
    ),
    decision(
        "training/warnings",
        "What becomes of the warnings of an unknown mode and of a missing metric?",
        given="They are given.",
        lost="They are lost: logging is handed an argument too many, and writes a traceback of its own to standard error, which "
        "stops nothing.",
    ),
)
