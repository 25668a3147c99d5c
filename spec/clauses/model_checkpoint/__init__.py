"""The clauses on ModelCheckpoint, in this order."""

from . import decisions as decisions  # isort: skip
from . import monitor as monitor  # isort: skip
from . import names as names  # isort: skip
from . import messages as messages  # isort: skip
from . import errors as errors  # isort: skip
from . import resuming as resuming  # isort: skip
from . import attributes as attributes  # isort: skip
