"""The clauses on CSVLogger, in this order."""

from . import decisions as decisions  # isort: skip
