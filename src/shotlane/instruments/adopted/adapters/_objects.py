"""What the adapters share that drive Python objects of other packages: import a class, walk a path."""

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.expression import Unit, UnitError, parse_unit
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.model import Command, CommandParameter, ValueType

_TYPES: Mapping[Any, ValueType] = {
    float: ValueType.FLOAT,
    int: ValueType.INT,
    bool: ValueType.BOOL,
    str: ValueType.TEXT,
    "float": ValueType.FLOAT,
    "int": ValueType.INT,
    "bool": ValueType.BOOL,
    "str": ValueType.TEXT,
}
# As other packages write them, where we write them otherwise.
_SPELLINGS: Mapping[str, str] = {
    "C": "degC",
    "°C": "degC",
    "°F": "degF",
    "deg": "degree",
    "°": "degree",
    "Ohm": "ohm",
    "Ohms": "ohm",
    "Ω": "ohm",
    "%": "percent",
    "us": "us",
    "μs": "us",
    "uA": "uA",
    "hr": "h",
    "sec": "s",
    "ml/min": "mL/min",
}


def find_class(target: str, request: Request) -> Any:
    """The class of `package.module.Class` or `package.module:Class`."""
    module_name, _, class_name = target.replace(":", ".").rpartition(".")
    if not module_name:
        raise _rejected(request, f"'{target}' names no class: write package.module.Class")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name) and error.name != module_name:
            raise
        raise _rejected(request, f"there is no module {module_name}") from error
    found = getattr(module, class_name, None)
    if not callable(found):
        known = [name for name, item in vars(module).items() if isinstance(item, type)]
        help = did_you_mean(class_name, known, what="classes there")
        message = f"{module_name} has no class '{class_name}'"
        raise _rejected(request, f"{message}; {help}" if help else message)
    return found


def known_unit(text: str | None) -> tuple[Unit | None, str]:
    """A unit that another package writes; and a remark where we do not know it."""
    written = (text or "").strip()
    if not written:
        return None, ""
    try:
        return parse_unit(_SPELLINGS.get(written, written)), ""
    except UnitError:
        return None, f"(in {written})"


def command_of(name: str, method: Callable[..., Any], description: str = "") -> Command | None:
    """A method as a command; None when its arguments are not plain values."""
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):
        return None
    parameters = []
    for key, item in signature.parameters.items():
        if item.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
            return None
        required = item.default is inspect.Parameter.empty
        annotated = item.annotation is not inspect.Parameter.empty
        type_ = _TYPES.get(item.annotation) if annotated else _TYPES.get(type(item.default))
        if type_ is ValueType.INT and not annotated:
            type_ = ValueType.FLOAT  # a default of 0 says nothing of 0.5
        if type_ is None and not annotated and required:
            type_ = ValueType.FLOAT
        if type_ is None:
            if required:
                return None
            continue
        parameters.append(CommandParameter(key, type_, required=required))
    return Command(name, tuple(parameters), description=description)


def whole_numbers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with 3.0 as 3: what only takes whole numbers takes it then, and nothing else minds."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in arguments.items()
    }


def summary(documentation: str | None) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((documentation or "").strip().split("\n\n")[0].split())


def walk(owner: Any, path: str) -> tuple[Any, str]:
    """The object that has the last name of a dotted path, and that name. Raises `InstrumentError`."""
    *parents, name = path.split(".")
    for part in parents:
        owner = getattr(owner, part, None)
    if owner is None:
        raise InstrumentError("rejected", f"the driver has no '{path}'")
    return owner, name


def _rejected(request: Request, message: str) -> InstrumentError:
    return InstrumentError(
        "rejected", message, ErrorContext(request.resource.text, request.role, command="import")
    )
