"""The verbs as `shotlane --help` lists them: by what they are for, and first what a new user needs first."""

import textwrap
from collections.abc import Iterator, Mapping

GROUPS = {
    "write a sequence": ("init", "check", "plan", "explain", "diff", "schema"),
    "run it": ("run", "resume", "rerun", "pause", "continue", "abort", "skip"),
    "look at runs": ("watch", "runs", "show", "events"),
    "keep them": ("note", "archive", "verify", "export", "import", "db"),
    "work at the bench": ("instruments", "record", "simulate"),
    "work from other machines": ("serve", "submit", "queue"),
}
_WIDTH = 79
_INDENT = 15


def grouped(helps: Mapping[str, str]) -> str:
    """All verbs under their headings; `helps` by verb."""
    return "\n".join(_lines(helps))


def _lines(helps: Mapping[str, str]) -> Iterator[str]:
    for heading, verbs in GROUPS.items():
        yield f"\n{heading}:"
        for verb in verbs:
            first = f"  {verb}".ljust(_INDENT)
            yield textwrap.fill(helps[verb], _WIDTH, initial_indent=first, subsequent_indent=" " * _INDENT)
