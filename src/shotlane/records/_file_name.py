"""A name for a file about something that has a name or an address of its own."""

import hashlib
import re

_LONGEST = 50  # letters, of up to four bytes each


def file_name(text: str, *taken: str) -> str:
    """The text, where it can be the name of a file and is not `taken`; else what is like it, and its digest.

    Of two texts it is never the same, and it is in no other folder than it is put into.
    """
    plain = re.sub(r"[^\w.-]+", "-", text)[-_LONGEST:].lstrip(".-")
    if plain and plain == text and text not in taken:
        return text
    return f"{plain}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:12]}".lstrip("-")
