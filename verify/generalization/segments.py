"""A network along a segment, exactly: where it bends, where it is wrong first, how much of a line is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from constructions.data.norm_ball import Point
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box

_MOST_KINKS = 512


def values_along(
    network: ReluNetwork, start: Point, end: Point, most_kinks: int = _MOST_KINKS
) -> list[tuple[Fraction, tuple[Fraction, ...]]] | None:
    """Return shares of the way, increasing from 0 to 1, with the outputs there; between them all are linear.

    The places where some unit or output changes its sign are found layer by layer, as
    zeros of linear functions.

    Args:
        network: right where every output is positive.
        start: where the segment begins.
        end: where it ends.
        most_kinks: with more places than this the answer is ``None``.
    """
    shares = [Fraction(0), Fraction(1)]
    values: list[Sequence[Fraction]] = [start, end]
    for depth, affine in enumerate(network.maps):
        shares, values = _refined(affine, shares, values, rectified=depth < len(network.maps) - 1)
        if len(shares) > most_kinks:
            return None
    return [(share, tuple(value)) for share, value in zip(shares, values, strict=True)]


def first_mistake(network: ReluNetwork, start: Point, mistake: Point) -> Point:
    """Return the first point with an output of at most 0 on the segment to a known one.

    Where the segment has too many kinks, the known point itself.
    """
    for share, value in values_along(network, start, mistake) or []:
        if min(value) <= 0:
            return tuple(x + share * (y - x) for x, y in zip(start, mistake, strict=True))
    return mistake


def wrong_share_of_line(
    network: ReluNetwork, box: Box, radius: Fraction
) -> tuple[Fraction, tuple[Point, Point] | None] | None:
    """Return which share of an interval lies within the radius of a point with an output of at most 0.

    Wrong points form intervals between neighbouring places; each is grown by the radius and
    what overlaps counts once.

    Args:
        network: one input; right where every output is positive.
        box: an interval, maybe a point.
        radius: of the closed balls.

    Returns:
        The share, and a centre with a wrong point in its ball where there is one; ``None``
        where the network has too many kinks.
    """
    (low,), (high,) = box.lower, box.upper
    start, end = low - radius, high + radius
    places = values_along(network, (start,), (end,))
    if places is None:
        return None
    points = [(start + share * (end - start), value) for share, value in places]
    wrong = [(place, place) for place, value in points if min(value) <= 0]
    for (place, value), (other, after) in pairwise(points):
        if any(here <= 0 and there <= 0 for here, there in zip(value, after, strict=True)):
            wrong.append((place, other))
    if not wrong:
        return Fraction(0), None
    mistake = wrong[0][0]
    witness = (min(max(mistake, low), high),), (mistake,)
    if low == high:
        return Fraction(1), witness
    covered, reached = Fraction(0), low
    for left, right in sorted(wrong):
        begin, stop = max(left - radius, reached), min(right + radius, high)
        if stop > begin:
            covered += stop - begin
            reached = stop
    return covered / (high - low), witness


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
