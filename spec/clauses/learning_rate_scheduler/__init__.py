"""The clauses on LearningRateScheduler, in this order."""

from . import decisions as decisions  # isort: skip
from . import optimizers as optimizers  # isort: skip
