"""The clauses on BackupAndRestore, in this order."""

from . import decisions as decisions  # isort: skip
from . import arguments as arguments  # isort: skip
from . import directory as directory  # isort: skip
from . import damaged as damaged  # isort: skip
