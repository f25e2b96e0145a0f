"""Random numbers by name: what one draw is does not depend on how many were drawn before.

Every draw is keyed by seed, replication, stream and entity. So a ticket has the same place, service time and luck in every alternative that
is compared (common random numbers), whatever the crew does, and however many processes share the work.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from statistics import NormalDist

import numpy as np

_NORMAL = NormalDist()
_SCALE = 1.0 / (1 << 53)


class Streams:
    """The random numbers of one replication."""

    def __init__(self, seed: int, replication: int) -> None:
        self.key = f"{seed}|{replication}|"

    def _bits(self, stream: str, entity: str) -> int:
        return int.from_bytes(blake2b(f"{self.key}{stream}|{entity}".encode(), digest_size=8).digest(), "little")

    def uniform(self, stream: str, entity: str) -> float:
        """Return a number above 0 and below 1."""
        return ((self._bits(stream, entity) >> 11) + 0.5) * _SCALE

    def normal(self, stream: str, entity: str) -> float:
        """Return a standard normal number."""
        return _NORMAL.inv_cdf(self.uniform(stream, entity))

    def exponential(self, stream: str, entity: str) -> float:
        """Return an exponential number with mean 1."""
        return -math.log(self.uniform(stream, entity))

    def lognormal(self, stream: str, entity: str, sigma: float) -> float:
        """Return a lognormal number with mean 1, `sigma` being the standard deviation of its logarithm."""
        return math.exp(sigma * self.normal(stream, entity) - sigma * sigma / 2) if sigma else 1.0

    def generator(self, stream: str, entity: str) -> np.random.Generator:
        """Return a generator for many numbers of one stream."""
        return np.random.Generator(np.random.Philox(key=self._bits(stream, entity)))
