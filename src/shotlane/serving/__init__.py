"""Simulated instruments on real wires of the loopback interface, for whoever speaks their protocols.

What they answer is derived from the same instrument documents that drivers are made from. Names are imported
when they are first used: the benches of `shotlane.testing` take their sockets from here, and must not import
numpy, which starts threads.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.serving._station import ServedStation, ServingError, serve

__all__ = ["ServedStation", "ServingError", "serve"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'shotlane.serving' has no attribute '{name}'")
    return getattr(import_module("shotlane.serving._station"), name)
