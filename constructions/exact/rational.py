"""Exact numbers at the door: integers, fractions and decimal text in, ``Fraction`` out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np

from constructions.errors import InexactInput, UsageError

_NUMBER = re.compile(r"\s*[+-]?(\d{1,4000}/\d{1,4000}|(\d{0,4000})(\.\d{0,4000})?([eE][+-]?\d{1,4})?)\s*\Z")
_LARGEST_EXPONENT = 4000


def exactly(value: Any) -> Any:
    """Return ``value`` as an exact fraction, or an array of them as nested tuples.

    A float is taken as the binary fraction it is: ``exactly(0.1)`` is not one tenth.
    That is the explicit way to say "I mean this float"; every other door of the
    library refuses floats.

    Args:
        value: an integer, fraction, text such as ``"1/3"`` or ``"0.1"``, a finite
            float, or a (nested) sequence or numpy array of these.

    Returns:
        A ``Fraction``, or nested tuples of them in the shape of ``value``.

    Raises:
        InexactInput: the value is NaN, infinite, or not a number.

    Example:
        >>> exactly("0.1"), exactly(0.5)
        (Fraction(1, 10), Fraction(1, 2))
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(exactly(item) for item in value)
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise InexactInput(f"{value} is not a finite number")
        return Fraction(float(value))
    return exact_fraction(value)


def exact_fraction(value: Any, name: str = "number") -> Fraction:
    """Return one exact number as a ``Fraction``; refuse floats.

    Args:
        value: an integer, a fraction, or text such as ``"3/32"`` or ``"0.09375"``.
        name: what the number is, for the message.

    Raises:
        InexactInput: ``value`` is a float, NaN, infinite, or not a number.
    """
    if isinstance(value, (float, np.floating)):
        shown = repr(float(value))
        raise InexactInput(
            f"{name} {shown} is a float; write it as text, Fraction('{shown}'), "
            f"or exactly({shown}) if you mean the binary value"
        )
    if isinstance(value, str):
        return _fraction_from_text(value, name)
    if isinstance(value, (int, np.integer)):
        return Fraction(int(value))
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if type(value).__module__.partition(".")[0] == "flint":
        return _fraction_from_flint(value, name)
    raise InexactInput(f"{name} {value!r} is not an exact number")


def _fraction_from_flint(value: Any, name: str) -> Fraction:
    from flint import fmpq, fmpz

    if isinstance(value, (fmpz, fmpq)):
        return Fraction(int(fmpq(value).p), int(fmpq(value).q))
    raise InexactInput(f"{name} {value!r} is not an exact number")


def parse_fraction(text: str, name: str) -> Fraction:
    """Return the exact number written in ``text``, for options and specifications.

    Raises:
        UsageError: ``text`` is not a number.
    """
    try:
        return _fraction_from_text(text, name)
    except InexactInput as error:
        raise UsageError(str(error)) from None


def _fraction_from_text(text: str, name: str) -> Fraction:
    match = _NUMBER.match(text)
    if match:
        exponent = match.group(4)
        if exponent is None or abs(int(exponent[1:])) <= _LARGEST_EXPONENT:
            try:
                return Fraction(text.strip())
            except (ValueError, ZeroDivisionError):
                pass
    shown = text if len(text) <= 40 else text[:37] + "..."
    raise InexactInput(f"{name} {shown!r} is not an exact number such as 3, 3/32 or 0.09375")


def over_common_denominator(values: Iterable[Fraction]) -> tuple[list[int], int]:
    """Return integers ``n_i`` and one positive ``D`` with ``values[i] == n_i / D``."""
    fractions = list(values)
    denominator = math.lcm(1, *(value.denominator for value in fractions))
    return [value.numerator * (denominator // value.denominator) for value in fractions], denominator


def round_down(value: Fraction, denominator: int) -> Fraction:
    """Return the largest ``k / denominator`` that is at most ``value``."""
    return Fraction(math.floor(value * denominator), denominator)
