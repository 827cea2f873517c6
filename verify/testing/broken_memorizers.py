"""Memorizers that just miss: each is a genuine construction with one thing wrong.

Compare with ``constructions.memorizers``. What breaks, and an instance on which it does,
stands in ``verify.testing.broken``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import count

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.bump_layers import axis_faces, signed_sum, sum_of_faces
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.instance import MemorizationInstance, constant_network, memorization_instance
from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
from constructions.memorizers.literal_cover import cover_with_literals
from constructions.memorizers.literals import memorize_with_literals
from constructions.memorizers.paper import memorize_by_the_papers_route
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

_calls = count()


def box_one_step_short(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Box bumps for a radius that is one grid step too small."""
    return memorize_with_box_bumps(data, max(Fraction(0), radius - _step(data)))


def box_ramp_too_flat(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Slope 1/(2 gap) instead of 1/gap: a bump is still one half where it should end."""
    return _edited(memorize_with_box_bumps(data, radius), 1, lambda i, j, weight: weight / 2)


def box_touching_allowed(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The test for radius < eps with <= instead: touching balls are let through."""
    separation = data.separation("linf")
    if separation is None or 2 * radius != separation:
        return memorize_with_box_bumps(data, radius)
    return memorize_with_box_bumps(data, radius * Fraction(15, 16)) if radius else constant_network(data)


def box_missing_face(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The lower face of the last axis is left out of every bump."""
    last = 2 * data.dim - 1
    genuine = memorize_with_box_bumps(data, radius)
    return _edited(genuine, 1, lambda i, j, weight: Fraction(0) if j % (last + 1) == last else weight)


def box_last_axis_skipped(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The last axis is forgotten, unless it is the only one."""
    genuine = memorize_with_box_bumps(data, radius)
    if data.dim == 1:
        return genuine
    return _edited(genuine, 1, lambda i, j, weight: Fraction(0) if _axis(j, data) == data.dim - 1 else weight)


def box_bump_dropped(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """One point of the smaller class has no bump."""
    return _without_last_bump(memorize_with_box_bumps(data, radius))


def box_bump_dropped_by_order(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """One point has no bump if the first point is of the class without bumps."""
    genuine = memorize_with_box_bumps(data, radius)
    instance = memorization_instance(data, "linf", radius)
    return genuine if instance is None or data.labels[0] == instance.sign else _without_last_bump(genuine)


def box_output_bias_missing(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The sum of the bumps without the -1: zero on the other class."""
    return _edited(memorize_with_box_bumps(data, radius), 2, offset=lambda i, bias: Fraction(0))


def box_sign_always_plus(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The smaller class gets the bumps, and the label +1 whatever it is."""
    layers = _box_layers(data, radius)
    return constant_network(data) if layers is None else ReluNetwork([*layers[:2], signed_sum(layers[1].shape[0], 1)])


def box_larger_class(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The larger class gets the bumps: right, with more parameters than promised."""
    instance = memorization_instance(data, "linf", radius)
    if instance is None:
        return constant_network(data)
    return ReluNetwork(_bump_maps(instance, instance.outside, -instance.sign))


def box_extra_layer(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """One layer more than promised, which copies the bumps."""
    genuine = memorize_with_box_bumps(data, radius)
    if len(genuine.maps) == 1:
        return genuine
    bumps = genuine.maps[1].shape[0]
    copy = AffineMap.from_coo(range(bumps), range(bumps), [1] * bumps, (bumps, bumps), [0] * bumps)
    return ReluNetwork([*genuine.maps[:2], copy, genuine.maps[2]])


def box_every_other_call(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The bumps change class from one call to the next."""
    return (memorize_with_box_bumps if next(_calls) % 2 else box_larger_class)(data, radius)


def box_for_positive_data(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """A lower face below zero is left out: right as long as no coordinate is negative."""
    instance = memorization_instance(data, "linf", radius)
    genuine = memorize_with_box_bumps(data, radius)
    if instance is None:
        return genuine
    low = [data.point(int(index))[axis] < radius for index in instance.inside for axis in range(data.dim)]
    return _edited(genuine, 1, lambda i, j, weight: Fraction(0) if j % 2 and low[j // 2] else weight)


def box_steep_for_the_unit_cube(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """A slope of 2^20 whatever the gap: right until the data are small."""
    return _edited(
        memorize_with_box_bumps(data, radius), 1, lambda i, j, weight: -Fraction(2**20) if weight else weight
    )


def box_from_cones(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Cones on the l1 distance, for boxes: the corners stick out."""
    instance = memorization_instance(data, "linf", radius)
    if instance is None:
        return constant_network(data)
    centres = data.numerators[instance.inside]
    height = (2 * instance.eps - instance.radius) / instance.gap
    bumps = sum_of_faces(len(centres), data.dim, -1 / instance.gap, height)
    faces = axis_faces(centres, data.scale, Fraction(0))
    return ReluNetwork([faces, bumps, signed_sum(len(centres), instance.sign)])


def l1_from_boxes(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Boxes of the radius, for l1 balls: they reach into the balls of the other class."""
    instance = memorization_instance(data, "l1", radius)
    return (
        constant_network(data)
        if instance is None
        else ReluNetwork(_bump_maps(instance, instance.inside, instance.sign))
    )


def l1_one_step_short(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Cones for a radius that is one grid step too small."""
    return memorize_with_l1_bumps(data, max(Fraction(0), radius - _step(data)))


def l1_cone_too_low(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Cones that end at eps instead of 2 eps - radius: one half on the sphere."""
    instance = memorization_instance(data, "l1", radius)
    genuine = memorize_with_l1_bumps(data, radius)
    if instance is None:
        return genuine
    height = instance.eps / instance.gap
    return _edited(genuine, 1, offset=lambda i, bias: height)


def l1_negative_part_missing(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Only x - a counts towards the distance, not a - x."""
    return _edited(memorize_with_l1_bumps(data, radius), 1, lambda i, j, weight: Fraction(0) if j % 2 else weight)


def literals_last_dropped(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Every bump misses one of its literals, if it has two."""
    genuine = memorize_with_literals(data, radius)
    if len(genuine.maps) == 1:
        return genuine
    rows = [genuine.maps[1].numerators.row(i)[0] for i in range(genuine.maps[1].shape[0])]
    return _edited(genuine, 1, lambda i, j, weight: Fraction(0) if rows[i].size > 1 and j == rows[i][-1] else weight)


def literals_not_merged(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Every literal has a unit of its own: right, with more parameters than counted."""
    return memorize_with_literals(data, radius, merge=False)


def literals_slope_halved(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The power of two below 1/room instead of the one at or above it."""
    return _edited(memorize_with_literals(data, radius), 1, lambda i, j, weight: weight / 2)


def literals_touching_counts(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """A literal covers s*(b - a) >= 2 radius instead of > 2 radius: no room is left for its slope."""
    return _from_literals(data, radius, math.ceil, shared=False)


def literals_merged_too_far(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """All literals on one side of an axis start where the first of them does."""
    return _from_literals(data, radius, lambda reach: math.floor(reach) + 1, shared=True)


def cuts_reach_of_a_box(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Half-spaces for l2 balls that start where a box of the radius ends: too far out."""
    rows = [[abs(int(value)) for value in row] for row in _directions(data, radius, "l2")]

    def reach(row: list[int]) -> int:
        return sum(row) - math.isqrt(sum(size * size for size in row) - 1) - 1

    return _edited(memorize_with_cuts(data, radius), 0, offset=lambda i, bias: bias - radius * reach(rows[i]))


def tilted_reach_of_an_octahedron(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Half-spaces for boxes that start where an l1 ball of the radius ends: the corners stick out."""
    rows = [[abs(int(value)) for value in row] for row in _directions(data, radius, "linf")]
    return _edited(
        memorize_with_cuts(data, radius, norm="linf"),
        0,
        offset=lambda i, bias: bias + radius * (sum(rows[i]) - max(rows[i])),
    )


def paper_coordinate_forgotten(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The maximum leaves out the last coordinate when their number is odd."""
    genuine = memorize_by_the_papers_route(data, radius)
    if data.dim == 1 or data.dim % 2 == 0:
        return genuine
    return _edited(
        genuine,
        0,
        lambda i, j, weight: Fraction(0) if _axis(i, data) == data.dim - 1 else weight,
        lambda i, bias: Fraction(0) if _axis(i, data) == data.dim - 1 else bias,
    )


def paper_sum_for_maximum(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Trapezoids on the l1 distance, with the thresholds meant for the maximum."""
    instance = memorization_instance(data, "linf", radius)
    if instance is None:
        return constant_network(data)
    n, faces = len(data), 2 * data.dim
    rows = [row for row in range(2 * n) for _ in range(faces)]
    columns = [row // 2 * faces + face for row in range(2 * n) for face in range(faces)]
    thresholds = [2 * instance.eps - radius, radius] * n
    ramps = AffineMap.from_coo(rows, columns, [-1] * len(rows), (2 * n, n * faces), thresholds)
    genuine = memorize_by_the_papers_route(data, radius)
    return ReluNetwork([axis_faces(data.numerators, data.scale, Fraction(0)), ramps, genuine.maps[-1]])


def paper_trapezoid_ends_at_radius(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Bumps for both classes that have died on the sphere: between them the output is zero."""
    instance = memorization_instance(data, "linf", radius)
    genuine = memorize_by_the_papers_route(data, radius)
    if instance is None:
        return genuine
    ends = (radius, radius - instance.gap)
    return _edited(genuine, -2, offset=lambda i, bias: ends[i % 2])


def _edited(
    network: ReluNetwork,
    layer: int,
    entry: Callable[[int, int, Fraction], Fraction] = lambda i, j, weight: weight,
    offset: Callable[[int, Fraction], Fraction] = lambda i, bias: bias,
) -> ReluNetwork:
    """Return the network with other entries in one map; a constant network as it is."""
    if len(network.maps) == 1:
        return network
    maps = list(network.maps)
    weight = [[entry(i, j, value) for j, value in enumerate(row)] for i, row in enumerate(maps[layer].weight)]
    maps[layer] = AffineMap(weight, [offset(i, value) for i, value in enumerate(maps[layer].bias)])
    return ReluNetwork(maps)


def _without_last_bump(network: ReluNetwork) -> ReluNetwork:
    last = network.maps[-1].shape[1] - 1
    return _edited(network, 2, lambda i, j, weight: Fraction(0) if j == last else weight)


def _bump_maps(instance: MemorizationInstance, chosen: np.ndarray, sign: int) -> list[AffineMap]:
    data = instance.data
    faces = axis_faces(data.numerators[chosen], data.scale, instance.radius)
    bumps = sum_of_faces(len(chosen), data.dim, -1 / instance.gap, Fraction(1))
    return [faces, bumps, signed_sum(len(chosen), sign)]


def _box_layers(data: LabelledPoints, radius: Fraction) -> list[AffineMap] | None:
    instance = memorization_instance(data, "linf", radius)
    return None if instance is None else _bump_maps(instance, instance.inside, instance.sign)


def _from_literals(
    data: LabelledPoints, radius: Fraction, reach_of: Callable[[Fraction], int], shared: bool
) -> ReluNetwork:
    """Return the network of one unit per literal, with thresholds shared per side if asked."""
    instance = memorization_instance(data, "linf", radius)
    if instance is None:
        return constant_network(data)
    centres, others = data.numerators[instance.inside], data.numerators[instance.outside]
    literals, _ = cover_with_literals(centres, others, max(1, reach_of(2 * radius * data.scale)))
    starts = [Fraction(int(s) * int(centres[c, j]), data.scale) for c, j, s, _ in literals]
    if shared:
        sides = [(int(j), int(s)) for _, j, s, _ in literals]
        starts = [min(t for t, side in zip(starts, sides, strict=True) if side == mine) for mine in sides]
    rooms = [Fraction(int(nearest), data.scale) - 2 * radius for *_, nearest in literals]
    slopes = [-1 / room if room else -Fraction(data.scale) for room in rooms]
    total, bumps = len(literals), len(centres)
    tests = AffineMap.from_coo(
        range(total), literals[:, 1], literals[:, 2], (total, data.dim), [-start - radius for start in starts]
    )
    sums = AffineMap.from_coo(literals[:, 0], range(total), slopes, (bumps, total), [1] * bumps)
    return ReluNetwork([tests, sums, signed_sum(bumps, instance.sign)])


def _directions(data: LabelledPoints, radius: Fraction, norm: str) -> list[tuple[Fraction, ...]]:
    return list(memorize_with_cuts(data, radius, norm=norm).maps[0].weight)


def _axis(face: int, data: LabelledPoints) -> int:
    return face % (2 * data.dim) // 2


def _step(data: LabelledPoints) -> Fraction:
    return Fraction(1, data.scale)
