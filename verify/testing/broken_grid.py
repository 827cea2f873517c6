"""Grid memorizers that just miss: each is the genuine network with one thing wrong.

Compare with ``constructions.memorizers.hashing.grid_keys``. ``GRID_TWINS`` lists those refuted on
``GRID_INSTANCE``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.hashing.grid_keys import GridKeys, build_grid_keys, plan_grid_keys
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork

_PLACES = ((0, 0), (23, 4), (7, 41), (31, 30), (52, 11), (44, 47), (15, 22), (60, 38), (3, 57), (37, 63))

GRID_INSTANCE = (
    LabelledPoints.of(_PLACES, [(-1) ** place for place in range(len(_PLACES))], scale=64),
    Fraction(1, 128),
)


def grid_genuine(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The construction itself."""
    return build_grid_keys(data, _plan(data, radius))


def grid_radius_forgotten(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Ramps begin right behind points: balls reach into them."""
    plan = _plan(data, radius)
    network = build_grid_keys(data, plan)
    side, steps = plan.grid.side, [network.maps[0](point) for point in data.points]
    room = [min(-(-value // side) * side - value for value in column) for column in zip(*steps, strict=True)]
    return _edited(network, 0, bias=lambda i, value: value + room[i])


def grid_without_shift(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Walls at the multiples of the side: points lie on them."""
    side = _plan(data, radius).grid.side
    network = grid_genuine(data, radius)
    return _edited(network, 0, bias=lambda i, value: Fraction(round(value / side) * side))


def grid_cells_too_large(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Walls four times as far apart: cells hold points of both labels."""
    plan = _plan(data, radius)
    larger = replace(plan, floors=replace(plan.floors, side=4 * plan.floors.side))
    return build_grid_keys(data, larger)


def grid_stride_too_short(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """The key has one cell too few in a row: two cells have one number."""
    plan = _plan(data, radius)
    cells = tuple(count - 1 for count in plan.floors.cells)
    return build_grid_keys(data, replace(plan, floors=replace(plan.floors, cells=cells)))


def grid_ramp_too_wide(data: LabelledPoints, radius: Fraction) -> ReluNetwork:
    """Every step ends half a cell late: balls meet its ramp."""
    plan = _plan(data, radius)
    half = plan.grid.side // 2
    network = build_grid_keys(data, plan)
    return _edited(network, 1, bias=lambda i, value: value - half * (i % 2))


GRID_TWINS: tuple[Callable[[LabelledPoints, Fraction], ReluNetwork], ...] = (
    grid_radius_forgotten,
    grid_without_shift,
    grid_cells_too_large,
    grid_stride_too_short,
    grid_ramp_too_wide,
)


def _plan(data: LabelledPoints, radius: Fraction) -> GridKeys:
    plan = plan_grid_keys(data, radius, None, "linf")
    assert plan is not None
    return plan


def _edited(network: ReluNetwork, layer: int, bias: Callable[[int, Fraction], Fraction]) -> ReluNetwork:
    """Return the network with other biases in one map."""
    affine = network.maps[layer]
    changed = AffineMap(affine.weight, [bias(i, value) for i, value in enumerate(affine.bias)])
    return ReluNetwork([*network.maps[:layer], changed, *network.maps[layer + 1 :]])
