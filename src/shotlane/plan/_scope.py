"""The names that an expression may use, their types, and their values over all points of the sweep.

A name is in one of three states. Sound: it has a type and a value (one for all points, or one per point).
Typed: it has a type, but its values are not to be trusted (its axis is faulty), so units are checked and
numbers are not. Broken: nothing is known of it; whatever uses it stays silent. The author was told why.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shotlane.diagnostics import Note
from shotlane.expression import Type


@dataclass(slots=True)
class Scope:
    """A value is a scalar, or an array with an entry per point. `declared`: every name, in whatever state."""

    declared: set[str] = field(default_factory=set)
    types: dict[str, Type] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)  # labels whose text is a placeholder
    broken: set[str] = field(default_factory=set)
    uses: dict[str, Collection[str]] = field(default_factory=dict)  # by parameter, what it is derived from
    used: set[str] = field(default_factory=set)  # names that stand in some expression
    suspects: dict[str, Note] = field(default_factory=dict)  # parameters whose unit is missing or looks wrong
    complete: bool = True  # False when a place where names are declared is faulty: unknown names stay silent
    count: int = 1
    block: int = 4096  # how many points an expression is evaluated over at once
    _unions: dict[tuple[object, ...], set[str]] = field(default_factory=dict, repr=False)

    def names_with(self, more: Collection[str]) -> set[str]:
        """All names and some that only one place knows; the set is kept, because every cell asks for it."""
        if not more:
            return self.declared
        key = (len(self.declared), *more)
        if key not in self._unions:
            self._unions[key] = self.declared | set(more)
        return self._unions[key]

    def sound(self, used: Iterable[str]) -> bool:
        """Whether all names have values."""
        return all(name in self.values for name in used)

    def varies(self, used: Iterable[str]) -> bool:
        """Whether one of the names differs between points."""
        return any(isinstance(self.values.get(name), np.ndarray) for name in used)

    def spoil(self, names: Iterable[str]) -> None:
        """Take names, and all that is derived from them, as broken."""
        waiting = set(names)
        while waiting:
            self.broken |= waiting
            waiting = {name for name, used in self.uses.items() if not waiting.isdisjoint(used)} - self.broken

    def sources(self, names: Iterable[str]) -> list[str]:
        """The names, and all that they are derived from."""
        found: dict[str, None] = {}
        waiting = sorted(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                waiting += sorted(self.uses.get(name, ()))
        return list(found)

    def rows(self, first: int, stop: int) -> "Rows":
        """The values at a stretch of points."""
        return Rows(self, first, stop)


@dataclass(frozen=True, slots=True)
class Rows:
    """Points `first` up to, not including, `stop` of a scope, as columns of shape (n, 1)."""

    scope: Scope
    first: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.first

    def block(self) -> "Rows":
        """The blocks of the scope that hold these points."""
        size = self.scope.block
        first = self.first // size * size
        stop = -(-self.stop // size) * size
        return Rows(self.scope, first, min(stop, self.scope.count))

    def value(self, name: str) -> Any:
        """A scalar, or a column."""
        value = self.scope.values[name]
        if isinstance(value, np.ndarray):
            return value[self.first : self.stop, np.newaxis]
        return value

    def environment(self, used: Iterable[str], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Values by name for `Expression.evaluate`."""
        more = more or {}
        return {name: more[name] if name in more else self.value(name) for name in used}
