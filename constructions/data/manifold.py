"""Manifolds as their judges see them: charts from boxes of parameters, patches, and covers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from constructions.data.norm_ball import Point
from constructions.network.affine_map import AffineMap

Box = tuple[Point, Point]
Reach = Fraction | Literal["infinite", "unknown"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A closed box of parameters of one chart.

    Attributes:
        chart: number of the chart.
        lower: smallest parameters.
        upper: largest parameters.
    """

    chart: int
    lower: Point
    upper: Point

    @property
    def middle(self) -> Point:
        """The middle of the box."""
        return middle_of(self.lower, self.upper)


class Manifold(Protocol):
    """A compact set in R^d, the union of the images of finitely many boxes of parameters.

    Everything here is exact or rigorously enclosed; nothing is rounded to nearest.
    """

    @property
    def spec(self) -> str:
        """What names it on the command line."""

    @property
    def dimension(self) -> int:
        """Its dimension k, the number of parameters."""

    @property
    def dim(self) -> int:
        """Coordinates d of the space around it."""

    @property
    def reach(self) -> Reach:
        """The largest distance at which nearest points are unique, where it is known."""

    @property
    def domains(self) -> tuple[Cell, ...]:
        """One box per chart, by number; the images together are the manifold."""

    @property
    def factor(self) -> Manifold:
        """A manifold of few dimensions whose covers have the radius of ours, for equal pieces."""

    def chart_map(self, chart: int) -> AffineMap | None:
        """Return a chart from its parameters where each coordinate is a parameter or a constant."""

    def breakpoints(self, chart: int, axis: int, pieces: int) -> tuple[Fraction, ...]:
        """Return rising parameters that cut an axis of a domain into pieces, both ends included."""

    def is_redundant(self, cell: Cell) -> bool:
        """Tell whether the images of other charts contain the image of a cell."""

    def enclose(self, cell: Cell) -> Box:
        """Return a box in R^d that contains the image of a cell."""

    def point(self, chart: int, parameters: Point) -> Point | None:
        """Return the image of parameters, ``None`` where it is not rational."""

    def parameters(self, chart: int, point: Point) -> Point | None:
        """Return the parameters of a point, ``None`` outside the chart or where they are unknown."""

    def contains(self, point: Point) -> bool:
        """Tell whether a rational point lies on the manifold."""

    def volume(self) -> tuple[Fraction, Fraction]:
        """Return rational bounds of the k-dimensional volume."""


@dataclass(frozen=True, slots=True)
class Patch:
    """The image of a cell, in a box, with a centre near it.

    Attributes:
        cell: the parameters.
        lower: smallest coordinates of a box that contains the image.
        upper: largest coordinates.
        centre: a point near the image, of short coordinates.
        anchor: a point of the image, exactly, where one is known.
    """

    cell: Cell
    lower: Point
    upper: Point
    centre: Point
    anchor: Point | None

    @property
    def radius(self) -> Fraction:
        """The image lies within this l-infinity distance of the centre."""
        sides = zip(self.lower, self.centre, self.upper, strict=True)
        return max(max(high - x, x - low) for low, x, high in sides)

    @property
    def offset(self) -> Fraction:
        """Some point of the image lies within this l-infinity distance of the centre."""
        if self.anchor is None:
            return self.radius
        return max(abs(a - x) for a, x in zip(self.anchor, self.centre, strict=True))


@dataclass(frozen=True, slots=True)
class Cover:
    """Patches of a manifold, in the l-infinity norm.

    Attributes:
        patches: at least one.
    """

    patches: tuple[Patch, ...]

    @property
    def radius(self) -> Fraction:
        """Every point of a patch is within this distance of its centre (the paper's net radius)."""
        return max(patch.radius for patch in self.patches)

    @property
    def offset(self) -> Fraction:
        """Every centre is within this distance of a point of its patch: 0 for an internal cover."""
        return max(patch.offset for patch in self.patches)


def middle_of(lower: Point, upper: Point) -> Point:
    """Return the middle of a box."""
    return tuple((low + high) / 2 for low, high in zip(lower, upper, strict=True))
