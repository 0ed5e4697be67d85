"""Pauses: the run waits for a person, and the interlocks are watched meanwhile.

A person's pause begins before the next shot, with values as they are, or when a wait of the run's own is
over. A pause after a fault begins when the instruments are safe; whoever continues then has the shot tried
again.
"""

from shotlane.execution._control import Wish
from shotlane.execution._parts import RunParts
from shotlane.execution._progress import Phase

_AFTER_FAULT = "the retry policy"


class Pauses:
    """Waits while the control says so."""

    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._told = False

    def wait_if_asked(self) -> bool:
        """Wait as long as somebody wants a pause; whether there was one.

        Ends early when the run is asked to stop, or to skip a shot.
        """
        wish = self._parts.control.pausing
        if wish is None:
            return False
        self._begin(wish)
        self._wait()
        return True

    def after_fault(self, reason: str) -> bool:
        """Wait for a person; True to try again, False when asked to skip or to stop."""
        control = self._parts.control
        if control.pausing is not None:
            take(self._parts, control.pausing)  # whoever wanted a pause has it with this one
        control.pause(reason, _AFTER_FAULT)
        # Not what the control says by now: somebody may have continued already.
        self._begin(Wish("pause", reason, _AFTER_FAULT))
        self._wait()
        if control.interrupts:
            # Whoever skips the shot wants to go on with the next one.
            control.pausing, self._told = None, False
            if control.request is None:
                self._parts.journal.tell("run.continued", reason="the shot is skipped")
        return not control.interrupts

    def _begin(self, wish: Wish) -> None:
        progress = self._parts.progress
        progress.phase, progress.paused_because = Phase.PAUSED, wish.reason
        if not self._told:
            self._told = True
            if wish.by != _AFTER_FAULT:
                take(self._parts, wish)
            self._parts.journal.tell("run.paused", reason=wish.reason)

    def _wait(self) -> None:
        control = self._parts.control
        self._parts.drive.wait_while(lambda: not control.interrupts and control.pausing is not None)
        if control.pausing is None and self._told:
            self._told = False
            if control.continuing is not None:
                take(self._parts, control.continuing)
            self._parts.journal.tell("run.continued", reason="")


def take(parts: RunParts, wish: Wish) -> None:
    """Tell that a wish is taken up."""
    parts.journal.tell("request.taken", verb=wish.verb, reason=wish.reason, by=wish.by)
