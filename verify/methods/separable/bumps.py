"""The last hidden layer as upside-down paraboloids, each with how far below it the unit may lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

import numpy as np

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork


@dataclass(frozen=True, slots=True)
class Bumps:
    """Preactivations p of rows of the last hidden layer, bounded on the whole range of the balls.

    ``P - drop <= p <= P`` with ``P(x) = peak - bend |x - centre|^2``, one bend for all.

    ``p <= P`` holds, or ``p <= 0``, wherever the coordinates of the balls move; the other
    inequality holds between ``low`` and ``high`` of the row, everywhere where they are absent.

    Attributes:
        rows: of the last hidden layer.
        bend: positive.
        centres: integers, shape (rows, dim), in units of ``1 / unit``.
        unit: positive integer.
        peaks: integers, one per row, in units of ``1 / value_unit``.
        drops: integers, at least 0, likewise.
        value_unit: positive integer.
        boxes: integers, lower and upper corners, each of the shape of the centres, and the
            unit they are in; ``None`` for no limit.
    """

    rows: np.ndarray
    bend: Fraction
    centres: np.ndarray
    unit: int
    peaks: np.ndarray
    drops: np.ndarray
    value_unit: int
    boxes: tuple[np.ndarray, np.ndarray, int] | None


class Squares(Protocol):
    """Rows of the last hidden layer that parabolas bound."""

    def bends(self) -> Counter[Fraction]:
        """Return guesses of the bend, and how many kinks suggest each."""
        ...

    def bumps(self, bend: Fraction) -> Bumps:
        """Return the paraboloids of a positive bend."""
        ...


@dataclass(frozen=True, slots=True)
class Roles:
    """What the output does with each bump.

    Attributes:
        lowering: bumps that lower the output, in order.
        raising: bumps that raise it, in order.
        caps: by raising bump, the most it may rise where a lower twin cuts it off.
        weights: by raising bump, its output weight, an integer in units of ``1 / unit``.
        unit: positive integer.
        bias: of the output.
    """

    lowering: np.ndarray
    raising: np.ndarray
    caps: dict[int, Fraction]
    weights: dict[int, int]
    unit: int
    bias: Fraction

    @classmethod
    def of(cls, network: ReluNetwork) -> Roles:
        """Return the roles in a network of one output."""
        last, affine = network.maps[-1], network.maps[-2]
        weights = np.zeros(last.shape[1], dtype=object)
        weights[last.numerators.columns] = last.numerators.values
        twins = _twins(affine, weights)
        weights[list(twins)] = 0
        raising = np.flatnonzero(weights > 0)
        bias = affine.bias_numerators
        caps = {top: Fraction(int(bias[top]) - int(bias[low]), affine.denominator) for low, top in twins.items()}
        rises = dict(zip(raising.tolist(), weights[raising].tolist(), strict=True))
        start = Fraction(int(last.bias_numerators[0]), last.denominator)
        return cls(np.flatnonzero(weights < 0), raising, caps, rises, last.denominator, start)

    @property
    def rows(self) -> np.ndarray:
        """All bumps that matter, in order."""
        return np.union1d(self.lowering, self.raising)


def _twins(affine: AffineMap, weights: np.ndarray) -> dict[int, int]:
    """Return the lower twin of every bump that has one: the key is the lower, the value the higher.

    Twins differ in their bias alone and have opposite output weights. Together they are the
    higher bump, cut off at the difference of the biases: 0 where that is 0, and monotone.
    """
    if not ((weights > 0).any() and (weights < 0).any()):
        return {}
    found = {}
    for pair in _alike(affine):
        if len(pair) == 2 and weights[pair[0]] == -weights[pair[1]] and weights[pair[0]]:
            lower, higher = sorted(pair, key=lambda row: int(affine.bias_numerators[row]))
            found[lower] = higher
    return found


def _alike(affine: AffineMap) -> Iterable[list[int]]:
    """Return the rows grouped by their weights."""
    matrix = affine.numerators
    starts, columns = matrix.starts.tolist(), matrix.columns
    names = np.unique(matrix.values, return_inverse=True)[1] if matrix.values.dtype == object else matrix.values
    rows: dict[tuple[bytes, bytes], list[int]] = {}
    for row, (start, stop) in enumerate(pairwise(starts)):
        rows.setdefault((columns[start:stop].tobytes(), names[start:stop].tobytes()), []).append(row)
    return rows.values()
