"""Simulated instruments on real wires of the loopback interface, for whoever speaks their protocols.

What they answer is derived from the same instrument documents that drivers are made from.
"""

from shotlane.serving._station import ServedStation, ServingError, serve

__all__ = ["ServedStation", "ServingError", "serve"]
