"""Certified sizes that are too large: each count of sign vectors leaves one thing out.

Compare with ``verify.capacity``. A question on which the size comes out too large stands
in ``verify.testing.broken_hard_sets``; the checker of counts must reject it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from verify.capacity.question import SizeQuestion
from verify.capacity.sign_patterns import (
    EULER_ABOVE,
    degree,
    hamming_ball,
    most_units,
    possible_parameters,
    region_patterns,
)

Patterns = Callable[[int, SizeQuestion], int]


def size_by_normal_form(asked: SizeQuestion) -> int:
    """Few weight values, but only as many units as the normal form has, which changes values."""
    assert asked.weight_bits is not None
    bits, dim = asked.weight_bits, asked.dim

    def patterns(size: int, _: SizeQuestion) -> int:
        return sum(
            math.comb(possible_parameters(units, dim), total) << (bits * total)
            for total in range(1, size + 1)
            for units in range(most_units(total, dim) + 1)
        )

    return _largest(asked, patterns)


def size_beyond_the_points(asked: SizeQuestion) -> int:
    """Affine functions by the lemma on polynomials, with more parameters than points."""
    above, below = EULER_ABOVE

    def patterns(size: int) -> int:
        whole = 2 * (2 * above * asked.points) ** size * math.comb(asked.dim + 1, size)
        return -(-whole // (below * size) ** size)

    return max(size for size in range(1, asked.dim + 2) if patterns(size) < 2**asked.points)


def size_without_signs(asked: SizeQuestion) -> int:
    """The first parameter of every unit counts as +1 alone."""
    return _largest(asked, _regions(signs=False))


def size_with_one_degree(asked: SizeQuestion) -> int:
    """Preactivations count as linear in the parameters, as in the first layer."""
    return _largest(asked, _regions(degrees=False))


def size_of_one_architecture(asked: SizeQuestion) -> int:
    """The sign vectors of one support, not of all that a size allows."""
    return _largest(asked, _regions(supports=False))


def size_with_a_smaller_ball(asked: SizeQuestion) -> int:
    """One wrong point fewer is forgiven than the error allows."""
    return _largest(asked, _regions(), forgiven=asked.forgiven - 1)


def size_for_some_labelling(asked: SizeQuestion) -> int:
    """The failure probability is left out: right for some labelling, claimed for nearly all."""
    return _largest(asked, _regions(), rare=False)


def size_one_more(asked: SizeQuestion) -> int:
    """The comparison with <= in place of < once more: the first size that is not certified."""
    return 1 + _largest(asked, _regions())


def _regions(signs: bool = True, degrees: bool = True, supports: bool = True) -> Patterns:
    if signs and degrees and supports:
        return lambda size, asked: region_patterns(size, asked.dim, asked.points, asked.depth)
    above, below = EULER_ABOVE

    def patterns(size: int, asked: SizeQuestion) -> int:
        total = 0
        for units in range(most_units(size, asked.dim) + 1):
            polynomials = asked.points * (2 ** (units + 1) - 1)
            base = 2 * above * polynomials * (degree(units, asked.depth) if degrees else 1)
            for used in range(units + 1, size + 1):
                free = used - units
                choices = math.comb(possible_parameters(units, asked.dim), used) if supports else 1
                whole = choices * 2 * (2**units if signs else 1) * base**free
                total += -(-whole // (below * free) ** free)
        return total

    return patterns


def _largest(asked: SizeQuestion, patterns: Patterns, forgiven: int | None = None, rare: bool = True) -> int:
    """Return the largest size whose count, times the ball, stays below all labellings."""
    ball = hamming_ball(asked.points, asked.forgiven if forgiven is None else forgiven)
    chance = asked.failure if rare else 1
    size = 0
    while size < asked.points and patterns(size + 1, asked) * ball < chance * 2**asked.points:
        size += 1
    return size
