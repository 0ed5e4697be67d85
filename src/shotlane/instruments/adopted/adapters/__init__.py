"""Drivers of other packages behind our contract, one module each, imported when a driver is opened.

An adapter module has `make(request) -> Driver`. What it gives need not be tame: `_adopted_driver` stands in
front of it.
"""

from shotlane.instruments.adopted.adapters._make import make_foreign
from shotlane.instruments.adopted.adapters._request import Request, request_of

__all__ = ["Request", "make_foreign", "request_of"]
