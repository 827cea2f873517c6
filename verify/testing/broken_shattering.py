"""Broken twins of shattered points, narrow first layers and half-spaces, and where each is caught.

Each twin is the genuine construction with one thing wrong, beside an instance on which the
genuine one keeps the claim and the twin does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from constructions.data.ball_pairs import BallPairs, every_labelling
from constructions.data.labelled_points import LabelledPoints
from constructions.hard_distributions.shattered_balls import ShatteredBalls
from constructions.hard_distributions.unit_vectors import origin_against_unit_vectors
from constructions.memorizers.literals import memorize_with_literals
from constructions.memorizers.two_points import memorize_two_points
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.claims import shattering as claims
from verify.claims.first_layer import first_layer_at_least
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.size_claims import parameters_equal
from verify.robustness import robust_error
from verify.verdict import Verdict

HAIR = Fraction(1, 10**9)
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Groups:
    """A family with every labelling of one group, which a twin changes.

    Attributes:
        case: the first group.
        spacing: how far groups are apart.
        count: how many groups there are.
    """

    case: BallPairs
    spacing: int
    count: int


@dataclass(frozen=True, slots=True)
class UnitVectors:
    """The origin against unit vectors, in l-infinity.

    Attributes:
        points: N.
        dim: d.
        ratio: radius over eps, at least 1/2.
    """

    points: int
    dim: int
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class TwoPoints:
    """Two opposite points, in l2.

    Attributes:
        data: the points.
        radius: of the balls.
    """

    data: LabelledPoints
    radius: Fraction


Instance = ShatteredBalls | UnitVectors | TwoPoints
Build = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ShatteringTwin:
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
        """The twin's name, the norm of a family, and the claim it breaks."""
        norm = f"-{self.instance.norm}" if isinstance(self.instance, ShatteredBalls) else ""
        return f"{self.builder.__name__}{norm}-{self.claim}"

    def judge(self, builder: Build) -> Verdict:
        """Return the verdict on the claim for what a builder makes of the instance."""
        return _JUDGES[self.claim](builder(self.instance), self.instance)


def groups_genuine(asked: ShatteredBalls) -> Groups:
    """The construction itself."""
    return Groups(asked.enumerated(), asked.spacing, asked.pairs)


def groups_too_close(asked: ShatteredBalls) -> Groups:
    """The spacing is one less than the widths of two groups and the separation need."""
    return replace(groups_genuine(asked), spacing=(8 if asked.norm == "linf" else 2 * asked.per_pair + 2) - 1)


def groups_spaced_as_printed(asked: ShatteredBalls) -> Groups:
    """The spacing is 2 d^2, which on a line makes neighbouring opposite data points coincide."""
    return replace(groups_genuine(asked), spacing=2 * asked.dim**2)


def groups_with_a_point_too_many(asked: ShatteredBalls) -> Groups:
    """A group has k + 1 points where the ratio allows k, or the coordinates split k only."""
    larger = replace(asked, per_pair=asked.per_pair + 1)
    if asked.norm != "linf":
        return groups_genuine(larger)
    points, labels = larger.group()[:, : asked.axes], every_labelling(larger.per_pair)
    centres = asked.centres(labels[:, : asked.per_pair])
    return replace(
        groups_genuine(asked), case=replace(asked.enumerated(), points=points, labels=labels, centres=centres)
    )


def groups_with_open_balls(asked: ShatteredBalls) -> Groups:
    """The radius is a hair smaller than the distance: points lie on spheres, so balls must be closed."""
    case = asked.enumerated()
    reach = asked.eps * (HALF if asked.norm == "linf" else 1 - Fraction(1, asked.per_pair))
    return replace(groups_genuine(asked), case=replace(case, radius=reach - HAIR))


def groups_with_centres_half_way(asked: ShatteredBalls) -> Groups:
    """Data points are at half their distance from the centre of the group: too close to each other."""
    case = asked.enumerated()
    doubled = replace(case, points=2 * case.points, eps=case.eps * (4 if asked.norm == "l2" else 2))
    return replace(groups_genuine(asked), case=doubled)


def groups_with_labels_exchanged(asked: ShatteredBalls) -> Groups:
    """The two data points of a group have each other's labels."""
    case = asked.enumerated()
    return replace(groups_genuine(asked), case=replace(case, centres=case.centres[:, ::-1]))


def groups_with_a_labelling_forgotten(asked: ShatteredBalls) -> Groups:
    """One labelling has no data points."""
    case = asked.enumerated()
    return replace(groups_genuine(asked), case=replace(case, labels=case.labels[1:], centres=case.centres[1:]))


def literals_genuine(asked: UnitVectors) -> ReluNetwork:
    """The construction itself."""
    return memorize_with_literals(origin_against_unit_vectors(asked.points, asked.dim), asked.ratio / 2, HALF)


def literals_one_forgotten(asked: UnitVectors) -> ReluNetwork:
    """One test is missing, so one unit vector is taken for the origin."""
    first, bumps, last = literals_genuine(asked).maps
    kept = list(range(first.shape[0] - 1))
    return ReluNetwork([first.select(kept), AffineMap([row[:-1] for row in bumps.weight], bumps.bias), last])


def literals_two_added(asked: UnitVectors) -> ReluNetwork:
    """Two tests are replaced by one of their sum, which a step along their difference does not see."""
    first, bumps, last = literals_genuine(asked).maps
    rows = [list(row) for row in first.weight]
    rows[0] = [a + b for a, b in zip(rows[0], rows.pop(), strict=True)]
    narrow = AffineMap(rows, first.bias[:-1])
    return ReluNetwork([narrow, AffineMap([row[:-1] for row in bumps.weight], bumps.bias), last])


def halfspace_genuine(asked: TwoPoints) -> ReluNetwork:
    """The construction itself."""
    return memorize_two_points(asked.data, asked.radius, "l2")


def halfspace_with_a_coordinate_too_few(asked: TwoPoints) -> ReluNetwork:
    """One coordinate of the direction is left out: the balls reach over the plane."""
    (plane,) = halfspace_genuine(asked).maps
    weights = list(plane.weight[0])
    weights[max(j for j, value in enumerate(weights) if value)] = Fraction(0)
    plus, minus = (asked.data.point(int(asked.data.indices(label)[0])) for label in (1, -1))
    middle = sum((w * (p + q) / 2 for w, p, q in zip(weights, plus, minus, strict=True)), Fraction(0))
    return ReluNetwork([AffineMap([weights], [-middle])])


def halfspace_off_the_middle(asked: TwoPoints) -> ReluNetwork:
    """The plane goes through one of the points."""
    (plane,) = halfspace_genuine(asked).maps
    point = asked.data.point(0)
    value = sum((w * x for w, x in zip(plane.weight[0], point, strict=True)), Fraction(0))
    return ReluNetwork([AffineMap(plane.weight, [-value])])


def _network_error(network: ReluNetwork, asked: Instance) -> Verdict:
    if isinstance(asked, TwoPoints):
        return zero_robust_error(robust_error(network, asked.data, "l2", asked.radius))
    assert isinstance(asked, UnitVectors)
    data = origin_against_unit_vectors(asked.points, asked.dim)
    return zero_robust_error(robust_error(network, data, "linf", asked.ratio / 2))


def _first_layer(network: ReluNetwork, asked: UnitVectors) -> Verdict:
    data, width = origin_against_unit_vectors(asked.points, asked.dim), min(asked.points - 1, asked.dim)
    return first_layer_at_least(network, data, "linf", asked.ratio / 2, width)


_JUDGES: dict[str, Callable[[Any, Any], Verdict]] = {
    "separation": lambda groups, asked: claims.opposite_centres_apart(groups.case),
    "membership": lambda groups, asked: claims.points_in_their_balls(groups.case),
    "shattering": lambda groups, asked: claims.every_labelling_realised(groups.case),
    "group_separation": lambda groups, asked: claims.groups_apart(groups.case, groups.spacing, groups.count),
    "first_layer": _first_layer,
    "robust_error": _network_error,
    "count": lambda network, asked: parameters_equal(network, 3 * min(asked.points - 1, asked.dim) + 3),
}


def _families(builder: Build, claim: str, norms: str = "linf l1 l2", dim: int = 4) -> list[ShatteringTwin]:
    """Return twins of the tightest families with three groups in dimension 4."""
    ratios = {"linf": HALF, "l1": Fraction(3, 4), "l2": Fraction(7, 8)}
    return [
        ShatteringTwin(builder, groups_genuine, claim, ShatteredBalls.of(6, dim, norm, ratios[norm]))
        for norm in norms.split()
    ]


_LINE = ShatteredBalls("l2", 1, 1, 3, 0, HALF)
_WIDE = UnitVectors(6, 7, Fraction(9, 10))
_APART = TwoPoints(LabelledPoints.of([["0", "0", "0"], ["1", "2", "2"]], [-1, 1]), Fraction(7, 5))

SHATTERING_TWINS: tuple[ShatteringTwin, ...] = (
    *_families(groups_too_close, "group_separation", "linf l1"),
    ShatteringTwin(groups_spaced_as_printed, groups_genuine, "group_separation", _LINE),
    *_families(groups_with_a_point_too_many, "membership"),
    *_families(groups_with_a_point_too_many, "shattering"),
    *_families(groups_with_open_balls, "membership"),
    *_families(groups_with_open_balls, "shattering"),
    *_families(groups_with_centres_half_way, "separation"),
    *_families(groups_with_labels_exchanged, "membership"),
    *_families(groups_with_a_labelling_forgotten, "shattering"),
    ShatteringTwin(literals_one_forgotten, literals_genuine, "first_layer", _WIDE),
    ShatteringTwin(literals_one_forgotten, literals_genuine, "robust_error", _WIDE),
    ShatteringTwin(literals_one_forgotten, literals_genuine, "count", _WIDE),
    ShatteringTwin(literals_two_added, literals_genuine, "first_layer", _WIDE),
    ShatteringTwin(literals_two_added, literals_genuine, "robust_error", _WIDE),
    ShatteringTwin(halfspace_with_a_coordinate_too_few, halfspace_genuine, "robust_error", _APART),
    ShatteringTwin(halfspace_off_the_middle, halfspace_genuine, "robust_error", _APART),
)
