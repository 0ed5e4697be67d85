"""Whether what is said to one instrument of a wire cannot be meant for another one there."""

from collections.abc import Iterable, Iterator
from itertools import takewhile

from shotlane.instruments.definition._definition import Definition
from shotlane.model import InstrumentAttribute, InstrumentCommand, InstrumentDocument

_TEXTS = ("ascii", "scpi")


def told_apart(one: Definition, other: Definition) -> bool:
    """Whether two instruments on one wire have an address, or what is one; True where that is not known.

    Only texts are looked at: an address is what all messages of an instrument begin or end with.
    """
    documents = one.document, other.document
    if any(document.protocol not in _TEXTS for document in documents):
        return True
    endings = [document.write.partition("{command}")[2].strip() for document in documents]
    first, second = map(_beginning, documents)
    apart = bool(first and second) and not first.startswith(second) and not second.startswith(first)
    return apart or endings[0] != endings[1]


def _beginning(document: InstrumentDocument) -> str:
    """What all that is sent begins with."""
    texts = [*_asked_and_set(document.attributes.values()), *_called(document.commands.values())]
    first, last = min(texts, default=""), max(texts, default="")
    # What these two have in common, all between them in the order of the alphabet have.
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return document.write.partition("{command}")[0] + "".join(letter for letter, _ in same)


def _asked_and_set(attributes: Iterable[InstrumentAttribute]) -> Iterator[str]:
    for one in attributes:
        sets = () if one.set is None else (one.set.send, one.set.true, one.set.false)
        yield from (text for text in (one.query, one.scpi, *sets) if text is not None)


def _called(commands: Iterable[InstrumentCommand]) -> Iterator[str]:
    yield from (one.send for one in commands if one.send is not None)
