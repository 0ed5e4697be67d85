"""How many examples the property tests try.

What a hundred examples do not find, ten thousand may, and a defect there is one all the same. From time to
time, and after a change to the language, the execution or the archives:

    SHOTLANE_EXAMPLES=50 python -m pytest --timeout 0 tests/fuzz tests/expression tests/proof
"""

import os

MORE = int(os.environ.get("SHOTLANE_EXAMPLES", "1"))


def examples(count: int) -> int:
    """So many in the usual suite, and that many times more where it is asked for."""
    return count * MORE
