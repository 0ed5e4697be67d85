"""Texts that stand where a number would, and mean that there is none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_NUMBERS: Final = ("f", "d", "x", "sx", "list")


@dataclass(frozen=True, slots=True)
class Missing:
    """Those of every field, and those of a field by its name; of the only field whatever its name."""

    everywhere: Sequence[str] = ()
    by_field: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, types: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """The texts of each field that is a number, by name."""
        known = {name: self._texts(name, only=len(types) == 1) for name in types if types[name] in _NUMBERS}
        return {name: texts for name, texts in known.items() if texts}

    def _texts(self, name: str, *, only: bool) -> frozenset[str]:
        own = self.by_field.items()
        listed = [*self.everywhere, *(text for key, texts in own if only or key == name for text in texts)]
        return frozenset(text.strip() for text in listed if text.strip())


def alternatives(texts: frozenset[str]) -> str:
    """A pattern of one of the texts, longer ones first."""
    return "|".join(re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text)))
