"""The optimal robust error as a function of the radius: a step function, exactly."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.exact.opposite_distances import opposite_distances, packed
from constructions.exact.rational import exact_fraction
from verify.optimal_risk.conflict_graph import ConflictGraph, check_two_labels
from verify.optimal_risk.flow_kernel import add_conflicts, flow_state, maximize
from verify.optimal_risk.minimum_cover import IntegerWeights, integer_weights, minimum_cover
from verify.optimal_risk.optimal_error import as_distribution


@dataclass(frozen=True, slots=True)
class OptimalErrorCurve:
    """The optimal robust error at every radius, for closed balls and for open ones.

    It jumps only where two opposite balls begin to touch: at half the distances of opposite
    points. Closed balls of such a radius are in conflict already, open ones not yet.

    Attributes:
        norm: of the balls.
        radii: 0 and the radii at which the error jumps, increasing, exact; in l2 squared.
        values: the optimal robust error for closed balls from each of these radii on, up to
            the next; the first is the Bayes error.
        distances: number of different distances of opposite points.
        seconds: time taken.
    """

    norm: str
    radii: tuple[Fraction, ...] = field(repr=False)
    values: tuple[Fraction, ...] = field(repr=False)
    distances: int
    seconds: float = field(default=0.0, compare=False)

    def at(self, radius: Any, closed: bool = True) -> Fraction:
        """Return the optimal robust error at a radius (the radius itself in l2, not its square).

        Raises:
            AssumptionViolated: the radius is negative, or 0 for open balls.
        """
        size = exact_fraction(radius, "radius")
        if size < 0 or (size == 0 and not closed):
            raise AssumptionViolated(f"radius must be {'at least' if closed else 'above'} 0, got {size}", "radius")
        measure = size * size if self.norm == "l2" else size
        below = bisect_right if closed else bisect_left
        return self.values[below(self.radii, measure) - 1]

    @property
    def first_loss(self) -> Fraction | None:
        """The smallest radius with a positive error for closed balls (in l2 squared), ``None`` if there is none."""
        return next((radius for radius, value in zip(self.radii, self.values, strict=True) if value), None)


def optimal_error_curve(
    distribution: FiniteDistribution | LabelledPoints,
    norm: str = "linf",
    progress: Callable[[str, int, int], None] | None = None,
) -> OptimalErrorCurve:
    """Return the optimal robust error of a finite distribution at every radius, exactly.

    The conflicts are added in the order of their distances to one flow, which is kept
    maximum; what it gains at a distance is the jump at half of it.

    Theorem: thm:optimal-robust-error

    Args:
        distribution: points labelled -1 and +1 with exact probabilities; points alone are
            equally likely.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        progress: called with (stage, distances done, distances).

    Raises:
        AssumptionViolated: labels other than -1 and +1.
        UsageError: an unknown norm.

    Cost:
        All distances of opposite points, sorted, and a search of the conflict graph for each
        path that raises the flow; weights over a denominator of 2^62 or more cost a flow of
        networkx for some distances beside each jump.

    Example:
        >>> data = LabelledPoints.of([["0"], ["1"], ["3"]], labels=[-1, +1, -1])
        >>> curve = optimal_error_curve(data)
        >>> [str(radius) for radius in curve.radii], [str(value) for value in curve.values]
        (['0', '1/2'], ['0', '1/3'])
    """
    started = time.monotonic()
    weighted = as_distribution(distribution)
    data = weighted.points
    check_norm(norm)
    check_two_labels(data)
    weights = integer_weights(weighted.probabilities)
    plus, minus = data.indices(1), data.indices(-1)
    distances = opposite_distances(data.numerators[plus], data.numerators[minus], norm)
    order = np.argsort(distances.ravel(), kind="stable")
    ordered = distances.ravel()[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, len(ordered))[: len(ordered)]
    if weights.fits:
        totals = _growing_flow(weights, plus, minus, order, ends, progress)
    else:
        graph = ConflictGraph(data, norm, Fraction(0), True, plus, minus, np.zeros((0, 0), dtype=np.uint64))
        totals = _between_equal_ends(graph, weights, distances, ordered, ends)
    unit = 4 * data.scale**2 if norm == "l2" else 2 * data.scale
    jumps = [group for group in range(len(totals)) if totals[group] > (totals[group - 1] if group else 0)]
    radii = [Fraction(int(ordered[ends[group] - 1]), unit) for group in jumps]
    values = [Fraction(totals[group], weights.total) for group in jumps]
    if not radii or radii[0] > 0:
        radii, values = [Fraction(0), *radii], [Fraction(0), *values]
    return OptimalErrorCurve(norm, tuple(radii), tuple(values), len(ends), time.monotonic() - started)


_REPORTED = 64


def _growing_flow(
    weights: IntegerWeights,
    plus: np.ndarray,
    minus: np.ndarray,
    order: np.ndarray,
    ends: np.ndarray,
    progress: Callable[[str, int, int], None] | None,
) -> list[int]:
    """Return the maximum flow after each distance, from one flow that grows."""
    words = -(-len(minus) // 64)
    state = flow_state(
        np.zeros((len(plus), words), dtype=np.uint64), weights.numerators[plus], weights.numerators[minus]
    )
    maximize(state)
    us, vs = np.divmod(order, max(len(minus), 1))
    totals = np.zeros(len(ends), dtype=np.int64)
    step = max(1, -(-len(ends) // _REPORTED))
    for first in range(0, len(ends), step):
        part = slice(first, first + step)
        start = int(ends[first - 1]) if first else 0
        stop = int(ends[part][-1])
        before = int(totals[first - 1]) if first else 0
        add_conflicts(state, us[start:stop], vs[start:stop], ends[part] - start, totals[part])
        totals[part] += before
        if progress is not None:
            progress("conflicts", min(first + step, len(ends)), len(ends))
    return [int(total) for total in totals]


def _between_equal_ends(
    graph: ConflictGraph, weights: IntegerWeights, distances: np.ndarray, ordered: np.ndarray, ends: np.ndarray
) -> list[int]:
    """Return the same from one flow at a time, and none between distances with equal flows."""
    totals: list[int | None] = [None] * len(ends)

    def total(group: int) -> int:
        rows = packed((distances <= ordered[ends[group] - 1]).astype(bool))
        part = ConflictGraph(graph.data, graph.norm, graph.radius, True, graph.plus, graph.minus, rows)
        return minimum_cover(part, weights).value

    open_ranges = [(0, len(ends) - 1)] if len(ends) else []
    while open_ranges:
        low, high = open_ranges.pop()
        for end in (low, high):
            if totals[end] is None:
                totals[end] = total(end)
        if totals[low] == totals[high]:
            totals[low : high + 1] = [totals[low]] * (high + 1 - low)
        elif high - low > 1:
            middle = (low + high) // 2
            open_ranges += [(low, middle), (middle, high)]
    return [value for value in totals if value is not None]
