"""What the hard grids share: spacing, indices and their digits."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact.integer_arrays import INT64_EXACT
from constructions.exact.rational import exact_fraction
from constructions.hard_distributions.labellings import (
    LARGEST_LISTED,
    HashedLabels,
    Labelling,
    checked_index,
    shown_count,
)

LARGEST_INDEX_BITS = 2**24
LARGEST_ARRAY_BYTES = 4 * 2**30

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class GridIndices:
    """The points of ``{0, 1/q, ..., 1}^axes``, numbered from 0.

    The index of a point is ``sum_j i_j * (q+1)^j``: its first coordinate is the lowest
    digit.

    Attributes:
        axes: number of coordinates.
        steps: the number q of steps along an axis.

    Raises:
        BudgetExceeded: an index can have more than 2^24 bits.
    """

    axes: int
    steps: int

    def __post_init__(self) -> None:
        if self.axes * (self.steps + 1).bit_length() > LARGEST_INDEX_BITS:
            raise BudgetExceeded(
                f"{shown_count(self.axes)} axes with {shown_count(self.steps + 1)} values each: "
                f"an index would have more than {LARGEST_INDEX_BITS} bits"
            )

    @property
    def centres(self) -> int:
        """Values a coordinate can take, ``steps + 1``."""
        return self.steps + 1

    @property
    def size(self) -> int:
        """Number of points, ``centres ** axes``, exact at any size."""
        return self.centres**self.axes

    def checked(self, index: Any) -> int:
        """Return an index as a Python integer.

        Raises:
            UsageError: it is not an integer of ``0..size-1``.
        """
        return checked_index(index, self.size)

    def digits(self, index: int) -> tuple[int, ...]:
        """Return the digits of one index, lowest first.

        Raises:
            UsageError: the index is out of range.
        """
        rest = self.checked(index)
        found = []
        for _ in range(self.axes):
            rest, digit = divmod(rest, self.centres)
            found.append(digit)
        return tuple(found)

    def index_of(self, digits: Sequence[int]) -> int:
        """Return the index with these digits, lowest first.

        Raises:
            UsageError: there are not as many digits as axes, or one is out of range.
        """
        if len(digits) != self.axes or not all(0 <= digit <= self.steps for digit in digits):
            raise UsageError(f"an index has {self.axes} digits, each from 0 to {self.steps}")
        total = 0
        for digit in reversed(digits):
            total = total * self.centres + int(digit)
        return total

    def all_indices(self) -> np.ndarray:
        """Return every index in order.

        Raises:
            BudgetExceeded: there are more than 2^22.
        """
        if self.size > LARGEST_LISTED:
            raise BudgetExceeded(
                f"{self.centres}^{self.axes} = {shown_count(self.size)} points are too many to list; "
                f"at most {LARGEST_LISTED} are"
            )
        return np.arange(self.size, dtype=np.int64)

    def index_array(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return checked indices as an array, of Python integers where int64 does not hold them.

        Raises:
            UsageError: an index is out of range, or there is none.
        """
        values = [self.checked(index) for index in indices]
        if not values:
            raise UsageError("choose at least one index")
        return np.array(values, dtype=np.int64 if self.size < INT64_EXACT else object)

    def coordinates(self, indices: np.ndarray, scale: int, more: int = 0) -> np.ndarray:
        """Return the points of many indices, and room for more columns.

        Args:
            indices: from ``all_indices`` or ``index_array``.
            scale: a positive multiple of ``steps``.
            more: how many columns to leave free on the right.

        Returns:
            Integers, shape (n, axes + more); the coordinates are these over ``scale``.

        Raises:
            BudgetExceeded: the array would take more than 4 GiB.
        """
        kind = _kind_for(scale)
        bytes_needed = len(indices) * (self.axes + more) * np.dtype(kind).itemsize
        if bytes_needed > LARGEST_ARRAY_BYTES:
            raise BudgetExceeded(
                f"{len(indices)} points of dimension {self.axes + more} need {bytes_needed} bytes; "
                f"at most {LARGEST_ARRAY_BYTES} are used"
            )
        table = np.empty((len(indices), self.axes + more), dtype=kind)
        rest, unit = indices.astype(object) if kind is object else indices, scale // self.steps
        for axis in range(self.axes):
            table[:, axis] = (rest % self.centres) * unit
            rest = rest // self.centres
        return table


def grid_steps(eps: Fraction) -> int:
    """Return ``floor(1/(2 eps))``, the largest q whose spacing 1/q is at least ``2 eps``."""
    return math.floor(1 / (2 * eps))


def checked_eps(eps: Any) -> Fraction:
    """Return eps exactly.

    Raises:
        AssumptionViolated: it is not above 0 and at most 1/2.
        InexactInput: it is a float.
    """
    value = exact_fraction(eps, "eps")
    if not 0 < value <= Fraction(1, 2):
        raise AssumptionViolated(f"eps must lie in (0, 1/2], got {value}", "eps")
    return value


def checked_dim(dim: Any, smallest: int) -> int:
    """Return the dimension as an integer.

    Raises:
        AssumptionViolated: it is below ``smallest``.
        UsageError: it is not an integer.
    """
    try:
        value = operator.index(dim)
    except TypeError:
        raise UsageError(f"the dimension must be an integer, got {dim!r}") from None
    if value < smallest:
        raise AssumptionViolated(f"the dimension must be at least {smallest}, got {value}", "dim")
    return value


def label_array(labels: Labelling, indices: np.ndarray) -> np.ndarray:
    """Return the labels of many indices as integers, shape (n,)."""
    if isinstance(labels, HashedLabels):
        return np.array([labels(int(index)) for index in indices], dtype=np.int64)
    return labels.array()[indices.astype(np.int64)]


def _kind_for(largest: int) -> Any:
    for kind in (np.uint8, np.int16, np.int32, np.int64):
        if largest <= np.iinfo(kind).max:
            return kind
    return object
