"""The folder of the data, made where it is not there yet."""

from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make the folder of the data. Raises `StoreError`."""
    from shotlane.store import StoreError  # late: SQLAlchemy

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} cannot be made: {error.strerror}") from error
