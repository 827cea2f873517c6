"""T(W, d, m) in bits: enclosed for sizes of any length, by cutting the range of unit counts."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction

from verify.capacity.enclosures import Bits, binomial_bits, bits_of, euler_bits, exact_bits, middle, sum_bits
from verify.capacity.sign_patterns import degree, most_units, possible_parameters

_MOST_SEGMENTS = 4000


@dataclass(frozen=True, slots=True)
class RegionBits:
    """The count of sign vectors by supports, signs and regions, as logarithms.

    Attributes:
        size: W, at least 1 and at most ``points``.
        dim: d.
        points: m.
        depth: longest path allowed, ``None`` for any.
    """

    size: int
    dim: int
    points: int
    depth: int | None = None

    def parts(self, units: int) -> dict[str, Bits]:
        """Return the bits of one term, that of ``size`` parameters and so many hidden units."""
        free = self.size - units
        regions = 1 + euler_bits() + bits_of(self.points * degree(units, self.depth)) - bits_of(free)
        return {
            "supports": binomial_bits(possible_parameters(units, self.dim), self.size),
            "signs": exact_bits(units + 1),
            "regions": free * (regions + self._patterns_of_units(units)),
        }

    def term(self, units: int) -> Bits:
        """Return the bits of that term."""
        parts = self.parts(units)
        return parts["supports"] + parts["signs"] + parts["regions"]

    def largest_term(self) -> int:
        """Return a number of units whose term is about the largest; only a proposal."""
        near = 4 * self.points.bit_length() + 8
        low = max(0, min(self.most, self.size // 2) - near)
        while possible_parameters(low, self.dim) < self.size:
            low += 1
        high = min(self.most, self.size // 2 + near)
        while high - low > 2:
            first, second = low + (high - low) // 3, high - (high - low) // 3
            if middle(self.term(first)) < middle(self.term(second)):
                low = first + 1
            else:
                high = second - 1
        return max(range(low, high + 1), key=lambda units: middle(self.term(units)))

    @property
    def most(self) -> int:
        """The largest number of hidden units."""
        return most_units(self.size, self.dim)

    def above(self, enough: Bits) -> Bits:
        """Return bits that T does not exceed.

        The range of unit counts is cut into segments, and the one with the largest bound is
        cut again, until the sum of all bounds is below ``enough`` or cutting gains nothing.
        """
        heap: list[tuple[Fraction, int, int, Bits]] = []

        def push(first: int, last: int) -> None:
            bound = self._segment(first, last)
            heapq.heappush(heap, (-middle(bound), first, last, bound))

        push(0, self.most)
        while True:
            _, first, last, bound = heap[0]
            few = bound + bits_of(len(heap)) < enough
            if few or first == last or len(heap) >= _MOST_SEGMENTS:
                return sum_bits([entry[-1] for entry in heap])
            heapq.heappop(heap)
            push(first, (first + last) // 2)
            push((first + last) // 2 + 1, last)

    def _patterns_of_units(self, units: int) -> Bits:
        """Return log2(2^(U+1) - 1): all patterns of all units and the output."""
        if units < 4096:
            return bits_of(2 ** (units + 1) - 1)
        return exact_bits(units + 1)

    def _segment(self, first: int, last: int) -> Bits:
        """Bound the sum of all terms with ``first`` to ``last`` units.

        Supports and degrees grow with the units; ``x log(2 e m D / x)`` grows with x up to
        2 m D; the product of free parameters and patterns is a concave quadratic.
        """
        if first == last and self._tops(first):
            return self.term(first) + 1
        free, places = self.size - first, possible_parameters(last, self.dim)
        best = min(max((self.size - 1) // 2, first), last)
        patterns = max((self.size - units) * (units + 1) for units in {best, min(best + 1, last)})
        supports = binomial_bits(places, min(self.size, places // 2))
        regions = 1 + euler_bits() + bits_of(self.points * degree(last, self.depth)) - bits_of(free)
        number = bits_of((last - first + 1) * self.size)
        return supports + (last + 1) + free * regions + patterns + number

    def _tops(self, units: int) -> bool:
        """Tell whether the last term of this number of units is at least twice the one before."""
        free, places = self.size - units, possible_parameters(units, self.dim)
        if free < 2:
            return True
        patterns = 2 ** min(units + 1, 64) - 1
        gain = (places - self.size + 1) * 2 * self.points * patterns * degree(units, self.depth)
        return gain >= 2 * self.size * free
