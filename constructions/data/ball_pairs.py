"""A group of points, and for each of its labellings a pair of opposite balls."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class BallPairs:
    """Points, labellings of them, and the two centres that stand for each labelling.

    Measures of lengths are the lengths themselves in l-infinity and l1, their squares in l2;
    so they are rational.

    Attributes:
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        points: integers, shape (k, a); coordinates beyond the a listed ones are zero.
        labels: -1 or +1, shape (count, k), a labelling in each row.
        centres: integers, shape (count, 2, a): of each labelling the centre labelled +1, then
            the one labelled -1.
        eps: measure of half the distance that opposite centres are to have.
        radius: measure of the radius of the balls.
    """

    norm: str
    points: np.ndarray
    labels: np.ndarray
    centres: np.ndarray
    eps: Fraction
    radius: Fraction

    @property
    def separation(self) -> Fraction:
        """The measure of twice eps."""
        return (4 if self.norm == "l2" else 2) * self.eps


def every_labelling(count: int) -> np.ndarray:
    """Return all labellings -1/+1 of ``count`` points, shape (2^count, count), int64.

    Row n gives point i the label -1 where bit i of n is set.
    """
    rows = np.arange(2**count, dtype=np.int64)[:, None]
    return 1 - 2 * (rows >> np.arange(count, dtype=np.int64)[None, :] & 1)
