"""The clauses on EarlyStopping, in this order."""

from . import decisions as decisions  # isort: skip
from . import monitor as monitor  # isort: skip
from . import weights as weights  # isort: skip
from . import messages as messages  # isort: skip
from . import attributes as attributes  # isort: skip
