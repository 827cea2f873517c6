"""Networks whose last hidden layer is made of paraboloids, decided on all l2 balls at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import FLOAT64_EXACT, INT64_EXACT, largest_magnitude, scaled
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.methods.separable.bumps import Bumps, bumps_of, squared_lengths
from verify.methods.separable.structure import Range

_BLOCK_ENTRIES = 2**24
_FLOAT32_EXACT = 2**24

Progress = Callable[[int], None]


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
    twins = twins_of(network)
    bumps = bumps_of(network, Range.of(points, scale, radius), twins)
    if bumps is None:
        return nothing
    judge = _Judge.of(network, bumps, twins, points, scale, radius)
    if judge is None:
        return nothing
    result: list[Fraction | None] = []
    block = max(1, _BLOCK_ENTRIES // max(1, len(bumps.centres)))
    for start in range(0, len(points), block):
        if deadline is not None and time.monotonic() >= deadline:
            break
        part = judge.margins(start, min(start + block, len(points)))
        result += part
        if progress is not None:
            progress(len(part))
    return result + [None] * (len(points) - len(result))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Distances of points and centres as integers, and when a bump is off.

    Attributes:
        bumps: the paraboloids.
        points: augmented rows; their product with ``centres`` is the squared distance.
        centres: augmented columns of the bumps that lower the output, then of those that raise it.
        lowering: how many bumps lower the output.
        order: the bumps' rows in that order.
        caps: for each raising bump the most it may add, where a lower twin cuts it off.
        off: squared distance from which each lowering bump is off.
        weights: output weights of the raising bumps.
        peaks: peaks of the raising bumps.
        bias: output bias.
        unit: distances are in units of ``1 / unit``.
        radius: of the balls.
    """

    bumps: Bumps
    points: np.ndarray
    centres: np.ndarray
    lowering: int
    order: np.ndarray
    caps: list[Fraction | None]
    off: np.ndarray
    weights: list[Fraction]
    peaks: list[Fraction]
    bias: Fraction
    unit: int
    radius: Fraction

    @classmethod
    def of(
        cls,
        network: ReluNetwork,
        bumps: Bumps,
        twins: dict[int, int],
        points: np.ndarray,
        scale: int,
        radius: Fraction,
    ) -> _Judge | None:
        last, weights = network.maps[-1], _output_weights(network)
        alone = np.array([place not in twins for place in range(len(weights))], dtype=bool)
        down, up = np.flatnonzero((weights < 0) & alone), np.flatnonzero((weights > 0) & alone)
        unit = math.lcm(scale, bumps.unit)
        order = np.concatenate([down, up])
        here = scaled(points, unit // scale)
        there = scaled(bumps.centres[order], unit // bumps.unit)
        largest = 2 * (largest_magnitude(here) + largest_magnitude(there)) ** 2 * max(1, points.shape[1])
        kind = np.float32 if largest < _FLOAT32_EXACT else np.float64 if largest < FLOAT64_EXACT else np.int64
        if largest >= INT64_EXACT:
            return None
        ones = np.ones((len(here), 1), dtype=kind)
        left = np.concatenate([here.astype(kind), squared_lengths(here).astype(kind)[:, None], ones], axis=1)
        lengths = squared_lengths(there).astype(kind)
        right = np.concatenate(
            [-2 * there.astype(kind), np.ones((len(there), 1), dtype=kind), lengths[:, None]], axis=1
        )
        peaks = [Fraction(int(value), bumps.peak_unit) for value in bumps.peaks[order]]
        off = _off_from(bumps, peaks[: len(down)], unit, radius)
        if off is None or (len(off) and max(off) >= (2**53 if kind != np.int64 else 2**62)):
            return None
        return cls(
            bumps,
            left,
            np.ascontiguousarray(right.T),
            len(down),
            order,
            _caps(network.maps[-2], up.tolist(), twins),
            np.array(off, dtype=kind) if kind != np.float32 else np.array(np.minimum(off, 2**24), dtype=kind),
            [Fraction(int(weights[place]), last.denominator) for place in up],
            peaks[len(down) :],
            Fraction(int(last.bias_numerators[0]), last.denominator),
            unit,
            radius,
        )

    def margins(self, start: int, stop: int) -> list[Fraction | None]:
        """Return the bounds of a block of balls."""
        squares = self.points[start:stop] @ self.centres
        count = stop - start
        quiet = np.ones(count, dtype=bool)
        if self.lowering:
            quiet = (squares[:, : self.lowering] >= self.off).all(axis=1)
        result: list[Fraction | None] = [None] * count
        if self.bias > 0 or not self.weights:
            for place in np.flatnonzero(quiet):
                result[int(place)] = self.bias
            return result
        nearest = squares[:, self.lowering :].argmin(axis=1)
        for place in np.flatnonzero(quiet):
            row = int(nearest[place])
            square = Fraction(int(squares[place, self.lowering + row]), self.unit**2)
            least = self._least(start + int(place), row, square)
            result[int(place)] = self.bias + self.weights[row] * max(Fraction(0), least)
        return result

    def _least(self, point: int, row: int, square: Fraction) -> Fraction:
        """Return a lower bound of a raising bump on a ball whose centre is at this squared distance."""
        place = int(self.order[self.lowering + row])
        if self.bumps.boxes is not None:
            low, high = self.bumps.boxes[place]
            centre = [Fraction(int(value), self.unit) for value in self.points[point][: len(low)]]
            sides = zip(centre, low, high, strict=True)
            if any(x - self.radius < start or x + self.radius > end for x, start, end in sides):
                return Fraction(0)
        farthest = square + self.radius**2 + 2 * self.radius * root_above(square)
        least = self.peaks[row] - self.bumps.drops[place] - self.bumps.bend * farthest
        cap = self.caps[row]
        return least if cap is None else min(least, cap)


def _output_weights(network: ReluNetwork) -> np.ndarray:
    last = network.maps[-1]
    weights = np.zeros(last.shape[1], dtype=object)
    weights[last.numerators.columns] = last.numerators.values
    return weights


def twins_of(network: ReluNetwork) -> dict[int, int]:
    """Return the lower twin of every bump that has one: the key is the lower, the value the higher.

    Twins differ in their bias alone and have opposite output weights. Together they are the
    higher bump, cut off at the difference of the biases: 0 where that is 0, and monotone.
    """
    affine, weights = network.maps[-2], _output_weights(network)
    matrix = affine.numerators
    rows: dict[tuple[bytes, bytes], list[int]] = {}
    for row in range(affine.shape[0]):
        part = slice(int(matrix.starts[row]), int(matrix.starts[row + 1]))
        key = (matrix.columns[part].tobytes(), repr(matrix.values[part].tolist()).encode())
        rows.setdefault(key, []).append(row)
    found = {}
    for pair in rows.values():
        if len(pair) == 2 and weights[pair[0]] == -weights[pair[1]] and weights[pair[0]]:
            lower, higher = sorted(pair, key=lambda row: int(affine.bias_numerators[row]))
            found[lower] = higher
    return found


def _caps(affine: AffineMap, places: list[int], twins: dict[int, int]) -> list[Fraction | None]:
    lower = {higher: low for low, higher in twins.items()}
    bias = affine.bias_numerators
    return [
        Fraction(int(bias[place]) - int(bias[lower[place]]), affine.denominator) if place in lower else None
        for place in places
    ]


def root_above(square: Fraction) -> Fraction:
    """Return a rational number whose square is at least this one: the mean of s and square / s."""
    if square == 0:
        return Fraction(0)
    guess = Fraction(math.isqrt(square.numerator * square.denominator * 2**40) + 1, square.denominator * 2**20)
    return (guess + square / guess) / 2


def _off_from(bumps: Bumps, peaks: list[Fraction], unit: int, radius: Fraction) -> list[int] | None:
    """Return the least squared distances, in units, from which bumps are 0 on the whole ball.

    ``peak <= bend (|x - c| - radius)^2`` where ``|x - c| >= radius + sqrt(peak / bend)``, a
    number that is compared by squares only.
    """
    known: dict[Fraction, int] = {}
    result = []
    for peak in peaks:
        if peak not in known:
            known[peak] = 0 if peak <= 0 else _least_square(peak / bumps.bend, radius, unit)
        result.append(known[peak])
    return result


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
