"""Points that an optimiser asks for, shot by shot: the same points whenever the same was told before."""

from shotlane.optimize._optimizer import Asked, Optimizer
from shotlane.optimize._suggest import check_installed, suggest
from shotlane.optimize._told import Told, chain

__all__ = ["Asked", "Optimizer", "Told", "chain", "check_installed", "suggest"]
