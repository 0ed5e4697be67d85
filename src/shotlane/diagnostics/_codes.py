"""Every diagnostic code with the one line that says what it means.

Codes are stable: one is never given a second meaning. YAML0xx: the text; EXP0xx: expressions, literals and
units; SEQ1xx: shape and names of a sequence; SEQ2xx: timeline and lanes; SEQ3xx: sweep; SEQ4xx: limits and
clashes over the sweep points; SEQ9xx: not available; STA0xx: stations; INS0xx: instrument documents; RUN0xx:
the command line and the project.
"""

CODES: dict[str, str] = {
    "SEQ900": "a part of the language that is not available yet",
}
