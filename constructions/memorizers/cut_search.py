"""Half-spaces that cut a ball off the balls of opposite points: proposed in floats, decided in integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from constructions.exact.norms import dual_norm, length

_STEPS = 24
_GRID = 64
_DIGITS = 24


@dataclass(frozen=True, slots=True)
class Cut:
    """The test ``relu(<direction, x> - start)``: 0 on the ball of its centre.

    Attributes:
        axes: coordinates it reads.
        direction: an integer for each.
        start: at least the largest value of ``<direction, x>`` on the ball.
        room: how far beyond ``start`` the value is at least, on every ball it cuts off.
    """

    axes: tuple[int, ...]
    direction: tuple[int, ...]
    start: Fraction
    room: Fraction


def cuts_for(centre: np.ndarray, others: np.ndarray, scale: int, radius: Fraction, norm: str) -> list[Cut]:
    """Return cuts of one centre that together cut off every other point.

    In each round directions are proposed for the points that are left: the differences to
    the nearest of them and to their mean, the direction of largest margin found by a few
    Frank-Wolfe steps, each also restricted to its largest coordinates. The one that cuts
    off most points per parameter is taken, after exact comparison.

    Args:
        centre: integers, shape (dim,).
        others: integers, shape (k, dim), all farther than twice the radius.
        scale: positive integer; points are ``centre / scale``.
        radius: of the balls.
        norm: of the balls.

    Cost:
        O(k dim) per proposal, a few dozen proposals per cut.
    """
    differences = (others - centre).astype(object) if others.dtype == object else others.astype(np.int64) - centre
    left = np.arange(len(others))
    cuts = []
    digits = _DIGITS
    while left.size:
        best: tuple[float, np.ndarray, np.ndarray, Fraction] | None = None
        for direction in _proposals(differences[left], radius * scale, norm):
            reach = _reach(direction, radius, norm, digits)
            values = differences[left] @ direction
            covered = np.flatnonzero(values > math.floor(2 * reach * scale))
            worth = covered.size / (np.count_nonzero(direction) + 2)
            if covered.size and (best is None or worth > best[0]):
                best = worth, direction, covered, reach
        if best is None:
            digits *= 4  # the radius is so close to eps that roots must be finer
            continue
        _, direction, covered, reach = best
        axes = np.flatnonzero(direction)
        nearest = Fraction(int((differences[left[covered]] @ direction).min()), scale)
        base = Fraction(int(np.dot(centre.astype(object), direction.astype(object))), scale)
        cuts.append(
            Cut(
                tuple(int(axis) for axis in axes),
                tuple(int(direction[axis]) for axis in axes),
                base + reach,
                nearest - 2 * reach,
            )
        )
        left = np.delete(left, covered)
    return cuts


def _reach(direction: np.ndarray, radius: Fraction, norm: str, digits: int) -> Fraction:
    """Return the largest of ``<direction, z>`` over a ball around 0; in l2 up to 2^-digits more, rational."""
    entries = [Fraction(int(value)) for value in direction if value]
    size = length(entries, dual_norm(norm))
    if norm != "l2":
        return radius * size
    square = radius * radius * size
    unit = 2**digits
    root = math.isqrt(math.floor(square * unit * unit))
    return Fraction(root, unit) if Fraction(root, unit) ** 2 == square else Fraction(root + 1, unit)


def _proposals(differences: np.ndarray, reach: Fraction, norm: str) -> list[np.ndarray]:
    floats = differences.astype(float)
    sizes = np.sqrt((floats * floats).sum(axis=1))
    nearest = differences[int(sizes.argmin())]
    # The nearest point's own difference always cuts it off, whatever the others do.
    found = [_own(nearest, norm)]
    for vector in (floats[int(sizes.argmin())], floats.mean(axis=0), _widest_margin(floats)):
        found += _restricted(vector, floats, float(reach), norm)
    return found


def _own(difference: np.ndarray, norm: str) -> np.ndarray:
    """Return a direction whose value at a difference is its length times the dual length."""
    if norm == "l2":
        return difference
    signs = np.sign(difference)
    if norm == "l1":
        return signs
    largest = int(np.abs(difference).argmax())
    return np.where(np.arange(len(difference)) == largest, signs, 0)


def _restricted(vector: np.ndarray, floats: np.ndarray, reach: float, norm: str) -> list[np.ndarray]:
    """Return the vector on its 1, 2, 3, 4, 6, 8, 12, ... largest coordinates, rounded to integers."""
    order = np.argsort(-np.abs(vector), kind="stable")
    order = order[np.abs(vector[order]) > 0]
    found = []
    for count in sorted({c for k in range(12) for c in (2**k, 3 * 2**k) if c < len(order)} | {len(order)}):
        kept = np.zeros(len(vector))
        kept[order[:count]] = vector[order[:count]]
        rounded = np.sign(kept) if norm == "l1" else np.rint(kept * (_GRID / max(np.abs(kept).max(), 1e-300)))
        if rounded.any():
            found.append(rounded.astype(np.int64))
    return found


def _widest_margin(floats: np.ndarray) -> np.ndarray:
    """Return about the shortest vector of the convex hull of the rows, by Frank-Wolfe steps."""
    place: np.ndarray = floats[int((floats * floats).sum(axis=1).argmin())].copy()
    for _ in range(_STEPS):
        target = floats[int((floats @ place).argmin())]
        step = place - target
        size = float(step @ step)
        if size == 0:
            break
        share = min(max(float(step @ place) / size, 0.0), 1.0)
        if share == 0:
            break
        place = place - share * step
    return place
