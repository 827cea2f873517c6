"""How often confidence limits hold the truth: exact probabilities, nothing simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise

from constructions.sets.brackets import Bracket


def are_in_order(limits: Sequence[Bracket]) -> bool:
    """Return whether both limits never fall as the count of wrong samples grows."""
    return all(a.lower <= b.lower and a.upper <= b.upper for a, b in pairwise(limits))


def binomial_weights(samples: int, probability: Fraction) -> tuple[list[int], int]:
    """Return ``P(X = k)`` for k from 0 to ``samples``, as integers over one denominator.

    Example:
        >>> binomial_weights(2, Fraction(1, 3))
        ([4, 4, 1], 9)
    """
    hit, unit = probability.numerator, probability.denominator
    hits, misses = [1], [1]
    for _ in range(samples):
        hits.append(hits[-1] * hit)
        misses.append(misses[-1] * (unit - hit))
    return [math.comb(samples, k) * hits[k] * misses[samples - k] for k in range(samples + 1)], unit**samples


def coverage_at(limits: Sequence[Bracket], probability: Fraction) -> Fraction:
    """Return the probability that the limits hold the truth, when that is ``probability``.

    Args:
        limits: for 0, 1, ..., n wrong samples.
        probability: that a sample is wrong.

    Example:
        >>> half = Bracket(Fraction(0), Fraction(1, 2))
        >>> coverage_at([half, Bracket(Fraction(1, 2), Fraction(1))], Fraction(1, 4))
        Fraction(3, 4)
    """
    weights, unit = binomial_weights(len(limits) - 1, probability)
    held = (w for w, bracket in zip(weights, limits, strict=True) if bracket.lower <= probability <= bracket.upper)
    return Fraction(sum(held), unit)


def least_coverage(limits: Sequence[Bracket]) -> tuple[Fraction, tuple[Fraction, Fraction]]:
    """Return the infimum of the coverage over all probabilities in [0, 1], and the gap where it is.

    Between two neighbouring ends of limits the counts whose limits hold p are an interval
    i..j, and ``P(i <= X <= j)`` rises and then falls in p: its infimum lies at an end of the
    gap. At the end itself at least as many counts hold p as on either side.

    Args:
        limits: for 0, 1, ..., n wrong samples, in order.

    Returns:
        The infimum, and the gap: the end at which the coverage tends to it, and the other one.

    Raises:
        ValueError: the limits are not in order.
    """
    if not are_in_order(limits):
        raise ValueError("limits must not fall as the count of wrong samples grows")
    ends = sorted({Fraction(0), Fraction(1), *(x for b in limits for x in (b.lower, b.upper) if 0 <= x <= 1)})
    weights = {end: binomial_weights(len(limits) - 1, end) for end in ends}
    least, where = Fraction(1), (Fraction(0), Fraction(1))
    for low, high in pairwise(ends):
        counts = [k for k, bracket in enumerate(limits) if bracket.lower <= low and bracket.upper >= high]
        for end, other in ((low, high), (high, low)):
            terms, unit = weights[end]
            share = Fraction(sum(terms[k] for k in counts), unit)
            if share < least:
                least, where = share, (end, other)
    return least, where


def undecided_coverage(
    rule: Callable[[int, int], Bracket], samples: int, probability: Fraction, open_wrong: Fraction, open_right: Fraction
) -> Fraction:
    """Return the coverage when some samples stay undecided.

    Args:
        rule: limits for numbers of wrong and of undecided samples.
        samples: their number.
        probability: that a sample is wrong.
        open_wrong: probability that a wrong one stays undecided.
        open_right: likewise for one that is not wrong.
    """
    known = probability * (1 - open_wrong)
    undecided = probability * open_wrong + (1 - probability) * open_right
    right = 1 - known - undecided
    total = Fraction(0)
    for wrong in range(samples + 1):
        for between in range(samples + 1 - wrong):
            limits = rule(wrong, between)
            if limits.lower <= probability <= limits.upper:
                ways = math.comb(samples, wrong) * math.comb(samples - wrong, between)
                total += ways * known**wrong * undecided**between * right ** (samples - wrong - between)
    return total


def sequential_coverage(
    rule: Callable[[int, int], Bracket], sizes: Sequence[int], width: Fraction, probability: Fraction
) -> Fraction:
    """Return the coverage of the limits at the first look at which they are close enough, or at the last.

    Args:
        rule: limits for a number of wrong samples and the size of the sample.
        sizes: of the sample at each look, increasing.
        width: at which the sampling ends.
        probability: that a sample is wrong.
    """
    going: dict[int, Fraction] = {0: Fraction(1)}
    drawn, held = 0, Fraction(0)
    for place, size in enumerate(sizes):
        weights, unit = binomial_weights(size - drawn, probability)
        going, drawn = _after(going, weights, unit), size
        for wrong in sorted(going):
            limits = rule(wrong, size)
            if limits.upper - limits.lower <= width or place == len(sizes) - 1:
                mass = going.pop(wrong)
                held += mass if limits.lower <= probability <= limits.upper else 0
    return held


def grid(steps: int) -> Iterable[Fraction]:
    """Return the probabilities 0, 1/steps, ..., 1."""
    return [Fraction(k, steps) for k in range(steps + 1)]


def _after(going: dict[int, Fraction], weights: Sequence[int], unit: int) -> dict[int, Fraction]:
    """Return how many wrong samples there are after more of them."""
    moved: dict[int, Fraction] = {}
    for before, mass in going.items():
        share = mass / unit
        for more, weight in enumerate(weights):
            moved[before + more] = moved.get(before + more, Fraction(0)) + share * weight
    return moved
