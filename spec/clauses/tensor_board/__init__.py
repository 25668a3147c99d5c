"""The clauses on TensorBoard, in this order."""

from . import epochs as epochs  # isort: skip
from . import batches as batches  # isort: skip
from . import around as around  # isort: skip
