"""The clauses on CSVLogger, in this order."""

from . import decisions as decisions  # isort: skip
from . import fits as fits  # isort: skip
from . import attributes as attributes  # isort: skip
