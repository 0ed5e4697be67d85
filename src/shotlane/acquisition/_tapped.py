"""A recording whose batches are looked at as they are taken."""

from collections.abc import Callable

from shotlane.acquisition._buffer import Batch
from shotlane.acquisition._recording import Recording
from shotlane.acquisition._summary import AcquisitionSummary


class Tapped:
    """For a pipe, in place of the recording."""

    def __init__(self, recording: Recording, look: Callable[[Batch], None]) -> None:
        self._recording = recording
        self._look = look
        self.stop = recording.stop

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return self._recording.over

    @property
    def summary(self) -> AcquisitionSummary:
        """The account so far."""
        return self._recording.summary

    def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch, looked at."""
        batch = self._recording.take(timeout_s)
        if batch is not None:
            self._look(batch)
        return batch
