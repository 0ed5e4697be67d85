"""Secrets: `${secret:NAME}` in what a station says of an instrument, known only while it is open.

Documents, plans, records and messages hold the name. The value is looked for when the instrument is opened:
in the environment as SHOTLANE_SECRET_NAME, in the system's keyring (service `shotlane`) where the package
`keyring` is installed, in the user's file `secrets` with lines `NAME=value`, which nobody else may be able to
read. From then on whatever is told passes through `Secrets.mask`.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from platformdirs import user_config_path

from shotlane.instruments.definition._contract import ErrorContext, Identity, InstrumentError
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import SECRET as _WRITTEN
from shotlane.instruments.definition._resource import ResourceError, revealed
from shotlane.instruments.definition._specimen import Expectation
from shotlane.model import InstrumentDocument, Scalar

# Inside of instrument documents braces mean fields, so there a name stands between two control characters.
_HIDDEN = re.compile("\x0e([A-Za-z_][A-Za-z0-9_]*)\x0f")
_HIDDEN_TEXT: Final = "\x0e\\1\x0f"
_PREFIX: Final = "SHOTLANE_SECRET_"


class Secret:
    """A value that does not show itself."""

    __slots__ = ("_forms", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._forms = _forms(value)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def reveal(self) -> str:
        """The value, for the wire only."""
        return self._value

    def mask(self, text: str) -> str:
        """A text with the value replaced, also as bytes, quoted, in hexadecimal, or in an address."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text


def _forms(value: str) -> tuple[str, ...]:
    """How a text may show a value, longest first; who takes it for a host may write it in lower case."""
    forms = _spellings(value) | _spellings(value.lower())
    return tuple(sorted(forms, key=len, reverse=True))


def _spellings(value: str) -> set[str]:
    forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1]}
    # As libpq writes it.
    forms.add(value.replace("\\", "\\\\").replace("'", "\\'"))
    # In an address some marks may stand as they are: for SQLAlchemy the blank and the plus.
    forms |= {quote(value, safe, errors="replace") for safe in ("", "/", " +")}
    forms.add(quote_plus(value, errors="replace"))
    for encoding in ("utf-8", "latin-1"):
        data = value.encode(encoding, "replace")
        forms |= {repr(data)[2:-1], data.hex(), data.hex(" ")}
    # Which quotes are escaped depends on what stands around.
    quoted = {form.replace("\\'", "'").replace("'", "\\'") for form in forms}
    plain = {form.replace("\\'", "'") for form in forms}
    return forms | quoted | plain


def hidden(value: Scalar) -> Scalar:
    """An option's value as it goes into the texts of an instrument document."""
    return _WRITTEN.sub(_HIDDEN_TEXT, value) if isinstance(value, str) else value


def holds_hidden(value: Any) -> bool:
    """Whether a text of an instrument document holds a secret that an option put in there."""
    return isinstance(value, str) and _HIDDEN.search(value) is not None


def secrets_file() -> Path:
    """The user's file of secrets."""
    return user_config_path("shotlane") / "secrets"


class Secrets:
    """The secrets of one pool. Each is looked for once, when it is first needed."""

    def __init__(self) -> None:
        self._found: dict[str, Secret] = {}

    def put_in(self, definition: Definition) -> Definition:
        """The definition with its secrets. Raises `InstrumentError` when one is not to be found."""
        changed = definition
        texts = definition.document.model_dump(by_alias=True, exclude_unset=True)
        if _holds(texts, _HIDDEN):
            document = InstrumentDocument.model_validate(_mapped(texts, self._reveal_hidden))
            changed = replace(changed, document=document)
        adoption = definition.adoption
        if adoption is not None and _holds(adoption.options, _WRITTEN):
            options = self.put_in_options(adoption.options)
            changed = replace(changed, adoption=replace(adoption, options=options))
        return replace(changed, resource=self.put_in_resource(definition.resource))

    def put_in_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments of a driver, with secrets. Raises `InstrumentError`."""
        return dict(_mapped(options, self._reveal_written))

    def put_in_expected(self, expected: Expectation) -> Expectation:
        """Who must answer, with secrets. Raises `InstrumentError`."""
        parts = _mapped(asdict(expected.identity), self._reveal_written)
        return replace(expected, identity=Identity(**parts))

    def put_in_resource(self, resource: Resource) -> Resource:
        """The address with its secrets. Raises `InstrumentError`."""
        try:
            return revealed(resource, self._reveal_written)
        except ResourceError:
            # What it says holds the secret.
            message = "what its secrets hold is no address in their place"
            context = ErrorContext(resource.text)
            raise InstrumentError("rejected", message, context) from None

    def are_in(self, definition: Definition) -> bool:
        """Whether a definition names any."""
        texts = definition.document.model_dump(by_alias=True, exclude_unset=True)
        adoption = definition.adoption
        known = adoption is not None and _holds(adoption.options, _WRITTEN)
        return known or definition.resource.holds_secret or _holds(texts, _HIDDEN)

    def mask(self, value: Any) -> Any:
        """A value of any shape with every secret in it replaced."""
        return _mapped(value, self._masked) if self._found else value

    def _masked(self, text: str) -> str:
        for secret in self._found.values():
            text = secret.mask(text)
        return text

    def _reveal_hidden(self, text: str) -> str:
        return _HIDDEN.sub(lambda found: self._value(found[1]), text)

    def _reveal_written(self, text: str) -> str:
        return _WRITTEN.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        if name not in self._found:
            self._found[name] = Secret(_looked_up(name))
        return self._found[name].reveal()


def mask_known(text: str) -> str:
    """A text of other programs without the secrets of the environment and of the user's file."""
    values = {value for name, value in os.environ.items() if name.startswith(_PREFIX)}
    with suppress(InstrumentError):  # told when one is needed
        values |= {value.strip() for _, equals, value in _lines_of_file() if equals}
    # Of a single letter nothing would be left of the text, and nothing is hidden.
    for value in sorted((value for value in values if len(value) > 1), key=len, reverse=True):
        text = Secret(value).mask(text)
    return text


def _looked_up(name: str) -> str:
    value = os.environ.get(_PREFIX + name) or _in_keyring(name) or _in_file(name)
    if not value:
        places = f"{_PREFIX}{name} of the environment, the keyring, {secrets_file()}"
        raise InstrumentError("rejected", f"the secret {name} is in none of its places: {places}")
    if any(mark in value for mark in "\r\n\0"):
        # It would end the command that it stands in, and begin another.
        raise InstrumentError("rejected", f"the secret {name} holds a line break")
    return value


def _in_keyring(name: str) -> str | None:
    try:
        keyring = import_module("keyring")  # an optional package
        found: str | None = keyring.get_password("shotlane", name)
    except ImportError:
        return None
    except Exception as error:
        raise InstrumentError("rejected", f"the keyring cannot be asked for {name}: {error}") from error
    return found


def _in_file(name: str) -> str | None:
    for key, equals, value in _lines_of_file():
        if equals and key.strip() == name:
            return value.strip()
    return None


def _lines_of_file() -> list[tuple[str, str, str]]:
    path = secrets_file()
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            message = f"{path} can be read by others and is not used: chmod 600 {path}"
            raise InstrumentError("rejected", message)
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InstrumentError("rejected", f"{path} cannot be read: {error}") from error
    return [line.partition("=") for line in lines]


def _holds(value: Any, pattern: re.Pattern[str]) -> bool:
    found: list[str] = []
    _mapped(value, lambda text: found.extend(pattern.findall(text)) or text)  # type: ignore[func-returns-value]
    return bool(found)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value
