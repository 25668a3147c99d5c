"""The clauses on SwapEMAWeights, in this order."""

from . import decisions as decisions  # isort: skip
