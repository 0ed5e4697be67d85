"""`include`: parts of other files, merged into a document.

The including file wins, entry by entry; of two fragments the one named later does. Entries of `added`
sections are never replaced. Whatever stands in the result knows the file it came from. A fragment holds
sections and nothing else, and may include others; each file is read once.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Any

from shotlane.diagnostics import Note, Report, did_you_mean
from shotlane.document._document import Document
from shotlane.document._node import Node, Path
from shotlane.document._read import is_file, read_file

INCLUDE = "include"
_BESIDE = (INCLUDE, "language", "description")
_NESTED = "parameters"  # its mappings make dotted names, which are merged one by one


@dataclass(frozen=True, slots=True)
class Sections:
    """What fragments may hold. `added`: sections whose entries are only ever added."""

    replaced: Collection[str]
    added: Collection[str] = ("interlocks",)

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.replaced, *self.added]


SEQUENCE_SECTIONS = Sections(("parameters", "labels", "lanes", "results"))
STATION_SECTIONS = Sections(("instruments", "channels"))


def with_includes(
    document: Document,
    path: FilePath,
    report: Report,
    sections: Sections,
    accept: Callable[[Document], bool] = lambda document: True,
) -> Document:
    """A document that was read from `path`, with all that it includes.

    `accept`: says of the document, and of each fragment, whether it can be used, and tells when not.
    """
    if not accept(document):
        return document
    return _Including(report, sections, accept, [path.resolve()]).complete(document, path.parent)


@dataclass(slots=True)
class _Including:
    report: Report
    sections: Sections
    accept: Callable[[Document], bool]
    open: list[FilePath]
    seen: set[FilePath] = field(default_factory=set)

    def complete(self, document: Document, folder: FilePath) -> Document:
        """The document with its fragments; the ones that cannot be used are told and left out."""
        listed = document.data.get(INCLUDE)
        if not isinstance(listed, list):
            return document  # the loader tells of what is no list
        fragments = []
        faulty = []
        for index, entry in enumerate(listed):
            if isinstance(entry, str):
                told = len(self.report)
                fragment = self._read(document, (INCLUDE, index), entry, folder)
                if fragment is not None:
                    fragments.append(fragment)
                elif len(self.report) > told:
                    faulty.append(index)
        data, root = document.data, document.root
        for fragment in reversed(fragments):
            data, root = self._merge(document, data, root, fragment)
        whole = document.merged(data, root, fragments)
        for index in faulty:
            whole.drop((INCLUDE, index))
        for fragment in fragments:
            for path in fragment.dropped:
                if whole.span(path).source != document.source:
                    whole.drop(path)
        return whole

    def _read(self, document: Document, place: Path, entry: str, folder: FilePath) -> Document | None:
        path = folder / entry
        if is_file(path):
            path = path.resolve()
        if path in self.open:
            chain = " -> ".join([*(item.name for item in self.open[self.open.index(path) :]), path.name])
            self.report.error("YAML020", f"files include each other: {chain}", document.span(place))
            return None
        if not is_file(path):
            message = f"there is no file '{entry}'"
            near = did_you_mean(entry, _beside(path), what="files there")
            self.report.error("YAML020", message, document.span(place), help=near)
            return None
        if path in self.seen:
            return None
        self.seen.add(path)
        # A name as messages show it: beside the file that includes it.
        name = str(PurePosixPath(document.source.name).parent / entry)
        fragment = read_file(path, self.report, name=name)
        if fragment is None or not self._is_fragment(fragment) or not self.accept(fragment):
            return None
        self.open.append(path)
        whole = self.complete(fragment, path.parent)
        self.open.pop()
        return whole

    def _is_fragment(self, fragment: Document) -> bool:
        """Whether it holds sections that can be included; what else it holds is told."""
        known = (*self.sections.names, *_BESIDE)
        for key in [key for key in fragment.data if key not in known]:
            self.report.error(
                "YAML021",
                f"'{key}' cannot be included",
                fragment.key_span((key,)),
                help=did_you_mean(key, self.sections.names, what="a fragment holds"),
            )
        return True

    def _merge(
        self, document: Document, data: dict[str, Any], root: Node, fragment: Document
    ) -> tuple[dict[str, Any], Node]:
        """Data and places with the sections of a fragment below those that are there."""
        merged = dict(data)
        places = root.opened()
        assert places.entries is not None
        theirs = fragment.root.resolved().entries or {}
        for section in self.sections.names:
            value = fragment.data.get(section)
            if not isinstance(value, Mapping) or not isinstance(merged.get(section, {}), Mapping):
                continue
            start, end, node = theirs[section]
            if section not in merged:
                node.source = node.source or fragment.source
                merged[section], places.entries[section] = value, (start, end, node)
                continue
            self._check_added(document, fragment, section, merged[section], value)
            ours = places.entries[section]
            deep = section == _NESTED
            merged[section], below = _united(merged[section], ours[2], value, node, fragment, deep=deep)
            places.entries[section] = (ours[0], ours[1], below)
        return merged, places

    def _check_added(
        self, document: Document, fragment: Document, section: str, ours: Mapping[str, Any], theirs: Any
    ) -> None:
        if section not in self.sections.added:
            return
        for name in [name for name in theirs if name in ours]:
            self.report.error(
                "YAML022",
                f"'{name}' stands in '{fragment.source.name}', and interlocks are only ever added",
                document.key_span((section, name)),
                help="give it another name: both are watched",
                notes=(Note("the other one", fragment.key_span((section, name))),),
            )


def _beside(path: FilePath) -> list[str]:
    try:
        return [item.name for item in path.parent.glob("*.yaml")]
    except (OSError, ValueError):
        return []


def _united(
    ours: Mapping[str, Any], our_node: Node, theirs: Mapping[str, Any], their_node: Node, fragment: Document,
    *, deep: bool,
) -> tuple[dict[str, Any], Node]:  # fmt: skip
    """Entries of both mappings; ours win. `deep`: mappings in both are united in turn."""
    data, node = dict(ours), our_node.opened()
    written = our_node.resolved().entries or {}
    assert node.entries is not None
    for key, (start, end, child) in (their_node.resolved().entries or {}).items():
        both = isinstance(data.get(key), Mapping) and isinstance(theirs.get(key), Mapping)
        if key not in written:
            child.source = child.source or their_node.source or fragment.source
            node.entries[key] = (start, end, child)
            if key in theirs:  # else it is faulty, which was told
                data[key] = theirs[key]
        elif deep and both:
            own = node.entries[key]
            if child.source is None:
                child.source = their_node.source or fragment.source
            data[key], below = _united(data[key], own[2], theirs[key], child, fragment, deep=True)
            node.entries[key] = (own[0], own[1], below)
    return data, node
