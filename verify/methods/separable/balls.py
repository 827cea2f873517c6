"""Balls and paraboloids: which bumps are off on a ball, and by how much another one raises the output."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import scaled
from verify.methods.separable.bumps import Bumps, Roles
from verify.methods.separable.distances import Distances, Progress


class Balls:
    """Balls and paraboloids in one unit.

    Args:
        bumps: the paraboloids.
        roles: what the output does with them.
        points: integers, shape (n, dim); the centres of the balls are ``points / scale``.
        scale: positive integer.
        radius: of the balls.
    """

    def __init__(self, bumps: Bumps, roles: Roles, points: np.ndarray, scale: int, radius: Fraction) -> None:
        self._bumps, self._roles, self._radius = bumps, roles, radius
        self._unit = math.lcm(scale, bumps.unit)
        self._points = scaled(points, self._unit // scale)
        self._centres = scaled(bumps.centres, self._unit // bumps.unit)
        self._up = np.searchsorted(bumps.rows, roles.raising)
        self._known: dict[tuple[int, ...], Fraction] = {}

    def margins(
        self, deadline: float | None = None, progress: Progress | None = None
    ) -> tuple[list[Fraction], np.ndarray]:
        """Return different bounds, and which of them holds on each ball: -1 for none."""
        chosen = np.full(len(self._points), -1, dtype=np.int64)
        places = np.flatnonzero(self._are_quiet(deadline, progress))
        if self._roles.bias > 0 or not len(self._up):
            chosen[places] = 0
            return [self._roles.bias], chosen
        rises, chosen[places] = self._rises(places)
        return [self._roles.bias + rise for rise in rises], chosen

    def _are_quiet(self, deadline: float | None, progress: Progress | None) -> np.ndarray:
        """Return on which balls all bumps that lower the output are off, for as many as time allows."""
        down = np.searchsorted(self._bumps.rows, self._roles.lowering)
        known = {peak: self._off_from(peak) for peak in set(self._bumps.peaks[down].tolist())}
        squares = [known[peak] for peak in self._bumps.peaks[down].tolist()]
        return Distances(self._points, self._centres[down]).are_beyond(squares, deadline, progress)

    def _off_from(self, peak: int) -> int:
        """Return the least squared distance, in units, from which a bump is 0 on the whole ball.

        ``peak <= bend (|x - c| - radius)^2`` where ``|x - c| >= radius + sqrt(peak / bend)``, a
        number that is compared by squares only.
        """
        if peak <= 0:
            return 0
        return _least_square(Fraction(peak, self._bumps.value_unit) / self._bumps.bend, self._radius, self._unit)

    def _rises(self, places: np.ndarray) -> tuple[list[Fraction], np.ndarray]:
        """Return by how much at least one bump raises the output on some balls: different amounts, and which.

        The bump is the one centred there, or else the nearest.
        """
        own = {
            row.tobytes(): at for at, row in zip(self._up.tolist(), self._wide(self._centres[self._up]), strict=True)
        }
        chosen = np.array([own.get(row.tobytes(), -1) for row in self._wide(self._points[places])], dtype=np.int64)
        away = np.flatnonzero(chosen < 0)
        squares = [0] * len(places)
        if len(away):
            distances = Distances(self._points, self._centres)
            chosen[away] = distances.nearest(places[away], self._up)
            for place in away.tolist():
                squares[place] = distances.square(int(places[place]), int(chosen[place]))
        kinds = self._kinds()
        keys = [(kinds[at], square) for at, square in zip(chosen.tolist(), squares, strict=True)]
        names: dict[tuple[int, int], int] = {}
        found = np.array([names.setdefault(key, len(names)) for key in keys], dtype=np.int64)
        outside = ~self._are_inside(places, chosen)
        found[outside] = len(names)
        return [*(self._rise(*key) for key in names), Fraction(0)], found

    def _kinds(self) -> dict[int, int]:
        """Return, for each bump that raises the output, the first that does so in the same way."""
        bumps, roles = self._bumps, self._roles
        peaks, drops, rows = bumps.peaks.tolist(), bumps.drops.tolist(), bumps.rows.tolist()
        first: dict[tuple[object, ...], int] = {}
        return {
            at: first.setdefault((peaks[at], drops[at], roles.weights[rows[at]], roles.caps.get(rows[at])), at)
            for at in self._up.tolist()
        }

    def _wide(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return rows whose bytes are equal exactly where their integers are."""
        if rows.dtype == object:
            return [np.frombuffer(repr(row.tolist()).encode(), dtype=np.uint8) for row in rows]
        return list(rows.astype(np.int64, copy=False))

    def _are_inside(self, places: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Return which balls lie in the box in which a bump is bounded from below."""
        if self._bumps.boxes is None:
            return np.ones(len(places), dtype=bool)
        low, high, side_unit = self._bumps.boxes
        unit = math.lcm(self._unit, side_unit, self._radius.denominator)
        points, reach = scaled(self._points[places], unit // self._unit).astype(object), int(self._radius * unit)
        sides = [scaled(side[chosen], unit // side_unit).astype(object) for side in (low, high)]
        return np.asarray(((points - reach >= sides[0]) & (points + reach <= sides[1])).all(axis=1), dtype=bool)

    def _rise(self, at: int, square: int) -> Fraction:
        """Return by how much at least a bump raises the output on a ball at this squared distance of its centre."""
        bumps, row = self._bumps, int(self._bumps.rows[at])
        exact = Fraction(square, self._unit**2)
        farthest = exact + self._radius**2 + 2 * self._radius * root_above(exact)
        least = Fraction(int(bumps.peaks[at] - bumps.drops[at]), bumps.value_unit) - bumps.bend * farthest
        return Fraction(self._roles.weights[row], self._roles.unit) * max(
            Fraction(0), min(least, self._roles.caps.get(row, least))
        )


def root_above(square: Fraction) -> Fraction:
    """Return a rational number whose square is at least this one: the mean of s and square / s."""
    if square == 0:
        return Fraction(0)
    guess = Fraction(math.isqrt(square.numerator * square.denominator * 2**40) + 1, square.denominator * 2**20)
    return (guess + square / guess) / 2


def _least_square(reach: Fraction, radius: Fraction, unit: int) -> int:
    """Return the least integer n with ``sqrt(n)/unit >= radius + sqrt(reach)``.

    With ``rest = n/unit^2 - radius^2 - reach`` that is ``rest >= 0`` and
    ``rest^2 >= 4 radius^2 reach``.
    """
    base = unit * unit * (radius * radius + reach)
    cross = 4 * unit**4 * radius * radius * reach
    start = math.floor(base) + math.isqrt(math.floor(cross))
    place = max(0, start - 2)
    while not (place >= base and (place - base) ** 2 >= cross):
        place += 1
    return place
