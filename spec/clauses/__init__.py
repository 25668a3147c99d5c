"""The clauses. Importing this package registers all of them in `clause.CLAUSES`, in this order."""

from . import every_callback as every_callback  # isort: skip
from . import early_stopping as early_stopping  # isort: skip
from . import reduce_lr_on_plateau as reduce_lr_on_plateau  # isort: skip
from . import model_checkpoint as model_checkpoint  # isort: skip
from . import learning_rate_scheduler as learning_rate_scheduler  # isort: skip
from . import terminate_on_nan as terminate_on_nan  # isort: skip
