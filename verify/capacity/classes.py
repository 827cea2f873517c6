"""Size bounds for other classes of classifiers, by the same covering argument."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.errors import UsageError
from verify.capacity.budgets import Budget, hamming_budget
from verify.capacity.enclosures import (
    Bits,
    ball_bits,
    binomial_bits,
    bits_of,
    euler_bits,
    exact_bits,
    precision_for,
    rounded_up,
)
from verify.capacity.question import SizeQuestion
from verify.capacity.sign_patterns import hamming_ball
from verify.capacity.size_bound import EXACT_POINTS, SPARE, largest_true

_Patterns = Callable[[int, SizeQuestion], Bits]


@dataclass(frozen=True, slots=True)
class ClassBound:
    """A size at which a class of classifiers is too small.

    Attributes:
        name: of the class.
        parameter: what is bounded.
        value: the largest value of the parameter, from 1 on, at which some labelling defeats
            the class; 0 where there is none.
        bits: log2 of the sign vectors at that value, rounded up.
        question: the points and the error.
    """

    name: str
    parameter: str
    value: int
    bits: Fraction
    question: SizeQuestion


@dataclass(frozen=True, slots=True)
class _Class:
    parameter: str
    patterns: _Patterns
    most: Callable[[SizeQuestion], int]


def certified_vc_dimension(points: Any, error: Any = 0, failure_probability: Any = None) -> ClassBound:
    """Return the largest VC dimension that is certified to be too small.

    A class of VC dimension D realises at most ``sum_{i<=D} C(m, i)`` sign vectors (Sauer).
    If these times the Hamming ball of the forgiven errors stay below 2^m, some labelling
    of the m points defeats the whole class: any parameterised family, kernel, tree or
    transformer whose VC dimension is known.

    Theorem: thm:hard-linearly-separable-sets

    Args:
        points: m.
        error: alpha in [0, 1/2), exact.
        failure_probability: eta; then for more than a fraction 1 - eta of all labellings.

    Raises:
        UsageError: a number is out of range.
        AssumptionViolated: the error is not below 1/2, or eta is too small for any bound.
        InexactInput: a number is a float.

    Example:
        >>> certified_vc_dimension(points=1000, error="1/10").value
        123
    """
    question = SizeQuestion.of(points, 1, error, None, None, failure_probability)
    m = question.points
    with precision_for(m):
        budget = hamming_budget(question)
        if question.forgiven == 0 and question.failure == 1:
            value = m - 1  # fewer than m points cannot be shattered
        elif m <= EXACT_POINTS:
            value = largest_true(lambda dimension: budget.exceeds(hamming_ball(m, dimension)), 1, m)
        else:
            least = budget.bits - bits_of(SPARE)
            value = largest_true(lambda dimension: _sauer(dimension, question) < least, m // 8, (m - 1) // 2)
        bits = exact_bits(m) if 2 * value >= m else _sauer(value, question)
        return ClassBound("vc-dimension", "VC dimension", value, rounded_up(bits), question)


def _sauer(dimension: int, question: SizeQuestion) -> Bits:
    return ball_bits(question.points, dimension)[1]


def _warren(reals: int, degree: int, points: int) -> Bits:
    """Bound the sign vectors of m polynomials of one degree in n reals: 2 (2 e m D / n)^n for n <= m."""
    if reals > points:
        return exact_bits(points)
    return 1 + reals * (1 + euler_bits() + bits_of(Fraction(points * degree, reals)))


def _features(count: int, question: SizeQuestion) -> Bits:
    # Signs of a linear space of dimension n: VC dimension n.
    return _sauer(count, question) if 2 * count < question.points else exact_bits(question.points)


def _polynomials(degree: int, question: SizeQuestion) -> Bits:
    # Polynomials of degree r in d variables: a linear space of dimension C(d+r, r).
    return _features(math.comb(question.dim + degree, degree), question)


def _trees(leaves: int, question: SizeQuestion) -> Bits:
    # Shapes (Catalan), a coordinate and one of m + 1 cuts per inner node, a sign per leaf.
    inner = leaves - 1
    shapes = binomial_bits(2 * inner, inner) - bits_of(inner + 1)
    return shapes + inner * bits_of(question.dim * (question.points + 1)) + leaves


def _boxes(count: int, question: SizeQuestion) -> Bits:
    # A box keeps one run of the m points along every axis, or nothing; and its complement.
    runs = math.comb(question.points + 1, 2) + 1
    return 1 + count * question.dim * bits_of(runs)


def _polynomial_kernel(centres: int, question: SizeQuestion) -> Bits:
    # sum_i c_i (1 + <x, z_i>)^3 + b: degree 4 in s (d + 1) + 1 reals.
    return _warren(centres * (question.dim + 1) + 1, 4, question.points)


def _rational_kernel(centres: int, question: SizeQuestion) -> Bits:
    # sum_i c_i / (1 + w_i |x - z_i|^2) + b, w_i >= 0, times the positive denominators.
    return _warren(centres * (question.dim + 2) + 1, 3 * centres + 1, question.points)


def _finite_precision(count: int, question: SizeQuestion) -> Bits:
    # n weights of b bits in one architecture, whatever it computes.
    return exact_bits(count * (question.weight_bits or 32))


def _by_points(per_unit: Callable[[int], int]) -> Callable[[SizeQuestion], int]:
    return lambda question: max(1, question.points // per_unit(question.dim))


CLASSES: dict[str, _Class] = {
    "features": _Class("features of a linear classifier", _features, _by_points(lambda dim: 1)),
    "polynomials": _Class("degree of a polynomial threshold function", _polynomials, lambda question: 0),
    "trees": _Class("leaves of a decision tree", _trees, _by_points(lambda dim: 1)),
    "boxes": _Class("boxes in a union", _boxes, _by_points(lambda dim: 1)),
    "cubic-kernel": _Class("centres of a cubic kernel expansion", _polynomial_kernel, _by_points(lambda dim: dim + 2)),
    "rational-kernel": _Class(
        "centres of a rational quadratic kernel expansion", _rational_kernel, _by_points(lambda dim: dim + 3)
    ),
    "finite-precision": _Class(
        "weights of weight_bits bits in any fixed architecture", _finite_precision, _by_points(lambda dim: 1)
    ),
}


def certified_class_bound(
    name: str, points: Any, dim: Any, error: Any = 0, weight_bits: Any = None, failure_probability: Any = None
) -> ClassBound:
    """Return the largest size at which a class of classifiers is certified to be too small.

    Theorem: thm:hard-linearly-separable-sets

    Args:
        name: ``features`` (linear in any fixed feature map), ``polynomials`` (threshold
            functions, by degree), ``trees`` (one coordinate per node), ``boxes`` (unions and
            their complements), ``cubic-kernel``, ``rational-kernel`` (expansions with free
            centres), ``finite-precision`` (any model with b-bit weights, 32 by default).
        points: m.
        dim: d.
        error: alpha in [0, 1/2), exact.
        weight_bits: b, for ``finite-precision``.
        failure_probability: eta; then for more than a fraction 1 - eta of all labellings.

    Raises:
        UsageError: an unknown class, or a number out of range.
        AssumptionViolated: the error is not below 1/2, or eta is too small for any bound.
        InexactInput: a number is a float.

    Example:
        >>> certified_class_bound("trees", points=4096, dim=13, error="1/10").value
        118
    """
    if name not in CLASSES:
        raise UsageError(f"unknown class {name!r}; choose one of {', '.join(CLASSES)}")
    question = SizeQuestion.of(points, dim, error, None, weight_bits, failure_probability)
    kind = CLASSES[name]
    with precision_for(question.points):
        budget = hamming_budget(question)
        value = _largest_value(kind, question, budget)
        bits = rounded_up(kind.patterns(value, question)) if value else Fraction(0)
    return ClassBound(name, kind.parameter, value, bits, question)


def _largest_value(kind: _Class, question: SizeQuestion, budget: Budget) -> int:
    def fits(value: int) -> bool:
        return bool(kind.patterns(value, question) < budget.bits)

    most = kind.most(question) or _largest_degree(question)
    return largest_true(fits, 1, most)


def _largest_degree(question: SizeQuestion) -> int:
    """Return the first degree with as many coefficients as there are points."""
    above = 1
    while not _has_enough(above, question):
        above *= 2
    return largest_true(lambda degree: not _has_enough(degree, question), above // 2, above) + 1


def _has_enough(degree: int, question: SizeQuestion) -> bool:
    return math.comb(question.dim + degree, degree) >= question.points
