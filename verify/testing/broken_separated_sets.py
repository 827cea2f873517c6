"""Robust classifiers of two sets that just miss: each has one thing wrong.

Compare with ``constructions.classifiers.cells``, ``shifted_cells`` and ``interpolation``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from constructions.classifiers.cell_grids import CellGrid
from constructions.classifiers.cells import CellPlan, build_cells, classify_with_cells, plan_cells
from constructions.classifiers.interpolation import classify_by_interpolation, distance_quotient, interpolation_grid
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.shifted_cells import (
    build_votes,
    cell_labels,
    classify_with_shifted_cells,
    shifted_grids,
)
from constructions.data.labelled_points import LabelledPoints
from constructions.network.kuhn_hats import interpolate_on_grid
from constructions.network.relu_network import ReluNetwork

Build = Callable[[SeparatedSets], ReluNetwork]


@dataclass(frozen=True, slots=True)
class SetTwin:
    """A wrong classifier and two sets that show it.

    Attributes:
        builder: the wrong construction; the first line of its docstring says what is wrong.
        genuine: the construction it is a twin of.
        sets: both are built for these.
    """

    builder: Build
    genuine: Build
    sets: SeparatedSets

    @property
    def name(self) -> str:
        """The twin's name."""
        return self.builder.__name__


def cells_genuine(sets: SeparatedSets) -> ReluNetwork:
    """The construction itself."""
    return classify_with_cells(sets.sets, sets.radius, sets.eps, sets.norm)


def cells_as_long_as_the_gap(sets: SeparatedSets) -> ReluNetwork:
    """The side of a cell is the whole gap ``2 (1-c) eps``, and the ramp what half of it would leave."""
    plan = plan_cells(sets)
    grid = CellGrid(plan.grid.first, sets.gap, int(1 / sets.gap) + 1, sets.dim)
    homes = {cell for box in sets.boxes(plan.sign) for cell in grid.cover(*box)}
    return build_cells(CellPlan(grid, tuple(sorted(homes)), plan.reach, sets.gap / 2, plan.sign))


def cells_open(sets: SeparatedSets) -> ReluNetwork:
    """A cell counts as met only if a point lies strictly inside it."""
    plan = plan_cells(sets)
    grid = plan.grid
    inside = {
        cell
        for cell in plan.chosen
        for lower, _ in sets.boxes(plan.sign)
        if all(
            grid.first + grid.side * place < value < grid.first + grid.side * (place + 1)
            for place, value in zip(cell, lower, strict=True)
        )
    }
    return build_cells(replace(plan, chosen=tuple(sorted(inside))))


def cells_of_the_wrong_radius(sets: SeparatedSets) -> ReluNetwork:
    """A bump reaches as far as its ramp, and falls over the radius: c and 1 - c exchanged."""
    plan = plan_cells(sets)
    return build_cells(replace(plan, reach=plan.ramp, ramp=plan.reach))


def cells_wide_in_l2(sets: SeparatedSets) -> ReluNetwork:
    """In l2 the cells are those of l-infinity, and their bumps as wide as the box around a ball."""
    return build_cells(plan_cells(replace(sets, norm="linf")))


def votes_genuine(sets: SeparatedSets) -> ReluNetwork:
    """The construction itself."""
    return classify_with_shifted_cells(sets.sets, sets.radius, sets.eps, sets.norm)


def votes_with_wide_zones(sets: SeparatedSets) -> ReluNetwork:
    """The ramp zones of different grids overlap: each is nearly as wide as a cell."""
    shifted = _shifted(sets)
    wide = replace(shifted, zone=shifted.grids[0].side * 9 / 10)
    return build_votes(wide, [cell_labels(sets, grid) for grid in wide.grids])


def votes_for_the_set_alone(sets: SeparatedSets) -> ReluNetwork:
    """A cell votes for A where it meets A, not where it meets the neighbourhood of A."""
    shifted, bare = _shifted(sets), replace(sets, radius=Fraction(0))
    return build_votes(shifted, [cell_labels(bare, grid) for grid in shifted.grids])


def votes_unmoved(sets: SeparatedSets) -> ReluNetwork:
    """All grids are the first one: near a wall every vote may be wrong."""
    shifted = _shifted(sets)
    same = replace(shifted, grids=(shifted.grids[0],) * len(shifted.grids))
    return build_votes(same, [cell_labels(sets, grid) for grid in same.grids])


def hats_genuine(sets: SeparatedSets) -> ReluNetwork:
    """The construction itself."""
    return classify_by_interpolation(sets.sets, sets.radius, sets.eps, sets.norm)


def hats_on_a_coarse_grid(sets: SeparatedSets) -> ReluNetwork:
    """The grid has a sixth of the steps that the margin asks for."""
    steps = max(1, interpolation_grid(sets.dim, sets.eps, sets.radius, sets.norm).steps // 6)
    near, far = sets.side(1), sets.side(-1)

    def value(node: tuple[int, ...]) -> Fraction:
        return distance_quotient(tuple(Fraction(place, steps) for place in node), near, far, sets.norm, 64)

    return interpolate_on_grid(sets.dim, steps, value)


def _shifted(sets: SeparatedSets) -> Any:
    return shifted_grids(sets.dim, sets.eps, sets.radius, sets.norm)


def _twin(
    builder: Build, points: Sequence[Sequence[Any]], labels: Sequence[int], c: str, norm: str = "linf"
) -> SetTwin:
    genuine = {"cells": cells_genuine, "votes": votes_genuine, "hats": hats_genuine}[builder.__name__.partition("_")[0]]
    data = LabelledPoints.of(points, labels)
    bare = separated_sets(data, 0, None, norm)
    return SetTwin(builder, genuine, separated_sets(data, Fraction(c) * bare.eps, bare.eps, norm))


_LINE = [["0"], ["1/4"], ["1/2"], ["1"]]
_SIGNS = [1, -1, 1, -1]

SET_TWINS: tuple[SetTwin, ...] = (
    _twin(cells_as_long_as_the_gap, _LINE, _SIGNS, "1/2"),
    _twin(cells_open, _LINE, _SIGNS, "1/3"),
    _twin(cells_of_the_wrong_radius, _LINE, _SIGNS, "9/10"),
    _twin(cells_wide_in_l2, [[0, 0], ["3/4", "3/4"], [1, 1]], [1, -1, 1], "9/10", "l2"),
    _twin(votes_with_wide_zones, _LINE, _SIGNS, "1/2"),
    _twin(votes_for_the_set_alone, _LINE, _SIGNS, "9/10"),
    _twin(votes_unmoved, [["1/4", "1/4"], ["3/4", "1/4"], ["1/4", "3/4"]], [1, -1, -1], "4/5"),
    _twin(hats_on_a_coarse_grid, _LINE, _SIGNS, "1/2"),
)
