"""Finite fields of characteristic two, and polynomials over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from constructions.errors import UsageError

# (m, the primes that divide 2^m - 1): x^(m*t) + x^t + 1 is irreducible over GF(2) for every
# product t of these primes, because x^m + x + 1 is primitive (Lidl and Niederreiter, Theorem 3.35).
_TRINOMIALS = ((2, (3,)), (3, (7,)), (4, (3, 5)), (6, (3, 7)))


class BinaryField:
    """The field with 2^s elements, written as integers: bit i is the coefficient of z^i.

    It is GF(2)[z] modulo the trinomial ``z^(m*t) + z^t + 1`` of smallest degree s that
    is large enough, so that it is the same on every machine.

    Attributes:
        degree: the exponent s.
        modulus: the trinomial, as an integer.

    Args:
        least_degree: the field has at least 2^least_degree elements.

    Example:
        >>> field = BinaryField(3)
        >>> field.degree, bin(field.modulus), field.polynomial([0b011, 0b100])(0b010)
        (3, '0b1011', 0)
    """

    __slots__ = ("_context", "degree", "modulus")

    def __init__(self, least_degree: int) -> None:
        self.degree, middle = min(_degrees(least_degree))
        self.modulus = (1 << self.degree) | (1 << middle) | 1
        self._context = _context(self.degree, middle)

    def polynomial(self, coefficients: Sequence[int]) -> FieldPolynomial:
        """Return the polynomial with these coefficients, the constant one first."""
        return FieldPolynomial(self, [self.element(value) for value in coefficients])

    def element(self, value: int) -> Any:
        """Return the python-flint element of an integer.

        Raises:
            UsageError: the integer is negative or has more than ``degree`` bits.
        """
        if value < 0 or value.bit_length() > self.degree:
            raise UsageError(f"an element of the field with 2^{self.degree} elements has {self.degree} bits")
        return self._context([int(bit) for bit in reversed(f"{value:b}")])


class FieldPolynomial:
    """A polynomial over a binary field, from elements to elements.

    Args:
        field: where the coefficients lie.
        coefficients: elements of python-flint, the constant one first.
    """

    __slots__ = ("_coefficients", "_field")

    def __init__(self, field: BinaryField, coefficients: Sequence[Any]) -> None:
        self._field = field
        self._coefficients = tuple(coefficients)

    def __call__(self, value: int) -> int:
        """Return the value at one element, by Horner's rule."""
        point, total = self._field.element(value), self._field.element(0)
        for coefficient in reversed(self._coefficients):
            total = total * point + coefficient
        return int("".join(str(int(bit)) for bit in reversed(total.to_list())) or "0", 2)


def _degrees(least: int) -> Iterator[tuple[int, int]]:
    """Yield, for every family, the trinomials among which the smallest sufficient degree is."""
    limit = 8 * max(least, 1)
    for base, primes in _TRINOMIALS:
        for exponent in _products(primes, limit // base + 1):
            if base * exponent >= least:
                yield base * exponent, exponent


def _products(primes: Sequence[int], limit: int) -> list[int]:
    found = [1]
    for prime in primes:
        for product in found:
            if product * prime <= limit:
                found.append(product * prime)
    return found


@cache
def _context(degree: int, middle: int) -> Any:
    from flint import fmpz_mod_poly_ctx, fq_default_ctx

    coefficients: list[Any] = [0] * (degree + 1)
    coefficients[0] = coefficients[middle] = coefficients[degree] = 1
    modulus = fmpz_mod_poly_ctx(2)(coefficients)
    return fq_default_ctx(modulus=modulus, fq_type="FQ_NMOD", check_modulus=False)
