"""The call that YAML split at its comma: `{heat: ramp(25 degC, T)}` is read as the two keys `heat` and `T)`.

The pieces are told by the parenthesis that is open in one and closed in a later one. An open parenthesis that
no later piece closes is the expression's own fault, which the expression parser reports.
"""

from collections.abc import Iterable, Sequence


def balance(text: str) -> int:
    """Opening minus closing parentheses, those inside quotes left aside."""
    if "(" not in text and ")" not in text:
        return 0
    depth = 0
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
    return depth


def closing_piece(opening: str, pieces: Iterable[Sequence[str]]) -> int | None:
    """Index of the first of the following pieces that closes what `opening` left open; None when none does.

    A piece is the plain texts of one entry: its key and its value, or an item.
    """
    depth = balance(opening)
    if depth <= 0:
        return None
    for index, texts in enumerate(pieces):
        depth += sum(map(balance, texts))
        if depth <= 0:
            return index
    return None


def remedy(call: str, key: str | None) -> str:
    """Help line that shows both ways to write the call."""
    quote = "'" if '"' in call else '"'
    quoted = f"{quote}{call}{quote}"
    if key is None:
        return f"quote it: {quoted}, or write the list with one `- {call}` on each line"
    return f"quote it: {key}: {quoted}, or put `{key}: {call}` on a line of its own, without braces"
