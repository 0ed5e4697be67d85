"""A text that fits a regular expression, with values of ours in its named groups.

Only what a reply of a device needs: what is repeated stands as often as it must, the first of several
alternatives is taken, what looks ahead or behind says nothing. `re` judges the result; its own parser has no
public face.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# Of a group: its text, from its name and its own expression; None leaves what the expression says.
Groups = Callable[[str, str], str | None]

_CLASSES: Final = {"d": "0", "D": "-", "w": "0", "W": "-", "s": " ", "S": "0"}
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a"}
_SILENT: Final = "AZbBzG"
_COUNTS: Final = re.compile(r"\{(\d*)(?:,(\d*))?\}")
_NAMED: Final = re.compile(r"\?P<([^>]+)>")
_LOOKING: Final = ("?=", "?!", "?<=", "?<!", "?#")
_FLAGS: Final = re.compile(r"\?[aiLmsux-]*[:)]?")


def sample(expression: str, groups: Groups) -> str:
    """The shortest text, near enough; optional parts stand where a group of ours is in them."""
    return _Reader(expression, groups).alternatives()


@dataclass(slots=True)
class _Piece:
    """A text, and whether a value of ours stands in it."""

    text: str
    is_ours: bool = False


class _Reader:
    """Walks through one expression."""

    def __init__(self, expression: str, groups: Groups) -> None:
        self._text = expression
        self._groups = groups
        self._at = 0

    def alternatives(self) -> str:
        """Up to the end, or the parenthesis that ends the group."""
        return self._alternatives().text

    def _alternatives(self) -> _Piece:
        first = self._sequence()
        while self._peek() == "|":
            self._at += 1
            self._sequence()
        return first

    def _sequence(self) -> _Piece:
        whole = _Piece("")
        while self._peek() not in ("", "|", ")"):
            piece = self._repeated(self._atom())
            whole = _Piece(whole.text + piece.text, whole.is_ours or piece.is_ours)
        return whole

    def _repeated(self, piece: _Piece) -> _Piece:
        least = 1
        found = _COUNTS.match(self._text, self._at)
        if found is not None and (found[1] or found[2]):
            self._at = found.end()
            least = int(found[1] or 0)
        elif self._peek() in ("*", "?", "+"):
            least = int(self._peek() == "+")
            self._at += 1
        else:
            return piece
        if self._peek() in ("?", "+"):  # lazy, or possessive
            self._at += 1
        return _Piece(piece.text * max(least, int(piece.is_ours)), piece.is_ours)

    def _atom(self) -> _Piece:
        letter = self._peek()
        self._at += 1
        match letter:
            case "(":
                return self._group()
            case "[":
                return _Piece(self._set())
            case "\\":
                return _Piece(self._escaped())
            case ".":
                return _Piece("0")
            case "^" | "$":
                return _Piece("")
            case _:
                return _Piece(letter)

    def _group(self) -> _Piece:
        rest = self._text[self._at :]
        named = _NAMED.match(rest)
        is_silent = rest.startswith(_LOOKING)
        if named is not None:
            self._at += named.end()
        elif rest.startswith("?>") or rest.startswith(("?=", "?!")):
            self._at += 2
        elif rest.startswith(("?<=", "?<!")):
            self._at += 3
        elif rest.startswith("?"):
            self._at += len((_FLAGS.match(rest) or [""])[0])
            if self._text[self._at - 1] == ")":
                return _Piece("")
        begun = self._at
        piece = self._alternatives()
        own = self._text[begun : self._at]
        self._at += 1
        given = None if named is None else self._groups(named[1], own)
        if given is not None:
            return _Piece(given, is_ours=True)
        return _Piece("") if is_silent else piece

    def _set(self) -> str:
        """A character of a set; one that is excluded from everything stands for itself nowhere."""
        is_negated = self._peek() == "^"
        self._at += is_negated
        begun, members = self._at, list[str]()
        while self._peek() != "]" or self._at == begun:
            letter = self._peek()
            self._at += 1
            members.append(self._escaped() if letter == "\\" else letter)
        self._at += 1
        pattern = re.compile(self._text[begun - 1 - is_negated : self._at])
        return next((one for one in (*members, *"0 A-_") if pattern.fullmatch(one)), "")

    def _escaped(self) -> str:
        letter = self._peek()
        self._at += 1
        if letter in _SILENT:
            return ""
        if letter == "x":
            self._at += 2
            return chr(int(self._text[self._at - 2 : self._at], 16))
        return _CLASSES.get(letter) or _CONTROLS.get(letter) or letter

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]
