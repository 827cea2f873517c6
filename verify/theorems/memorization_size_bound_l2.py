"""Theorem 2.3 corrected, l2: how large a network that memorizes N points robustly must be."""

from __future__ import annotations

from verify.theorem import Theorem
from verify.theorems.memorization_size import OPTIONS
from verify.theorems.memorization_size_bound_linf import CLAIMS, check_memorization_size_bound

CORRECTED = Theorem(
    id="memorization-size-bound-l2",
    paper="2.3",
    title="Memorizers in l2 need sqrt(2 N min(d, 1/(1 - ratio^2))) parameters and ratio^2 min(N-1, d) first units",
    corrected=True,
    claims=CLAIMS,
    bounds={
        "separation": "4*k",
        "membership": "rho**2*k",
        "shattering": "2**k",
        "width_bound": "2*floor(rho**2*Min(n - 1, d))",
        "first_layer": "floor(rho**2*Min(n - 1, d)) + 1",
        "robust_error": "0",
        "margin": "1",
        "count": "3*Min(n - 1, d) + 3",
    },
    run=check_memorization_size_bound,
    options=OPTIONS,
)
