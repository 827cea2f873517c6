"""The robust error against attackers that stay on a manifold (Definition 5.4)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Cover, Manifold
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from verify.robustness import PointStatus, robust_error


@dataclass(frozen=True, slots=True)
class ManifoldError:
    """The robust error on a manifold in l-infinity: exact bounds, and what is known of every point.

    A point is violated when some x' of the manifold within the radius has
    ``label * f(x') <= 0``, and robust when there is none.

    Attributes:
        status: ``robust``, ``violated`` or ``unknown``, one per point.
        witnesses: per violated point an exact point of the manifold that is wrong.
        seconds: time taken.
    """

    status: tuple[PointStatus, ...]
    witnesses: tuple[Point | None, ...] = field(repr=False)
    seconds: float = 0.0

    @property
    def lower(self) -> Fraction:
        """The share of points with a wrong point of the manifold nearby; the error is at least this."""
        return Fraction(self.status.count("violated"), len(self.status))

    @property
    def upper(self) -> Fraction:
        """The share of points not proved robust; the error is at most this."""
        return 1 - Fraction(self.status.count("robust"), len(self.status))

    @property
    def is_exact(self) -> bool:
        """True when every point is decided."""
        return "unknown" not in self.status


def robust_error_on_manifold(
    network: ReluNetwork,
    data: LabelledPoints,
    manifold: Manifold,
    radius: Any,
    cover: Cover | None = None,
    seconds: float | None = None,
    seed: int = 0,
) -> ManifoldError:
    """Bracket the share of points that some point of the manifold within a radius makes wrong.

    On planes and faces of cubes the ball meets each chart in a box of parameters, and the
    network of the parameters is decided on it. On curved manifolds a cover is needed:
    a point is robust if the network is right on the part of every patch's box that lies in
    the ball, and violated if it is wrong at the named point of a patch in the ball.

    Theorem: def:robust-error-on-manifold

    Args:
        network: with one output.
        data: points of the manifold, labelled -1 or +1.
        manifold: where the attacker may go.
        radius: exact, at least 0, in l-infinity.
        cover: complete, of a curved manifold; its claims are checked elsewhere.
        seconds: time limit of the whole call.
        seed: of the attacks.

    Raises:
        AssumptionViolated: a point is not on a flat manifold, or a curved one has no cover.
        InexactInput: the radius is a float.
        UsageError: the dimensions do not fit.
    """
    started = time.monotonic()
    reach = exact_fraction(radius, "radius")
    if network.dim != manifold.dim or data.dim != manifold.dim:
        raise UsageError(f"{manifold.spec} lies in R^{manifold.dim}; network {network.dim}, points {data.dim}")
    deadline = None if seconds is None else started + seconds
    statuses: list[PointStatus] = ["robust"] * len(data)
    witnesses: list[Point | None] = [None] * len(data)
    if manifold.chart_map(0) is not None:
        _decide_charts(network, data, manifold, reach, deadline, seed, statuses, witnesses)
    elif cover is None:
        raise AssumptionViolated(f"{manifold.spec} is curved: give a cover of it", "cover")
    else:
        _decide_patches(network, data, cover, reach, deadline, seed, statuses, witnesses)
    return ManifoldError(tuple(statuses), tuple(witnesses), time.monotonic() - started)


def _decide_charts(
    network: ReluNetwork,
    data: LabelledPoints,
    manifold: Manifold,
    radius: Fraction,
    deadline: float | None,
    seed: int,
    statuses: list[PointStatus],
    witnesses: list[Point | None],
) -> None:
    """Decide every chart for all points whose ball meets it."""
    points = data.points
    for index, point in enumerate(points):
        if not manifold.contains(point):
            raise AssumptionViolated(f"point {index} does not lie on {manifold.spec}", "on_manifold")
    for domain in manifold.domains:
        chart = manifold.chart_map(domain.chart)
        assert chart is not None
        near = [i for i, point in enumerate(points) if _meets(chart, point, radius)]
        if not near:
            continue
        below = ReluNetwork([composed(network.maps[0], chart), *network.maps[1:]])
        there = LabelledPoints.of([_sources(chart, points[i]) for i in near], [data.labels[i] for i in near])
        box = (domain.lower, domain.upper)
        result = robust_error(below, there, "linf", radius, seconds=_left(deadline), domain=box, seed=seed)
        for place, i in enumerate(near):
            found = result.witness(place)
            _note(i, result.status[place], None if found is None else chart(found), statuses, witnesses)


def _meets(chart: AffineMap, point: Point, radius: Fraction) -> bool:
    """Tell whether the constant coordinates of a chart are within the radius of a point's."""
    rows = zip(chart.weight, chart.bias, point, strict=True)
    return all(any(row) or abs(constant - x) <= radius for row, constant, x in rows)


def _sources(chart: AffineMap, point: Point) -> Point:
    """Return the coordinates of a point that stand for the parameters of a chart."""
    columns = [row.index(1) if any(row) else None for row in chart.weight]
    return tuple(point[columns.index(axis)] for axis in range(chart.shape[1]))


def _decide_patches(
    network: ReluNetwork,
    data: LabelledPoints,
    cover: Cover,
    radius: Fraction,
    deadline: float | None,
    seed: int,
    statuses: list[PointStatus],
    witnesses: list[Point | None],
) -> None:
    """Decide the boxes of the patches near each point, and evaluate at the points they name."""
    for index, (point, label) in enumerate(zip(data.points, data.labels, strict=True)):
        here = LabelledPoints.of([point], [label])
        for patch in cover.patches:
            low = tuple(max(x - radius, a) for x, a in zip(point, patch.lower, strict=True))
            high = tuple(min(x + radius, b) for x, b in zip(point, patch.upper, strict=True))
            if any(a > b for a, b in zip(low, high, strict=True)):
                continue
            anchor = patch.anchor
            if anchor is not None and _is_near(anchor, point, radius) and label * network(anchor)[0] <= 0:
                _note(index, "violated", anchor, statuses, witnesses)
                break
            result = robust_error(network, here, "linf", radius, seconds=_left(deadline), domain=(low, high), seed=seed)
            if result.status[0] != "robust":
                _note(index, "unknown", None, statuses, witnesses)


def _is_near(first: Point, second: Point, radius: Fraction) -> bool:
    return all(abs(x - y) <= radius for x, y in zip(first, second, strict=True))


def _note(
    index: int, found: PointStatus, witness: Point | None, statuses: list[PointStatus], witnesses: list[Point | None]
) -> None:
    """Keep the worst that is known of a point: violated, then unknown, then robust."""
    if found == "violated":
        statuses[index], witnesses[index] = found, witness
    elif found == "unknown" and statuses[index] == "robust":
        statuses[index] = found


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
