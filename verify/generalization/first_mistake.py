"""The first wrong point on the way from one point to another, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from constructions.data.norm_ball import Point
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

_MOST_KINKS = 512


def first_mistake(network: ReluNetwork, start: Point, mistake: Point) -> Point:
    """Return the first point with an output of at most 0 on the segment to a known one.

    Between the places where some unit changes its sign the network is affine along the
    segment. These places are found layer by layer, as zeros of linear functions.

    Args:
        network: one output.
        start: where the segment begins.
        mistake: where it ends; the output there is at most 0.

    Returns:
        The known point, where the segment has more than 512 kinks.
    """

    def place(share: Fraction) -> Point:
        return tuple(x + share * (y - x) for x, y in zip(start, mistake, strict=True))

    shares = [Fraction(0), Fraction(1)]
    values: list[Sequence[Fraction]] = [place(share) for share in shares]
    for depth, affine in enumerate(network.maps):
        is_last = depth == len(network.maps) - 1
        shares, values = _refined(affine, shares, values, rectified=not is_last)
        if len(shares) > _MOST_KINKS:
            return mistake
    return next((place(share) for share, value in zip(shares, values, strict=True) if value[0] <= 0), mistake)


def _refined(
    affine: AffineMap, shares: list[Fraction], values: list[Sequence[Fraction]], rectified: bool
) -> tuple[list[Fraction], list[Sequence[Fraction]]]:
    """Apply a map to values that are linear between shares, and add the shares where a result crosses 0."""
    results = [affine(value) for value in values]
    fresh: list[tuple[Fraction, Sequence[Fraction]]] = list(zip(shares, results, strict=True))
    for (low, left), (high, right) in pairwise(tuple(fresh)):
        crossings = {a / (a - b) for a, b in zip(left, right, strict=True) if (a < 0 < b) or (b < 0 < a)}
        for ratio in crossings:
            between = [a + ratio * (b - a) for a, b in zip(left, right, strict=True)]
            fresh.append((low + ratio * (high - low), between))
    fresh.sort(key=lambda entry: entry[0])
    if rectified:
        fresh = [(share, [max(value, Fraction(0)) for value in result]) for share, result in fresh]
    return [share for share, _ in fresh], [result for _, result in fresh]
