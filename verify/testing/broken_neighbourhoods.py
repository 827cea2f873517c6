"""Robust classifiers of boxes and polytopes that just miss: each has one thing wrong.

Compare with ``constructions.classifiers.cells``, ``shifted_cells`` and ``lazy_votes``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from constructions.classifiers.cell_grids import CellGrid
from constructions.classifiers.cells import build_cells, bump_shape, plan_cells
from constructions.classifiers.lazy_votes import LazyVotes
from constructions.classifiers.separated_sets import SeparatedSets, separated_sets
from constructions.classifiers.set_cells import cells_near
from constructions.classifiers.shifted_cells import build_votes, cell_labels, shifted_grids, zone_grid
from constructions.network.relu_network import ReluNetwork
from constructions.sets.box_union import BoxUnion
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.polytope import Polytope


@dataclass(frozen=True, slots=True)
class NeighbourhoodTwin:
    """A wrong classifier and two sets that show it.

    Attributes:
        builder: the wrong construction; the first line of its docstring says what is wrong.
        sets: built for these.
        grid: cubes to begin with.
    """

    builder: Callable[[SeparatedSets], ReluNetwork]
    sets: SeparatedSets
    grid: CellGrid

    @property
    def name(self) -> str:
        """The twin's name."""
        return self.builder.__name__


def cells_that_meet_the_set_alone(sets: SeparatedSets) -> ReluNetwork:
    """Cells within the radius of the set but not touching it get no bump."""
    plan = plan_cells(sets)
    chosen = sorted(set(cells_near(sets, plan.grid, plan.sign, Fraction(0))))
    return build_cells(replace(plan, chosen=tuple(chosen)))


def cells_without_one(sets: SeparatedSets) -> ReluNetwork:
    """The last cell of a neighbourhood is left out."""
    plan = plan_cells(sets)
    return build_cells(replace(plan, chosen=plan.chosen[:-1]))


def cells_with_a_long_ramp(sets: SeparatedSets) -> ReluNetwork:
    """A bump falls over three times the room there is between the neighbourhoods."""
    plan = plan_cells(sets)
    _, ramp = bump_shape(plan.grid, sets.eps, sets.radius, sets.norm)
    return build_cells(replace(plan, ramp=3 * (ramp + plan.grid.side)))


def votes_for_the_bounding_box(sets: SeparatedSets) -> ReluNetwork:
    """A polytope is taken for the box around it."""
    boxed = [BoxUnion.of([(piece.lower, piece.upper) for piece in sets.side(label).pieces]) for label in (1, -1)]
    wide = replace(sets, sets=LabelledSets(boxed[0], boxed[1]))
    shifted = shifted_grids(sets.dim, sets.eps, sets.radius, sets.norm)
    return build_votes(shifted, [_labels_of_a(wide, grid) for grid in shifted.grids])


def votes_for_the_middle(sets: SeparatedSets) -> ReluNetwork:
    """A cell votes for A where it meets A, not where it meets the neighbourhood of A."""
    shifted, bare = shifted_grids(sets.dim, sets.eps, sets.radius, sets.norm), replace(sets, radius=Fraction(0))
    return build_votes(shifted, [cell_labels(bare, grid) for grid in shifted.grids])


def _labels_of_a(sets: SeparatedSets, grid: CellGrid) -> np.ndarray:
    marks = np.full(grid.count**grid.dim, -1, dtype=np.int64)
    units = grid.count ** np.arange(grid.dim, dtype=np.int64)
    cells = np.array(list(cells_near(sets, grid, 1, sets.radius)), dtype=np.int64)
    marks[cells.reshape(-1, grid.dim) @ units] = 1
    return marks


def lazy_votes_of_a_short_reach(sets: SeparatedSets) -> LazyVotes:
    """Cells are labelled by half of the radius."""
    return replace(LazyVotes.of(sets), near=sets.neighbourhood(1, sets.radius / 2), reach=sets.radius / 2)


def _boxes(norm: str, share: str) -> SeparatedSets:
    sets = LabelledSets(BoxUnion.of([([0, 0], ["1/4", "1/4"])]), BoxUnion.of([(["3/4", "1/2"], [1, 1])]))
    bare = separated_sets(sets, 0, None, norm)
    return separated_sets(sets, Fraction(share) * bare.eps, bare.eps, norm)


def _triangles(norm: str, share: str) -> SeparatedSets:
    near = Polytope.of_vertices([[0, 0], [1, 0], [0, 1]])
    far = Polytope.of_halfspaces([[1, 0], [0, 1], [-1, -1]], [1, 1, "-8/5"])
    sets = LabelledSets(near, far)
    bare = separated_sets(sets, 0, None, norm)
    return separated_sets(sets, Fraction(share) * bare.eps, bare.eps, norm)


def _twin(builder: Callable[[SeparatedSets], ReluNetwork], sets: SeparatedSets) -> NeighbourhoodTwin:
    if builder.__name__.startswith("cells"):
        return NeighbourhoodTwin(builder, sets, plan_cells(sets).grid)
    return NeighbourhoodTwin(builder, sets, zone_grid(shifted_grids(sets.dim, sets.eps, sets.radius, sets.norm)))


NEIGHBOURHOOD_TWINS: tuple[NeighbourhoodTwin, ...] = (
    _twin(cells_that_meet_the_set_alone, _boxes("l2", "4/5")),
    _twin(cells_without_one, _boxes("l1", "1/2")),
    _twin(cells_with_a_long_ramp, _boxes("l2", "1/2")),
    _twin(cells_with_a_long_ramp, _triangles("linf", "1/2")),
    _twin(votes_for_the_middle, _boxes("l2", "4/5")),
    _twin(votes_for_the_bounding_box, _triangles("l2", "1/2")),
    _twin(votes_for_the_bounding_box, _triangles("l1", "1/2")),
)
