"""Labellings -1/+1 of ``0..count-1``: listed ones, and hashed ones for any count."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from constructions.errors import BudgetExceeded, UsageError
from constructions.exact.binary_field import BinaryField, FieldPolynomial
from constructions.hard_distributions.seeded_bits import checked_seed, seeded_bytes

LARGEST_LISTED = 2**22
LARGEST_UNIFORM = 2**26
LARGEST_COEFFICIENT_BITS = 2**26


def uniform_labels(count: int, seed: int) -> np.ndarray:
    """Return independent labels -1 or +1, each with probability one half.

    Args:
        count: how many, at most 2^26.
        seed: 0 to 2^63 - 1; count and seed determine the labels on every machine.

    Returns:
        Integers, shape (count,), int64.

    Raises:
        BudgetExceeded: count is above 2^26.
        UsageError: count is below 1, or the seed is out of range.
    """
    if count < 1:
        raise UsageError("a labelling needs at least one label")
    if count > LARGEST_UNIFORM:
        raise BudgetExceeded(f"{shown_count(count)} labels are too many to list; at most {LARGEST_UNIFORM} are")
    content = np.frombuffer(seeded_bytes(f"{count} uniform labels", seed, (count + 7) // 8), dtype=np.uint8)
    return np.unpackbits(content, count=count, bitorder="little").astype(np.int64) * 2 - 1


def shown_count(count: int) -> str:
    """Return an integer for a message: its digits, or its size where they are many."""
    return str(count) if count.bit_length() <= 128 else f"about 2^{count.bit_length() - 1}"


def checked_index(index: Any, count: int) -> int:
    """Return an index as a Python integer.

    Raises:
        UsageError: it is not an integer of ``0..count-1``.
    """
    try:
        value = operator.index(index)
    except TypeError:
        raise UsageError(f"index {index!r} is not an integer") from None
    if not 0 <= value < count:
        raise UsageError(f"index {shown_count(value)} lies outside 0..{shown_count(count - 1)}")
    return value


@dataclass(frozen=True, slots=True)
class ListedLabels:
    """A labelling given label by label.

    Attributes:
        marks: one byte per index, 1 for the label +1 and 0 for -1.
    """

    marks: bytes = field(repr=False)

    @classmethod
    def of(cls, labels: Iterable[Any]) -> ListedLabels:
        """Return the labelling with these labels.

        Raises:
            UsageError: a label is not -1 or +1, or there is none.
        """
        array = labels if isinstance(labels, np.ndarray) else np.asarray(list(labels), dtype=object)
        if array.ndim != 1 or array.size == 0:
            raise UsageError(f"labels must be a flat sequence of -1 and +1, got shape {array.shape}")
        wrong = np.flatnonzero((array != 1) & (array != -1))
        if wrong.size:
            raise UsageError(f"label {wrong[0]} is {array[wrong[0]]!r}; labels are -1 and +1")
        return cls((array == 1).astype(np.uint8).tobytes())

    @property
    def count(self) -> int:
        """How many labels."""
        return len(self.marks)

    @property
    def independence(self) -> int:
        """How many labels are independent when they are drawn: all."""
        return len(self.marks)

    def __call__(self, index: int) -> int:
        """Return the label of one index."""
        return 2 * self.marks[checked_index(index, self.count)] - 1

    def array(self) -> np.ndarray:
        """Return all labels as integers, shape (count,)."""
        return np.frombuffer(self.marks, dtype=np.uint8).astype(np.int64) * 2 - 1


@dataclass(frozen=True, slots=True)
class HashedLabels:
    """Seeded labels -1 or +1 that are uniform and k-wise independent, for any count.

    The label of an index is the lowest bit of a random polynomial of degree k-1 over a
    field with at least ``count`` elements of characteristic two, at the index as an
    element. Over the choice of the coefficients, any k values at different indices are
    independent and uniform, exactly; so are their lowest bits.

    Attributes:
        count: the labelling is of ``0..count-1``.
        independence: the number k.
        seed: 0 to 2^63 - 1; determines the coefficients on every machine.

    Raises:
        UsageError: the count or the independence is below 1, or the seed out of range.
        BudgetExceeded: the coefficients together have more than 2^26 bits.

    Example:
        >>> labels = HashedLabels(count=3**200, independence=64, seed=7)
        >>> labels(3**199) in (-1, 1)
        True
    """

    count: int
    independence: int
    seed: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.independence < 1:
            raise UsageError(f"a hashed labelling needs a count and an independence >= 1, got {self.independence}")
        checked_seed(self.seed)
        bits = self.independence * (self.count - 1).bit_length()
        if bits > LARGEST_COEFFICIENT_BITS:
            raise BudgetExceeded(
                f"independence {shown_count(self.independence)} on {shown_count(self.count)} indices needs "
                f"{shown_count(bits)} random bits; at most {LARGEST_COEFFICIENT_BITS} are drawn"
            )

    def __call__(self, index: int) -> int:
        """Return the label of one index."""
        polynomial = _polynomial(self.count, self.independence, self.seed)
        return label_of_hash(polynomial, checked_index(index, self.count))


Labelling = ListedLabels | HashedLabels


def label_of_hash(polynomial: FieldPolynomial, index: int) -> int:
    """Return +1 if the lowest bit of the polynomial at this index is set, else -1."""
    return 2 * (polynomial(index) & 1) - 1


def labelling(count: int, labels: Sequence[int] | np.ndarray | None, seed: int, independence: int) -> Labelling:
    """Return the given labels, or seeded ones.

    Args:
        count: how many labels, of any size.
        labels: all of them, or ``None`` for seeded ones: all independent up to 2^22 of
            them, hashed beyond.
        seed: 0 to 2^63 - 1.
        independence: of hashed labels.

    Raises:
        UsageError: the labels are not ``count`` numbers -1 or +1, or an option is out of range.
        BudgetExceeded: the hashed labels need too many random bits.
    """
    if labels is not None:
        given = ListedLabels.of(labels)
        if given.count != count:
            raise UsageError(f"{shown_count(count)} points need as many labels, got {given.count}")
        return given
    if count <= LARGEST_LISTED:
        return ListedLabels.of(uniform_labels(count, seed))
    return HashedLabels(count, independence, seed)


@lru_cache(maxsize=8)
def _polynomial(count: int, independence: int, seed: int) -> FieldPolynomial:
    fitting = BinaryField((count - 1).bit_length())
    width = (fitting.degree + 7) // 8
    purpose = f"{count:x} hashed labels, {independence} independent"
    content = seeded_bytes(purpose, seed, width * independence)
    mask = (1 << fitting.degree) - 1
    return fitting.polynomial(
        [int.from_bytes(content[width * i : width * (i + 1)], "little") & mask for i in range(independence)]
    )
