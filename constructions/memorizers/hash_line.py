"""Robust memorization for small radii: one direction along which opposite balls do not overlap."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.norms import dual_norm, length
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

_TRIALS = 200
_LARGEST = 31


@dataclass(frozen=True, slots=True)
class Line:
    """A direction and the gaps between runs of one label along it.

    Attributes:
        direction: integers, one per coordinate.
        gaps: where each change of label happens, as (end of one run, start of the next).
        first: label of the first run.
    """

    direction: tuple[int, ...]
    gaps: tuple[tuple[Fraction, Fraction], ...]
    first: int

    @property
    def parameters(self) -> int:
        """Nonzero parameters of the network: the line starts where the first ramp does."""
        start = 1 if self.gaps[0][0] else 0
        return sum(1 for value in self.direction if value) + start + 6 * len(self.gaps)


def plan_hash_line(data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2", seed: int = 0) -> Line | None:
    """Return the direction with the fewest changes of label among axes and seeded random ones.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius.
        eps: half the separation to use.
        norm: of the perturbations.
        seed: of the random directions.

    Returns:
        The line; ``None`` when all labels agree.

    Raises:
        AssumptionViolated: an assumption of ``memorize_on_a_line`` fails, or opposite balls
            overlap along every direction tried.
    """
    instance = memorization_instance(data, norm, radius, eps)
    if instance is None:
        return None
    best: Line | None = None
    for direction in _directions(data, seed):
        line = _line(instance, direction)
        if line is not None and (best is None or line.parameters < best.parameters):
            best = line
    if best is None:
        raise AssumptionViolated(
            f"opposite balls of radius {instance.radius} overlap along all {_TRIALS + data.dim} directions tried",
            "overlap",
        )
    return best


def memorize_on_a_line(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2", seed: int = 0
) -> ReluNetwork:
    """Return a network of few parameters that reads the points along one direction only.

    Along an integer direction each ball becomes an interval. Where no interval of one label
    meets one of the other, the labels form runs with gaps between them, and a sum of one
    ramp per gap is right on every interval.

    Theorem: thm:robust-memorization-l2

    Assumes:
        Labels are -1 or +1.
        ``0 <= radius < eps``, and small enough that a direction is found.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.
        norm: ``"l2"``, ``"linf"`` or ``"l1"``.
        seed: of the directions tried.

    Returns:
        A network from R^d to R with three affine maps.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: at most ``d + 1 + 6 r`` for r changes of label along the line.

    Raises:
        AssumptionViolated: an assumption fails, or no direction was found.
        InexactInput: the radius is a float.

    Cost:
        O(n d) per direction.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"], ["3", "0"]], labels=[-1, +1, +1])
        >>> memorize_on_a_line(data, radius="1/10").size.nonzero <= 2 + 1 + 6
        True
    """
    line = plan_hash_line(data, radius, eps, norm, seed)
    return constant_network(data) if line is None else build_line(data, line)


def build_line(data: LabelledPoints, line: Line) -> ReluNetwork:
    """Return the network of a plan made by ``plan_hash_line`` for this data."""
    start = line.gaps[0][0]
    # Hidden layer 1: the place along the line, from the end of the first run on.
    axes = [axis for axis, value in enumerate(line.direction) if value]
    values = [line.direction[axis] for axis in axes]
    place = AffineMap.from_coo([0] * len(axes), axes, values, (1, data.dim), [-start])
    # Hidden layer 2: where each ramp starts and stops.
    ends = [end - start for gap in line.gaps for end in gap]
    count = len(ends)
    ramps = AffineMap.from_coo(range(count), [0] * count, [1] * count, (count, 1), [-end for end in ends])
    # Output: the first label, and two more or less at every ramp.
    slopes = []
    for index, (low, high) in enumerate(line.gaps):
        change = -2 * line.first * (-1) ** index / (high - low)
        slopes += [change, -change]
    return ReluNetwork([place, ramps, AffineMap.from_coo([0] * count, range(count), slopes, (1, count), [line.first])])


def _directions(data: LabelledPoints, seed: int) -> list[tuple[int, ...]]:
    axes = [tuple(int(i == j) for i in range(data.dim)) for j in range(min(data.dim, 256))]
    stream = np.random.RandomState(seed % 2**32)
    mean = _difference_of_means(data)
    drawn = [stream.randint(-_LARGEST, _LARGEST + 1, size=data.dim) for _ in range(_TRIALS)]
    return [direction for direction in (*axes, mean, *(tuple(int(v) for v in row) for row in drawn)) if any(direction)]


def _difference_of_means(data: LabelledPoints) -> tuple[int, ...]:
    """Return the direction from the mean of one class to that of the other, rounded."""
    points = data.numerators.astype(float)
    difference = points[data.indices(1)].mean(axis=0) - points[data.indices(-1)].mean(axis=0)
    largest = float(np.abs(difference).max()) or 1.0
    return tuple(int(value) for value in np.rint(difference * (_LARGEST / largest)))


def _line(instance: MemorizationInstance, direction: tuple[int, ...]) -> Line | None:
    """Return the runs along a direction, ``None`` if intervals of opposite labels meet."""
    data = instance.data
    size = length([Fraction(value) for value in direction], dual_norm(instance.norm))
    reach = instance.radius * (_root_above(size) if instance.norm == "l2" else size)
    places = data.numerators.astype(object) @ np.array(direction, dtype=object)
    order = np.argsort(places, kind="stable")
    labels = data.label_array[order]
    gaps = []
    for index in np.flatnonzero(labels[1:] != labels[:-1]):
        low = Fraction(int(places[order[index]]), data.scale) + reach
        high = Fraction(int(places[order[index + 1]]), data.scale) - reach
        if low >= high:
            return None
        gaps.append((low, high))
    return Line(direction, tuple(gaps), int(labels[0]))


def _root_above(square: Fraction) -> Fraction:
    """Return a rational number at least the root of a square, exact where the root is an integer."""
    unit = 2**20
    root = math.isqrt(math.floor(square * unit * unit))
    exact = Fraction(root, unit)
    return exact if exact * exact == square else Fraction(root + 1, unit)
