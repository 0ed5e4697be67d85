"""A bug met while running: recorded with its traceback, because nobody stands beside a run at night."""

import traceback

from shotlane.execution._fault import CRASHED
from shotlane.instruments import mask_known
from shotlane.records import Fault


def crash_of(error: BaseException, where: str) -> Fault:
    """The record of an exception that nobody expected; `where` is a port, or `run` for the main loop.

    It may come from a function of the user's, which knows the secrets of the environment, as a simulated
    pool does not.
    """
    lines = traceback.format_exception(error)
    message = mask_known(f"{type(error).__name__}: {error}")
    return Fault(CRASHED, message, {"port": where, "traceback": mask_known("".join(lines))})
