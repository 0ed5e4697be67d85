"""Drivers of one's own: a class, or any callable that gives a driver, in a module.

A module that lies next to the station is taken from there, whatever else is installed under its name, and
two stations may each have their own `drivers.py`.
"""

import hashlib
import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._contract import Driver, ErrorContext, InstrumentError


def make(request: Request) -> Driver:
    """Call the class with the station's options."""
    module_name, _, class_name = request.name.target.partition(":")
    module = _module(module_name, request)
    found = getattr(module, class_name, None)
    if not callable(found):
        known = [name for name, item in vars(module).items() if isinstance(item, type)]
        help = did_you_mean(class_name, known, what="classes of the module")
        raise _rejected(request, f"module {module_name} has no class '{class_name}'{_more(help)}")
    return construct(found, request)


def construct(make_driver: Callable[..., Any], request: Request) -> Driver:
    """Call a class with the station's options, and with what else it names as a parameter.

    That may be `resource` (text), `timeout_s`, `role`, `folder` and `notify`.
    """
    given = {
        "resource": request.resource.text,
        "timeout_s": request.timeout_s,
        "role": request.role,
        "folder": request.folder,
        "notify": request.notify,
    }
    parameters = inspect.signature(make_driver).parameters
    open_ended = any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters.values())
    unknown = [name for name in request.options if name not in parameters and not open_ended]
    if unknown:
        help = did_you_mean(unknown[0], [name for name in parameters if name not in given], what="options")
        raise _rejected(request, f"the driver has no option '{unknown[0]}'{_more(help)}")
    arguments = {name: value for name, value in given.items() if name in parameters} | dict(request.options)
    missing = [
        name
        for name, item in parameters.items()
        if item.default is inspect.Parameter.empty
        and item.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        and name not in arguments
    ]
    if missing:
        raise _rejected(request, f"the driver needs the option '{missing[0]}': write it under `options:`")
    driver = make_driver(**arguments)
    if not isinstance(driver, Driver):
        lacking = [name for name in _METHODS if not callable(getattr(driver, name, None))]
        raise _rejected(request, f"{request.name.text} is no driver: it has no {', '.join(lacking)}")
    return driver


_METHODS = ("open", "attributes", "commands", "read", "write", "call", "make_safe", "close")


def _module(name: str, request: Request) -> ModuleType:
    beside = request.folder.joinpath(*name.split(".")).with_suffix(".py")
    if beside.is_file():
        return _module_at(beside.resolve(), name)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        message = f"there is no module {name}, neither next to the station nor installed"
        raise _rejected(request, message) from error


def _module_at(path: Path, name: str) -> ModuleType:
    """Import a file under a name that only this file has; once."""
    unique = f"_shotlane_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{name.replace('.', '_')}"
    if unique in sys.modules:
        return sys.modules[unique]
    spec = spec_from_file_location(unique, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = module_from_spec(spec)
    sys.modules[unique] = module
    # What the file imports from beside it is found while it is imported, after everything installed.
    sys.path.append(str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    finally:
        sys.path.remove(str(path.parent))
    return module


def _rejected(request: Request, message: str) -> InstrumentError:
    context = ErrorContext(request.resource.text, request.role, command="import")
    return InstrumentError("rejected", message, context)


def _more(help: str | None) -> str:
    return f"; {help}" if help else ""
