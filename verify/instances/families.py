"""Every family of instances by name, and a seeded draw from several of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import cycle, islice

from constructions.errors import UsageError
from verify.instances.cancelling import cancelling
from verify.instances.gaussian import gaussian
from verify.instances.grids import grids
from verify.instances.instance import Instance
from verify.instances.memorizers import memorizers
from verify.instances.needles import needles

Family = Callable[[random.Random, Fraction], Iterator[Instance]]
FAMILIES: dict[str, Family] = {
    "needle": needles,
    "cancelling": cancelling,
    "bit-extraction": grids,
    "memorizer": memorizers,
    "gaussian": gaussian,
}
SMALLEST_MARGIN = Fraction(1, 2**40)


def draw_instances(
    count: int, seed: int, margin: Fraction, families: Sequence[str] = tuple(FAMILIES)
) -> Iterator[Instance]:
    """Yield instances of several families in turn; equal arguments give equal instances.

    Args:
        count: number of instances.
        seed: of everything random.
        margin: a power of two from 2^-40 to 1/2: the distance from the boundary.
        families: names, each once.

    Raises:
        UsageError: a family is unknown or named twice, or the count or margin is out of range.
    """
    if count < 1:
        raise UsageError(f"the number of instances must be at least 1, got {count}")
    if (
        not SMALLEST_MARGIN <= margin <= Fraction(1, 2)
        or margin.numerator != 1
        or margin.denominator & (margin.denominator - 1)
    ):
        raise UsageError(f"the margin must be a power of two from 2^-40 to 1/2, got {margin}")
    for name in families:
        if name not in FAMILIES:
            raise UsageError(f"unknown family {name!r}; choose among {', '.join(FAMILIES)}")
    if len(set(families)) < len(families) or not families:
        raise UsageError(f"families must be named once each, got {', '.join(families) or 'none'}")
    streams = [FAMILIES[name](random.Random(f"{name} {seed}"), margin) for name in families]
    return islice((next(stream) for stream in cycle(streams)), count)
