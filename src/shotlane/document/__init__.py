"""YAML text to plain data with a place for every key and value. Knows nothing of what it means."""

from shotlane.document._default import with_default
from shotlane.document._document import Document
from shotlane.document._given import are_given, given_in_catalogue, given_name, given_text, given_texts
from shotlane.document._include import SEQUENCE_SECTIONS, STATION_SECTIONS, Sections, with_includes
from shotlane.document._made import Made, with_made
from shotlane.document._node import Path
from shotlane.document._read import is_file, read_file, read_text

__all__ = [
    "SEQUENCE_SECTIONS",
    "STATION_SECTIONS",
    "Document",
    "Made",
    "Path",
    "Sections",
    "are_given",
    "given_in_catalogue",
    "given_name",
    "given_text",
    "given_texts",
    "is_file",
    "read_file",
    "read_text",
    "with_default",
    "with_includes",
    "with_made",
]
