"""Pieces of planes along axes and along diagonals: flat, of infinite reach."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.data.manifold import Box, Cell, Manifold, Reach
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.exact.square_roots import square_root_bounds
from constructions.manifolds.unit_cells import equal_pieces, is_in_unit_box, selection, unit_cell
from constructions.network.affine_map import AffineMap

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class AxisPlane:
    """The set ``[0, 1]^k x {1/2}^(d-k)``: free coordinates first, constant ones after.

    Theorem: def:atlas

    Attributes:
        dimension: k, at least 1.
        dim: d, at least k.

    Raises:
        AssumptionViolated: the dimensions do not fit.
    """

    dimension: int
    dim: int

    def __post_init__(self) -> None:
        if not 1 <= self.dimension <= self.dim:
            raise AssumptionViolated(f"an axis plane needs 1 <= k <= d, got k = {self.dimension}, d = {self.dim}", "k")

    @property
    def spec(self) -> str:
        """The specification."""
        return f"axis-plane:k={self.dimension},d={self.dim}"

    @property
    def reach(self) -> Reach:
        """Infinite, as the set is convex."""
        return "infinite"

    @property
    def domains(self) -> tuple[Cell, ...]:
        """The one box ``[0, 1]^k``."""
        return (unit_cell(0, self.dimension),)

    @property
    def factor(self) -> Manifold:
        """The segment."""
        return AxisPlane(1, 1)

    def chart_map(self, chart: int) -> AffineMap:
        """Return the map from parameters to points."""
        return selection([*range(self.dimension), *[HALF] * (self.dim - self.dimension)], self.dimension)

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return equal pieces."""
        return equal_pieces(pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Return False."""
        return False

    def enclose(self, cell: Cell) -> Box:
        """Return the image itself, which is a box."""
        rest = (HALF,) * (self.dim - self.dimension)
        return cell.lower + rest, cell.upper + rest

    def point(self, chart: int, parameters: Point) -> Point:
        """Return the parameters, then halves."""
        return parameters + (HALF,) * (self.dim - self.dimension)

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the free coordinates."""
        return point[: self.dimension] if self.contains(point) else None

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies in the set."""
        return is_in_unit_box(point[: self.dimension]) and all(x == HALF for x in point[self.dimension :])

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return 1, twice."""
        return Fraction(1), Fraction(1)


@dataclass(frozen=True, slots=True)
class DiagonalPlane:
    """The points ``(u, u, ..., u)`` for u in ``[0, 1]^k``: d/k copies.

    In l-infinity it looks like the cube of its parameters, in l2 it is larger by
    ``sqrt(d/k)``: this is where that factor of the paper comes from.

    Theorem: def:atlas

    Attributes:
        dimension: k, at least 1.
        dim: d, a multiple of k.

    Raises:
        AssumptionViolated: the dimensions do not fit.
    """

    dimension: int
    dim: int

    def __post_init__(self) -> None:
        if self.dimension < 1 or self.dim < 1 or self.dim % self.dimension:
            raise AssumptionViolated(f"a diagonal plane needs k to divide d, got {self.dimension}, {self.dim}", "k")

    @property
    def copies(self) -> int:
        """How often each parameter occurs."""
        return self.dim // self.dimension

    @property
    def spec(self) -> str:
        """The specification."""
        return f"diagonal-plane:k={self.dimension},d={self.dim}"

    @property
    def reach(self) -> Reach:
        """Infinite, as the set is convex."""
        return "infinite"

    @property
    def domains(self) -> tuple[Cell, ...]:
        """The one box ``[0, 1]^k``."""
        return (unit_cell(0, self.dimension),)

    @property
    def factor(self) -> Manifold:
        """The segment."""
        return AxisPlane(1, 1)

    def chart_map(self, chart: int) -> AffineMap:
        """Return the map from parameters to points."""
        return selection([*range(self.dimension)] * self.copies, self.dimension)

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return equal pieces."""
        return equal_pieces(pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Return False."""
        return False

    def enclose(self, cell: Cell) -> Box:
        """Return the smallest box around the image."""
        return cell.lower * self.copies, cell.upper * self.copies

    def point(self, chart: int, parameters: Point) -> Point:
        """Return the parameters, repeated."""
        return parameters * self.copies

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the first copy."""
        return point[: self.dimension] if self.contains(point) else None

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies in the set."""
        first = point[: self.dimension]
        return is_in_unit_box(first) and point == first * self.copies

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return bounds of ``(d/k)^(k/2)``, equal where that is rational."""
        return square_root_bounds(Fraction(self.copies**self.dimension))
