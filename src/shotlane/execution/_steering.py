"""The control of a call that is given none: that of the task which awaits it, where one does.

A face that calls from another thread steers so what it calls, without a parameter of theirs: a run ends, and
who waits for an instrument or for others gives up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shotlane.execution._control import Control

_CONTROL: ContextVar[Control | None] = ContextVar("the control of calls here", default=None)


def control_here() -> Control:
    """The control of whoever steers the calls of this thread; one of its own where nobody does."""
    return _CONTROL.get() or Control()


def unwanted_here() -> bool:
    """Whether whoever steers the calls of this thread wants them to end."""
    control = _CONTROL.get()
    return control is not None and control.request is not None


@contextmanager
def steered_by(control: Control) -> Iterator[None]:
    """Steer the calls of this thread by a control, but for those that are given another."""
    token = _CONTROL.set(control)
    try:
        yield
    finally:
        _CONTROL.reset(token)
