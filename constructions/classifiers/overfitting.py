"""A network that is right everywhere and robust exactly where it was trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.integer_arrays import scaled
from constructions.hard_distributions.linear_separable import HALF, LinearlySeparableGrid
from constructions.memorizers.bump_layers import axis_faces, sum_of_faces
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


def overfit_robustly(grid: LinearlySeparableGrid, training: Sequence[int]) -> ReluNetwork:
    """Return a network with clean error 0, robust training error 0 and robust test error 1 - n/m.

    ``G(x) = clip((x_d - 1/2)/offset) + 2 * sum_i label(i) * h_i(x)``, where ``clip``
    cuts to [-1, 1] and ``h_i``, one for each training point, is 1 on its box and 0 on
    the box of every other point. On the box of a training point the bump outweighs the
    clip; on the box of any other point only the clip is left, which changes its sign.

    Theorem: thm:robust-overfitting

    Assumes:
        ``offset < radius < eps``, so that every box crosses the plane ``x_d = 1/2``.

    Args:
        grid: the hard points.
        training: the indices of n different points; none leaves the clip alone.

    Returns:
        A network from R^d to R with three affine maps.

    Guarantees:
        clean_error: zero on all m points.
        robust_training_error: zero on the closed l-infinity balls, with margin 1.
        robust_test_error: exactly ``1 - n/m`` under the uniform distribution.
        parameters: ``count_overfitting(d, n)``, less n_0 where ``1/2 - offset = radius``
            and n_0 training points have the label -1.

    Raises:
        AssumptionViolated: the offset is not below the radius.
        UsageError: an index is out of range or repeats.

    Example:
        >>> grid = LinearlySeparableGrid.of(dim=2, eps="1/10", radius="9/100", offset="1/25")
        >>> network = overfit_robustly(grid, [0, 3])
        >>> network.size.nonzero == count_overfitting(2, 2) == 37
        True
    """
    if grid.offset >= grid.radius:
        raise AssumptionViolated(f"the offset {grid.offset} must be below the radius {grid.radius}", "offset")
    chosen = _different(grid, training)
    count, width = len(chosen), grid.dim
    faces, bumps, signs = _bump_layers(grid, chosen)
    # Hidden layer 1: the faces of the boxes, and the two halves of the clip.
    slope, shift = 1 / grid.offset, HALF / grid.offset
    clip = AffineMap.from_coo([0, 1], [width - 1] * 2, [slope] * 2, (2, width), [1 - shift, -1 - shift])
    # Hidden layer 2: the bumps; the halves of the clip pass through.
    carried = AffineMap.from_coo([0, 1], [0, 1], [1, 1], (2, 2), [0, 0])
    output = AffineMap.from_coo(
        [0] * (count + 2), range(count + 2), [2 * sign for sign in signs] + [1, -1], (1, count + 2), [-1]
    )
    if not count:
        return ReluNetwork([clip, carried, output])
    return ReluNetwork([_stacked(faces, clip, 0), _stacked(bumps, carried, faces.shape[0]), output])


def count_overfitting(dim: int, n: int) -> int:
    """Return ``n*(6*d+2)+9``, the nonzero parameters of ``overfit_robustly``."""
    return n * (6 * dim + 2) + 9


def _different(grid: LinearlySeparableGrid, training: Sequence[int]) -> list[int]:
    chosen = [grid.indices.checked(index) for index in training]
    if len(set(chosen)) < len(chosen):
        twice = next(index for place, index in enumerate(chosen) if index in chosen[:place])
        raise UsageError(f"training index {twice} is given twice")
    return chosen


def _bump_layers(grid: LinearlySeparableGrid, chosen: list[int]) -> tuple[AffineMap, AffineMap, list[int]]:
    if not chosen:
        nothing = AffineMap.from_coo([], [], [], (0, grid.dim), [])
        return nothing, nothing, []
    data = grid.subset(chosen)
    faces = axis_faces(data.numerators, data.scale, grid.radius)
    gap = 2 * grid.eps - 2 * grid.radius
    return faces, sum_of_faces(len(data), grid.dim, -1 / gap, Fraction(1)), list(data.labels)


def _stacked(upper: AffineMap, lower: AffineMap, shift: int) -> AffineMap:
    """Return both maps in one; the lower one reads the inputs from ``shift`` on."""
    common = math.lcm(upper.denominator, lower.denominator)
    up, down = common // upper.denominator, common // lower.denominator
    above, below = upper.numerators, lower.numerators
    shape = (upper.shape[0] + lower.shape[0], max(upper.shape[1], lower.shape[1] + shift))
    return AffineMap.from_coo(
        np.concatenate([above.entry_rows, below.entry_rows + upper.shape[0]]),
        np.concatenate([above.columns, below.columns.astype(np.int64) + shift]),
        np.concatenate([scaled(above.values, up), scaled(below.values, down)]),
        shape,
        np.concatenate([scaled(upper.bias_numerators, up), scaled(lower.bias_numerators, down)]),
        common,
    )
