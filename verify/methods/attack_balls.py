"""A block of balls as integers over one unit, and where each ball's opponents lie."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy.spatial.distance import cdist

from constructions.data.norm_ball import NormBall
from constructions.exact.integer_arrays import largest_magnitude
from verify.methods.ball_program import SAFE, Domain

GRID_BITS = 10
NEAREST = 8
_CDIST = {"linf": "chebyshev", "l1": "cityblock", "l2": "sqeuclidean"}
_PAIR_WORK = 2**35
_PAIR_BLOCK = 2**22


@dataclass(frozen=True, slots=True)
class Balls:
    """Closed balls of one radius, and the box that contains each, cut by the domain.

    Attributes:
        centres: integers, shape (b, d); the centres are ``centres / unit``.
        low: smallest coordinate of each box, in the same units.
        high: largest coordinate of each box.
        radius: in the same units.
        unit: positive integer.
        norm: of the balls.
    """

    centres: np.ndarray
    low: np.ndarray
    high: np.ndarray
    radius: int
    unit: int
    norm: str

    def refined(self, bits: int) -> Balls:
        """Return the same balls in units of ``1 / (unit * 2^bits)``."""
        factor = 2**bits
        sides = (self.centres * factor, self.low * factor, self.high * factor)
        return replace(
            self, centres=sides[0], low=sides[1], high=sides[2], radius=self.radius * factor, unit=self.unit * factor
        )

    def clipped(self, candidates: np.ndarray) -> np.ndarray:
        """Return candidates of shape (b, c, d) with every coordinate moved into the boxes."""
        return np.minimum(np.maximum(candidates, self.low[:, None]), self.high[:, None])

    def contains(self, candidates: np.ndarray) -> np.ndarray:
        """Return which of the candidates (b, c, d) lie in ball and domain, exactly."""
        within = np.asarray(((candidates >= self.low[:, None]) & (candidates <= self.high[:, None])).all(axis=2))
        if self.norm == "linf":
            return within
        offset = np.abs(candidates - self.centres[:, None])
        if self.norm == "l1":
            return within & (offset.sum(axis=2) <= self.radius)
        return within & ((offset * offset).sum(axis=2) <= self.radius * self.radius)


class BallSpace:
    """All balls of one attack: integers over a common unit, taken block by block.

    Integers are int64 where no coordinate, sum or square of a refined block can
    overflow, else Python integers.

    Args:
        points: integers, shape (n, d); the centres are ``points / scale``.
        scale: positive integer.
        ball: norm and radius.
        domain: optional box that also restricts the attacker.
        opposite: integers, shape (m, d), points of other labels over the same scale.
        seed: of every random choice.

    Raises:
        ValueError: the shapes do not fit.
    """

    def __init__(
        self,
        points: np.ndarray,
        scale: int,
        ball: NormBall,
        domain: Domain | None = None,
        opposite: np.ndarray | None = None,
        seed: int = 0,
    ) -> None:
        count, self.dim = points.shape
        self._points = points
        self._opposite = points[:0] if opposite is None else opposite
        bounds = [] if domain is None else [*domain.lower, *domain.upper]
        if domain is not None and not len(domain.lower) == len(domain.upper) == self.dim:
            raise ValueError(f"points have {self.dim} coordinates, the domain {len(domain.lower)}")
        if self._opposite.shape[1:] != (self.dim,):
            raise ValueError(f"opposite points need shape (m, {self.dim}), got {self._opposite.shape}")
        self.unit = math.lcm(scale, ball.radius.denominator, *(value.denominator for value in bounds))
        self.radius, self.norm = int(ball.radius * self.unit), ball.norm
        self.stream = np.random.RandomState(seed % 2**32)
        self.bits = GRID_BITS + self.dim.bit_length()
        self._factor = self.unit // scale
        sides = [int(value * self.unit) for value in bounds]
        self.reach = max(
            largest_magnitude(points) * self._factor + self.radius,
            largest_magnitude(self._opposite) * self._factor,
            *(abs(side) for side in sides),
            1,
        )
        fine = self.reach << (self.bits + 1)
        widest = fine if self.norm == "linf" else self.dim * fine * fine
        self._kind = np.int64 if max(widest, self._factor) < SAFE else object
        self._lower, self._upper = (np.array(side, self._kind) for side in (sides[: self.dim], sides[self.dim :]))
        self._nearest = np.full((count, min(NEAREST, len(self._opposite))), -1, dtype=np.int64)
        self._pool: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def has_opposite(self) -> bool:
        """True when points of other labels are known."""
        return len(self._opposite) > 0

    def balls(self, indices: np.ndarray) -> Balls:
        """Return the balls around the points with these indices."""
        centres = self._in_units(self._points[indices])
        low, high = centres - self.radius, centres + self.radius
        if self._lower.size:
            low, high = np.maximum(low, self._lower), np.minimum(high, self._upper)
        return Balls(centres, low, high, self.radius, self.unit, self.norm)

    def nearest_opposite(self, indices: np.ndarray, count: int = NEAREST) -> np.ndarray:
        """Return opposite points near each ball, nearest first, in the space's units.

        Floats choose them, from a random sample where all pairs would be too many.
        There must be opposite points.

        Returns:
            Integers, shape (b, k, d) with k at most ``count``.
        """
        unknown = indices[self._nearest[indices, 0] < 0]
        if unknown.size:
            self._nearest[unknown] = self._search(unknown)
        return self._in_units(self._opposite[self._nearest[indices, :count]])

    def floats(self, integers: np.ndarray, unit: int) -> np.ndarray:
        """Return integers over ``unit`` as floats, the largest coordinate met being 1."""
        return ratios(integers, self.reach * (unit // self.unit))

    @property
    def extent(self) -> Fraction:
        """The length that ``floats`` calls 1."""
        return Fraction(self.reach, self.unit)

    def _in_units(self, array: np.ndarray) -> np.ndarray:
        return array.astype(self._kind) * self._factor

    def _search(self, indices: np.ndarray) -> np.ndarray:
        """Return the indices of near opposite points, shape (b, k), nearest first."""
        keep = self._nearest.shape[1]
        pool, others = self._others(keep)
        found = np.empty((len(indices), keep), dtype=np.int64)
        for part in slices(len(indices), max(1, _PAIR_BLOCK // pool.size)):
            distances = cdist(self._shifted(self._points[indices[part]]), others, _CDIST[self.norm])
            near = np.sort(np.argpartition(distances, keep - 1, axis=1)[:, :keep], axis=1)
            order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
            found[part] = pool[np.take_along_axis(near, order, axis=1)]
        return found

    def _others(self, keep: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the indices of the opposite points searched, and the points as floats."""
        if self._pool is None:
            pool = np.arange(len(self._opposite))
            most = max(keep, _PAIR_WORK // (len(self._points) * self.dim))
            if pool.size > most:
                pool = np.sort(np.random.RandomState(0).permutation(pool.size)[:most])
            self._pool = (pool, self._shifted(self._opposite[pool]))
        return self._pool

    def _shifted(self, points: np.ndarray) -> np.ndarray:
        """Return points as floats around the first centre, so that close points differ."""
        return ratios(self._in_units(points) - self._in_units(self._points[:1]), 2 * self.reach)


def ratios(integers: np.ndarray, peak: int) -> np.ndarray:
    """Return ``integers / peak`` as floats; no integer may exceed ``peak`` in size."""
    if integers.dtype != object and peak < SAFE:
        return integers / np.float64(peak)
    flat = [int(value) / peak for value in integers.ravel()]
    return np.array(flat, dtype=np.float64).reshape(integers.shape)


def slices(total: int, size: int) -> list[slice]:
    """Return consecutive slices of at most ``size`` that cover ``range(total)``."""
    return [slice(start, min(start + size, total)) for start in range(0, total, size)]
