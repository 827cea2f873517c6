"""One bump with squares of its own: a paraboloid above it, and where it also bounds it from below."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from verify.methods.separable.parabola import Parabola, bends_of, parabola_below
from verify.methods.separable.pieces import Pieces, combined
from verify.methods.separable.structure import Analysis, Unit

_GUESSES = 4


@dataclass(frozen=True, slots=True)
class Paraboloid:
    """``p <= peak - bend |x - centre|^2`` or ``p <= 0``; inside the box ``p`` is at most ``drop`` below.

    Attributes:
        bend: positive.
        centre: one per axis.
        peak: value at the centre.
        drop: at least 0.
        box: lower and upper corner.
    """

    bend: Fraction
    centre: tuple[Fraction, ...]
    peak: Fraction
    drop: Fraction
    box: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]


OFF = Paraboloid(Fraction(0), (), Fraction(0), Fraction(0), ((), ()))


def paraboloid_of(unit: Unit, analysis: Analysis, dim: int) -> Paraboloid | None:
    """Return the paraboloid of a preactivation that is a sum over all axes, ``None`` if there is none.

    ``OFF`` stands for one that is at most 0 wherever the coordinates move. Where one
    coordinate alone brings the sum down to 0, whatever the others are, nothing more needs
    to be known: the box is what is left of the range.
    """
    tops = {axis: analysis.largest(pieces) for axis, pieces in unit.parts.items()}
    total = sum(tops.values(), Fraction(0))
    if total <= 0:
        return OFF
    if len(unit.parts) != dim:
        return None
    inner = {axis: _inner(pieces, tops[axis] - total, analysis) for axis, pieces in unit.parts.items()}
    best: tuple[Fraction, Fraction, dict[int, Parabola]] | None = None
    for bend in sorted({bend for part in inner.values() for bend in part.bends}):
        fits = {axis: _fit(part, bend, analysis) for axis, part in inner.items()}
        drop = sum((fit.excess for fit in fits.values()), Fraction(0))
        if best is None or drop < best[0]:
            best = drop, bend, fits
    if best is None:
        return None
    drop, bend, fits = best
    ordered = [fits[axis] for axis in range(dim)]
    centre = tuple(-fit.slope / (2 * bend) for fit in ordered)
    peak = sum((bend * c * c - fit.constant for c, fit in zip(centre, ordered, strict=True)), Fraction(0))
    box = tuple(inner[axis].low for axis in range(dim)), tuple(inner[axis].high for axis in range(dim))
    return Paraboloid(bend, centre, peak, drop, box)


@dataclass(frozen=True, slots=True)
class _Inner:
    """Minus one part of a sum, where it matters, and guesses of its bend."""

    mirrored: Pieces
    low: Fraction
    high: Fraction
    bends: tuple[Fraction, ...]


def _inner(pieces: Pieces, floor: Fraction, analysis: Analysis) -> _Inner:
    """Return the part on the interval in which it exceeds its floor."""
    key = ("inner", pieces, floor)
    found = analysis.memory.get(key)
    if not isinstance(found, _Inner):
        mirrored = combined([(Fraction(-1), pieces)])
        low, high = _above(pieces.restricted(analysis.span.low, analysis.span.high), floor)
        guesses = [*bends_of(mirrored)[:_GUESSES], *bends_of(mirrored.restricted(low, high))[:_GUESSES]]
        found = _Inner(mirrored, low, high, tuple(bend for bend in dict.fromkeys(guesses) if bend > 0))
        analysis.memory[key] = found
    return found


def _fit(part: _Inner, bend: Fraction, analysis: Analysis) -> Parabola:
    key = ("fit", part.mirrored, part.low, part.high, bend)
    found = analysis.memory.get(key)
    if not isinstance(found, Parabola):
        found = parabola_below(part.mirrored, bend, part.low, part.high)
        analysis.memory[key] = found
    return found


def _above(pieces: Pieces, floor: Fraction) -> tuple[Fraction, Fraction]:
    """Return the ends of the smallest interval outside of which a function is at most its floor."""
    inside = [i for i, value in enumerate(pieces.values) if value > floor]
    first, last = inside[0], inside[-1]
    low = pieces.nodes[first] if first == 0 else _crossing(pieces, first - 1, floor)
    high = pieces.nodes[last] if last == len(pieces.nodes) - 1 else _crossing(pieces, last, floor)
    return low, high


def _crossing(pieces: Pieces, index: int, floor: Fraction) -> Fraction:
    left, right = pieces.nodes[index], pieces.nodes[index + 1]
    before, after = pieces.values[index], pieces.values[index + 1]
    return left + (floor - before) / (after - before) * (right - left)
