"""Claims about the curve of optimal robust errors: both ends, and single radii from the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from constructions.data.finite_distribution import FiniteDistribution
from verify.optimal_risk.error_curve import OptimalErrorCurve
from verify.optimal_risk.optimal_error import optimal_robust_error
from verify.verdict import Status, Verdict

_BITS = 60


def starts_at_the_bayes_error(
    curve: OptimalErrorCurve, distribution: FiniteDistribution, name: str = "bayes_error"
) -> Verdict:
    """Judge "at radius 0 it is the Bayes error": of equal points the label of smaller weight is lost."""
    groups: dict[tuple[int, ...], dict[int, Fraction]] = {}
    rows = zip(distribution.points.numerators.tolist(), distribution.points.labels, strict=True)
    for (row, label), weight in zip(rows, distribution.probabilities, strict=True):
        both = groups.setdefault(tuple(row), {-1: Fraction(0), 1: Fraction(0)})
        both[label] += weight
    promised = sum((min(both.values()) for both in groups.values()), Fraction(0))
    return _equal(name, curve.values[0], promised, "equal points", f"{len(groups)} different points")


def ends_at_the_smaller_class(
    curve: OptimalErrorCurve, distribution: FiniteDistribution, name: str = "limit"
) -> Verdict:
    """Judge "at large radii it is the weight of the lighter class": a constant answer is then best."""
    weights = {-1: Fraction(0), 1: Fraction(0)}
    for label, weight in zip(distribution.points.labels, distribution.probabilities, strict=True):
        weights[label] += weight
    return _equal(name, curve.values[-1], min(weights.values()), "sum", f"from radius measure {curve.radii[-1]} on")


def agrees_at_single_radii(
    curve: OptimalErrorCurve, distribution: FiniteDistribution, most: int = 5, name: str = "single_radii"
) -> Verdict:
    """Judge "the same value is found from the start", with its cover, at up to ``most`` of the jumps.

    In l2 the radius is rounded up to a rational below the next jump; a jump that leaves no
    room for one of 60 binary digits is not compared.
    """
    last = len(curve.radii) - 1
    chosen = sorted({last * place // max(most - 1, 1) for place in range(most)})
    radii = [radius for place in chosen if (radius := _rational_radius(curve, place)) is not None]
    wrong = [radius for radius in radii if _from_the_start(distribution, curve, radius) != curve.at(radius)]
    status: Status = "violated" if wrong else "holds"
    detail = f"at {', '.join(map(str, radii[:3]))}{' and others' if len(radii) > 3 else ''}"
    witness = {"radius": str(wrong[0]), "value": str(_from_the_start(distribution, curve, wrong[0]))} if wrong else None
    agreeing = str(len(radii) - len(wrong))
    return Verdict(
        name, status, "exact", agreeing, str(len(radii)), "equal", "new flows", detail=detail, witness=witness
    )


def _from_the_start(distribution: FiniteDistribution, curve: OptimalErrorCurve, radius: Fraction) -> Fraction:
    return optimal_robust_error(distribution, curve.norm, radius).value


def _rational_radius(curve: OptimalErrorCurve, place: int) -> Fraction | None:
    """Return a radius at which a value of the curve is attained, ``None`` if none is found."""
    measure = curve.radii[place]
    if curve.norm != "l2":
        return measure
    root = math.isqrt(math.floor(measure * 4**_BITS))
    radius = Fraction(root + (Fraction(root**2, 4**_BITS) < measure), 2**_BITS)
    following: Sequence[Fraction] = curve.radii[place + 1 : place + 2]
    return None if any(radius * radius >= other for other in following) else radius


def _equal(name: str, measured: Fraction, promised: Fraction, method: str, detail: str) -> Verdict:
    status: Status = "holds" if measured == promised else "violated"
    return Verdict(name, status, "exact", str(measured), str(promised), "equal", method, detail=detail)
