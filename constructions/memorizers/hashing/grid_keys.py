"""Robust memorization on a shifted grid: one integer per cell, and labels of integers stored many to a weight."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.integer_arrays import integer_array
from constructions.memorizers.hashing.grid_cells import CellGrid, cell_grids
from constructions.memorizers.hashing.threshold_reader import idle_weights, label_maps
from constructions.memorizers.hashing.threshold_table import ThresholdTable, smallest_table
from constructions.memorizers.instance import constant_network, memorization_instance
from constructions.network.affine_map import AffineMap
from constructions.network.floor_network import FloorDigits, key_maps, smallest_floors
from constructions.network.relu_network import ReluNetwork

_COMPARED = 6


@dataclass(frozen=True, slots=True)
class GridKeys:
    """A grid, how its cells get their numbers, and where along these numbers the label changes.

    Attributes:
        grid: directions and walls.
        floors: the digits by which coordinates are rounded down.
        origin: the key of the first threshold.
        thresholds: increasing integers from 0, one per change of label.
        first: the label before the first threshold.
        table: groups of thresholds, one weight each.
    """

    grid: CellGrid
    floors: FloorDigits
    origin: int
    thresholds: np.ndarray
    first: int
    table: ThresholdTable

    @classmethod
    def of(cls, grid: CellGrid, labels: tuple[int, ...]) -> GridKeys:
        """Return the keys of the points' cells and the thresholds between them.

        Raises:
            AssumptionViolated: a cell holds points of both labels.
        """
        floors = smallest_floors(grid.cells, grid.side)
        owners: dict[int, int] = {}
        for index, cell in enumerate(grid.numbers.tolist()):
            key = sum(stride * int(number) for stride, number in zip(floors.strides, cell, strict=True))
            if labels[owners.setdefault(key, index)] != labels[index]:
                raise AssumptionViolated(
                    f"cell {tuple(cell)} holds points {owners[key]} and {index}, which have different labels", "cells"
                )
        order = sorted(owners)
        ends = [key for key, after in itertools.pairwise(order) if labels[owners[key]] != labels[owners[after]]]
        thresholds = integer_array([end - ends[0] for end in ends])
        return cls(grid, floors, ends[0], thresholds, labels[owners[order[0]]], smallest_table(thresholds))

    @property
    def promised(self) -> int:
        """The closed form: nonzero parameters if no weight vanishes by accident."""
        entries = sum(1 for row in self.grid.directions for value in row if value)
        starts = sum(1 for origin in self.grid.origins if origin) + (self.origin != 0)
        return entries + starts + self.floors.parameters + self.table.parameters

    @property
    def parameters(self) -> int:
        """Nonzero parameters of the network."""
        return self.promised - idle_weights(self.thresholds, self.table)


def plan_grid_keys(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2", seed: int = 0
) -> GridKeys | None:
    """Return the keys of the fewest parameters among the first grids found.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius.
        eps: half the separation to use.
        norm: of the perturbations.
        seed: of the directions besides the axes.

    Returns:
        The plan; ``None`` when all labels agree.

    Raises:
        AssumptionViolated: an assumption of ``memorize_on_a_shifted_grid`` fails, or every
            grid tried has walls that meet a ball or cells that hold both labels.
    """
    instance = memorization_instance(data, norm, radius, eps)
    if instance is None:
        return None
    grids = list(itertools.islice(cell_grids(instance, seed), _COMPARED))
    if not grids:
        raise AssumptionViolated(
            f"for radius {instance.radius} every grid tried has a wall that meets a ball or a cell of both labels",
            "overlap",
        )
    return min((GridKeys.of(grid, data.labels) for grid in grids), key=lambda plan: plan.promised)


def memorize_on_a_shifted_grid(
    data: LabelledPoints, radius: Any, eps: Any = None, norm: str = "l2", seed: int = 0
) -> ReluNetwork:
    """Return a network that rounds to a grid, numbers its cells and looks their labels up.

    Along each of a few integer directions the walls of a grid go into the largest gap that
    balls leave on a circle, so that no ball meets a wall. Steep steps find the number of the
    cell in each coordinate; together these make one integer, and long weights hold the
    integers at which the label changes.

    Theorem: thm:hashed-memorization

    Assumes:
        Labels are -1 or +1.
        ``0 <= radius < eps``, and small enough that a grid is found.

    Args:
        data: n labelled points in dimension d.
        radius: perturbation radius, in the units of the coordinates.
        eps: half the separation to use; about the exact half separation by default.
        norm: ``"l2"``, ``"linf"`` or ``"l1"``.
        seed: of the directions besides the axes.

    Returns:
        A deep network of few units per layer from R^d to R.

    Guarantees:
        robust_error: zero on the closed balls.
        margin: the output is exactly the label on every ball.
        parameters: at most ``plan_grid_keys(...).promised``, a closed form.

    Raises:
        AssumptionViolated: an assumption fails, or no grid was found.
        InexactInput: the radius is a float.

    Cost:
        O(k n log n) per grid tried, for k directions, then O(n) operations on long integers.

    Example:
        >>> data = LabelledPoints.of([["0", "0"], ["1", "1"], ["3", "0"]], labels=[-1, +1, +1])
        >>> network = memorize_on_a_shifted_grid(data, radius="1/10")
        >>> [str(network(point)[0]) for point in (["1/10", "0"], ["1", "9/10"], ["3", "1/10"])]
        ['-1', '1', '1']
    """
    plan = plan_grid_keys(data, radius, eps, norm, seed)
    return constant_network(data) if plan is None else build_grid_keys(data, plan)


def build_grid_keys(data: LabelledPoints, plan: GridKeys) -> ReluNetwork:
    """Return the network of a plan made for this data."""
    grid = plan.grid
    entries = [(row, axis, value) for row, own in enumerate(grid.directions) for axis, value in enumerate(own) if value]
    # Hidden layer 1: coordinates in steps, 1 or more on every ball.
    coordinates = AffineMap.from_coo(
        [row for row, _, _ in entries],
        [axis for _, axis, _ in entries],
        [grid.unit * value for _, _, value in entries],
        (len(grid.directions), data.dim),
        [Fraction(-origin) for origin in grid.origins],
    )
    # Up to the key: cell numbers by steep steps, constant on every ball.
    keys = key_maps(plan.floors, plan.origin)
    # All others: the parity of the number of thresholds passed.
    return ReluNetwork([coordinates, *keys, *label_maps(plan.thresholds, plan.table, plan.first)])
