"""Which share of a rectangle of centres is wrong, exactly, by the area of a union of polygons."""

from __future__ import annotations

from fractions import Fraction

from constructions.data.norm_ball import NormBall, Point
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box import Box
from verify.generalization.plane_areas import (
    Polygon,
    area,
    common_part,
    grown_by,
    point_at,
    union_area,
    union_length,
    window,
)
from verify.generalization.plane_cells import wrong_pieces


def wrong_share_in_plane(
    network: ReluNetwork, box: Box, ball: NormBall, deadline: float | None = None
) -> tuple[Fraction, tuple[Point, Point] | None] | None:
    """Return which share of a box of the plane lies within the radius of a point with an output of at most 0.

    The wrong points are convex polygons, segments and points. Each is grown by the ball, a
    polygon in l-infinity and l1, and what overlaps counts once.

    Args:
        network: two inputs; right where every output is positive.
        box: of centres; a side may have width 0, and the share is then one of length.
        ball: l-infinity or l1, or radius 0.
        deadline: ``time.monotonic()`` value at which to give up.

    Returns:
        The share, and a centre with a wrong point in its ball where there is one; ``None``
        in l2 at a positive radius, and where there are too many pieces.
    """
    if ball.norm == "l2" and ball.radius:
        return None
    frame = window(box)
    pieces = wrong_pieces(network, grown_by(ball, frame), deadline)
    if pieces is None:
        return None
    if not pieces:
        return Fraction(0), None
    near = [common_part(grown_by(ball, piece), frame) for piece in pieces]
    share = _share([part for part in near if part], box, deadline)
    if share is None:
        return None
    mistake = point_at(pieces[0][0])
    centre = tuple(min(max(x, low), high) for x, low, high in zip(mistake, box.lower, box.upper, strict=True))
    return share, (centre, mistake)


def _share(parts: list[Polygon], box: Box, deadline: float | None) -> Fraction | None:
    """Return the share of a box, in its own dimension, that lies in a union of polygons inside it."""
    widths = [high - low for low, high in zip(box.lower, box.upper, strict=True)]
    if all(widths):
        taken = union_area((part for part in parts if area(part)), deadline)
        return None if taken is None else taken / box.volume
    axis = 0 if widths[0] else 1
    ends = [[point_at(corner)[axis] for corner in part] for part in parts]
    if not widths[axis]:
        return Fraction(int(bool(ends)))
    return union_length((min(values), max(values)) for values in ends) / widths[axis]
