"""Which centres of a box one wrong point makes wrong: a box of them, never too large."""

from __future__ import annotations

import math
from fractions import Fraction

from constructions.data.norm_ball import NormBall, Point
from constructions.exact.norms import is_within, length
from constructions.exact.square_roots import square_root_bounds
from constructions.sets.box import Box


def wrong_centres(box: Box, ball: NormBall, mistake: Point) -> Box | None:
    """Return a box of centres of ``box`` that lie within the radius of a wrong point.

    In l-infinity it is all of them. In l1 and l2 it is the whole box, if its farthest
    corner is close enough, or a cube around the nearest centre.

    Returns:
        ``None`` if no centre is that close.

    Example:
        >>> found = wrong_centres(Box([0, 0], [4, 4]), NormBall("linf", 1), (Fraction(5), Fraction(2)))
        >>> [str(x) for x in (*found.lower, *found.upper)]
        ['4', '1', '4', '3']
    """
    radius = ball.radius
    ends = list(zip(mistake, box.lower, box.upper, strict=True))
    farthest = [max(abs(x - low), abs(x - high)) for x, low, high in ends]
    if is_within(farthest, ball.norm, radius):
        return box
    nearest = [min(max(x, low), high) for x, low, high in ends]
    offset = [x - y for x, y in zip(mistake, nearest, strict=True)]
    if not is_within(offset, ball.norm, radius):
        return None
    if ball.norm == "linf":
        sides = [(max(low, x - radius), min(high, x + radius)) for x, low, high in ends]
    else:
        reach = _cube_reach(box, ball, offset)
        sides = [(max(low, c - reach), min(high, c + reach)) for c, (_, low, high) in zip(nearest, ends, strict=True)]
    return Box([low for low, _ in sides], [high for _, high in sides])


def _cube_reach(box: Box, ball: NormBall, offset: list[Fraction]) -> Fraction:
    """Return how far a cube around the nearest centre may reach: the slack over its longest diagonal."""
    axes = sum(1 for low, high in zip(box.lower, box.upper, strict=True) if low < high)
    if ball.norm == "l1":
        return (ball.radius - length(offset, "l1")) / axes
    slack = ball.radius - square_root_bounds(length(offset, "l2"))[1]
    return max(Fraction(0), slack) / (math.isqrt(axes - 1) + 1)
