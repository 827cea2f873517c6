"""Robust memorization in the l-infinity norm by few one-sided coordinate tests per point."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import IntegerRows, integer_array
from constructions.memorizers.bump_layers import signed_sum
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.memorizers.literal_cover import cover_with_literals
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class LiteralPlan:
    """The literals of every bump, with thresholds shared between bumps.

    Attributes:
        bumps: how many bumps there are.
        bump: which bump each literal belongs to, increasing.
        unit: which first-layer unit each literal reads.
        slope: weight of each literal in its bump, a power of two.
        axis: coordinate each first-layer unit reads.
        sign: side of each first-layer unit.
        threshold: where each first-layer unit starts, ``relu(sign * x[axis] - threshold)``.
    """

    bumps: int
    bump: np.ndarray
    unit: np.ndarray
    slope: tuple[Fraction, ...]
    axis: tuple[int, ...]
    sign: tuple[int, ...]
    threshold: tuple[Fraction, ...]

    @property
    def parameters(self) -> int:
        """Nonzero parameters: ``2*units + literals + 2*bumps + 1``, less the zero thresholds."""
        zero = sum(1 for value in self.threshold if value == 0)
        return 2 * len(self.axis) - zero + len(self.slope) + 2 * self.bumps + 1


def plan_literals(
    data: LabelledPoints,
    radius: Any,
    eps: Any = None,
    merge: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> LiteralPlan | None:
    """Choose the literals of every bump; ``None`` when all labels agree.

    A literal (j, s) of a centre a, chosen for opposite points b with s*(b_j - a_j) at
    least c, may start anywhere in ``[s*a_j + radius, s*a_j + c - radius)``. Literals on
    one side of one coordinate share a unit when these intervals have a common point;
    the fewest points that meet all of them are found exactly (earliest end first).

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius.
        eps: half the separation to use; the exact half separation by default.
        merge: share first-layer units between bumps.
        progress: called with (centres done, centres).

    Raises:
        AssumptionViolated: an assumption of ``memorize_with_literals`` fails.
    """
    instance = memorization_instance(data, "linf", radius, eps)
    if instance is None:
        return None
    reach = 2 * instance.radius * data.scale
    threshold = math.floor(reach) + 1
    centres, others = data.numerators[instance.inside], data.numerators[instance.outside]
    literals, starts = cover_with_literals(centres, others, threshold, progress)
    if np.any(np.diff(starts) == 0):
        raise AssumptionViolated(f"a point is not separated by more than {2 * instance.radius}", "separation")
    return place_thresholds(instance, centres, literals, merge)


def memorize_with_literals(
    data: LabelledPoints,
    radius: Any,
    eps: Any = None,
    merge: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> ReluNetwork:
    """Return a small network with the right sign on the box around every training point.

    Each point ``a`` of the smaller class gets one-sided tests ``relu(s*x_j - t)``, zero
    on its own box, such that every opposite point is caught by one of them: the bump
    ``1 - sum(slope * test)`` is 1 on the box of ``a`` and 0 on every opposite box. The
    tests are a greedy set cover; bumps share equal tests.

    Theorem: thm:robust-memorization-linf

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart (l-infinity).
        ``0 <= radius < eps``.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; the exact half separation by default.
        merge: share first-layer units between bumps.
        progress: called with (centres done, centres).

    Returns:
        A network from R^d to R with three affine maps. Slopes are powers of two, so a
        binary grid of data gives weights that float32 holds exactly.

    Guarantees:
        robust_error: zero on the closed boxes.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: exactly ``plan_literals(data, radius).parameters``, at most
            ``m*(3*min(2*d, k)+2)+1`` with m and k the sizes of the smaller and the
            larger class.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m k d) byte operations at worst, compiled, on all workers.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "0"], ["0", "1"]], labels=[1, -1, -1])
        >>> network = memorize_with_literals(data, radius="1/4")
        >>> network.size.nonzero, [str(network(p)[0]) for p in (["1/4", 0], ["3/4", 0], [0, "3/4"])]
        (9, ['1', '-1', '-1'])
    """
    plan = plan_literals(data, radius, eps, merge, progress)
    return constant_network(data) if plan is None else build_literals(data, plan)


def build_literals(data: LabelledPoints, plan: LiteralPlan) -> ReluNetwork:
    """Return the network of a plan made by ``plan_literals`` for this data."""
    units, literals = len(plan.axis), len(plan.slope)
    # Hidden layer 1: how far x passes each threshold.
    tests = AffineMap.from_coo(range(units), plan.axis, plan.sign, (units, data.dim), [-t for t in plan.threshold])
    # Hidden layer 2: 1 minus the weighted tests of each bump.
    common = math.lcm(1, *{slope.denominator for slope in plan.slope})
    weights = integer_array(np.array([-int(slope * common) for slope in plan.slope], dtype=object))
    matrix = IntegerRows.from_entries(plan.bump, plan.unit, weights, (plan.bumps, units))
    bumps = AffineMap.from_integers(matrix, np.full(plan.bumps, common, dtype=object), common)
    assert matrix.nonzero == literals, "two literals of one bump share a unit"
    sign = 1 if data.indices(1).size <= data.indices(-1).size else -1
    return ReluNetwork([tests, bumps, signed_sum(plan.bumps, sign)])


def place_thresholds(
    instance: MemorizationInstance, centres: np.ndarray, literals: np.ndarray, merge: bool = True
) -> LiteralPlan:
    """Give every literal a threshold and a power-of-two slope, few thresholds in all."""
    scale, radius = instance.data.scale, instance.radius
    unit_of: list[int] = [0] * len(literals)
    slopes: list[Fraction] = [Fraction(0)] * len(literals)
    units: list[tuple[int, int, Fraction]] = []
    groups: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for place, (centre, axis, sign, nearest) in enumerate(literals):
        start = int(sign) * int(centres[centre, axis])
        groups.setdefault((int(axis), int(sign)), []).append((start + int(nearest), start, place))
    for (axis, sign), members in sorted(groups.items()):
        for batch in _stabbed(members, 2 * radius * scale) if merge else [[member] for member in members]:
            highest = max(start for _, start, _ in batch)
            threshold = Fraction(highest, scale) + radius
            for end, _, place in batch:
                room = Fraction(end, scale) - radius - threshold
                unit_of[place], slopes[place] = len(units), power_of_two_at_least(1 / room)
            units.append((axis, sign, threshold))
    return LiteralPlan(
        bumps=len(centres),
        bump=literals[:, 0].astype(np.int64),
        unit=np.array(unit_of, dtype=np.int64),
        slope=tuple(slopes),
        axis=tuple(axis for axis, _, _ in units),
        sign=tuple(sign for _, sign, _ in units),
        threshold=tuple(threshold for _, _, threshold in units),
    )


def _stabbed(members: list[tuple[int, int, int]], width: Fraction) -> list[list[tuple[int, int, int]]]:
    """Split half-open intervals [start, end - width) into the fewest groups with a common point."""
    batches: list[list[tuple[int, int, int]]] = []
    first_end: Fraction | None = None
    for end, start, place in sorted(members):
        if first_end is not None and start < first_end:
            batches[-1].append((end, start, place))
        else:
            batches.append([(end, start, place)])
            first_end = end - width
    return batches


def power_of_two_at_least(value: Fraction) -> Fraction:
    """Return the smallest power of two that is at least ``value`` (positive)."""
    power = Fraction(1)
    while power < value:
        power *= 2
    while power / 2 >= value:
        power /= 2
    return power
