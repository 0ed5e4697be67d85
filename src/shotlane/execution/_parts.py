"""What the parts of one run share."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from shotlane.execution._asker import Asker
from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._drive import Drive
from shotlane.execution._journal import Journal
from shotlane.execution._kept import Kept
from shotlane.execution._lateness import PortLateness
from shotlane.execution._lead import Lead
from shotlane.execution._lookout import Lookout
from shotlane.execution._outages import Outages
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._progress import Progress
from shotlane.execution._result import AttemptFault, Happening
from shotlane.execution._safe_state import SafeState
from shotlane.execution._silence import Silence
from shotlane.instruments import InstrumentError
from shotlane.optimize import Optimizer
from shotlane.plan import Plan
from shotlane.records import Outcome, ResultRow, Tally


class Failure(NamedTuple):
    """A shot that failed by what it measured, why, and whether the sweep ends with it."""

    shot: int
    why: str
    ends_sweep: bool


@dataclass(slots=True, eq=False)
class RunParts:
    """Handed to shots and attempts; from `lateness` on, what they leave behind.

    `attended`: somebody can continue after a pause. `store_wait_s`: how long room for records is waited for.
    """

    plan: Plan
    pool: InstrumentPool
    clock: Clock
    control: Control
    drive: Drive
    lookout: Lookout
    journal: Journal
    progress: Progress
    safe_state: SafeState
    asker: Asker | None = None
    attended: bool = False
    optimizer: Optimizer | None = None
    store_wait_s: float = 0.0
    lateness: dict[str, PortLateness] = field(default_factory=dict)
    tallies: tuple[Tally, ...] = ()
    faults: Kept[AttemptFault] = field(default_factory=Kept)
    causes: dict[str, InstrumentError] = field(default_factory=dict)  # by port, of the last attempt's faults
    lead: Lead = field(default_factory=Lead)
    happenings: Kept[Happening] = field(default_factory=Kept)
    failing: Failure | None = None  # of the last attempt that failed
    failure: Failure | None = None  # of the last shot that did
    outcomes: Counter[Outcome] = field(default_factory=Counter)  # of the shots that were begun or skipped
    results: tuple[ResultRow, ...] = ()  # of the last attempt
    attempts: int = 0
    retries: int = 0
    budget_told: bool = False
    silence: Silence = field(default_factory=Silence)
    outages: Outages = field(default_factory=Outages)
