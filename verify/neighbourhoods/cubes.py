"""Cubes of a grid and their halvings, those that meet the neighbourhood of a set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import BudgetExceeded
from constructions.exact.integer_arrays import integer_array
from constructions.sets.neighbourhoods import Neighbourhood

MOST_CUBES = 2**17

Cube = tuple[int, ...]
Point = tuple[Fraction, ...]
Tagged = tuple[int, Cube]


@dataclass(frozen=True, slots=True)
class CubeGrid:
    """Cubes of all levels: cube k of level l is ``first + side / 2^l * (k + [0, 1]^d)``.

    Attributes:
        first: a corner, the same on every axis.
        side: of the cubes of level 0, positive.
    """

    first: Fraction
    side: Fraction

    def corners(self, cube: Cube, level: int) -> tuple[Point, Point]:
        """Return the lowest and the highest corner of a cube."""
        side = self.side / 2**level
        lower = tuple(self.first + side * place for place in cube)
        return lower, tuple(value + side for value in lower)

    def near(self, lower: Sequence[Fraction], upper: Sequence[Fraction]) -> Iterator[Cube]:
        """Yield closed cubes of level 0 that cover a closed box, no more than needed along any axis.

        A box that lies in a wall takes the cubes on its lower side, in the lowest wall those above.

        Raises:
            BudgetExceeded: there are more than 2^17.
        """
        ranges = []
        for low, high in zip(lower, upper, strict=True):
            start, stop = math.floor((low - self.first) / self.side), math.ceil((high - self.first) / self.side)
            if start == stop:
                start, stop = (start - 1, stop) if start > 0 else (start, stop + 1)
            ranges.append(range(start, stop))
        if math.prod(map(len, ranges)) > MOST_CUBES:
            raise BudgetExceeded(f"a neighbourhood takes more than {MOST_CUBES} cubes")
        return product(*ranges)

    def roots(self, near: Neighbourhood) -> list[Cube]:
        """Return the cubes of level 0 that cover a neighbourhood and meet it."""
        found = {cube for box in near.ranges() for cube in self.near(*box)}
        return sorted(cube for cube in found if near.meets(*self.corners(cube, 0)))

    def halves(self, cube: Cube) -> Iterator[Cube]:
        """Yield the 2^d cubes of the next level in a cube."""
        return product(*((2 * place, 2 * place + 1) for place in cube))

    def parts(self, cube: Cube, level: int, near: Neighbourhood) -> list[Cube]:
        """Return the halvings of a cube of some level that meet a neighbourhood."""
        return [half for half in self.halves(cube) if near.meets(*self.corners(half, level + 1))]

    def balls(self, cubes: Iterable[Tagged], level: int) -> tuple[LabelledPoints, Fraction]:
        """Return the labelled centres of cubes of one level and their radius in l-infinity."""
        listed = list(cubes)
        half = self.side / 2 ** (level + 1)
        scale = math.lcm(self.first.denominator, half.denominator)
        start, step = int(self.first * scale), int(half * scale)
        places = 2 * np.array([cube for _, cube in listed], dtype=object) + 1
        labels = np.array([label for label, _ in listed], dtype=np.int64)
        return LabelledPoints.of(integer_array(places * step + start), labels, scale=scale), half
