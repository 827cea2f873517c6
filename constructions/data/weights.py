"""Weights of points or boxes: read exactly from a file, and made into probabilities."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from constructions.errors import AssumptionViolated, InexactInput, MalformedInput, UsageError
from constructions.exact.rational import exact_fraction


def read_weights(path: str | Path) -> tuple[Fraction, ...]:
    """Return the numbers of a csv file with one column, named ``weight``.

    Args:
        path: a UTF-8 file; numbers are decimals or ``p/q``, taken exactly. Blank lines are
            skipped.

    Raises:
        UsageError: the file cannot be opened.
        MalformedInput: the header, a row or the text is damaged.
        InexactInput: a value is not an exact number; the message gives its row.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            if [name.strip() for name in next(reader, [])] != ["weight"]:
                raise MalformedInput(f"{path}: the first row must name one column, weight")
            rows = [(reader.line_num, fields) for fields in reader if fields]
    except OSError as error:
        raise UsageError(f"cannot open {path}: {error.strerror or error}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise MalformedInput(f"{path} is not a readable csv file: {error}") from None
    wide = next((row for row, fields in rows if len(fields) != 1), None)
    if wide is not None:
        raise MalformedInput(f"{path}: row {wide} has more than one field")
    try:
        return tuple(exact_fraction(fields[0], f"row {row}:") for row, fields in rows)
    except InexactInput as error:
        raise InexactInput(f"{path}: {error}") from None


def probabilities_of(weights: Sequence[Any], count: int, what: str) -> tuple[Fraction, ...]:
    """Return weights divided by their sum.

    Args:
        weights: exact numbers.
        count: how many there must be.
        what: they are weights of, for messages.

    Raises:
        AssumptionViolated: a weight is negative, or all are 0.
        InexactInput: a weight is a float.
        UsageError: there are more or fewer than ``count``.

    Example:
        >>> probabilities_of(["1/2", 1], 2, "points")
        (Fraction(1, 3), Fraction(2, 3))
    """
    exact = [exact_fraction(value, f"weight {place}") for place, value in enumerate(weights)]
    if len(exact) != count:
        raise UsageError(f"{count} {what} need as many weights, got {len(exact)}")
    negative = next((place for place, value in enumerate(exact) if value < 0), None)
    if negative is not None:
        raise AssumptionViolated(f"weight {negative} is {exact[negative]}, below 0", "weights")
    total = sum(exact, Fraction(0))
    if total == 0:
        raise AssumptionViolated("all weights are 0", "weights")
    return tuple(value / total for value in exact)
