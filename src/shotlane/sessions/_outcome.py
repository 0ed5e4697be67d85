"""How a session ended, from what ended it."""

from shotlane.diagnostics import did_you_mean
from shotlane.records import Outcome
from shotlane.sessions._error import SessionError


def outcome_of(error: BaseException | type[BaseException] | None) -> Outcome:
    """No exception: done. Ctrl-C, SIGTERM and `SystemExit`: terminated. Any other: errored."""
    if error is None:
        return Outcome.DONE
    kind = error if isinstance(error, type) else type(error)
    return Outcome.TERMINATED if issubclass(kind, KeyboardInterrupt | SystemExit) else Outcome.ERRORED


def known_outcome(outcome: str | Outcome) -> Outcome:
    """The outcome of that name. Raises `SessionError`."""
    try:
        return Outcome(outcome)
    except ValueError:
        help = did_you_mean(str(outcome), [one.value for one in Outcome], what="outcomes")
        raise SessionError(f"there is no outcome '{outcome}'", help) from None
