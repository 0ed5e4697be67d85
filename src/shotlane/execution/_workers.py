"""The port workers of one attempt, each made when its port is first needed."""

from collections.abc import Collection

from shotlane.execution._fault import STUCK
from shotlane.execution._lateness import PortLateness
from shotlane.execution._ledger import Ledger
from shotlane.execution._parts import RunParts
from shotlane.execution._port_worker import PortWorker
from shotlane.execution._trouble import Trouble
from shotlane.records import Fault


class Workers:
    """The workers by port. Lateness is counted over the whole run, so its counts outlive them."""

    def __init__(self, parts: RunParts, ledger: Ledger, trouble: Trouble) -> None:
        self._parts = parts
        self._ledger = ledger
        self._trouble = trouble
        self._workers: dict[str, PortWorker] = {}

    def of(self, port: str) -> PortWorker:
        """The worker of a port."""
        worker = self._workers.get(port)
        if worker is None:
            parts = self._parts
            worker = self._workers[port] = PortWorker(
                parts.plan, parts.pool, parts.clock, self._ledger, self._trouble, self._lateness_of(port)
            )
        return worker

    def _lateness_of(self, port: str) -> PortLateness:
        parts = self._parts
        lateness = parts.lateness.get(port)
        if lateness is None:
            # A new mapping each time, because a progress bar may be walking through the old one.
            lateness = PortLateness()
            parts.lateness = parts.progress.ports = {**parts.lateness, port: lateness}
        return lateness

    @property
    def arrived_ns(self) -> int | None:
        """When the last of them came to its first wait after the set-up."""
        arrived = [worker.arrived_ns for worker in self._workers.values() if worker.arrived_ns is not None]
        return max(arrived, default=None)

    def judge_losses(self) -> None:
        """Judge lost readings where how many were planned is known only at the end."""
        for channel in self._ledger.readings:
            worker = self._workers.get(self._parts.plan.channels[channel].port)
            if worker is not None:
                worker.demands.judge_losses(channel)

    def take_over(self, port: str) -> None:
        """Let the worker of a port know what held the port up in the attempt before."""
        self.of(port).demands.before = self._parts.causes.get(port)

    def hand_on(self) -> None:
        """Keep what held the ports up for the attempt after this."""
        found = {port: worker.demands.cause for port, worker in self._workers.items()}
        self._parts.causes = {port: cause for port, cause in found.items() if cause is not None}

    def abandon(self, ports: Collection[str]) -> None:
        """Give up ports whose exchange does not end; the run cannot go on with them."""
        for port in sorted(ports):
            self._workers[port].abandon()
            message = f"port {port} has not come back from an exchange"
            self._trouble.stick(Fault(STUCK, message, {"port": port}))
