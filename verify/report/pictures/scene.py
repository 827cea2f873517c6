"""What a picture of a network shows: the network on a plane, points, balls, sets and exact witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import NormBall, Point
from constructions.errors import UsageError
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import BoxSet
from verify.report.pictures.outlines import Outline, ball_outline, box_outline
from verify.report.pictures.planes import Place, Plane
from verify.robustness import RobustError

_EDGE = Fraction(1, 12)
_FLATTEST = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled point on the plane.

    Attributes:
        place: on the plane.
        label: -1 or +1.
    """

    place: Place
    label: int


@dataclass(frozen=True, slots=True)
class Region:
    """A ball or a neighbourhood, by its outline.

    Attributes:
        outline: corners around it.
        label: -1 or +1.
        status: ``robust``, ``violated``, ``unknown``, or ``""`` where nothing was decided.
        kernel: outline of the box that it surrounds, empty around a point.
    """

    outline: Outline
    label: int
    status: str = ""
    kernel: Outline = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture before it is drawn.

    Attributes:
        network: two inputs and one output, on the plane; ``None`` where only sets are shown.
        plane: the plane in the space of the inputs.
        ball: norm and radius of the balls.
        marks: points on the plane.
        regions: balls and neighbourhoods that meet it.
        witnesses: exact points that the network gets wrong, each in the ball of a point.
        off_plane: number of witnesses beside the plane, which are not shown.
        reach: further places that the window holds.
    """

    network: ReluNetwork | None
    plane: Plane
    ball: NormBall
    marks: tuple[Mark, ...]
    regions: tuple[Region, ...]
    witnesses: tuple[Place, ...] = ()
    off_plane: int = 0
    reach: tuple[Place, ...] = ()

    @property
    def window(self) -> tuple[Place, Place]:
        """The lower left and the upper right corner of what is shown, with room around the balls."""
        places = [mark.place for mark in self.marks] + [*self.witnesses, *self.reach]
        places += [(Fraction(x), Fraction(y)) for region in self.regions for x, y in region.outline]
        if not places:
            raise UsageError("there is nothing to show on this plane")
        wide, high = (Fraction(length) for length in self.plane.lengths)
        across, up = (sorted(place[axis] for place in places) for axis in (0, 1))
        extent = max((across[-1] - across[0]) * wide, (up[-1] - up[0]) * high) * _FLATTEST
        sides = [_widened(values, extent / length) for values, length in ((across, wide), (up, high))]
        return (sides[0][0], sides[1][0]), (sides[0][1], sides[1][1])

    @property
    def shape(self) -> float:
        """Height over width of the window, as it is drawn."""
        (left, bottom), (right, top) = self.window
        wide, high = self.plane.lengths
        return float((top - bottom) / (right - left)) * high / wide


def _widened(values: Sequence[Fraction], least: Fraction) -> tuple[Fraction, Fraction]:
    """Return an interval around some rising values, at least so long, its ends rounded outward to short fractions."""
    low, high = values[0], values[-1]
    room = max((high - low) * _EDGE, (least - high + low) / 2) or Fraction(1)
    unit = Fraction(1)
    while unit > room / 8:
        unit /= 2
    while unit < room / 16:
        unit *= 2
    return (low - room) // unit * unit, -(-(high + room) // unit) * unit


def scene_of_result(result: RobustError, plane: Plane | None = None) -> Scene:
    """Return the scene of a decided robust error.

    Args:
        result: of a network with one output, or two outputs and labels 0 and 1.
        plane: what to show; all of it in dimension 2.

    Raises:
        UsageError: the dimension is not 2 and there is no plane, or there are more outputs.
    """
    data, shown = result.data, plane_for(result.data.dim, plane)
    network = shown.restricted(single_output(result.network))
    marks, regions, witnesses, hidden = [], [], [], 0
    signs = {label: 1 if label == max(1, *data.classes) else -1 for label in data.classes}
    for index in range(len(data)):
        point, label = data.point(index), signs[data.labels[index]]
        place, outline = shown.place(point), ball_outline(shown, point, result.ball.norm, result.ball.radius)
        marks += [] if place is None else [Mark(place, label)]
        regions += [] if outline is None else [Region(outline, label, result.status[index])]
        witness = result.witness(index)
        found = None if witness is None else shown.place(witness)
        hidden += witness is not None and found is None
        witnesses += [] if found is None else [found]
    reach = _reach(data, shown)
    return Scene(network, shown, result.ball, tuple(marks), tuple(regions), tuple(witnesses), hidden, reach)


def _reach(data: LabelledPoints, plane: Plane) -> tuple[Place, ...]:
    """Return the ends of the range of all points in the two coordinates of a slice, whose points may be few."""
    if plane.axes is None:
        return ()
    sides = [data.numerators[:, axis] for axis in plane.axes]
    ends = [[Fraction(int(end), data.scale) for end in (side.min(), side.max())] for side in sides]
    return (ends[0][0], ends[1][0]), (ends[0][1], ends[1][1])


def scene_of_sets(
    sets: LabelledSets, ball: NormBall, network: ReluNetwork | None = None, witnesses: Sequence[Point] = ()
) -> Scene:
    """Return the scene of two sets of points and boxes in the plane, with their neighbourhoods.

    Raises:
        UsageError: the dimension is not 2, or a set is made of other pieces.
    """
    if sets.dim != 2:
        raise UsageError(f"a picture of two sets needs dimension 2, they lie in dimension {sets.dim}")
    plane = Plane.whole()
    marks, regions = [], []
    for label, side in zip((1, -1), sets.exact_sides, strict=True):
        if not isinstance(side, BoxSet):
            raise UsageError(f"a picture shows sets of points and boxes, got {type(side).__name__}")
        for box in side.pieces:
            around = box_outline(box.lower, box.upper, ball.norm, float(ball.radius))
            is_point = box.lower == box.upper
            kernel = () if is_point else box_outline(box.lower, box.upper, "linf", 0.0)
            regions.append(Region(around, label, "", kernel))
            marks += [Mark((box.lower[0], box.lower[1]), label)] if is_point else []
    found = tuple((point[0], point[1]) for point in witnesses)
    return Scene(network, plane, ball, tuple(marks), tuple(regions), found)


def plane_for(dim: int, plane: Plane | None) -> Plane:
    """Return the plane to show: the one given, or all of it in dimension 2.

    Raises:
        UsageError: the dimension is another one, and no plane is given.
    """
    if plane is not None:
        return plane
    if dim != 2:
        raise UsageError(
            f"a picture shows two dimensions, the points have {dim}; "
            "give --slice I,J (two coordinates) or --plane A,B,C (three points)"
        )
    return Plane.whole()


def single_output(network: ReluNetwork) -> ReluNetwork:
    """Return a network that is positive where the larger label wins: itself, or second output less first.

    Raises:
        UsageError: there are more than two outputs.
    """
    if network.outputs == 1:
        return network
    if network.outputs > 2:
        raise UsageError(f"a picture shows networks of one or two outputs, got {network.outputs}")
    return ReluNetwork([*network.maps[:-1], composed(AffineMap([[-1, 1]], [0]), network.maps[-1])])
