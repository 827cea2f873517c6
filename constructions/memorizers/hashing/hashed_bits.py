"""Robust memorization for small radii with about the square root of N log N parameters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.hashing.line_projection import ThresholdLine, threshold_lines
from constructions.memorizers.hashing.threshold_reader import idle_weights, label_maps
from constructions.memorizers.hashing.threshold_table import ThresholdTable, smallest_table
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class HashedBits:
    """A line and how its thresholds are stored.

    Attributes:
        line: the direction and the thresholds along it.
        table: groups of thresholds, one weight each.
    """

    line: ThresholdLine
    table: ThresholdTable

    @property
    def promised(self) -> int:
        """The closed form: nonzero parameters if no weight vanishes by accident."""
        return self.line.parameters + self.table.parameters

    @property
    def parameters(self) -> int:
        """Nonzero parameters of the network."""
        return self.promised - idle_weights(self.line.thresholds, self.table)


def plan_hashed_bits(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2", seed: int = 0
) -> HashedBits | None:
    """Return the line and table of the fewest parameters among some directions.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius.
        eps: half the separation to use.
        norm: of the perturbations.
        seed: of the random directions.

    Returns:
        The plan; ``None`` when all labels agree.

    Raises:
        AssumptionViolated: an assumption of ``memorize_with_hashed_bits`` fails, or opposite
            balls overlap along every direction tried.
    """
    instance = memorization_instance(data, norm, radius, eps)
    if instance is None:
        return None
    plans = [HashedBits(line, smallest_table(line.thresholds)) for line in threshold_lines(instance, seed)]
    return min(plans, key=lambda plan: plan.promised)


def memorize_with_hashed_bits(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2", seed: int = 0
) -> ReluNetwork:
    """Return a network whose size grows like the square root of the number of label changes.

    An integer direction turns balls into intervals of a line. Where opposite intervals do
    not meet, the label is the parity of the number of thresholds below. The thresholds are
    stored many to a weight, and read one binary digit a layer.

    Theorem: thm:hashed-memorization

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
        A deep network of few units per layer after the third, from R^d to R.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: the output is exactly the label on every ball.
        parameters: at most ``plan_hashed_bits(...).promised``, a closed form.

    Raises:
        AssumptionViolated: an assumption fails, or no direction was found.
        InexactInput: the radius is a float.

    Cost:
        O(n (d + log n)) per direction, then O(n) operations on long integers.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"], ["3", "0"]], labels=[-1, +1, +1])
        >>> network = memorize_with_hashed_bits(data, radius="1/10")
        >>> [str(network(point)[0]) for point in (["1/10", "0"], ["1", "9/10"], ["3", "1/10"])]
        ['-1', '1', '1']
    """
    plan = plan_hashed_bits(data, radius, eps, norm, seed)
    return constant_network(data) if plan is None else build_hashed_bits(data, plan)


def build_hashed_bits(data: LabelledPoints, plan: HashedBits) -> ReluNetwork:
    """Return the network of a plan made by ``plan_hashed_bits`` for this data."""
    line = plan.line
    # Hidden layer 1: the place on the line, 0 up to the first threshold.
    axes = [axis for axis, value in enumerate(line.direction) if value]
    weights = [line.unit * line.direction[axis] for axis in axes]
    place = AffineMap.from_coo([0] * len(axes), axes, weights, (1, data.dim), [Fraction(-line.origin)])
    # All others: the parity of the number of thresholds passed.
    return ReluNetwork([place, *label_maps(line.thresholds, plan.table, line.first)])
