"""Data without what was found faulty.

Indices stay those of the document, so a list with a faulty item goes as a whole (`unit_of`), except where
items are independent of each other: there an empty mapping stands for the faulty one.
"""

from collections.abc import Collection
from enum import Enum
from typing import Any, Final

from shotlane.document import Path


class _Gone(Enum):
    GONE = 1


_GONE: Final = _Gone.GONE
_Trie = dict[Any, Any]


def unit_of(path: Path, independent: Collection[Path]) -> Path:
    """The smallest thing that can be left out when a path is faulty: no item of a list, but the list."""
    while path and isinstance(path[-1], int) and path[:-1] not in independent:
        path = path[:-1]
    return path


def prune(data: Any, dropped: Collection[Path]) -> Any:
    """Copy of `data` without the dropped paths, which are units; `{}` stands for an item of a list."""
    trie: _Trie = {}
    for path in dropped:
        branch = trie
        for step in path:
            branch = branch.setdefault(step, {})
        branch[_GONE] = True
    return _pruned(data, trie)


def _pruned(value: Any, trie: _Trie) -> Any:
    if not trie:
        return value
    if isinstance(value, dict):
        return {
            key: _pruned(item, trie.get(key, {}))
            for key, item in value.items()
            if _GONE not in trie.get(key, {})
        }
    if isinstance(value, list):
        return [
            {} if _GONE in trie.get(index, {}) else _pruned(item, trie.get(index, {}))
            for index, item in enumerate(value)
        ]
    return value
