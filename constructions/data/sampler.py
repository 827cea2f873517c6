"""Distributions known by what they draw: seeded, independent, exact labelled points."""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice
from math import lcm
from typing import Any, Literal, Protocol

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import UsageError

Charge = Literal["points", "neighbourhoods", "unknown"]


class Sampler(Protocol):
    """A distribution on labelled points that can be drawn from."""

    @property
    def charge(self) -> Charge:
        """What has positive probability around a drawn point: itself, all near it, or who knows."""
        ...

    def draw(self, count: int, seed: int) -> LabelledPoints:
        """Return ``count`` independent labelled points; equal seeds give equal points."""
        ...


@dataclass(frozen=True, slots=True)
class GeneratorSampler:
    """A user's generator of labelled points.

    Attributes:
        function: takes a seed and yields (point, label) without end, each independent of the
            others; coordinates are integers, fractions or text.
        charge: ``"points"`` where every point it yields has positive probability.

    Example:
        >>> def coin(seed):
        ...     stream = random.Random(seed)
        ...     while True:
        ...         side = stream.choice([0, 1])
        ...         yield [side], 2 * side - 1
        >>> len(GeneratorSampler(coin).draw(5, seed=1))
        5
    """

    function: Callable[[int], Iterable[tuple[Sequence[Any], int]]]
    charge: Charge = "unknown"

    def draw(self, count: int, seed: int) -> LabelledPoints:
        """Return the first ``count`` points that the function yields for this seed.

        Raises:
            InexactInput: a coordinate is a float.
            UsageError: it yields too few, or no labelled points.
        """
        try:
            drawn = [(point, label) for point, label in islice(self.function(seed), count)]
        except (TypeError, ValueError) as error:
            raise UsageError(f"the sampler must take a seed and yield (point, label): {error}") from error
        if len(drawn) < count:
            raise UsageError(f"the sampler ended after {len(drawn)} of {count} points")
        return LabelledPoints.of([point for point, _ in drawn], [label for _, label in drawn])


def derived_seed(seed: int, purpose: str) -> int:
    """Return a seed from 0 to 2^63 - 1 that depends on a seed and a purpose alone.

    Example:
        >>> derived_seed(0, "look 1") != derived_seed(0, "look 2")
        True
    """
    return int.from_bytes(hashlib.sha256(f"{purpose} / {seed}".encode()).digest()[:8], "big") >> 1


def drawn_places(probabilities: Sequence[Fraction], count: int, stream: random.Random) -> Iterator[int]:
    """Yield independent indices, each with exactly its probability if the stream's bits are fair."""
    unit = lcm(*(weight.denominator for weight in probabilities))
    sums = list(accumulate(int(weight * unit) for weight in probabilities))
    for _ in range(count):
        yield bisect_right(sums, stream.randrange(unit))
