"""Half-spaces that cut a ball off the balls of opposite points: proposed in floats, decided in integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.exact.integer_arrays import FLOAT32_EXACT, FLOAT64_EXACT, INT64_EXACT, largest_magnitude
from constructions.memorizers.cut_directions import propose_directions

_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Cut:
    """The test ``relu(<direction, x> - start)``: 0 on the ball of its centre.

    Attributes:
        axes: coordinates it reads.
        direction: an integer for each, without a common factor.
        start: at least the largest value of ``<direction, x>`` on the ball.
        nearest: least of ``<direction, b - a>`` over the points b it was chosen for, a the centre.
        reach: at least the largest value of ``<direction, x - a>`` on the ball.
    """

    axes: tuple[int, ...]
    direction: tuple[int, ...]
    start: Fraction
    nearest: Fraction
    reach: Fraction

    @property
    def room(self) -> Fraction:
        """How far beyond ``start`` the value is at least, on every ball it cuts off."""
        return self.nearest - 2 * self.reach

    @property
    def parameters(self) -> int:
        """Weights and bias of the test and its weight in the bump, none of them zero."""
        return len(self.axes) + 2


def cuts_for(centre: np.ndarray, others: np.ndarray, scale: int, radius: Fraction, norm: str) -> list[Cut]:
    """Return cuts of one centre that together cut off every other point.

    In each round directions are proposed for the points that are left, see
    ``constructions.memorizers.cut_directions``. The one that cuts off most points per
    parameter is taken, after exact comparison.

    Args:
        centre: integers, shape (dim,).
        others: integers, shape (k, dim), all farther than twice the radius.
        scale: positive integer; points are ``centre / scale``.
        radius: of the balls.
        norm: of the balls.

    Cost:
        O(k dim) per proposal, a few dozen proposals per cut.
    """
    is_small = max(largest_magnitude(others), largest_magnitude(centre)) < INT64_EXACT // 4
    kind = np.int64 if is_small else object
    left = others.astype(kind) - centre.astype(kind)
    floats = left.astype(float)
    cuts: list[Cut] = []
    digits = _DIGITS
    while len(left):
        directions = propose_directions(left, floats, float(radius * scale), norm)
        best = _best(_values(left, floats, directions), directions, scale, radius, norm, digits)
        if best is None:
            digits *= 4  # the radius is so close to eps that roots must be finer
            continue
        place, covered, reach = best
        cuts.append(_cut(centre, left[covered], directions[place], scale, reach))
        left, floats = left[~covered], floats[~covered]
    return cuts


def _values(left: np.ndarray, floats: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the exact values of the directions at the differences, shape (k, proposals)."""
    bound = largest_magnitude(left) * largest_magnitude(directions) * left.shape[1]
    for kind, exact in ((np.float32, FLOAT32_EXACT), (np.float64, FLOAT64_EXACT)):
        if bound < exact:
            return floats.astype(kind) @ directions.T.astype(kind)
    return left.astype(object) @ directions.T.astype(object)


def _best(
    values: np.ndarray, directions: np.ndarray, scale: int, radius: Fraction, norm: str, digits: int
) -> tuple[int, np.ndarray, Fraction] | None:
    """Return the proposal that cuts off most points per parameter, those points, and its reach."""
    reaches = [radius * size if norm != "l2" else _root(radius, size, digits) for size in _sizes(directions, norm)]
    limits = [2 * scale * reach.numerator // reach.denominator for reach in reaches]
    if values.dtype != object:
        most = FLOAT32_EXACT if values.dtype == np.float32 else FLOAT64_EXACT
        limits = [min(limit, most) for limit in limits]
    covered = values > np.array(limits, dtype=values.dtype)
    counts = covered.sum(axis=0)
    if not counts.any():
        return None
    place = int(np.argmax(counts / (np.count_nonzero(directions, axis=1) + 2)))
    return place, covered[:, place], reaches[place]


def _sizes(directions: np.ndarray, norm: str) -> list[int]:
    """Return the dual lengths of directions, in l2 their squares."""
    magnitudes = np.abs(directions)
    if largest_magnitude(magnitudes) >= 2**20:
        magnitudes = magnitudes.astype(object)
    if norm == "l1":
        return magnitudes.max(axis=1).tolist()
    return (magnitudes if norm == "linf" else magnitudes * magnitudes).sum(axis=1).tolist()


def _root(radius: Fraction, square: int, digits: int) -> Fraction:
    """Return the radius times a root, rational: at most 2^-digits more, exact where it is rational."""
    top, bottom = radius.numerator**2 * square, radius.denominator**2
    root = math.isqrt(top)
    if root * root == top:
        return Fraction(root, radius.denominator)
    return Fraction(math.isqrt((top << 2 * digits) // bottom) + 1, 2**digits)


def _cut(centre: np.ndarray, covered: np.ndarray, direction: np.ndarray, scale: int, reach: Fraction) -> Cut:
    axes = np.flatnonzero(direction)
    values = direction[axes].astype(object)
    nearest = Fraction(int((covered[:, axes].astype(object) @ values).min()), scale)
    base = Fraction(int(np.dot(centre[axes].astype(object), values)), scale)
    return Cut(tuple(map(int, axes)), tuple(map(int, values)), base + reach, nearest, reach)
