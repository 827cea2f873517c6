"""The best classifier of a finite distribution: a memorizer of the points worth keeping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact.norms import check_norm
from constructions.exact.rational import exact_fraction
from constructions.memorizers.catalog import constructions_for
from constructions.memorizers.plan import Plan
from constructions.network.relu_network import ReluNetwork

_FIRST_BITS = 20


def classify_optimally(
    data: LabelledPoints, kept: Sequence[int], norm: str, radius: Any, construction: str | None = None
) -> ReluNetwork:
    """Return a network that is robust on the points kept, and gives up the others.

    Where the points given up are a minimum-weight cover of the conflicts, no classifier has
    a smaller robust error: each of them is in conflict with a point kept, whose ball is
    answered rightly, so it is lost, and nothing else is.

    Theorem: thm:optimal-robust-error

    Assumes:
        Kept points of different labels are more than ``2 * radius`` apart.
        Labels are -1 or +1.

    Args:
        data: labelled points.
        kept: indices of the points to be robust on, at least one.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: of the closed balls, exact, at least 0.
        construction: name of a memorizer; the smallest that applies by default.

    Returns:
        A memorizer of the points kept, a constant network if they have one label.

    Guarantees:
        attained: for an optimal choice of ``kept`` the robust error is exactly the optimal one.

    Raises:
        AssumptionViolated: two kept points are in conflict, or the construction does not apply.
        UsageError: nothing is kept, an index is out of range, or no construction has that name.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1"], ["3"]], labels=[-1, +1, -1])
        >>> network = classify_optimally(data, [0, 2], "linf", "1/2")
        >>> [str(network([x])[0]) for x in (0, 1, 3)]
        ['-1', '-1', '-1']
    """
    return plan_optimal(data, kept, norm, radius, construction)[0].build()


def plan_optimal(
    data: LabelledPoints, kept: Sequence[int], norm: str, radius: Any, construction: str | None = None
) -> list[Plan]:
    """Count the memorizers of the points kept, the smallest first; the arguments are those of the builder.

    Raises:
        AssumptionViolated: two kept points are in conflict, or no construction applies.
        UsageError: nothing is kept, an index is out of range, or no construction has that name.
    """
    size = exact_fraction(radius, "radius")
    entries = constructions_for(check_norm(norm), construction)
    if not entries:
        names = ", ".join(entry.name for entry in constructions_for(norm))
        raise UsageError(f"no construction {construction!r} in {norm}; choose {names}")
    if not len(kept) or min(kept) < 0 or max(kept) >= len(data):
        raise UsageError(f"the points kept must be some of the {len(data)} points, counted from 0")
    part = data.subset(kept)
    eps = half_distance_above(part, norm, size)
    plans = []
    for entry in entries:
        try:
            plan = entry.plan(part, size, eps, norm, None)
        except BudgetExceeded:
            continue
        if plan is not None:
            plans.append(plan)
    if not plans:
        name = "no construction" if construction is None else f"construction {construction}"
        raise AssumptionViolated(f"{name} applies to these points at radius {size}", "construction")
    return sorted(plans, key=lambda plan: plan.parameters)


def half_distance_above(data: LabelledPoints, norm: str, radius: Fraction) -> Fraction | None:
    """Return half the smallest distance of opposite points; in l2 a rational above the radius and at most that.

    ``None`` with one class only. In l2 the half distance is irrational in general: it is
    rounded down to as many binary digits as are needed to stay above the radius.

    Raises:
        AssumptionViolated: the half distance is not above the radius.
    """
    closest = data.closest_opposite_pairs(norm)
    if closest is None:
        return None
    if closest.distance <= (4 * radius * radius if norm == "l2" else 2 * radius):
        i, j = closest.pairs[0]
        what = f"squared distance {closest.distance}" if norm == "l2" else f"distance {closest.distance}"
        raise AssumptionViolated(
            f"kept points {i} and {j} have different labels at {what} ({norm}); closed balls of radius {radius} meet",
            "separation",
        )
    if norm != "l2":
        return closest.distance / 2
    bits = _FIRST_BITS
    while True:
        half = Fraction(math.isqrt(math.floor(closest.distance * 4 ** (bits - 1))), 2**bits)
        if half > radius:
            return half
        bits *= 2
