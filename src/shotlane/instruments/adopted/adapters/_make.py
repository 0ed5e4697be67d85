"""From a driver's name to the driver. The package that it needs may be missing: then it is said which."""

from importlib import import_module
from types import ModuleType
from typing import Final

from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._adoption import ADAPTERS
from shotlane.instruments.definition._contract import Driver, ErrorContext, InstrumentError

_MODULES: Final = {
    "python": "_python",
    "installed": "_installed",
    "pymeasure": "_pymeasure",
    "qcodes": "_qcodes",
    "tomato": "_tomato",
    "ophyd": "_ophyd",
    "alicatlib": "_alicatlib",
    "watlowlib": "_watlowlib",
}


def make_foreign(request: Request) -> Driver:
    """The driver, not open yet. Raises `InstrumentError`, or what the foreign package raises."""
    return _adapter(request).make(request)  # type: ignore[no-any-return]


def _adapter(request: Request) -> ModuleType:
    kind = request.name.kind
    try:
        return import_module(f"shotlane.instruments.adopted.adapters.{_MODULES[kind]}")
    except ModuleNotFoundError as error:
        context = ErrorContext(request.resource.text, request.role, command="import")
        extra = ADAPTERS.get(kind)
        if extra is None or (error.name or "").startswith("shotlane"):
            raise
        message = f"{error.name} is not installed: run `pip install 'shotlane[{extra}]'`"
        raise InstrumentError("rejected", message, context) from error
