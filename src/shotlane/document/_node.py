"""Where everything stands in the text: a tree beside the data, holding offsets only.

Every value has a node, and so has every entry that was left out of the data because it is faulty. Nodes of
an anchor are shared by the places that use it.
"""

from enum import Enum
from typing import Any, Final

from shotlane.diagnostics import Source

Path = tuple[str | int, ...]


class Form(Enum):
    """How a value is written."""

    PLAIN = "plain"
    QUOTED = "quoted"
    BLOCK = "block scalar"
    MAPPING = "mapping"
    LIST = "list"
    ALIAS = "alias"


class Node:
    """The characters from `start` up to `end`, and what is inside them.

    `entries` of a mapping: key -> (start of the key, its end, node of the value). `items` of a list.
    `target` of an alias: the node of its anchor. `source`: the text it stands in, and its key with it, where
    that is another one than that of the node around it.
    """

    __slots__ = ("end", "entries", "form", "items", "source", "start", "target")

    def __init__(self, start: int, end: int, form: Form) -> None:
        self.start = start
        self.end = end
        self.form = form
        self.entries: dict[str, Entry] | None = None
        self.items: list[Node] | None = None
        self.target: Node | None = None
        self.source: Source | None = None

    def resolved(self) -> "Node":
        """The node itself, or that of the anchor when it is an alias."""
        node = self
        while node.target is not None:
            node = node.target
        return node

    def opened(self) -> "Node":
        """A copy of a mapping's node with entries of its own, to add to."""
        found = self.resolved()
        copy = Node(found.start, found.end, Form.MAPPING)
        copy.entries = dict(found.entries or {})
        copy.source = self.source
        return copy


Entry = tuple[int, int, Node]


class Left(Enum):
    """Takes the place of a value that is left out because it is faulty, while a document is built."""

    OUT = "left out"


LEFT_OUT: Final = Left.OUT

Built = tuple[Any, Node]
