"""What the parts of one run share."""

from dataclasses import dataclass, field

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._drive import Drive
from shotlane.execution._journal import Journal
from shotlane.execution._lateness import PortLateness
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._progress import Progress
from shotlane.execution._result import AttemptFault
from shotlane.execution._safe_state import SafeState
from shotlane.plan import Plan
from shotlane.records import Tally


@dataclass(slots=True, eq=False)
class RunParts:
    """Handed to shots and attempts; from `lateness` on, what they leave behind."""

    plan: Plan
    pool: InstrumentPool
    clock: Clock
    control: Control
    drive: Drive
    journal: Journal
    progress: Progress
    safe_state: SafeState
    lateness: dict[str, PortLateness] = field(default_factory=dict)
    tallies: tuple[Tally, ...] = ()
    faults: list[AttemptFault] = field(default_factory=list)
    retries: int = 0
    budget_told: bool = False
