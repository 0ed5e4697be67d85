"""The way from every released version of the tables to the next, by Alembic's operations.

A step is written once and never changed: it says what a store of that version had, not what the tables are
today. Imports Alembic, so import it late.
"""

from collections.abc import Callable, Mapping

from alembic.operations import Operations

from shotlane.store._migration_2 import to_2
from shotlane.store._migration_3 import to_3

# By the version that a step leads to.
STEPS: Mapping[int, Callable[[Operations], None]] = {2: to_2, 3: to_3}
