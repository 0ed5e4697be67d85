"""Signs and words that people know from elsewhere, and what is written here instead."""

import re
from keyword import kwlist
from typing import Final

from shotlane.expression._fault import Fault, shortened

# Longest first: the first that fits is the one mistake.
_SIGNS: Final[tuple[tuple[str, str], ...]] = (
    ("===", "equality is written =="),
    ("!==", "`differs from` is written !="),
    ("<>", "`differs from` is written !="),
    ("=>", "write >="),
    ("=<", "write <="),
    (":=", "a value has no name inside an expression: declare a parameter"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("//", "write floor(a / b)"),
    ("<<", "write * 2**n"),
    (">>", "write / 2**n"),
    ("%", "the remainder is mod(a, b), and the unit of per cent is `percent`"),
    ("^", "a power is written with two stars: a**b"),
    ("!", "write `not`, or `!=` for 'differs from'"),
    ("&", "write `and`"),
    ("|", "write `or`, or abs(a) for a size"),
    ("~", "write `not`"),
    ("?", "a choice is written: a if condition else b"),
    (":", "a choice is written: a if condition else b"),
    ("[", "there are no lists and no indices in an expression"),
    ("]", "there are no lists and no indices in an expression"),
    ("{", "there are no mappings in an expression"),
    ("}", "there are no mappings in an expression"),
    ("−", "write the minus of the keyboard: -"),
    ("–", "write the minus of the keyboard: -"),
    ("×", "write *"),
    ("·", "write *"),
    ("⋅", "write *"),
    ("÷", "write /"),
    ("≤", "write <="),
    ("≥", "write >="),
    ("≠", "write !="),
    ("²", "write **2"),
    ("³", "write **3"),
    ("√", "write sqrt(a)"),
    ("π", "write pi"),
    ("℃", "write degC"),
    ("℉", "write degF"),
    ("°", "a number stands before a unit: 25 degC"),
    (".", "a dot stands only inside a number or a name such as furnace.temperature"),
    ("#", "a comment stands outside the expression"),
    ("\\", "an expression has no backslash"),
    ("‘", "a text stands in straight quotes: 'He'"),
    ("’", "a text stands in straight quotes: 'He'"),
    ("“", "a text stands in straight quotes: 'He'"),
    ("”", "a text stands in straight quotes: 'He'"),
)  # fmt: skip

_CLOCK: Final = re.compile(r"(\d)(:)\d\d")

_WORDS: Final[dict[str, str]] = {
    "is": "write == for 'equals'",
    "in": "compare with each value: x == a or x == b (the inch is written `inch`)",
    "None": "a value is a number, a boolean or a text",
    "lambda": "there are no functions of your own; a wavelength may be called `wavelength`",
}


def refuse_character(text: str, offset: int) -> Fault:
    """The fault for a sign that no expression has."""
    if (clock := _CLOCK.search(text, max(offset - 2, 0))) is not None and clock.start(2) == offset:
        help = "a time is written with its unit: 90 s, 1.5 min"
        return Fault("EXP002", "':' is not part of an expression", offset, 1, help)
    for sign, help in _SIGNS:
        if text.startswith(sign, offset):
            return Fault("EXP002", f"'{sign}' is not part of an expression", offset, len(sign), help)
    sign = text[offset]
    if sign in "'\"":
        help = "a text stands in equal quotes, without a backslash: 'He'"
        return Fault("EXP001", "the text has no closing quote", offset, 1, help)
    if sign.isalpha() or sign.isdigit():
        end = offset + 1
        while end < len(text) and text[end].isalnum() and not text[end].isascii():
            end += 1
        help = "names and numbers have only the letters a to z, digits and underscores"
        return Fault(
            "EXP002", f"'{shortened(text[offset:end])}' cannot be part of a name", offset, end - offset, help
        )
    shown = f"'{sign}'" if sign.isprintable() else f"the invisible character U+{ord(sign):04X}"
    return Fault("EXP002", f"{shown} is not part of an expression", offset, 1, "remove it")


def refuse_word(text: str, name: str, offset: int) -> Fault | None:
    """The fault for a Python keyword or a name that cannot be one here; None for any other name."""
    if name in kwlist:
        help = _WORDS.get(name, "it cannot be used as a name either")
        return Fault("EXP002", f"'{name}' is not part of an expression", offset, len(name), help)
    if any(part.startswith("_") for part in name.split(".")):
        help = "a name begins with a letter"
        return Fault("EXP002", f"'{shortened(name)}' cannot be a name", offset, len(name), help)
    end = offset + len(name)
    if text[end : end + 1] in {"'", '"'} and text[end : end + 1]:
        help = "a text is written without a prefix: 'He'"
        return Fault("EXP002", f"'{shortened(name)}' stands directly before a text", offset, len(name), help)
    if end < len(text) and not text[end].isascii() and text[end].isalnum():
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        help = "names have only the letters a to z, digits and underscores"
        return Fault(
            "EXP002", f"'{shortened(text[offset:end])}' cannot be a name", offset, end - offset, help
        )
    return None
