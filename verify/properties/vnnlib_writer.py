"""Robustness on a box as a VNN-LIB file, its numbers exact decimals or rounded outward."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from constructions.errors import UsageError
from constructions.exact.rational import exact_fraction

_MOST_DECIMALS = 1100
_ROUNDED_DECIMALS = 30
_LARGEST = 10**1000


@dataclass(frozen=True, slots=True)
class WrittenBox:
    """The box that a file holds: the one asked for, or a larger one.

    Attributes:
        lower: the least value of each input, as written.
        upper: the greatest value of each input, as written.
        rounded: the inputs with a bound that no decimal of 1,100 places equals; it is
            written outward, so that a proof for the file is one for the box asked for,
            while a counterexample may lie just outside of that.
    """

    lower: tuple[Fraction, ...]
    upper: tuple[Fraction, ...]
    rounded: tuple[int, ...]


def write_vnnlib(
    path: str | Path,
    lower: Sequence[Any],
    upper: Sequence[Any],
    label: int,
    outputs: int,
    version: Literal["1.0", "2.0"] = "1.0",
) -> WrittenBox:
    """Write that a network keeps its label on a box; the file describes where it does not.

    With one output the label is -1 or +1, and an output of 0 counts as wrong; with more it
    is one of 0, 1, ..., and an output equal to that of the label counts as wrong.

    Args:
        path: the file to write.
        lower: the least value of each input, exact numbers.
        upper: the greatest value of each input, exact numbers.
        label: the label to keep.
        outputs: number of outputs of the network.
        version: of VNN-LIB; 2.0 declares a network ``f`` from [1, inputs] to [1, outputs].

    Returns:
        The box as written.

    Raises:
        InexactInput: a bound is a float.
        UsageError: the box is empty, the label is none, or the file cannot be written.
    """
    low, high = ([exact_fraction(value, f"bound {i}") for i, value in enumerate(part)] for part in (lower, upper))
    if len(low) != len(high) or not low or any(a > b for a, b in zip(low, high, strict=True)):
        raise UsageError(f"{len(low)} lower and {len(high)} upper bounds are no box with a point in it")
    if max(abs(value) for value in (*low, *high)) > _LARGEST:
        raise UsageError("a bound beyond 10^1000 cannot be written")
    if outputs < 1 or label not in ((-1, 1) if outputs == 1 else range(outputs)):
        raise UsageError(f"label {label} is none of a network of {outputs} outputs")
    if version not in ("1.0", "2.0"):
        raise UsageError(f"VNN-LIB is written in version 1.0 or 2.0, not {version!r}")
    written_low, written_high = [_outward(value, -1) for value in low], [_outward(value, 1) for value in high]
    rounded = tuple(
        i for i, pair in enumerate(zip(low, high, strict=True)) if pair != (written_low[i], written_high[i])
    )
    box = WrittenBox(tuple(written_low), tuple(written_high), rounded)
    try:
        Path(path).write_text("\n".join(_lines(box, label, outputs, version)) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return box


def _lines(box: WrittenBox, label: int, outputs: int, version: str) -> Iterator[str]:
    x, y = ("X_{}", "Y_{}") if version == "1.0" else ("X[0,{}]", "Y[0,{}]")
    inputs = len(box.lower)
    yield (
        f"; Where a network does not keep label {label:+d} on a box."
        if outputs == 1
        else (f"; Where another output is at least output {label}, on a box.")
    )
    if version == "1.0":
        yield from (f"(declare-const X_{i} Real)" for i in range(inputs))
        yield from (f"(declare-const Y_{j} Real)" for j in range(outputs))
    else:
        yield "(vnnlib-version <2.0>)"
        yield f"(declare-network f (declare-input X real [1,{inputs}]) (declare-output Y real [1,{outputs}]))"
    for i, (low, high) in enumerate(zip(box.lower, box.upper, strict=True)):
        if i in box.rounded:
            yield f"; The next bounds are rounded outward to {_ROUNDED_DECIMALS} decimals."
        yield f"(assert (>= {x.format(i)} {_decimal(low)}))"
        yield f"(assert (<= {x.format(i)} {_decimal(high)}))"
    if outputs == 1:
        yield f"(assert ({'<=' if label == 1 else '>='} {y.format(0)} 0.0))"
    else:
        wrong = [f"(>= {y.format(j)} {y.format(label)})" for j in range(outputs) if j != label]
        choices = " ".join(f"(and {part})" for part in wrong) if version == "1.0" else " ".join(wrong)
        yield f"(assert {wrong[0]})" if len(wrong) == 1 else f"(assert (or {choices}))"


def _outward(value: Fraction, side: int) -> Fraction:
    """Return the number itself if it is a short decimal, else the nearest one on its side."""
    if _places(value.denominator) is not None:
        return value
    scale = 10**_ROUNDED_DECIMALS
    return Fraction(side * -(-side * value.numerator * scale // value.denominator), scale)


def _places(denominator: int) -> int | None:
    """Return how many decimals a fraction with this denominator has, None beyond 1,100."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0 and fives <= _MOST_DECIMALS:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    return places if rest == 1 and places <= _MOST_DECIMALS else None


def _decimal(value: Fraction) -> str:
    places = max(_places(value.denominator) or 0, 1)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
