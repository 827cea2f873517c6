"""Robust memorization in any norm by half-spaces: coordinate tests where they do, others where not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded
from constructions.memorizers.bump_layers import signed_sum
from constructions.memorizers.cut_plan import BumpTests, CutPlan
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.memorizers.literal_cover import cover_what_literals_can
from constructions.memorizers.literals import power_of_two_at_least
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


def plan_cuts(
    data: LabelledPoints,
    radius: Any,
    eps: Any = None,
    norm: str = "l2",
    progress: Callable[[int, int], None] | None = None,
    most_work: int | None = None,
    most_trials: int | None = None,
) -> CutPlan | None:
    """Choose the half-spaces of every bump; ``None`` when all labels agree.

    Coordinate tests cover what they can, other half-spaces the rest. Then each bump is tried
    again with both kinds at once, and keeps what has fewer parameters.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius.
        eps: half the separation to use.
        norm: of the perturbations.
        progress: called with (centres done, centres).
        most_work: refuse when coordinate tests leave over more pairs than this, times the
            dimension.
        most_trials: do without trying again when that has to look at more pairs than this,
            times the dimension; in l-infinity, where coordinate tests leave nothing over,
            refuse when there are more pairs.

    Raises:
        AssumptionViolated: an assumption of ``memorize_with_cuts`` fails.
        BudgetExceeded: too many pairs are left over.
    """
    instance = memorization_instance(data, norm, radius, eps)
    if instance is None:
        return None
    centres, others = data.numerators[instance.inside], data.numerators[instance.outside]
    threshold = math.floor(2 * instance.radius * data.scale) + 1
    pair_work = len(others) * data.dim
    if norm == "linf":
        _refuse_beyond(most_trials, len(centres) * pair_work)
    elif threshold > _spread(data):
        _refuse_beyond(most_work, len(centres) * pair_work)
    literals, uncovered = cover_what_literals_can(centres, others, threshold, progress)
    _refuse_beyond(most_work, sum(len(left) for left in uncovered) * data.dim)
    first = BumpTests.literals_first(instance, literals, uncovered)
    plan = first.plan()
    costs = first.worth_trying(plan)
    if most_trials is not None and len(costs) * pair_work > most_trials:
        return plan
    return min(plan, first.tried_again(costs, progress).plan(), key=lambda found: found.parameters)


def _spread(data: LabelledPoints) -> int:
    """Return the largest difference of two coordinates, in units of the data's scale."""
    return int(data.numerators.max()) - int(data.numerators.min())


def _refuse_beyond(most_work: int | None, work: int) -> None:
    if most_work is not None and work > most_work:
        raise BudgetExceeded(f"half-spaces for {work:,} pair coordinates, of which at most {most_work:,} are searched")


def memorize_with_cuts(data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2") -> ReluNetwork:
    """Return a network with the right sign on the whole ball around every training point.

    A half-space that contains the ball of ``a`` and misses that of an opposite point ``b``
    gives a test that is 0 on the first and at least 1 on the second. The bump of ``a`` is 1
    minus a sum of tests, chosen so that every opposite point is cut off by one.

    In l-infinity a half-space saves two thirds of the parameters of such tests at most.

    Theorem: thm:robust-memorization-linf, thm:robust-memorization-l1, thm:robust-memorization-l2

    Assumes:
        Labels are -1 or +1.
        Points of different labels are at least ``2 * eps`` apart in the norm.
        ``0 <= radius < eps``.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.
        norm: ``"l2"``, ``"linf"`` or ``"l1"``.

    Returns:
        A network from R^d to R with three affine maps.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: ``label * network(x) >= 1`` for every x within ``radius`` of a point.
        parameters: exactly ``plan_cuts(data, radius).parameters``.

    Raises:
        AssumptionViolated: an assumption fails; the message gives the values.
        InexactInput: the radius is a float.

    Cost:
        O(m k d) byte operations for the coordinate tests; what they leave over costs
        dozens of float products per cut, and so does trying again what costs more than
        4 parameters.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"], ["0", "2"]], labels=[1, -1, -1])
        >>> network = memorize_with_cuts(data, radius="13/20")
        >>> network.size.depth, [str(network(p)[0]) for p in (["9/20", "9/20"], ["11/20", "11/20"])]
        (3, ['1', '-1'])
    """
    plan = plan_cuts(data, radius, eps, norm)
    return constant_network(data) if plan is None else build_cuts(data, plan)


def build_cuts(data: LabelledPoints, plan: CutPlan) -> ReluNetwork:
    """Return the network of a plan made by ``plan_cuts`` for this data."""
    literals, cuts = plan.literals, plan.cuts
    units = len(literals.axis)
    # Hidden layer 1: how far x passes each coordinate threshold, and each half-space.
    rows = [*range(units), *(units + place for place, (_, cut) in enumerate(cuts) for _ in cut.axes)]
    columns = [*literals.axis, *(axis for _, cut in cuts for axis in cut.axes)]
    values = [*literals.sign, *(value for _, cut in cuts for value in cut.direction)]
    starts = [*(-value for value in literals.threshold), *(-cut.start for _, cut in cuts)]
    tests = AffineMap.from_coo(rows, columns, values, (units + len(cuts), data.dim), starts)
    # Hidden layer 2: 1 minus the weighted tests of each bump.
    bump = [*literals.bump.tolist(), *(place for place, _ in cuts)]
    unit = [*literals.unit.tolist(), *range(units, units + len(cuts))]
    slopes = [*(-slope for slope in literals.slope), *(-power_of_two_at_least(1 / cut.room) for _, cut in cuts)]
    bumps = AffineMap.from_coo(bump, unit, slopes, (literals.bumps, units + len(cuts)), [1] * literals.bumps)
    return ReluNetwork([tests, bumps, signed_sum(literals.bumps, plan.sign)])
