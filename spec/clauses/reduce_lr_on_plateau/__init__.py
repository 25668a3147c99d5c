"""The clauses on ReduceLROnPlateau, in this order."""

from . import monitor as monitor  # isort: skip
from . import decisions as decisions  # isort: skip
from . import mode as mode  # isort: skip
from . import messages as messages  # isort: skip
from . import optimizers as optimizers  # isort: skip
from . import attributes as attributes  # isort: skip
