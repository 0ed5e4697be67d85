"""Noise of simulated readings, equal on every machine.

A deviate is a function of (seed, channel, shot, attempt, n-th reading of the channel in that attempt) and of
nothing else. The bits are raw PCG64 words, a stream that numpy keeps stable; the mapping is our own and uses
integers only, so that no libm and no numpy version can change it.
"""

import hashlib

import numpy as np

_CHUNKS = 12
_MEAN_TWICE = _CHUNKS * 0xFFFF  # twice the mean of the sum of twelve 16-bit numbers


class Noise:
    """The deviates of one channel."""

    def __init__(self, seed: int, channel: str) -> None:
        self._seed = seed
        self._channel = channel
        self.begin_attempt(0, 0)

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Start the stream that belongs to an attempt."""
        key = f"{self._seed}/{shot}/{attempt}/{self._channel}".encode()
        self._words = np.random.PCG64(int.from_bytes(hashlib.sha256(key).digest()[:16], "big"))

    def normal(self) -> float:
        """Next deviate of mean 0 and standard deviation 1.

        The sum of twelve evenly distributed numbers has variance 1 (in units of their range) and a shape that
        no plot tells from a normal one; it never leaves -6 ... 6.
        """
        total = 0
        for word in self._words.random_raw(_CHUNKS // 4).tolist():
            total += (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        return (2 * total - _MEAN_TWICE) / 131072.0
