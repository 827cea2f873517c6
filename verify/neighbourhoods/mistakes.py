"""Wrong points of a neighbourhood, near cubes that were not proved right."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.network.relu_network import ReluNetwork
from constructions.sets.distances import closest
from constructions.sets.finite_set import FiniteSet
from constructions.sets.point_set import PointSet
from verify.robustness import robust_error

_MOST_CORNERS = 16


@dataclass(frozen=True, slots=True)
class Mistake:
    """A point that the network gets wrong, within the radius of a point of a set.

    Attributes:
        label: of the set.
        anchor: a point of the set.
        point: within the radius of it, with ``label * f(point) <= 0``.
        output: of the network there.
    """

    label: int
    anchor: Point
    point: Point
    output: Fraction


def mistake_near(
    network: ReluNetwork, given: PointSet, label: int, ball: NormBall, lower: Point, upper: Point
) -> Mistake | None:
    """Try the middle and some corners of a box, each moved into the ball around the nearest point of a set."""
    middle = tuple((low + high) / 2 for low, high in zip(lower, upper, strict=True))
    corners: Iterator[Point] = product(*zip(lower, upper, strict=True))
    for start in (middle, *islice(corners, _MOST_CORNERS)):
        anchor = closest(FiniteSet.of([start]), given, ball.norm).second
        point = ball.towards(anchor, start)
        value = network(point)[0]
        if label * value <= 0:
            return Mistake(label, anchor, point, value)
    return None


def searched_mistake(
    network: ReluNetwork,
    given: PointSet,
    label: int,
    ball: NormBall,
    boxes: Sequence[tuple[Point, Point]],
    deadline: float | None,
    seed: int,
) -> Mistake | None:
    """Decide the balls around the points of a set that are nearest to some boxes."""
    anchors = []
    for lower, upper in boxes:
        middle = tuple((low + high) / 2 for low, high in zip(lower, upper, strict=True))
        anchors.append(closest(FiniteSet.of([middle]), given, ball.norm).second)
    data = LabelledPoints.of(list(dict.fromkeys(anchors)), [label] * len(set(anchors)))
    seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
    found = robust_error(network, data, ball.norm, ball.radius, "auto", seconds, seed=seed, point_seconds=2.0)
    for index, status in enumerate(found.status):
        point = found.witness(index)
        if status == "violated" and point is not None:
            return Mistake(label, data.point(index), point, network(point)[0])
    return None
