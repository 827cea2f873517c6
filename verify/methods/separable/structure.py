"""Which units of a network depend on one coordinate, and which are sums of such functions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.pieces import Pieces, combined

MOST_NODES = 4096


@dataclass(frozen=True, slots=True)
class Range:
    """The interval on which coordinates move, and a wider one that shows where pieces end.

    Attributes:
        low: smallest coordinate of any ball.
        high: largest, above ``low``.
    """

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, points: np.ndarray, scale: int, radius: Fraction) -> Range:
        """Return the range of balls around ``points / scale``, a little more where that is one number."""
        low, high = Fraction(int(points.min()), scale) - radius, Fraction(int(points.max()), scale) + radius
        return cls(low, high if low < high else low + Fraction(1, 1024 * scale))

    @property
    def wide(self) -> tuple[Fraction, Fraction]:
        """Three times as long."""
        return 2 * self.low - self.high, 2 * self.high - self.low


@dataclass(frozen=True, slots=True)
class Unit:
    """A sum of functions of one coordinate each, on the range.

    Attributes:
        parts: axis to function; empty for the zero unit.
    """

    parts: dict[int, Pieces]

    @property
    def is_univariate(self) -> bool:
        """True when at most one coordinate matters."""
        return len(self.parts) <= 1


class Analysis:
    """The units of a network layer by layer; equal functions are worked out once.

    Args:
        network: exact network.
        span: where the coordinates move.
    """

    def __init__(self, network: ReluNetwork, span: Range) -> None:
        self._network = network
        self.span = span
        self._sums: dict[tuple[object, ...], Pieces] = {}
        self._positive: dict[Pieces, Pieces] = {}
        self._least: dict[Pieces, Fraction] = {}
        self._lines: dict[Pieces, tuple[Fraction, Fraction] | None] = {}
        self._largest: dict[Pieces, Fraction] = {}
        self.memory: dict[tuple[object, ...], object] = {}

    def units_before_last(self) -> list[Unit] | None:
        """Return the units that feed the last hidden layer, ``None`` if one is no sum.

        A unit that sums over several coordinates must be nonnegative on the range, so that
        its ReLU changes nothing there.
        """
        low, high = self.span.wide
        line = Pieces.line(low, high, Fraction(1), Fraction(0))
        units = [Unit({axis: line}) for axis in range(self._network.dim)]
        for affine in self._network.maps[:-2]:
            found = []
            for row in range(affine.shape[0]):
                unit = self._after_relu(self.preactivation(affine, row, units))
                if unit is None:
                    return None
                found.append(unit)
            units = found
        return units

    def preactivation(self, affine: AffineMap, row: int, units: list[Unit]) -> Unit:
        """Return one row of a map as a sum of functions of one coordinate; the bias joins the first."""
        matrix = affine.numerators
        part = slice(int(matrix.starts[row]), int(matrix.starts[row + 1]))
        terms: dict[int, list[tuple[int, Pieces]]] = {}
        for column, weight in zip(matrix.columns[part].tolist(), matrix.values[part].tolist(), strict=True):
            for axis, pieces in units[column].parts.items():
                terms.setdefault(axis, []).append((weight, pieces))
        bias = int(affine.bias_numerators[row])
        if not terms:
            return Unit({0: Pieces.line(*self.span.wide, Fraction(0), Fraction(bias, affine.denominator))})
        first = min(terms)
        unit = affine.denominator
        return Unit({axis: self._sum(terms[axis], bias if axis == first else 0, unit) for axis in sorted(terms)})

    def _sum(self, terms: list[tuple[int, Pieces]], constant: int, unit: int) -> Pieces:
        key = (*(value for weight, pieces in terms for value in (weight, pieces)), constant, unit)
        if key not in self._sums:
            exact = [(Fraction(weight, unit), pieces) for weight, pieces in terms]
            self._sums[key] = combined(exact, Fraction(constant, unit))
        return self._sums[key]

    def _after_relu(self, unit: Unit) -> Unit | None:
        if unit.is_univariate:
            axis, pieces = next(iter(unit.parts.items()))
            if pieces not in self._positive:
                self._positive[pieces] = pieces.relu()
            after = self._positive[pieces]
            return Unit({axis: after}) if len(after.nodes) <= MOST_NODES else None
        least = sum((self._smallest(pieces) for pieces in unit.parts.values()), Fraction(0))
        return unit if least >= 0 else None

    def line(self, unit: Unit) -> tuple[int, Fraction, Fraction] | None:
        """Return axis, slope and constant of a unit that is affine on the range and univariate."""
        if not unit.is_univariate:
            return None
        axis, pieces = next(iter(unit.parts.items()))
        if pieces not in self._lines:
            self._lines[pieces] = pieces.line_on(self.span.low, self.span.high)
        found = self._lines[pieces]
        return None if found is None else (axis, *found)

    def largest(self, pieces: Pieces) -> Fraction:
        """Return the largest value of a function on the range."""
        if pieces not in self._largest:
            self._largest[pieces] = max(pieces.restricted(self.span.low, self.span.high).values)
        return self._largest[pieces]

    def _smallest(self, pieces: Pieces) -> Fraction:
        if pieces not in self._least:
            self._least[pieces] = min(pieces.restricted(self.span.low, self.span.high).values)
        return self._least[pieces]
