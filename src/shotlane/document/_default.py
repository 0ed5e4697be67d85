"""A section that a document takes from elsewhere when it has none of its own."""

from shotlane.document._document import Document


def with_default(document: Document, section: str, other: Document) -> Document:
    """The document with a section of another one, unless it has it; faults point to where it stands.

    The text of the other does not become one of the document's: settings may name a database.
    """
    if section in document.data or section not in other.data:
        return document
    root = document.root.opened()
    start, end, node = (other.root.resolved().entries or {})[section]
    node.source = node.source or other.source
    assert root.entries is not None
    root.entries[section] = (start, end, node)
    return document.merged({**document.data, section: other.data[section]}, root, ())
