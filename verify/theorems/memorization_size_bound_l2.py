"""Theorem 2.3 corrected, l2: how large a network that memorizes N points robustly must be."""

from __future__ import annotations

from verify.theorem import Report, Request, Theorem
from verify.theorems.memorization_inputs import INPUT_CLAIMS
from verify.theorems.memorization_size import CLAIMS, OPTIONS, check_both_sides

_WIDTH = CLAIMS.index("width_bound") + 1


def check_memorization_size_bound_l2(request: Request) -> Report:
    """Check the corrected Theorem 2.3 in l2.

    As in l-infinity, with ``min(d, floor(1 / (1 - ratio^2)))`` points shattered by two data
    points, and more than ``ratio^2 min(N-1, d)`` units that read inputs. More than ``ratio^2 d``
    inputs must be read, so ``s = floor(ratio^2 d) + 1`` parameters are too few from two points on;
    for two points ``s + 1`` are enough.

    Theorem: thm:memorization-size-bound-l2

    Args:
        request: the ratio, and of ``family`` the number of points and the dimension.

    Returns:
        The claims of the statement in l-infinity, where lengths are squared, with ``input_bound``, and
        ``inputs_read``, ``half_space_error`` and ``half_space_count`` of a half-space.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: a number is out of range.
    """
    return check_both_sides(request, "memorization-size-bound-l2")


CORRECTED = Theorem(
    id="memorization-size-bound-l2",
    paper="2.3",
    title="Memorizers of many points in l2 need about sqrt(2 N min(d, 1/(1 - ratio^2))) parameters, "
    "ratio^2 min(N-1, d) first units, and ratio^2 d inputs",
    corrected=True,
    claims=(*CLAIMS[:_WIDTH], "input_bound", *CLAIMS[_WIDTH:-1], *INPUT_CLAIMS, CLAIMS[-1]),
    bounds={
        "separation": "4*k",
        "membership": "rho**2*k",
        "shattering": "2**k",
        "width_bound": "2*floor(rho**2*Min(n - 1, d))",
        "input_bound": "floor(rho**2*d) + 1",
        "first_layer": "floor(rho**2*Min(n - 1, d)) + 1",
        "robust_error": "0",
        "margin": "1",
        "count": "3*Min(n - 1, d) + 3",
        "inputs_read": "floor(rho**2*d) + 1",
        "half_space_error": "0",
        "half_space_count": "floor(rho**2*d) + 2",
    },
    run=check_memorization_size_bound_l2,
    options=OPTIONS,
)
