"""Documents in an older language become documents in the newest one, before they are validated.

An upgrade renames, moves and replaces parts; each keeps the place that its author wrote it at, so messages
point into the text as it is. A document that does not say its language is in the newest one.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shotlane.document import Document, Made, Path, with_made
from shotlane.model._part import LANGUAGE
from shotlane.model._schema import KindName


@dataclass(frozen=True, slots=True)
class Changes:
    """What an upgrade makes of a document: parts that are written anew or moved, and what goes."""

    made: Iterable[Made] = ()
    without: Iterable[Path] = ()


Upgrade = Callable[[Document], Changes]

# By kind of document and the language that it begins from; it ends in the next one. None is needed yet.
UPGRADES: dict[KindName, Mapping[int, Upgrade]] = {"sequence": {}, "station": {}, "instrument": {}}


def upgrade(document: Document, kind: KindName, language: int) -> None:
    """Bring a document from its language to the newest, one language after the other."""
    for version in range(language, LANGUAGE):
        change = UPGRADES[kind].get(version)
        if change is not None:  # else that language changed nothing for this kind
            changes = change(document)
            document.become(with_made(document, changes.made, changes.without))
    if language < LANGUAGE:
        document.data["language"] = LANGUAGE  # so that nobody upgrades it again


def renamed(document: Document, path: Path, key: str) -> Changes:
    """The change that gives the entry at a path another key; none where it is not written."""
    value = document.value(path)
    if value is None:
        return Changes()
    return Changes([Made((*path[:-1], key), value, path)], [path])
