"""A partition of unity as its judges see it: functions, where they are read, where they must vanish."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class Slab:
    """A part of a box on which a function must be 0.

    Attributes:
        function: number of the function.
        axis: of the reading.
        lower: the slab is where this reading lies between ``lower`` and ``upper``.
        upper: see ``lower``.
    """

    function: int
    axis: int
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True, slots=True)
class Partition:
    """Functions on a set, given as functions of a few readings of a point.

    The readings of a point of the set fill a box at most; what holds on all of the box
    holds on the set.

    Attributes:
        network: from readings to the functions.
        breakpoints: per reading rising numbers, first and last the ends of the box.
        slabs: where a function must vanish, so that its support stays in its chart.
        degree: of the readings as polynomials of the chart's coordinates.
        readings: what the readings are, in words.
        is_clipped: whether the functions depend on readings scaled and clipped to [0, 1].
    """

    network: ReluNetwork
    breakpoints: tuple[tuple[Fraction, ...], ...]
    slabs: tuple[Slab, ...]
    degree: int
    readings: str
    is_clipped: bool
