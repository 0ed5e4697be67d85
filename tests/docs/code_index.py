"""The index of the pages of codes, made from the codes: `python -m tests.docs.code_index` writes it."""

from pathlib import Path

from shotlane.diagnostics import CODES

INDEX = Path(__file__).parents[2] / "docs" / "codes" / "index.md"
_HEAD = """\
# Diagnostic codes

Every message carries a code, `file:line:col CODE message`. A code is never given a second meaning.
`shotlane explain CODE` prints its page.
"""
_GROUPS = {
    "YAML": "The text of a document",
    "EXP": "Expressions, literals and units",
    "SEQ1": "Sequences: shape and names",
    "SEQ2": "Sequences: timeline and lanes",
    "SEQ3": "Sequences: sweep",
    "SEQ": "Sequences: limits, clashes and load over the points of the sweep",
    "STA": "Stations",
    "INS": "Instrument documents",
    "": "Running, and the command line",
}


def index_text() -> str:
    """The whole page."""
    parts = [_HEAD]
    left = sorted(CODES)
    for prefix, title in _GROUPS.items():
        rows = [f"| [{code}]({code}.md) | {CODES[code]} |" for code in left if code.startswith(prefix)]
        left = [code for code in left if not code.startswith(prefix)]
        parts.append("\n".join([f"## {title}", "", "| code | meaning |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    INDEX.write_text(index_text(), encoding="utf-8")
