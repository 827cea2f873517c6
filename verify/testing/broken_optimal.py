"""Optimal robust errors and networks that just miss: each has one thing wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from constructions.classifiers.optimal import classify_optimally
from constructions.data.labelled_points import LabelledPoints
from constructions.network.relu_network import ReluNetwork
from verify.optimal_risk.optimal_error import OptimalRobustError, optimal_robust_error


@dataclass(frozen=True, slots=True)
class BestPossible:
    """An optimal robust error as claimed, and the network that is to attain it."""

    found: OptimalRobustError
    network: ReluNetwork


def optimal_genuine(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """The construction itself."""
    return _with_network(optimal_robust_error(data, norm, radius))


def cover_misses_a_conflict(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """The last point given up is kept."""
    genuine = optimal_genuine(data, norm, radius)
    cover = genuine.found.cover[:-1]
    weight = genuine.found.distribution.weight_of(cover)
    return replace(genuine, found=replace(genuine.found, cover=cover, value=weight))


def cover_of_open_balls(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """Balls that touch are taken not to meet, though they are closed."""
    found = replace(optimal_robust_error(data, norm, radius, closed=False), closed=True)
    return BestPossible(found, optimal_genuine(data, norm, radius).network)


def cover_one_point_too_many(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """A point without need is given up, and the value is the weight of the cover all the same."""
    genuine = optimal_genuine(data, norm, radius).found
    cover = tuple(sorted((*genuine.cover, genuine.kept[-1])))
    return _with_network(replace(genuine, cover=cover, value=genuine.distribution.weight_of(cover)))


def matching_pair_without_conflict(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """The last pair of the matching goes to the farthest point of the other label."""
    genuine = optimal_genuine(data, norm, radius)
    i = genuine.found.matching[-1][0]
    gaps = np.abs(data.numerators.astype(np.int64) - data.numerators[i].astype(np.int64)).sum(axis=1)
    farthest = max(data.indices(-1).tolist(), key=lambda k: int(gaps[k]))
    return replace(genuine, found=replace(genuine.found, matching=(*genuine.found.matching[:-1], (i, farthest))))


def matching_spends_a_point_twice(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """Every pair of the matching counts twice."""
    genuine = optimal_genuine(data, norm, radius)
    found = genuine.found
    twice = replace(found, matching=found.matching * 2, amounts=found.amounts * 2, value=2 * found.value)
    return replace(genuine, found=twice)


def network_loses_one_point_more(data: LabelledPoints, norm: str, radius: Fraction) -> BestPossible:
    """The network memorizes the last point kept with the other label."""
    found = optimal_robust_error(data, norm, radius)
    labels = data.label_array.copy()
    labels[found.kept[-1]] *= -1
    turned = LabelledPoints.of(data.numerators, labels, scale=data.scale)
    return BestPossible(found, classify_optimally(turned, found.kept, norm, radius))


@dataclass(frozen=True, slots=True)
class OptimalTwin:
    """A wrong construction, the claim it breaks, and an instance on which it does."""

    builder: Callable[[LabelledPoints, str, Fraction], BestPossible]
    claim: str
    data: LabelledPoints
    norm: str
    radius: Fraction


def _with_network(found: OptimalRobustError) -> BestPossible:
    return BestPossible(found, classify_optimally(found.points, found.kept, found.norm, found.radius))


_LINE = LabelledPoints.of([[0], [1], [5], [9]], labels=[-1, 1, -1, 1])
_PLANE = LabelledPoints.of([[0, 0], [3, 4], [20, 0], [40, 0]], labels=[-1, 1, -1, 1])

OPTIMAL_TWINS = tuple(
    OptimalTwin(builder, claim, data, norm, radius)
    for builder, claim in (
        (cover_misses_a_conflict, "cover"),
        (cover_of_open_balls, "cover"),
        (cover_one_point_too_many, "matching"),
        (matching_pair_without_conflict, "matching"),
        (matching_spends_a_point_twice, "matching"),
        (network_loses_one_point_more, "attained"),
    )
    for data, norm, radius in ((_LINE, "linf", Fraction(1, 2)), (_PLANE, "l2", Fraction(5, 2)))
)
