"""The clauses on TerminateOnNaN, in this order."""

from . import decisions as decisions  # isort: skip
