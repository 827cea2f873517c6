"""Broken twins of covers, charts, partitions and packings, and where each is caught.

As ``verify.testing.broken`` for memorizers: each twin is the genuine construction with one
thing wrong, beside the claim that must refute it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.data.labelled_cover import LabelledCover
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Box, Cell, Cover, Manifold, Patch, Reach
from constructions.data.norm_ball import Point
from constructions.data.partition import Partition
from constructions.manifolds.covers import cover_with_pieces
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.packings import pack
from constructions.manifolds.partitions import partition_of_unity
from constructions.manifolds.planes import AxisPlane
from constructions.manifolds.separated_classes import spread_patches
from constructions.manifolds.sphere import Sphere
from constructions.manifolds.swiss_roll import SwissRoll
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from verify.claims.chart_claims import charts_invert
from verify.claims.cover_claims import centres_near, cover_is_complete, patches_within
from verify.claims.packing_claims import boxes_apart, boxes_hold_points, points_apart, points_on_manifold
from verify.claims.partition_claims import partition_values, sums_to_one, vanishes_outside_charts
from verify.claims.robustness_claims import zero_robust_error
from verify.robustness import robust_error
from verify.verdict import Verdict

_TORUS, _CIRCLE = FlatTorus.of(2), Sphere.of(1)
_DISTANCE = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class ShiftedChart:
    """A circle whose first chart is off by a little; all else is the circle's."""

    circle: Sphere

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the parameters of the circle, moved by 1/1000 in chart 0."""
        found = self.circle.parameters(chart, point)
        return found if found is None or chart else tuple(u + Fraction(1, 1000) for u in found)

    @property
    def spec(self) -> str:
        """The circle's."""
        return self.circle.spec

    @property
    def dimension(self) -> int:
        """The circle's."""
        return self.circle.dimension

    @property
    def dim(self) -> int:
        """The circle's."""
        return self.circle.dim

    @property
    def reach(self) -> Reach:
        """The circle's."""
        return self.circle.reach

    @property
    def domains(self) -> tuple[Cell, ...]:
        """The circle's."""
        return self.circle.domains

    @property
    def factor(self) -> Manifold:
        """The circle."""
        return self.circle

    def chart_map(self, chart: int) -> AffineMap | None:
        """Return ``None``, as for the circle."""
        return None

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return the circle's."""
        return self.circle.breakpoints(chart, axis, pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Return the circle's answer."""
        return self.circle.is_redundant(cell)

    def enclose(self, cell: Cell) -> Box:
        """Return the circle's box."""
        return self.circle.enclose(cell)

    def point(self, chart: int, parameters: Point) -> Point | None:
        """Return the circle's point."""
        return self.circle.point(chart, parameters)

    def contains(self, point: Point) -> bool:
        """Return the circle's answer."""
        return self.circle.contains(point)

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return the circle's."""
        return self.circle.volume()


@dataclass(frozen=True, slots=True)
class ManifoldTwin:
    """A wrong construction, and what must refute it.

    Attributes:
        name: what is wrong.
        broken: judges the wrong construction.
        genuine: judges the right one by the same claim.
    """

    name: str
    broken: Callable[[], Verdict]
    genuine: Callable[[], Verdict]


def missing_a_patch(cover: Cover) -> Cover:
    """Leave out one patch of a cover."""
    return Cover(cover.patches[:5] + cover.patches[6:])


def box_too_tight(cover: Cover) -> Cover:
    """Cut the box of one patch at the middle of its arc."""
    first = cover.patches[0]
    assert first.anchor is not None
    short = replace(first, upper=tuple(max(low, x) for low, x in zip(first.lower, first.anchor, strict=True)))
    return Cover((short, *cover.patches[1:]))


def anchor_of_the_neighbour(cover: Cover) -> Cover:
    """Let a patch name a point of another patch."""
    first, second, *rest = cover.patches
    return Cover((replace(first, anchor=second.anchor), second, *rest))


def hat_dropped(partition: Partition) -> Partition:
    """Halve the last function, so that the sum falls short of 1 where it counts."""
    count = partition.network.outputs
    rows = [[Fraction(int(i == j), 1 + (i == count - 1)) for j in range(count)] for i in range(count)]
    last = composed(AffineMap(rows, [0] * count), partition.network.maps[-1])
    return replace(partition, network=ReluNetwork([*partition.network.maps[:-1], last]))


def hats_exchanged(partition: Partition) -> Partition:
    """Give the first two functions each other's charts."""
    count = partition.network.outputs
    order = [1, 0, *range(2, count)]
    swap = AffineMap.from_coo(range(count), order, [1] * count, (count, count), [0] * count)
    network = ReluNetwork([*partition.network.maps[:-1], composed(swap, partition.network.maps[-1])])
    return replace(partition, network=network)


def one_pair_too_close(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Move a point of a packing half way to its neighbour."""
    return (points[0], tuple((x + y) / 2 for x, y in zip(points[0], points[1], strict=True)), *points[2:])


def box_beside_its_part(patches: tuple[Patch, ...]) -> tuple[Patch, ...]:
    """Cut the box of one patch of a roll in half: no point of the roll is known to be in it."""
    first, *rest = patches
    middle = tuple((low + high) / 2 for low, high in zip(first.lower, first.upper, strict=True))
    return (replace(first, upper=middle), *rest)


def one_box_wider(patches: tuple[Patch, ...], distance: Fraction) -> tuple[Patch, ...]:
    """Let one box of a packing reach half of the distance farther in all directions."""
    first, *rest = patches
    lower, upper = (
        tuple(x + sign * distance / 2 for x in side) for side, sign in ((first.lower, -1), (first.upper, 1))
    )
    return (replace(first, lower=lower, upper=upper), *rest)


def external_as_internal(is_external: bool) -> Verdict:
    """Judge a network for a cover that claims to be internal, whether it is or not.

    The classes are the points 0 and 1/2, eps is 1/4 and the radius 5/32. An external centre
    of the first class lies 5/32 beside it, on the side of the second: this is between
    ``eps - radius`` = 3/32 and twice that, so with the offset forgotten the ramp is still
    positive, but the bump covers points near the second class.
    """
    eps = Fraction(1, 4)
    eta = radius = Fraction(5, 32)
    zero, half = (Fraction(0),), (Fraction(1, 2),)
    centre = (eta,) if is_external else zero
    none = Cell(0, (), ())
    patches = (Patch(none, zero, zero, centre, centre), Patch(none, half, half, half, half))
    network = classify_manifold_cover(LabelledCover(patches, (1, -1)), eps, radius, whole_boxes=False)
    classes = LabelledPoints.of([zero, half], [1, -1])
    return zero_robust_error(robust_error(network, classes, "linf", radius))


def _cover() -> Cover:
    return cover_with_pieces(_TORUS, 4, Fraction(1, 4))


MANIFOLD_TWINS: tuple[ManifoldTwin, ...] = (
    ManifoldTwin(
        "cover_missing_a_patch",
        lambda: cover_is_complete(_TORUS, missing_a_patch(_cover())),
        lambda: cover_is_complete(_TORUS, _cover()),
    ),
    ManifoldTwin(
        "cover_box_too_tight",
        lambda: cover_is_complete(_TORUS, box_too_tight(_cover())),
        lambda: cover_is_complete(_TORUS, _cover()),
    ),
    ManifoldTwin(
        "cover_anchor_elsewhere",
        lambda: centres_near(_TORUS, anchor_of_the_neighbour(_cover()).patches, Fraction(1)),
        lambda: centres_near(_TORUS, _cover().patches, Fraction(1)),
    ),
    ManifoldTwin(
        "cover_one_piece_too_few",
        lambda: patches_within(cover_with_pieces(AxisPlane(1, 1), 3).patches, Fraction(1, 8)),
        lambda: patches_within(cover_with_pieces(AxisPlane(1, 1), 4).patches, Fraction(1, 8)),
    ),
    ManifoldTwin(
        "chart_inverse_off",
        lambda: charts_invert(ShiftedChart(_CIRCLE)),
        lambda: charts_invert(_CIRCLE),
    ),
    ManifoldTwin(
        "partition_short_of_one",
        lambda: sums_to_one(partition_values(hat_dropped(partition_of_unity(_TORUS)))),
        lambda: sums_to_one(partition_values(partition_of_unity(_TORUS))),
    ),
    ManifoldTwin(
        "partition_charts_exchanged",
        lambda: _support(hats_exchanged(partition_of_unity(_CIRCLE))),
        lambda: _support(partition_of_unity(_CIRCLE)),
    ),
    ManifoldTwin(
        "packing_one_pair_too_close",
        lambda: points_apart(one_pair_too_close(pack(_TORUS, _DISTANCE)), _DISTANCE),
        lambda: points_apart(pack(_TORUS, _DISTANCE), _DISTANCE),
    ),
    ManifoldTwin(
        "packing_point_off_the_manifold",
        lambda: points_on_manifold(_TORUS, one_pair_too_close(pack(_TORUS, _DISTANCE))),
        lambda: points_on_manifold(_TORUS, pack(_TORUS, _DISTANCE)),
    ),
    ManifoldTwin(
        "roll_box_beside_its_part",
        lambda: boxes_hold_points(SwissRoll(), box_beside_its_part(_boxes())),
        lambda: boxes_hold_points(SwissRoll(), _boxes()),
    ),
    ManifoldTwin(
        "roll_boxes_too_close",
        lambda: _apart(one_box_wider(_boxes(), _DISTANCE)),
        lambda: _apart(_boxes()),
    ),
    ManifoldTwin("external_cover_as_internal", lambda: external_as_internal(True), lambda: external_as_internal(False)),
)


def _boxes() -> tuple[Patch, ...]:
    return spread_patches(cover_with_pieces(SwissRoll(), 4, Fraction(1, 4)).patches, _DISTANCE)


def _apart(patches: tuple[Patch, ...]) -> Verdict:
    return boxes_apart([(patch.lower, patch.upper) for patch in patches], _DISTANCE)


def _support(partition: Partition) -> Verdict:
    return vanishes_outside_charts(partition, partition_values(partition))
