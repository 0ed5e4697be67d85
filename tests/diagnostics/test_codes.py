"""Every code that the program may tell has a meaning."""

import re
from pathlib import Path

import shotlane
from shotlane.diagnostics import CODES

PACKAGE = Path(shotlane.__file__).parent
CODE = re.compile(r'"((?:YAML|EXP|SEQ|STA|INS|RUN)[0-9]{3})"')


def test_every_code_that_is_used_is_registered() -> None:
    used = {code for path in PACKAGE.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    assert not used - set(CODES)
