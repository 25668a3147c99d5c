"""The clauses on training: several callbacks in one fit, and fits that are resumed or interrupted; in this order."""

from . import together as together  # isort: skip
from . import resuming as resuming  # isort: skip
from . import interruption as interruption  # isort: skip
from . import backups as backups  # isort: skip
from . import averages as averages  # isort: skip
