"""The commands `run-sequence` and `shotlane`: argv in, text and an exit status out."""

from shotlane.cli._main import main, run_sequence

__all__ = ["main", "run_sequence"]
