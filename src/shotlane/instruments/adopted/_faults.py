"""Exceptions of foreign drivers as faults.

The class of the exception decides, never its wording: a timeout is one only when the driver says so. What
fits nothing is `failed`, a fault of its own class, so that no retry hides an error in a driver.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError

FAILED: Final = "failed"


@contextmanager
def translated(what: str, command: str, resource: str) -> Iterator[None]:
    """Let nothing but `InstrumentError` out."""
    try:
        yield
    except InstrumentError as error:
        context = error.context
        error.context = replace(
            context, resource=context.resource or resource, command=context.command or command
        )
        raise
    except Exception as error:
        context = ErrorContext(resource, command=command, sent=command)
        raise InstrumentError(fault_of(error, what), _message(error), context) from error


def fault_of(error: BaseException, what: str) -> str:
    """The fault that an exception of Python's own means."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, BlockingIOError | InterruptedError):
        return "refused"
    if isinstance(error, ImportError | NotImplementedError):
        return "rejected"
    if isinstance(error, OSError | EOFError):
        return "disconnected"
    if isinstance(error, ValueError):
        # A value that is not taken, or an answer that cannot be read.
        return "garbled" if what == "read" else "rejected"
    return FAILED


def _message(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
