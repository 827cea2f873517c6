"""The first two layers of a grid classifier: which centre of a grid is near."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import AssumptionViolated
from constructions.exact.rational import exact_fraction
from constructions.network.affine_map import AffineMap


@dataclass(frozen=True, slots=True)
class GridBalls:
    """Balls around the points of a grid, in some coordinates of R^dim.

    The centres are ``{0, 1/steps, ..., 1}^axes`` in the first ``axes`` coordinates; the
    other coordinates are free. Centre ``(i_1, ..., i_axes) / steps`` has the index
    ``sum_j i_j (steps + 1)^(j-1)``.

    Attributes:
        dim: coordinates of the input.
        axes: coordinates that the grid uses, at most ``dim``.
        steps: intervals per axis.
        radius: of the balls, at least 0 and below ``1 / (2 steps)``.
    """

    dim: int
    axes: int
    steps: int
    radius: Fraction

    @classmethod
    def of(cls, dim: int, axes: int, steps: int, radius: Any) -> GridBalls:
        """Check the numbers and return the balls.

        Raises:
            AssumptionViolated: the numbers describe no such balls, or the balls overlap.
            InexactInput: the radius is a float.
        """
        exact = exact_fraction(radius, "radius")
        if not 1 <= axes <= dim or steps < 1:
            raise AssumptionViolated(f"a grid needs 1 <= axes <= dim and steps >= 1, got {axes}, {dim}, {steps}")
        if not 0 <= exact < Fraction(1, 2 * steps):
            limit = Fraction(1, 2 * steps)
            raise AssumptionViolated(f"radius {exact} must be at least 0 and below {limit}", "radius")
        return cls(dim, axes, steps, exact)

    @property
    def count(self) -> int:
        """The number of centres."""
        return (self.steps + 1) ** self.axes


def index_layers(balls: GridBalls) -> list[AffineMap]:
    """Return two maps that, with ReLUs, send every ball to the index of its centre.

    Each axis has one ramp per gap between neighbouring centres. A ball meets no ramp, so
    its ramps are exactly 0 or exactly 1, and their weighted sum is the index.

    Args:
        balls: the grid.

    Returns:
        Maps of widths ``2 * steps * axes`` and 1, with ``6 * steps * axes`` parameters in
        all (one less per axis if the radius is 0).
    """
    gaps = [(axis, step) for axis in range(balls.axes) for step in range(balls.steps)]
    width = 2 * len(gaps)
    # Where a ramp starts to rise, and where it stops.
    ends = [Fraction(step, balls.steps) + balls.radius for _, step in gaps]
    starts = [Fraction(step + 1, balls.steps) - balls.radius for _, step in gaps]
    bias = [-end for pair in zip(ends, starts, strict=True) for end in pair]
    columns = [axis for axis, _ in gaps for _ in range(2)]
    ramps = AffineMap.from_coo(range(width), columns, [1] * width, (width, balls.dim), bias)
    # The digits of the index, each the number of ramps of its axis that are passed.
    slope = 1 / (Fraction(1, balls.steps) - 2 * balls.radius)
    weights = [sign * slope * (balls.steps + 1) ** axis for axis, _ in gaps for sign in (1, -1)]
    return [ramps, AffineMap.from_coo([0] * width, range(width), weights, (1, width), [0])]
