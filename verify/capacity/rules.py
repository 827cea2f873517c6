"""The ways to bound the number of sign vectors, each in integers and in bits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from verify.capacity.enclosures import Bits, binomial_bits, bits_of, euler_bits, exact_bits, factorial_bits
from verify.capacity.question import SizeQuestion
from verify.capacity.region_bits import RegionBits
from verify.capacity.sign_patterns import (
    layer_patterns,
    possible_parameters,
    precision_patterns,
    region_bracket,
    region_patterns,
)

_FULL_SUM = 128
# One over 1 - 1/e, rounded up.
_LAST_TERM_SHARE = Fraction(15821, 10_000)


class Rule(Protocol):
    """An upper bound of the number of sign vectors of networks with at most W parameters."""

    @property
    def name(self) -> str:
        """The rule's name in certificates."""

    @property
    def most(self) -> int:
        """The largest size the rule speaks of."""

    def count(self, size: int) -> tuple[int, int]:
        """Return integers below and above the rule's number; equal where it is small."""

    def bits_below(self, size: int) -> Bits:
        """Return bits that the rule's number reaches."""

    def bits_above(self, size: int, enough: Bits) -> Bits:
        """Return bits that the rule's number does not exceed, as sharp as ``enough`` needs."""

    def ledger(self, size: int) -> dict[str, Bits]:
        """Return what the bits are spent on; together about the rule's number."""


@dataclass(frozen=True, slots=True)
class RegionRule:
    """Real weights, any depth: supports, signs, and regions of polynomials (theory of Warren)."""

    question: SizeQuestion
    name: str = "regions"

    @property
    def most(self) -> int:
        """Return the number of points: the lemma on regions and the need end there."""
        return self.question.points

    def count(self, size: int) -> tuple[int, int]:
        """Return integers below and above the number of sign vectors."""
        asked = self.question
        if size <= _FULL_SUM:
            exact = region_patterns(size, asked.dim, asked.points, asked.depth)
            return exact, exact
        return region_bracket(size, asked.dim, asked.points, asked.depth)

    def bits_below(self, size: int) -> Bits:
        """Return bits that the number of sign vectors reaches."""
        if size == 0:
            return exact_bits(0)
        bits = self._bits(size)
        return bits.term(bits.largest_term())

    def bits_above(self, size: int, enough: Bits) -> Bits:
        """Return bits that the number of sign vectors does not exceed."""
        return exact_bits(0) if size == 0 else self._bits(size).above(enough)

    def ledger(self, size: int) -> dict[str, Bits]:
        """Return what the bits are spent on."""
        if size == 0:
            return {name: exact_bits(0) for name in ("supports", "signs", "regions")}
        bits = self._bits(size)
        return bits.parts(bits.largest_term())

    def _bits(self, size: int) -> RegionBits:
        return RegionBits(size, self.question.dim, self.question.points, self.question.depth)


@dataclass(frozen=True, slots=True)
class LayerRule:
    """Real weights, bounded depth: regions layer by layer."""

    question: SizeQuestion
    name: str = "layers"

    @property
    def most(self) -> int:
        """Return the number of points: the lemma on regions and the need end there."""
        return self.question.points

    @property
    def depth(self) -> int:
        """Return the largest depth."""
        assert self.question.depth is not None
        return self.question.depth

    def count(self, size: int) -> tuple[int, int]:
        """Return integers below and above the number of sign vectors."""
        exact = layer_patterns(size, self.question.dim, self.question.points, self.depth)
        return exact, exact

    def bits_below(self, size: int) -> Bits:
        """Return bits that the number of sign vectors reaches."""
        return sum(self.ledger(size).values(), exact_bits(0))

    def bits_above(self, size: int, enough: Bits) -> Bits:
        """Return bits that the number of sign vectors does not exceed."""
        return self.bits_below(size)

    def ledger(self, size: int) -> dict[str, Bits]:
        """Return what the bits are spent on."""
        if size == 0:
            return {"supports": exact_bits(0), "regions": exact_bits(0)}
        depth, dim = self.depth, self.question.dim
        per_layer = 1 + euler_bits() + bits_of(self.question.points)
        regions = depth + size * (depth * per_layer + factorial_bits(depth) - bits_of(size))
        return {"supports": binomial_bits(size * (dim + 1) + size * (size - 1) // 2, size), "regions": regions}


@dataclass(frozen=True, slots=True)
class PrecisionRule:
    """Weights from a fixed set of 2^b values: there are only so many networks."""

    question: SizeQuestion
    name: str = "precision"

    @property
    def most(self) -> int:
        """Return the number of points: the lemma on regions and the need end there."""
        return self.question.points

    @property
    def bits(self) -> int:
        """Return b."""
        assert self.question.weight_bits is not None
        return self.question.weight_bits

    def count(self, size: int) -> tuple[int, int]:
        """Return integers below and above the number of sign vectors."""
        if size <= 2 * _FULL_SUM:
            exact = precision_patterns(size, self.question.dim, self.bits)
            return exact, exact
        last = math.comb(possible_parameters(size - 1, self.question.dim), size) << (self.bits * size)
        return last, math.ceil(last * self._share())

    def bits_below(self, size: int) -> Bits:
        """Return bits that the number of sign vectors reaches."""
        return sum(self.ledger(size).values(), exact_bits(0))

    def bits_above(self, size: int, enough: Bits) -> Bits:
        """Return bits that the number of sign vectors does not exceed."""
        return self.bits_below(size) + bits_of(self._share())

    def ledger(self, size: int) -> dict[str, Bits]:
        """Return what the bits are spent on."""
        if size == 0:
            return {"supports": exact_bits(0), "values": exact_bits(0)}
        places = possible_parameters(size - 1, self.question.dim)
        return {"supports": binomial_bits(places, size), "values": exact_bits(self.bits * size)}

    def _share(self) -> Fraction:
        """Return by how much the whole sum exceeds its last term at most.

        With u units the places grow by a factor of at least 1 + 1/u with the next one, so
        the supports at least by e: the sum over units is at most 1 / (1 - 1/e) times its
        last term. One parameter more multiplies that by 2^b d at least.
        """
        earlier = _LAST_TERM_SHARE / (2**self.bits * self.question.dim)
        return _LAST_TERM_SHARE / (1 - earlier)


def rules_for(question: SizeQuestion) -> dict[str, Rule]:
    """Return every rule that applies to the networks of a question."""
    rules: list[Rule] = [RegionRule(question)]
    if question.depth is not None:
        rules.append(LayerRule(question))
    if question.weight_bits is not None:
        rules.append(PrecisionRule(question))
    return {rule.name: rule for rule in rules}
