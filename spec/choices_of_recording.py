"""The choices on callbacks that keep something beside the training: what was logged, what training needs to go on, or an average
of the weights: a part of `choices.py`."""

from .choice import decision

RECORDING = (
    decision(
        "history/reuse",
        "What does an instance that is used for a second fit still hold?",
        nothing="Nothing: epoch and history begin anew.",
        metrics="The metrics of all fits before, one list after the other, while epoch begins anew.",
    ),
    decision(
        "csv-logger/reuse",
        "Which columns does an instance write that is used for a second fit?",
        nothing="Those of that fit's own first epoch.",
        columns="Those of the first epoch that it has ever seen.",
        no_row="It writes none: ValueError is raised at the end of that fit's first epoch, because the file of the fit before is "
        "closed. Only the file is emptied.",
    ),
    decision(
        "csv-logger/after-an-interruption",
        "Where does an instance write that is used again after a fit that was interrupted?",
        to_its_file="To the file that the fit has opened, as in any other.",
        to_the_file_before="To the one that the interrupted fit had opened, in its columns and without a header; the rows are "
        "there when training has ended. Where the file was emptied since, zeros (NUL) stand in place of what was in it.",
        to_a_file_that_stays_open="To the one that the interrupted fit had opened, in its columns and without a header, and "
        "so in all fits to come; as it is not closed, the rows are there only when the process has ended.",
    ),
    decision(
        "csv-logger/stop-in-the-first-epoch",
        "What is written where training is stopped in the first epoch of a fit?",
        its_row="That epoch's row, as of any other.",
        the_columns_of_the_fit_before="A row in the columns of the fit before, which are kept for this one; in an instance's "
        "first fit nothing: TypeError is raised, because there are no columns yet.",
    ),
    decision(
        "csv-logger/missing-metric",
        "What is written for a metric that the first epoch logged, and a later one does not?",
        na="NA; and where the first epoch has no metric of the validation, there are columns for those, too.",
        raises="Nothing: it raises KeyError, unless training is stopped in that epoch: then NA.",
        always_raises="Nothing: it raises KeyError.",
    ),
    decision(
        "csv-logger/header",
        "Where is a header written to a file that is appended to?",
        at_the_top="At its top: where nothing was in it.",
        always="Before an instance's first row, whatever is in it.",
        below_what_is_there="Where something was in it, or no file was there; none in a file that was empty.",
    ),
    decision(
        "csv-logger/separator",
        "What stands between the cells of a line?",
        the_given_one="The separator that was given.",
        commas="A comma, whatever was given.",
    ),
    decision(
        "csv-logger/opens",
        "When is the file opened?",
        with_the_fit="When a fit begins: it is there, and empty, before the first row; where it cannot be made, "
        "what Python's open() says of it is raised there, as FileNotFoundError or IsADirectoryError.",
        with_the_first_row="When the first row of a fit is written, through TensorFlow, whose own exceptions are raised there.",
    ),
    decision(
        "backup-and-restore/restores",
        "Where does a fit go on that finds a backup?",
        the_epoch="With the backup's weights and optimizer, at the beginning of the epoch that the backup names.",
        the_batch="With the backup's weights and optimizer, at the beginning of the epoch that the backup names; with a "
        "save_freq in batches behind the batch that was the last one in it.",
        weights_alone="With the backup's weights and optimizer, in the epoch that fit is told.",
    ),
    decision(
        "backup-and-restore/damaged-metadata",
        "What does double_checkpoint do where the latest backup's epoch number cannot be read?",
        gives_way="The backup before it takes its place, as where its weights cannot be read.",
        raises="Nothing: JSONDecodeError is raised. (Of tf-keras nothing is said: it has no double_checkpoint.)",
    ),
    decision(
        "backup-and-restore/next-fit",
        "Where does a fit begin that finds no backup, of a model that was restored in a fit before?",
        as_told="In the epoch that fit is told.",
        there_again="In the epoch in which the restored fit began, if that is not 0.",
    ),
    decision(
        "backup-and-restore/epoch-of-a-batch",
        "Which epoch does a backup name that is made after a batch?",
        the_running_one="The running one.",
        ended_epochs="The one after the last epoch that the instance has seen end: 0 for an instance that has seen none.",
    ),
    decision(
        "backup-and-restore/save-freq",
        "Which values of save_freq are accepted?",
        off='"epoch", integers, and False, with which nothing is backed up; anything else raises ValueError.',
        integers='"epoch" and integers; False is 0, and backs up after every batch. Anything else raises ValueError.',
        anything='Any; what is not "epoch" is compared with a number of batches, and False backs up after every one.',
        not_nothing="Any but what Python takes for false (False, 0, 0.0, None, an empty string), which raises ValueError; with "
        "save_before_preemption that is accepted, and nothing is backed up. Another number than an integer, as 2.5, is compared "
        "with a number of batches, but a fit that finds such a backup goes on with the next epoch, not behind the batch.",
    ),
    decision(
        "backup-and-restore/batch-count",
        "What does an integer save_freq count?",
        batches="Batches.",
        calls="Calls of the batch hook, of which there is one for every steps_per_execution batches.",
        fewer_in_each_epoch="Batches; with steps_per_execution, in every epoch one fewer than there are.",
        fewer_at_first="Batches; with steps_per_execution, in the first epoch that an instance sees one fewer than there are.",
    ),
    decision(
        "backup-and-restore/deletes",
        "What else is deleted with the backup at the end of training?",
        its_own="Nothing.",
        the_directory="The whole of backup_dir, with whatever is in it, even if no backup was made.",
    ),
    decision(
        "backup-and-restore/empty-dir",
        "What does an empty backup_dir do?",
        refused="It raises ValueError.",
        working_directory="The backup lies in the working directory.",
    ),
    decision(
        "swap-ema-weights/stopped-early",
        "What does the model hold when a fit with swap_on_epoch is stopped before the last epoch that it was told?",
        the_average="The average, as at any other end.",
        the_weights="The weights of the last epoch, and so does the optimizer in place of its average, which is lost.",
    ),
    decision(
        "tensor-board/epochs",
        "Of which epochs, and of which evaluations, are the scalars written where update_freq is a number of batches?",
        every="Of every one.",
        at_a_turn="Of an epoch whose last batch was at a turn, and of an evaluation whose last batch was, of all that the "
        "instance has seen: of the others nothing is written, the learning rate neither.",
        evaluations_at_a_turn="Of every epoch, but of an evaluation only if the batches of the instance's evaluations before "
        "come to a turn, or there were none.",
    ),
    decision(
        "tensor-board/batch-step",
        "How are batches counted, for update_freq and as the step of their scalars?",
        batches="Each one, from the beginning of the fit.",
        zero="By the calls of the batch hook, but the step of their scalars is 0, of all of them.",
        calls="By the calls of the batch hook: with steps_per_execution several batches are one.",
    ),
    decision(
        "tensor-board/batches",
        "Of which batches are the scalars written where update_freq is a number of batches?",
        at_a_turn="Of one in so many.",
        every="Of every one, whatever the number is.",
        none="Of none, whatever the number is, but for their steps per second.",
    ),
    decision(
        "tensor-board/learning-rate",
        "Which learning rate is written with an epoch?",
        the_optimizers="The optimizer's when it is the callback's turn, in place of one in the logs; of several optimizers each "
        "one's, under its name.",
        a_schedules="That of a schedule of the optimizer's own. Of another optimizer what the logs hold, if they do.",
    ),
)
