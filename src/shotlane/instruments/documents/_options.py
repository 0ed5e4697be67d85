"""Options of an instrument document: the station's values put into its texts.

Only `{name}` of a declared option is replaced; every other brace belongs to templates and frames. A fault of
a text that a station's option went into is shown at that option, with a note where it went.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from shotlane.diagnostics import Note, Report, Span, did_you_mean, nearest
from shotlane.document import Document, Path
from shotlane.instruments.definition._secrets import hidden
from shotlane.instruments.definition._values import Place, ValueReader
from shotlane.instruments.documents._zeros import keeps_zeros
from shotlane.model import InstrumentDocument, OptionForm, Scalar

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
REQUIRED = "required"
# Names that templates give a meaning of their own.
_TAKEN = frozenset({"value", "command", "reply", "checksum", "length", "_"})
_ADDRESSES = frozenset({"holding", "input", "coil", "discrete"})
_NUMBERS = frozenset({"scale", "offset"})


def choose_options(
    model: InstrumentDocument, given: Mapping[str, Any], station: Document, at: Path, report: Report
) -> dict[str, Scalar] | None:
    """The value of every option; None when a required one is missing. `at` is the role's path."""
    declared = model.defaults
    chosen = dict(declared)
    for name, value in given.items():
        place = (*at, "options", name)
        if name not in declared:
            report.error(
                "STA120",
                f"the instrument has no option '{name}'",
                station.key_span(place),
                help=did_you_mean(name, declared, what="options"),
            )
        elif isinstance(value, dict | list) or value is None:
            report.error("STA120", f"the option '{name}' takes one value", station.span(place))
            chosen.pop(name)
        elif not keeps_zeros(value, model, station, place, report, "STA120"):
            chosen.pop(name)
        elif not _may_be(model.options[name], value):
            help = f"it is {_choices(model.options[name])}"
            message = f"the option '{name}' cannot be '{value}'"
            report.error("STA120", message, station.span(place), help=help)
            chosen.pop(name)
        else:
            chosen[name] = hidden(value)
    missing = [name for name in declared if chosen.get(name) == REQUIRED]
    meant = {nearest(name, declared) for name in given if name not in declared}
    untold = [] if station.is_dropped((*at, "options")) else [name for name in missing if name not in meant]
    for name in untold:
        report.error(
            "STA121",
            f"{at[-1]} needs the option '{name}'",
            station.key_span(at),
            help=f"write `options: {{{name}: ...}}` under {at[-1]}{_said(model.options[name])}",
        )
    return None if missing or len(chosen) < len(declared) else chosen


def _may_be(option: Scalar | OptionForm, value: Scalar) -> bool:
    """Whether the document allows a value; a secret is not known yet."""
    if not isinstance(option, OptionForm) or not option.one_of or hidden(value) != value:
        return True
    return any(str(value) == str(one) or value == one for one in option.one_of)


def _choices(option: Scalar | OptionForm) -> str:
    return ", ".join(map(str, option.one_of)) if isinstance(option, OptionForm) else ""


def _said(option: Scalar | OptionForm) -> str:
    """What the document says of an option, for who must give it."""
    if not isinstance(option, OptionForm):
        return ""
    parts = [f"e.g. {option.example}"] if option.example is not None else []
    parts = [f"one of {_choices(option)}"] if option.one_of else parts
    return "".join(f"; {part}" for part in ([option.description] if option.description else []) + parts)


def option_place(document: Document, station: Document, at: Path, given: Mapping[str, Any]) -> Place:
    """Where faults of an instrument document are shown when a station uses it."""

    def place(path: Path) -> tuple[Span, tuple[Note, ...]]:
        raw = _raw(document.data, path)
        used = _PLACEHOLDER.findall(raw) if isinstance(raw, str) else []
        name = next((name for name in used if name in given), None)
        if name is None:
            return document.span(path), ()
        is_secret = hidden(given[name]) != given[name]
        needed = ", where a secret is not known yet" if is_secret else ""
        note = Note(f"it is put in here{needed}", document.span(path))
        return station.span((*at, "options", name)), (note,)

    return place


def drop_texts_with(options: Collection[str], document: Document) -> None:
    """Mark every text that holds one of the options, so that nothing is said of it."""
    for path, text in _texts(document.data, ()):
        if any(name in options for name in _PLACEHOLDER.findall(text)):
            document.drop(path)


def _texts(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict | list):
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _texts(item, (*path, key))


def put_in(
    model: InstrumentDocument, options: Mapping[str, Scalar], values: ValueReader
) -> InstrumentDocument:
    """The document with every `{option}` replaced."""
    for name in options:
        if name in _TAKEN:
            values.key_error(
                ("options", name), f"'{name}' cannot name an option: templates use it", code="INS040"
            )
    data = model.model_dump(by_alias=True, exclude_unset=True)
    return InstrumentDocument.model_validate(_replaced(data, options, (), values))


def _replaced(data: Any, options: Mapping[str, Scalar], path: Path, values: ValueReader) -> Any:
    if isinstance(data, dict):
        # The keys of `errors` are texts of the device.
        keys = {key: _PLACEHOLDER.sub(lambda found: _text(options, found), key) for key in data}
        named = keys if path == ("errors",) else {key: key for key in data}
        return {named[key]: _replaced(item, options, (*path, key), values) for key, item in data.items()}
    if isinstance(data, list):
        return [_replaced(item, options, (*path, index), values) for index, item in enumerate(data)]
    if not isinstance(data, str):
        return data
    text = _PLACEHOLDER.sub(lambda found: _text(options, found), data)
    wants_number = (
        path[-1:]
        and path[0] != "simulate"
        and "calibration" not in path
        and path[-1] in _ADDRESSES | _NUMBERS
    )
    return _number(text, path, values) if wants_number else text


def _text(options: Mapping[str, Scalar], found: re.Match[str]) -> str:
    value = options.get(found[1])
    if value is None:
        return found[0]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str, path: Path, values: ValueReader) -> int | float | str:
    """A number that an option gave; the text itself after a fault."""
    try:
        number: int | float = int(text, 0) if path[-1] in _ADDRESSES else float(text)
    except ValueError:
        values.error(path, f"'{text}' is no {'register address' if path[-1] in _ADDRESSES else 'number'}")
        return text
    if path[-1] in _ADDRESSES and not 0 <= number <= 0xFFFF:
        values.error(path, f"{number} is no register address", "addresses go from 0 to 65535")
        return text
    return number


def _raw(data: Any, path: Path) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data
