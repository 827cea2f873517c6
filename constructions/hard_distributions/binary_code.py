"""Hard points from binary codes: far apart in l2, so that more of them fit a large radius."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import AssumptionViolated, BudgetExceeded, UsageError
from constructions.exact.rational import exact_fraction
from constructions.hard_distributions.labellings import Labelling, ListedLabels, labelling

LONGEST_LEXICODE = 20
LARGEST_ORDER = 12
HALF = Fraction(1, 2)


def lexicode(length: int, distance: int) -> np.ndarray:
    """Return the binary lexicode: words in increasing order, each kept if far from those before.

    The code is linear (Conway and Sloane, 1986), so it is built by its generators: the
    next one is the smallest word at the distance from the code so far.

    Args:
        length: bits of a word, 1 to 20.
        distance: the smallest Hamming distance of two words, 1 to ``length``.

    Returns:
        The words in increasing order, int64; bit j of a word is its coordinate j.

    Raises:
        UsageError: the length or the distance is out of range.
        BudgetExceeded: the length is above 20.

    Example:
        >>> len(lexicode(7, 3)), lexicode(3, 2).tolist()
        (16, [0, 3, 5, 6])
    """
    _check_code(length, distance)
    if length > LONGEST_LEXICODE:
        raise BudgetExceeded(f"a lexicode of length {length} is too long to search; at most {LONGEST_LEXICODE}")
    words = np.arange(2**length, dtype=np.int64)
    nearest = np.bitwise_count(words)
    code = np.zeros(1, dtype=np.int64)
    while True:
        far = np.flatnonzero(nearest >= distance)
        if far.size == 0:
            return np.sort(code)
        code = np.concatenate([code, code ^ far[0]])
        nearest = np.minimum(nearest, nearest[words ^ far[0]])


def gilbert_varshamov(length: int, distance: int) -> int:
    """Return a size that some binary code of this length and distance reaches.

    ``ceil(2^n / sum_{i < distance} C(n, i))``: as long as a code is smaller, the balls
    of radius ``distance - 1`` around its words leave a word free. A lexicode reaches it.

    Raises:
        UsageError: the length or the distance is out of range.

    Example:
        >>> gilbert_varshamov(7, 3)
        5
    """
    _check_code(length, distance)
    ball = sum(math.comb(length, i) for i in range(distance))
    return -(-(2**length) // ball)


def reed_muller_words(order: int) -> np.ndarray:
    """Return the first-order Reed-Muller code: all affine functions on ``{0,1}^order``.

    Two different affine functions differ in at least half of the ``2^order`` places.

    Args:
        order: 1 to 12.

    Returns:
        Zeros and ones, shape (2^(order+1), 2^order), uint8. Row ``a_0 + 2 a`` holds
        ``a_0 + <a, x>`` modulo 2 at the places x.

    Raises:
        UsageError: the order is out of range.
    """
    if not 1 <= order <= LARGEST_ORDER:
        raise UsageError(f"the order must be from 1 to {LARGEST_ORDER}, got {order}")
    places = np.arange(2**order, dtype=np.int64)
    linear = (np.bitwise_count(places[:, None] & places[None, :]) & 1).astype(np.uint8)
    return np.stack([linear, 1 - linear], axis=1).reshape(2 ** (order + 1), 2**order)


@dataclass(frozen=True, slots=True)
class CodeFamily:
    """Codewords in the first coordinates, their labels written faintly into the last one.

    Point i is ``(word i, 1/2 + offset * label(i))`` in the unit cube. Different words
    are ``sqrt(distance)`` apart in l2, so ``eps`` may be half of that, and the radius
    anything below it. The midpoint of i, on the plane ``x_d = 1/2``, is at distance
    ``offset <= radius`` from point i.

    Theorem: thm:hard-linearly-separable-sets

    Attributes:
        length: bits of a word; the dimension is one more.
        distance: the smallest Hamming distance of two words, proved by the construction.
        radius: l2 perturbation radius, with ``4 * radius^2 < distance``.
        offset: above 0, at most the radius and 1/2.
        labelling: a label per word.
        words: the words in order, one byte per bit.

    Example:
        >>> family = CodeFamily.of(length=7, distance=3, radius="3/4")
        >>> family.size, family.listed().separation_squared() >= 3
        (16, True)
    """

    length: int
    distance: int
    radius: Fraction
    offset: Fraction
    labelling: Labelling
    words: bytes

    @classmethod
    def of(
        cls,
        length: int,
        distance: int,
        radius: Any,
        offset: Any = None,
        labels: Sequence[int] | np.ndarray | None = None,
        seed: int = 0,
    ) -> CodeFamily:
        """Return the family of the lexicode of this length and distance.

        Args:
            length: bits of a word, 1 to 20.
            distance: 1 to ``length``.
            radius: exact, above 0, with ``4 * radius^2 < distance``.
            offset: exact, above 0, at most the radius and 1/2; half of the smaller of
                the two by default.
            labels: -1 or +1 for every word, or ``None`` for independent seeded labels.
            seed: of the labels, 0 to 2^63 - 1.

        Raises:
            AssumptionViolated: the radius or the offset is out of its range.
            InexactInput: the radius or the offset is a float.
            UsageError: the length, the distance or the labels do not fit.
            BudgetExceeded: the length is above 20.
        """
        words = lexicode(length, distance)
        bits = (words[:, None] >> np.arange(length)) & 1
        return cls._family(bits.astype(np.uint8), distance, radius, offset, labels, seed)

    @classmethod
    def reed_muller(
        cls,
        order: int,
        radius: Any,
        offset: Any = None,
        labels: Sequence[int] | np.ndarray | None = None,
        seed: int = 0,
    ) -> CodeFamily:
        """Return the family of the first-order Reed-Muller code, whose distance needs no search.

        Args:
            order: 1 to 12; the length is ``2^order``, the distance half of it, and there
                are ``2^(order+1)`` words.
            radius: exact, above 0, with ``4 * radius^2 < distance``.
            offset: as in ``of``.
            labels: as in ``of``.
            seed: as in ``of``.

        Raises:
            AssumptionViolated: the radius or the offset is out of its range.
            InexactInput: the radius or the offset is a float.
            UsageError: the order or the labels do not fit.
        """
        return cls._family(reed_muller_words(order), 2 ** (order - 1), radius, offset, labels, seed)

    @classmethod
    def _family(
        cls,
        bits: np.ndarray,
        distance: int,
        radius: Any,
        offset: Any,
        labels: Sequence[int] | np.ndarray | None,
        seed: int,
    ) -> CodeFamily:
        reach = exact_fraction(radius, "radius")
        if not (reach > 0 and 4 * reach**2 < distance):
            raise AssumptionViolated(
                f"the radius must lie in (0, sqrt({distance})/2), got {reach}; "
                f"4 * radius^2 = {4 * reach**2} must be below {distance}",
                "radius",
            )
        largest = min(reach, HALF)
        lift = largest / 2 if offset is None else exact_fraction(offset, "offset")
        if not 0 < lift <= largest:
            raise AssumptionViolated(f"the offset must lie in (0, {largest}], got {lift}", "offset")
        marks = labelling(len(bits), labels, seed, len(bits))
        return cls(bits.shape[1], distance, reach, lift, marks, bits.tobytes())

    @property
    def dim(self) -> int:
        """The dimension, ``length + 1``."""
        return self.length + 1

    @property
    def size(self) -> int:
        """Number of words."""
        return len(self.words) // self.length

    @property
    def codewords(self) -> np.ndarray:
        """The words as zeros and ones, shape (size, length), uint8."""
        return np.frombuffer(self.words, dtype=np.uint8).reshape(self.size, self.length)

    def label(self, index: int) -> int:
        """Return the label of one word."""
        return self.labelling(index)

    def listed(self) -> LabelledPoints:
        """Return all points in order."""
        return self._labelled(self.offset)

    def midpoints(self) -> LabelledPoints:
        """Return all midpoints in order, each with the label of its point."""
        return self._labelled(Fraction(0))

    def _labelled(self, offset: Fraction) -> LabelledPoints:
        assert isinstance(self.labelling, ListedLabels)
        labels = self.labelling.array()
        scale = math.lcm(2, offset.denominator)
        kind = np.int64 if scale < 2**31 else object
        last = int(HALF * scale) + labels.astype(kind) * int(offset * scale)
        table = np.concatenate([self.codewords.astype(kind) * scale, last[:, None]], axis=1)
        return LabelledPoints.of(table, labels, scale=scale)


def _check_code(length: int, distance: int) -> None:
    if length < 1:
        raise UsageError(f"the length must be at least 1, got {length}")
    if not 1 <= distance <= length:
        raise UsageError(f"the distance must be from 1 to the length {length}, got {distance}")
