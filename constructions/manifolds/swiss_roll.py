"""The swiss roll: a spiral times a segment, known through ball arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from constructions.data.manifold import Box, Cell, Manifold, Reach
from constructions.data.norm_ball import Point
from constructions.exact.ball_arithmetic import spiral_length, spiral_point
from constructions.manifolds.planes import HALF
from constructions.manifolds.unit_cells import equal_pieces, unit_cell

START, TURN, SCALE = Fraction(3, 2), Fraction(9), Fraction(1, 21)


@dataclass(frozen=True, slots=True)
class SwissRoll:
    """The points ``(1/2 + t cos t / 21, h, 1/2 + t sin t / 21)``, t in [3/2, 21/2], h in [0, 1].

    It lies in the unit cube. The sine and cosine of a rational number other than 0 are
    transcendental, so no point of it is rational, and centres of its covers lie beside it.
    The reach is not known here.

    Theorem: def:robust-error-on-manifold
    """

    @property
    def dimension(self) -> int:
        """Two."""
        return 2

    @property
    def dim(self) -> int:
        """Three."""
        return 3

    @property
    def spec(self) -> str:
        """The specification."""
        return "swiss-roll"

    @property
    def reach(self) -> Reach:
        """Not known."""
        return "unknown"

    @property
    def domains(self) -> tuple[Cell, ...]:
        """The unit square: shares of the spiral's parameter and of the height."""
        return (unit_cell(0, 2),)

    @property
    def factor(self) -> Manifold:
        """The roll itself."""
        return self

    def chart_map(self, chart: int) -> None:
        """Return ``None``: the charts are curved."""

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return equal pieces; the spiral is several times as long as it is high."""
        return equal_pieces(pieces if axis else 5 * pieces)

    def is_redundant(self, cell: Cell) -> bool:
        """Return False."""
        return False

    def enclose(self, cell: Cell) -> Box:
        """Return an enclosure by ball arithmetic, rigorous for the whole cell."""
        across, along = spiral_point(START + TURN * cell.lower[0], START + TURN * cell.upper[0])
        lower, upper = (
            (HALF + SCALE * across[end], height, HALF + SCALE * along[end])
            for end, height in enumerate((cell.lower[1], cell.upper[1]))
        )
        return lower, upper

    def point(self, chart: int, parameters: Point) -> Point | None:
        """Return ``None``: no point is rational."""
        return None

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return ``None``."""
        return None

    def contains(self, point: Point) -> bool:
        """Return False, as no rational point lies on the roll."""
        return False

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return bounds of the length of the spiral, times the height 1."""
        low, high = spiral_length(START, START + TURN)
        return low * SCALE, high * SCALE
