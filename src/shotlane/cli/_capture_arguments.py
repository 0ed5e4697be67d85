"""The options of `--capture`, for every verb that speaks on wires."""

import argparse
from pathlib import Path


def add_capture(parser: argparse.ArgumentParser) -> None:
    """Add `--capture` and `--capture-pauses`."""
    parser.add_argument(
        "--capture",
        type=Path,
        metavar="FILE",
        help="write what passes on real wires as dialogues, which tests can play; FILE must be new",
    )
    parser.add_argument(
        "--capture-pauses", action="store_true", help="also how long each answer took, as pauses"
    )
