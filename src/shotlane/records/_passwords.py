"""Passwords of addresses in texts of all kinds: kept out of what is shown and stored."""

import re

# As it was typed, with any marks, up to the last @; or as SQLAlchemy renders it, which leaves blanks. What
# begins like a port is one.
_FORMS = r":(?:(?!\d+[/?#\"'),;\]}>])\S{1,512}|[\w.~%+ -]{1,512}(?:@\S{1,512})?)(?=@)"
_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*)" + _FORMS, re.ASCII)
# The address of a server without all of its slashes, as a slip leaves it, or a path that was made of it.
_NEARLY = re.compile(r"\b(postgres(?:ql)?(?:\+\w+)?(?::/?|//)[^\s/:@]*)" + _FORMS, re.ASCII)
_OPTION = re.compile(r"(?<=[?&])((?:ssl)?password=)[^\s&\"'#]+")


def without_passwords(text: str) -> str:
    """A text in which every password of an address is `***`."""
    return _NEARLY.sub(r"\1:***", _OPTION.sub(r"\1***", _PASSWORD.sub(r"\1:***", text)))
