"""The norms the library knows: exact lengths, and dual norms rounded outward in l2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from constructions.errors import UsageError

NORMS = ("linf", "l1", "l2")
_DUAL = {"linf": "l1", "l1": "linf", "l2": "l2"}


def check_norm(norm: str) -> str:
    """Return ``norm`` if it is a known name.

    Raises:
        UsageError: it is not.
    """
    if norm not in NORMS:
        raise UsageError(f"unknown norm {norm!r}; choose linf, l1 or l2")
    return norm


def dual_norm(norm: str) -> str:
    """Return the dual norm's name: |<u, x>| is at most |u| in it times |x| in ``norm``."""
    return _DUAL[check_norm(norm)]


def length(vector: Sequence[Fraction], norm: str) -> Fraction:
    """Return the exact length of a vector in l-infinity or l1; the square of it in l2."""
    check_norm(norm)
    magnitudes = [abs(value) for value in vector]
    if norm == "linf":
        return max(magnitudes, default=Fraction(0))
    if norm == "l1":
        return sum(magnitudes, Fraction(0))
    return sum((value * value for value in magnitudes), Fraction(0))


def is_within(vector: Sequence[Fraction], norm: str, radius: Fraction) -> bool:
    """Return whether the vector's length is at most ``radius``, exactly (squares in l2)."""
    limit = radius * radius if norm == "l2" else radius
    return length(vector, norm) <= limit


def integer_length_up(values: Sequence[int], norm: str) -> int:
    """Return the length of an integer vector, rounded up to an integer in l2."""
    check_norm(norm)
    if norm == "linf":
        return max((abs(value) for value in values), default=0)
    if norm == "l1":
        return sum(abs(value) for value in values)
    square = sum(value * value for value in values)
    root = math.isqrt(square)
    return root if root * root == square else root + 1
