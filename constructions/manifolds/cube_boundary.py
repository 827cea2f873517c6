"""The boundary of a cube: flat faces that meet in edges, of reach 0."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.data.manifold import Box, Cell, Manifold, Reach
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.manifolds.planes import HALF
from constructions.manifolds.unit_cells import equal_pieces, is_in_unit_box, selection, unit_cell
from constructions.network.affine_map import AffineMap


@dataclass(frozen=True, slots=True)
class CubeBoundary:
    """The boundary of ``[0, 1]^(k+1)``, further coordinates 1/2.

    Face 2i is where coordinate i is 0, face 2i + 1 where it is 1. No open set around a
    corner is a smooth surface, so there is no smooth atlas; covers and packings need none.

    Theorem: def:robust-error-on-manifold

    Attributes:
        dimension: k, at least 1.
        dim: d, at least k + 1.

    Raises:
        AssumptionViolated: the dimensions do not fit.
    """

    dimension: int
    dim: int

    def __post_init__(self) -> None:
        if not 1 <= self.dimension < self.dim:
            raise AssumptionViolated(f"a cube boundary needs 1 <= k < d, got {self.dimension}, {self.dim}", "k")

    @property
    def spec(self) -> str:
        """The specification."""
        return f"cube-boundary:k={self.dimension},d={self.dim}"

    @property
    def reach(self) -> Reach:
        """Zero: points inside near an edge have two nearest points."""
        return Fraction(0)

    @property
    def domains(self) -> tuple[Cell, ...]:
        """One box ``[0, 1]^k`` per face."""
        return tuple(unit_cell(face, self.dimension) for face in range(2 * (self.dimension + 1)))

    @property
    def factor(self) -> Manifold:
        """The boundary of the square."""
        return CubeBoundary(1, 2)

    def chart_map(self, chart: int) -> AffineMap:
        """Return the map from parameters to points."""
        axis, side = divmod(chart, 2)
        rest = [HALF] * (self.dim - self.dimension - 1)
        return selection([*range(axis), Fraction(side), *range(axis, self.dimension), *rest], self.dimension)

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return equal pieces."""
        return equal_pieces(pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Return False."""
        return False

    def enclose(self, cell: Cell) -> Box:
        """Return the image itself, which is a box."""
        return self.point(cell.chart, cell.lower), self.point(cell.chart, cell.upper)

    def point(self, chart: int, parameters: Point) -> Point:
        """Return the point of a face: its constant coordinate put between the parameters."""
        axis, side = divmod(chart, 2)
        rest = (HALF,) * (self.dim - self.dimension - 1)
        return (*parameters[:axis], Fraction(side), *parameters[axis:], *rest)

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the other coordinates of a point of the face."""
        axis, side = divmod(chart, 2)
        if not self.contains(point) or point[axis] != side:
            return None
        return point[:axis] + point[axis + 1 : self.dimension + 1]

    def contains(self, point: Point) -> bool:
        """Tell whether a point lies on a face."""
        corner = point[: self.dimension + 1]
        return is_in_unit_box(corner) and bool({*corner} & {0, 1}) and all(x == HALF for x in point[len(corner) :])

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return the number of faces, twice."""
        faces = Fraction(2 * (self.dimension + 1))
        return faces, faces
