"""The clauses on LearningRateScheduler, in this order."""

from . import decisions as decisions  # isort: skip
