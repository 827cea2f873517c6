"""Which pairs of opposite points have balls that meet, in exact arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated
from constructions.exact.norms import check_norm
from constructions.exact.opposite_distances import pairs_within, unpacked
from constructions.exact.rational import exact_fraction


@dataclass(frozen=True, slots=True, eq=False)
class ConflictGraph:
    """The conflicts between points labelled +1 and points labelled -1.

    Attributes:
        data: labelled points.
        norm: of the balls.
        radius: of the balls.
        closed: True for closed balls, False for open ones.
        plus: indices of the points labelled +1.
        minus: indices of the points labelled -1.
        rows: words of 64 bits; bit ``j % 64`` of word ``j // 64`` of row i says whether the
            balls around ``plus[i]`` and ``minus[j]`` meet.
    """

    data: LabelledPoints
    norm: str
    radius: Fraction
    closed: bool
    plus: np.ndarray = field(repr=False)
    minus: np.ndarray = field(repr=False)
    rows: np.ndarray = field(repr=False)

    @property
    def count(self) -> int:
        """Number of conflicts."""
        return int(np.bitwise_count(self.rows).sum(dtype=np.int64))

    def pairs(self) -> np.ndarray:
        """Return the conflicts as pairs of indices (plus, minus), shape (count, 2), in lexicographic order."""
        places = np.argwhere(unpacked(self.rows, len(self.minus)))
        return np.stack([self.plus[places[:, 0]], self.minus[places[:, 1]]], axis=1)

    def has_conflict(self) -> np.ndarray:
        """Return for every point of the data whether some opposite ball meets its own."""
        marks = np.zeros(len(self.data), dtype=bool)
        marks[self.plus] = self.rows.any(axis=1)
        columns = np.bitwise_or.reduce(self.rows, axis=0, initial=np.uint64(0))
        marks[self.minus] = unpacked(columns[None], len(self.minus))[0]
        return marks


def conflict_graph(data: LabelledPoints, norm: str, radius: Any, closed: bool = True) -> ConflictGraph:
    """Return the conflicts between opposite points.

    Two balls of radius r around x and x' have a common point iff ``|x - x'| <= 2 r``; open
    balls of a positive radius iff ``|x - x'| < 2 r``. In l2 the squares are compared.

    Theorem: thm:optimal-robust-error

    Args:
        data: points labelled -1 and +1, duplicates allowed.
        norm: ``"linf"``, ``"l1"`` or ``"l2"``.
        radius: exact, at least 0.
        closed: whether the balls contain their boundary.

    Raises:
        AssumptionViolated: another label, a negative radius, or open balls of radius 0.
        InexactInput: the radius is a float.
        UsageError: an unknown norm.

    Cost:
        At most one compiled operation for each coordinate of each opposite pair; one bit of
        memory a pair.
    """
    size = exact_fraction(radius, "radius")
    check_norm(norm)
    check_two_labels(data)
    if size < 0 or (size == 0 and not closed):
        raise AssumptionViolated(
            f"radius must be {'at least' if closed else 'above'} 0{'' if closed else ' for open balls'}, got {size}",
            "radius",
        )
    plus, minus = data.indices(1), data.indices(-1)
    limit = largest_conflict(data, norm, size, closed)
    rows = pairs_within(data.numerators[plus], data.numerators[minus], norm, limit)
    return ConflictGraph(data, norm, size, closed, plus, minus, rows)


def largest_conflict(data: LabelledPoints, norm: str, radius: Fraction, closed: bool) -> int:
    """Return the largest distance in conflict, in the units of the coordinates (in l2 their squares)."""
    reach = 2 * radius * data.scale
    if norm == "l2":
        reach *= reach
    return math.floor(reach) if closed else math.ceil(reach) - 1


def check_two_labels(data: LabelledPoints) -> None:
    """Refuse labels other than -1 and +1.

    Raises:
        AssumptionViolated: there are others.
    """
    classes = data.classes
    if len(classes) > 2:
        raise AssumptionViolated(
            f"the optimal robust error is computed for two classes, got {len(classes)}: {classes[:6]}; "
            "with more it is a maximum-weight independent set of a general graph, which is NP-hard",
            "labels",
        )
    if not set(classes) <= {-1, 1}:
        raise AssumptionViolated(f"labels must be -1 and +1, got {', '.join(map(str, classes))}", "labels")
