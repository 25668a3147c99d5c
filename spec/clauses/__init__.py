"""The clauses. Importing this package registers all of them in `clause.CLAUSES`, in this order."""

from . import outcome as outcome  # isort: skip
from . import every_callback as every_callback  # isort: skip
from . import early_stopping as early_stopping  # isort: skip
from . import early_stopping_monitor as early_stopping_monitor  # isort: skip
from . import early_stopping_weights as early_stopping_weights  # isort: skip
from . import early_stopping_errors as early_stopping_errors  # isort: skip
from . import reduce_lr_on_plateau as reduce_lr_on_plateau  # isort: skip
from . import reduce_lr_on_plateau_monitor as reduce_lr_on_plateau_monitor  # isort: skip
from . import reduce_lr_on_plateau_says as reduce_lr_on_plateau_says  # isort: skip
from . import model_checkpoint as model_checkpoint  # isort: skip
from . import model_checkpoint_names as model_checkpoint_names  # isort: skip
from . import model_checkpoint_errors as model_checkpoint_errors  # isort: skip
from . import model_checkpoint_relations as model_checkpoint_relations  # isort: skip
from . import learning_rate_scheduler as learning_rate_scheduler  # isort: skip
from . import optimizers as optimizers  # isort: skip
from . import terminate_on_nan as terminate_on_nan  # isort: skip
