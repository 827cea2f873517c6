"""Broken twins of hard sets, grid classifiers and size bounds, and where each is caught.

As ``verify.testing.broken`` for memorizers: each twin is the genuine construction with one
thing wrong, beside an instance on which the genuine one keeps the claim and the twin does
not. ``HARD_TWINS`` are judged by the claims on hard sets and networks, ``WRONG_SIZES`` by
the checker of counting certificates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.classifiers.bit_extraction import BlockTable, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.hard_distributions.binary_code import CodeFamily
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.labellings import uniform_labels
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.network.relu_network import ReluNetwork
from verify.capacity.question import SizeQuestion
from verify.claims import hard_set_claims as claims
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.separation_claims import separated_by
from verify.claims.size_claims import parameters_at_most
from verify.robustness import robust_error
from verify.testing import broken_classifiers as networks
from verify.testing import broken_counts as counts
from verify.testing import broken_sets as sets
from verify.testing.broken_classifiers import LabelledGrid, TrainingSet
from verify.testing.broken_sets import HardPoints
from verify.testing.grid_strategies import labelled_centres
from verify.verdict import Verdict

Instance = HardPoints | CodeFamily | LabelledGrid | TrainingSet
Judge = Callable[[Any, Any], Verdict]
Build = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class HardTwin:
    """A wrong construction and an instance that shows it.

    Attributes:
        builder: the wrong construction; the first line of its docstring says what is wrong.
        genuine: the construction it is a twin of.
        claim: the claim it breaks, by its name in the theorem cards.
        instance: what both are built from.
    """

    builder: Build
    genuine: Build
    claim: str
    instance: Instance

    @property
    def name(self) -> str:
        """The twin's name, and the claim it breaks."""
        return f"{self.builder.__name__}-{self.claim}"

    def judge(self, builder: Build) -> Verdict:
        """Return the verdict on the claim for what a builder makes of the instance."""
        return _JUDGES[type(self.instance), self.claim](builder(self.instance), self.instance)


@dataclass(frozen=True, slots=True)
class WrongSize:
    """A wrong count of sign vectors and a question on which its size is too large.

    Attributes:
        count: the wrong count; the first line of its docstring says what is wrong.
        question: the points, the error and the networks considered.
        rule: the rule of the checker that the size is claimed by.
    """

    count: Callable[[SizeQuestion], int]
    question: SizeQuestion
    rule: str = "regions"

    @property
    def name(self) -> str:
        """The name of the wrong count."""
        return self.count.__name__


def points_of(instance: Instance) -> LabelledPoints:
    """Return the genuine points of an instance, on which its networks are judged."""
    if isinstance(instance, LabelledGrid):
        return labelled_centres(instance.balls, instance.labels)
    if isinstance(instance, CodeFamily):
        return instance.listed()
    return instance.grid.listed()


def radius_of(instance: Instance) -> Fraction:
    """Return the radius of an instance."""
    if isinstance(instance, LabelledGrid):
        return instance.balls.radius
    return instance.radius if isinstance(instance, CodeFamily) else instance.grid.radius


def _plane_error(data: LabelledPoints, asked: HardPoints) -> Verdict:
    result = robust_error(separating_halfspace(data.dim), data, radius=asked.grid.radius)
    return claims.robust_error_equals(result, Fraction(1), "plane_robust_error")


def _midpoint_error(data: LabelledPoints, asked: HardPoints) -> Verdict:
    result = robust_error(separating_halfspace(data.dim), data, radius=asked.grid.radius)
    return claims.midpoint_error_below(result, asked.grid.midpoints())


def _separable(data: LabelledPoints, asked: HardPoints) -> Verdict:
    return claims.separable_with_margin(data, separating_halfspace(data.dim), asked.grid.offset)


def _balanced(distribution: FiniteDistribution, asked: HardPoints) -> Verdict:
    return claims.balanced(distribution, asked.mu)


def _network_error(network: ReluNetwork, asked: LabelledGrid) -> Verdict:
    return zero_robust_error(robust_error(network, points_of(asked), radius=asked.balls.radius))


def _margin(network: ReluNetwork, asked: LabelledGrid) -> Verdict:
    return margin_at_least(robust_error(network, points_of(asked), radius=asked.balls.radius), Fraction(1))


def _count(network: ReluNetwork, asked: LabelledGrid) -> Verdict:
    return parameters_at_most(network, count_bit_extraction(asked.balls, asked.table), "closed form", "count")


def _training_error(network: ReluNetwork, asked: TrainingSet) -> Verdict:
    seen = asked.grid.subset(asked.training)
    return zero_robust_error(robust_error(network, seen, radius=asked.grid.radius), "robust_training_error")


def _test_error(network: ReluNetwork, asked: TrainingSet) -> Verdict:
    unseen = 1 - Fraction(len(asked.training), asked.grid.size)
    result = robust_error(network, points_of(asked), radius=asked.grid.radius)
    return claims.robust_error_equals(result, unseen, "robust_test_error")


_JUDGES: dict[tuple[type, str], Judge] = {
    (HardPoints, "classes"): lambda data, asked: claims.both_classes(data),
    (HardPoints, "separation"): lambda data, asked: separated_by(data, "linf", 2 * asked.grid.eps),
    (HardPoints, "linearly_separable"): _separable,
    (HardPoints, "conflict_free"): lambda data, asked: claims.free_of_conflicts(data, "linf", asked.grid.radius),
    (HardPoints, "plane_robust_error"): _plane_error,
    (HardPoints, "midpoint_error"): _midpoint_error,
    (HardPoints, "clean_error"): lambda plane, asked: claims.clean_error_at_most(plane, points_of(asked), Fraction(0)),
    (HardPoints, "balance"): _balanced,
    (CodeFamily, "separation"): lambda data, asked: separated_by(data, "l2", Fraction(math.isqrt(asked.distance))),
    (CodeFamily, "conflict_free"): lambda data, asked: claims.free_of_conflicts(data, "l2", asked.radius),
    (LabelledGrid, "robust_error"): _network_error,
    (LabelledGrid, "margin"): _margin,
    (LabelledGrid, "count"): _count,
    (TrainingSet, "robust_training_error"): _training_error,
    (TrainingSet, "clean_error"): lambda network, asked: claims.clean_error_at_most(
        network, points_of(asked), Fraction(0)
    ),
    (TrainingSet, "robust_test_error"): _test_error,
}


def _points(builder: Build, claim: str, ratio: str = "9/10", eps: str = "2/9") -> HardTwin:
    """Return a twin of the hard points: nine in R^3, eps not of the form 1/(2q)."""
    radius = Fraction(ratio) * Fraction(eps)
    labels = [1, -1, -1, 1, 1, -1, 1, -1, 1]
    grid = LinearlySeparableGrid.of(3, eps, radius, radius / 2, labels)
    family = builder.__name__.partition("_")[0]
    genuine = {"points": sets.points_genuine, "plane": sets.plane_genuine, "balance": sets.balance_genuine}[family]
    return HardTwin(builder, genuine, claim, HardPoints(grid, Fraction(1, 3)))


def _code(claim: str) -> HardTwin:
    family = CodeFamily.of(7, 4, "99/100", "1/100", [1, -1] * 4)
    return HardTwin(sets.code_too_close, sets.code_genuine, claim, family)


def _bits(builder: Build, size: str = "small", claim: str = "robust_error") -> HardTwin:
    dim, axes, steps, length = {"small": (3, 2, 3, 3), "middle": (3, 2, 7, 8), "long": (1, 1, 59, 60)}[size]
    balls = GridBalls.of(dim, axes, steps, Fraction(1, 4 * steps))
    labels = tuple(int(label) for label in uniform_labels(balls.count, 1 if size == "middle" else 0))
    instance = LabelledGrid(balls, labels, BlockTable.with_length(balls.count, length))
    return HardTwin(builder, networks.bits_genuine, claim, instance)


def _overfit(builder: Build, claim: str, share: str = "1/2") -> HardTwin:
    radius = Fraction(1, 12)
    grid = LinearlySeparableGrid.of(3, "1/6", radius, Fraction(share) * radius, seed=1)
    return HardTwin(builder, networks.overfit_genuine, claim, TrainingSet(grid, (1, 3, 4, 6, 10, 15)))


HARD_TWINS: tuple[HardTwin, ...] = (
    _points(sets.points_spacing_rounded_up, "separation"),
    _points(sets.points_spacing_rounded_up, "conflict_free"),
    _points(sets.points_offset_beyond_the_radius, "midpoint_error"),
    _points(sets.points_offset_beyond_the_radius, "plane_robust_error"),
    _points(sets.points_offset_too_small, "linearly_separable"),
    _points(sets.points_label_flipped, "linearly_separable"),
    _points(sets.points_of_one_class, "classes"),
    _points(sets.plane_through_the_points, "clean_error"),
    _points(sets.balance_too_small, "balance"),
    _code("separation"),
    _code("conflict_free"),
    _bits(networks.bits_label_flipped),
    _bits(networks.bits_ramp_starts_inside, "middle"),
    _bits(networks.bits_axes_in_reverse),
    _bits(networks.bits_block_starts_late),
    _bits(networks.bits_last_block_forgotten),
    _bits(networks.bits_last_bit_lost),
    _bits(networks.bits_slope_off_by_one),
    _bits(networks.bits_digit_too_heavy),
    _bits(networks.bits_words_in_doubles, "long"),
    _bits(networks.bits_blocks_longer_than_read),
    _bits(networks.bits_output_bias_missing, claim="margin"),
    _bits(networks.bits_idle_word_kept, "middle", "count"),
    _overfit(networks.overfit_point_forgotten, "robust_training_error"),
    _overfit(networks.overfit_point_forgotten, "robust_test_error"),
    _overfit(networks.overfit_bumps_too_wide, "clean_error"),
    _overfit(networks.overfit_clip_out_of_reach, "robust_test_error", "3/4"),
)

_RARE = Fraction(1, 2**20)
WRONG_SIZES: tuple[WrongSize, ...] = (
    WrongSize(counts.size_by_normal_form, SizeQuestion.of(128, 3, weight_bits=2), "precision"),
    WrongSize(counts.size_beyond_the_points, SizeQuestion.of(4, 64)),
    WrongSize(counts.size_without_signs, SizeQuestion.of(65, 1)),
    WrongSize(counts.size_with_one_degree, SizeQuestion.of(64, 3)),
    WrongSize(counts.size_of_one_architecture, SizeQuestion.of(64, 3)),
    WrongSize(counts.size_with_a_smaller_ball, SizeQuestion.of(70, 5, "1/10")),
    WrongSize(counts.size_for_some_labelling, SizeQuestion.of(64, 2, failure=_RARE)),
    WrongSize(counts.size_one_more, SizeQuestion.of(128, 8)),
)
