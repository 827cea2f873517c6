"""The fewest inputs: a half-space between the origin and the diagonal that meets the bound."""

from __future__ import annotations

import math
import time
from fractions import Fraction

from constructions.hard_distributions.diagonal import origin_against_diagonal
from constructions.memorizers.two_points import memorize_two_points
from verify.capacity.memorization_bounds import coordinates_for_two_points
from verify.claims.inputs_read import inputs_at_least
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.size_claims import parameters_equal
from verify.theorem import Report, Request
from verify.theorems.hard_sets import decided
from verify.verdict import Verdict

INPUT_CLAIMS = ("inputs_read", "half_space_error", "half_space_count")
LARGEST_DIM = 2**19


def judge_inputs(report: Report, request: Request, dim: int, ratio: Fraction) -> None:
    """Add the claims about the half-space between the origin and (1, ..., 1), in l1 or l2.

    Args:
        report: gets ``inputs_read``, ``half_space_error`` and ``half_space_count``.
        request: with the norm.
        dim: the dimension d.
        ratio: radius over eps, in [0, 1).
    """
    if dim > LARGEST_DIM:
        detail = f"the half-space is not built: at most {LARGEST_DIM} coordinates are"
        report.verdicts.append(Verdict("half_space_error", "unknown", "exact", None, "0", "at most", detail=detail))
        return
    norm, inputs = request.norm, coordinates_for_two_points(dim, request.norm, ratio)
    data, (radius, eps) = origin_against_diagonal(2, dim), rational_radius_and_eps(dim, norm, ratio)
    network = memorize_two_points(data, radius, norm, eps)
    started = time.monotonic()
    result = decided(network, data, request, radius)
    report.seconds["decide half-space"] = time.monotonic() - started
    report.sizes.append(
        {
            "name": "two-points",
            "title": "the origin against (1, ..., 1)",
            "parameters": network.size.nonzero,
            "built": True,
        }
    )
    report.verdicts += [
        inputs_at_least(network, data, norm, radius * radius if norm == "l2" else radius, inputs),
        zero_robust_error(result, name="half_space_error"),
        parameters_equal(network, inputs + 1, name="half_space_count"),
    ]


def rational_radius_and_eps(dim: int, norm: str, ratio: Fraction) -> tuple[Fraction, Fraction]:
    """Return a radius of at least ``ratio`` times half the distance from the origin to (1, ..., 1), and an eps.

    In l1 they are exact. In l2, where half the distance is ``sqrt(d) / 2``, the radius is rounded
    up and lies, as the eps that exceeds it, below ``sqrt(s) / 2``; so s inputs are still enough.
    """
    if norm == "l1":
        return ratio * dim / 2, Fraction(dim, 2)
    square, limit = ratio * ratio * dim / 4, Fraction(coordinates_for_two_points(dim, norm, ratio), 4)
    steps = square.denominator
    while True:
        root = math.isqrt(square.numerator * steps**2 // square.denominator)
        root += root * root * square.denominator < square.numerator * steps**2
        radius, eps = Fraction(root, steps), Fraction(root + 1, steps)
        if eps * eps <= limit:
            return radius, eps
        steps *= 2
