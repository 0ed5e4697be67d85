"""What goes wrong with an archive, told in one sentence."""

from shotlane.records import without_passwords


class ArchiveError(Exception):
    """An archive that cannot be written or used; `help` is the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        # What is no archive may be the address of a store.
        message, help = without_passwords(message), None if help is None else without_passwords(help)
        super().__init__(message if help is None else f"{message}; {help}")
        self.message = message
        self.help = help


class UnknownFormatError(ArchiveError):
    """An archive of a format that another version of shotlane writes."""
