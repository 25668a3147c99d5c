"""The clauses on every callback, in this order."""

from . import outcome as outcome  # isort: skip
from . import decisions as decisions  # isort: skip
from . import effects as effects  # isort: skip
from . import attributes as attributes  # isort: skip
