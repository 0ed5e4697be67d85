"""Types that places of a sequence take."""

from typing import Final

from shotlane.expression import parse_unit

TIME: Final = parse_unit("s").type
FREQUENCY: Final = parse_unit("Hz").type
