"""`--capture FILE`: what passes on real wires, written as dialogues."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shotlane.cli._output import Complaint, tell

if TYPE_CHECKING:
    from shotlane.instruments import Capture


@contextmanager
def captured(arguments: argparse.Namespace) -> Iterator["Capture | None"]:
    """What hears the wires, None unless it was asked for. A file that is there already is not touched."""
    path = arguments.capture
    if path is None:
        if arguments.capture_pauses:
            raise Complaint("--capture-pauses says how to capture; add --capture FILE")
        yield None
        return
    from shotlane.instruments import Capture  # late: few ask for it

    try:
        capture = Capture(path, pauses=arguments.capture_pauses)
    except FileExistsError:
        raise Complaint(f"{path} is there already; name another file for --capture") from None
    except OSError as error:
        raise Complaint(f"{path} cannot be written: {error.strerror or error}") from error
    try:
        yield capture
    finally:
        capture.close()
        if not capture.lines:
            path.unlink(missing_ok=True)
        if capture.failure is not None:
            tell(f"shotlane: the capture is not whole: {capture.failure.strerror or capture.failure}")
        elif not getattr(arguments, "quiet", False):
            tell(f"captured: {path}" if capture.lines else "nothing was captured: no wire was used")
