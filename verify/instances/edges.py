"""Balls just inside and just outside of the largest radius at which a network keeps its label."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.network.relu_network import ReluNetwork
from verify.instances.instance import Instance
from verify.radius import robust_radius

_SPARE_BITS = 2


def edge_pair(
    name: str, family: str, network: ReluNetwork, centre: Point, label: int, gap: Fraction
) -> Iterator[Instance]:
    """Yield the two balls around a centre between which the network stops keeping its label.

    Their radii are binary fractions, less than ``gap`` times the larger apart. Nothing is
    yielded where no radius up to 1 is wrong, or the centre itself is.

    Args:
        name: of the pair.
        family: of the network.
        network: one output.
        centre: with binary coordinates.
        label: -1 or +1.
        gap: the relative distance of the radii, between 0 and 1.
    """
    data = LabelledPoints.of([centre], labels=[label])
    found = robust_radius(network, data, precision=gap / 2, largest=1)[0]
    if not found.lower or not found.upper:
        return
    unit = _unit_below(gap * found.upper / 8)
    inside, outside = found.lower // unit * unit, -(-found.upper // unit) * unit
    if inside > 0:
        yield Instance(f"{name}-inside", family, network, centre, inside, label, "holds", gap=gap)
        wrong = found.witness
        yield Instance(f"{name}-outside", family, network, centre, outside, label, "violated", None, wrong, gap)


def _unit_below(size: Fraction) -> Fraction:
    """Return a power of two below a positive number, by a few bits."""
    bits = size.denominator.bit_length() - size.numerator.bit_length() + _SPARE_BITS
    return Fraction(1, 2**bits) if bits >= 0 else Fraction(2**-bits)
