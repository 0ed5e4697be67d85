"""What the verbs about archives share."""

from collections.abc import Iterator
from contextlib import contextmanager

from shotlane.cli._output import Complaint


@contextmanager
def archive_complaints() -> Iterator[None]:
    """Tell a fault of an archive in one line."""
    from shotlane.archives import ArchiveError  # late: polars

    try:
        yield
    except ArchiveError as error:
        raise Complaint(str(error)) from error
