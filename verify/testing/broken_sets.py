"""Hard sets and distributions that just miss: each has one thing wrong.

Compare with ``constructions.hard_distributions``. What breaks, and an instance on which it
does, stands in ``verify.testing.broken_hard_sets``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from constructions.data.finite_distribution import FiniteDistribution
from constructions.data.labelled_points import LabelledPoints
from constructions.hard_distributions.balanced import balanced_reweighting
from constructions.hard_distributions.binary_code import CodeFamily, lexicode
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.halfspace import separating_halfspace
from constructions.hard_distributions.labellings import ListedLabels
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

HAIR = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True)
class HardPoints:
    """What a hard set is built from, and what it promises.

    Attributes:
        grid: the genuine grid.
        mu: the balance of the distribution on it.
    """

    grid: LinearlySeparableGrid
    mu: Fraction = Fraction(1)


def points_genuine(asked: HardPoints) -> LabelledPoints:
    """The construction itself."""
    return asked.grid.listed()


def points_spacing_rounded_up(asked: HardPoints) -> LabelledPoints:
    """As many steps as 1/(2 eps) rounded up: neighbours are closer than 2 eps."""
    grid = asked.grid
    indices = GridIndices(grid.dim - 1, math.ceil(1 / (2 * grid.eps)))
    labels = ListedLabels.of([1 if sum(indices.digits(index)) % 2 else -1 for index in range(indices.size)])
    return replace(grid, indices=indices, labelling=labels).listed()


def points_offset_beyond_the_radius(asked: HardPoints) -> LabelledPoints:
    """The offset exceeds the radius by a hair: no ball reaches its midpoint."""
    return replace(asked.grid, offset=asked.grid.radius + HAIR).listed()


def points_offset_too_small(asked: HardPoints) -> LabelledPoints:
    """The offset is a hair smaller than promised."""
    return replace(asked.grid, offset=asked.grid.offset - HAIR).listed()


def points_label_flipped(asked: HardPoints) -> LabelledPoints:
    """The last point has the label of the other side of the plane."""
    data = asked.grid.listed()
    return LabelledPoints.of(data.points, [*data.labels[:-1], -data.labels[-1]])


def points_of_one_class(asked: HardPoints) -> LabelledPoints:
    """All labels are the same."""
    return replace(asked.grid, labelling=ListedLabels.of([1] * asked.grid.size)).listed()


def plane_genuine(asked: HardPoints) -> ReluNetwork:
    """The construction itself."""
    return separating_halfspace(asked.grid.dim)


def plane_through_the_points(asked: HardPoints) -> ReluNetwork:
    """A threshold of 1/2 + offset: zero at every point with the label +1."""
    plane = separating_halfspace(asked.grid.dim).maps[0]
    return ReluNetwork([AffineMap(plane.weight, [plane.bias[0] - asked.grid.offset])])


def balance_genuine(asked: HardPoints) -> FiniteDistribution:
    """The construction itself."""
    return balanced_reweighting(asked.grid.listed(), asked.mu)


def balance_too_small(asked: HardPoints) -> FiniteDistribution:
    """The least probability is one part in 10^9 too small."""
    return balanced_reweighting(asked.grid.listed(), asked.mu * (1 - HAIR))


def code_genuine(asked: CodeFamily) -> LabelledPoints:
    """The construction itself."""
    return asked.listed()


def code_too_close(asked: CodeFamily) -> LabelledPoints:
    """Words at a Hamming distance of one less than promised, with both labels."""
    words = lexicode(asked.length, asked.distance - 1)
    bits = (words[:, None] >> range(asked.length)) & 1
    labels = ListedLabels.of([1 if row.sum() % 2 else -1 for row in bits])
    return replace(asked, words=bits.astype("uint8").tobytes(), labelling=labels).listed()
