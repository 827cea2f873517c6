"""Networks whose last hidden layer is made of paraboloids, decided on all l2 balls at once."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import scaled
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.bumps import Bumps, Roles
from verify.methods.separable.distances import Distances, Progress
from verify.methods.separable.paraboloids import squares_of
from verify.methods.separable.structure import Range

_MOST_GUESSES, _FEW_POINTS = 12, 64


def separable_margins(
    network: ReluNetwork,
    points: np.ndarray,
    scale: int,
    radius: Fraction,
    deadline: float | None = None,
    progress: Progress | None = None,
) -> list[Fraction | None]:
    """Bound the output from below on every l2 ball, by paraboloids around the bumps' centres.

    Accepts:
        Networks with one output whose last hidden layer adds affine functions to one sum of
        one-variable functions that interpolates squares; l2 balls without a domain.

    Decides:
        Sound; exact where a bump is provably off on a ball by its paraboloid.

    Method:
        Every unit before the last hidden layer is worked out as a sum of piecewise linear
        functions of one coordinate. The sum lies between two parabolas a constant apart, so
        a bump lies between two paraboloids, whose extremes on a ball depend on the distance
        of centres alone. Distances are integers from one matrix product, compared by squares.

    Cost:
        One product of the points with the centres.

    Reference:
        Yarotsky, Error bounds for approximations with deep ReLU networks (2017).

    Args:
        network: label times network, to be positive.
        points: integers, shape (n, dim); the centres of the balls are ``points / scale``.
        scale: positive integer.
        radius: of the balls.
        deadline: ``time.monotonic()`` value after which remaining balls are left open.
        progress: called with the number of balls done since the last call.

    Returns:
        A lower bound of the output per ball, ``None`` where nothing is claimed.
    """
    nothing: list[Fraction | None] = [None] * len(points)
    if network.outputs != 1 or not len(points) or network.size.depth < 3:
        return nothing
    roles = Roles.of(network)
    bumps = best_bumps(network, roles, Range.of(points, scale, radius), points, scale, radius)
    if bumps is None:
        return nothing
    return _Balls(bumps, roles, points, scale, radius).margins(deadline, progress)


def best_bumps(
    network: ReluNetwork, roles: Roles, span: Range, points: np.ndarray, scale: int, radius: Fraction
) -> Bumps | None:
    """Return the paraboloids of the bend that proves most of a few balls, by the largest margin.

    Args:
        network: label times network.
        roles: what its output does with the last hidden layer.
        span: where the coordinates of the balls move.
        points: integers, shape (n, dim); the centres of the balls are ``points / scale``.
        scale: positive integer.
        radius: of the balls.
    """
    squares = squares_of(network, span, roles)
    guesses = Counter() if squares is None else squares.bends()
    bends = [bend for bend, _ in guesses.most_common(_MOST_GUESSES)]
    if squares is None or not bends:
        return None
    if len(bends) == 1 or (guesses[bends[0]] >= 3 and 2 * guesses[bends[0]] > guesses.total()):
        return squares.bumps(bends[0])
    few = points[np.unique(np.linspace(0, len(points) - 1, min(_FEW_POINTS, len(points))).astype(np.int64))]

    def quality(bumps: Bumps) -> tuple[int, Fraction]:
        margins = _Balls(bumps, roles, few, scale, radius).margins()
        proved = [margin for margin in margins if margin is not None and margin > 0]
        return len(proved), min(proved, default=Fraction(0))

    return max((squares.bumps(bend) for bend in bends), key=quality)


class _Balls:
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

    def margins(self, deadline: float | None = None, progress: Progress | None = None) -> list[Fraction | None]:
        """Return the bounds of all balls."""
        bias, result = self._roles.bias, [None] * len(self._points)
        quiet = self._are_quiet(deadline, progress)
        places = np.flatnonzero(quiet)
        rises = [Fraction(0)] * len(places) if bias > 0 or not len(self._up) else self._rises(places)
        known = {rise: bias + rise for rise in set(rises)}
        for place, rise in zip(places.tolist(), rises, strict=True):
            result[place] = known[rise]
        return result

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

    def _rises(self, places: np.ndarray) -> list[Fraction]:
        """Return by how much at least one bump raises the output on each of some balls.

        The bump is the one centred there, or else the nearest.
        """
        own = {row.tobytes(): at for at, row in zip(self._up.tolist(), self._wide(self._centres[self._up]), strict=True)}
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
        known = {key: self._rise(*key) for key in set(keys)}
        inside = self._are_inside(places, chosen)
        return [known[key] if is_inside else Fraction(0) for key, is_inside in zip(keys, inside, strict=True)]

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
        return self._roles.weights[row] * max(Fraction(0), min(least, self._roles.caps.get(row, least)))


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
