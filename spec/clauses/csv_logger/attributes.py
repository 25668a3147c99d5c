"""CSVLogger: what becomes of its file when a fit has ended."""

from ..attributes import held
from ..clause import Case, Expectations, clause

SOURCE = "observed: keras 3.15.1"


@clause("csv-logger/attributes/the-file-is-closed", level="observed", source=SOURCE)
def the_file_is_closed(case: Case) -> Expectations:
    """When a fit has come to its end, the file that the callback holds as `csv_file` is closed: it can be moved, and removed."""
    for fit, value in held(case, "csv_file.closed"):
        yield case.at(fit).expects_that(
            value is True, "the file closed", got="an open one", because="training has ended, and no row comes any more"
        )
