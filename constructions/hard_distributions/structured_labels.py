"""Labellings of a grid that small networks can have: parity, half-space, checkerboard; and random ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from constructions.errors import AssumptionViolated, UsageError
from constructions.hard_distributions.grid import GridIndices
from constructions.hard_distributions.labellings import uniform_labels

_BLOCK = 2


def labels_of_kind(kind: str, grid: GridIndices, seed: int = 0) -> np.ndarray:
    """Return a labelling -1/+1 of every index of a grid.

    Args:
        kind: ``random`` (independent, each with probability one half), ``parity`` (of the sum of the
            digits), ``half-space`` (+1 where the sum of the digits is at least half its largest value) or
            ``checkerboard`` (of cubes of two values on each axis).
        grid: the indices.
        seed: of random labels.

    Returns:
        Integers, shape (size,), int64.

    Raises:
        UsageError: there is no such kind, or the seed is out of range.
        AssumptionViolated: a checkerboard on a grid with fewer than three values on an axis: one class only.
        BudgetExceeded: the grid has more than 2^22 points.

    Example:
        >>> grid = GridIndices(axes=1, steps=4)
        >>> [labels_of_kind(kind, grid).tolist() for kind in ("parity", "half-space", "checkerboard")]
        [[1, -1, 1, -1, 1], [-1, -1, 1, 1, 1], [1, 1, -1, -1, 1]]
    """
    if kind not in LABEL_KINDS:
        raise UsageError(f"unknown labels {kind!r}; choose one of {', '.join(LABEL_KINDS)}")
    if kind == "random":
        return uniform_labels(grid.size, seed)
    if kind == "checkerboard" and grid.centres <= _BLOCK:
        raise AssumptionViolated(
            f"a checkerboard of {_BLOCK} values needs more on each axis, got {grid.centres}", "classes"
        )
    digits = grid.coordinates(grid.all_indices(), grid.steps).astype(np.int64)
    return np.where(_RULES[kind](digits, grid.steps), 1, -1).astype(np.int64)


def _even_sum(digits: np.ndarray, steps: int) -> np.ndarray:
    return np.asarray(digits.sum(axis=1) % 2 == 0)


def _upper_half(digits: np.ndarray, steps: int) -> np.ndarray:
    return np.asarray(2 * digits.sum(axis=1) >= steps * digits.shape[1])


def _even_block(digits: np.ndarray, steps: int) -> np.ndarray:
    return np.asarray((digits // _BLOCK).sum(axis=1) % 2 == 0)


_RULES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "parity": _even_sum,
    "half-space": _upper_half,
    "checkerboard": _even_block,
}
LABEL_KINDS = ("random", *_RULES)
