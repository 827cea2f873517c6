"""Definition 4.1: a distribution that neglects no point, and what it does to robust error."""

from __future__ import annotations

from fractions import Fraction

from constructions.hard_distributions.balanced import balanced_reweighting
from constructions.hard_distributions.halfspace import separating_halfspace
from verify.claims.hard_set_claims import balanced
from verify.pointwise import wrong_points
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_linearly_separable_sets import grid_of
from verify.verdict import Status, Verdict

_DEFAULT_MU = Fraction(1, 2)


def check_balanced_distribution(request: Request) -> Report:
    """Check Definition 4.1 on a reweighted hard set, and the use Theorem 4.3 makes of it.

    On a finite support, ``P(E) >= mu m_0(E)`` for all events is ``P(x) >= mu / m`` at all
    points. A network that is wrong at a fraction of the midpoints then has a robust error of
    at least mu times that fraction.

    Theorem: def:balanced-distribution

    Args:
        request: the hard set as in Theorem 4.3, ``mu`` of ``family`` (1/2 by default), and
            a network (the separating plane by default).

    Returns:
        The claims ``balance`` and ``weighted_error``.

    Raises:
        AssumptionViolated: mu or a number of the hard set is out of range.
        BudgetExceeded: the hard set has too many points to list.
    """
    grid = grid_of(request)
    mu = _DEFAULT_MU if request.family.mu is None else request.family.mu
    midpoints = grid.midpoints()
    distribution = balanced_reweighting(midpoints, mu)
    network = separating_halfspace(grid.dim) if request.network is None else request.network
    wrong = [int(index) for index in wrong_points(network, midpoints)]
    uniform, weighted = Fraction(len(wrong), len(midpoints)), distribution.weight_of(wrong)
    report = Report("balanced-distribution", {"d": grid.dim, "eps": str(grid.eps), "points": grid.size, "mu": str(mu)})
    status: Status = "holds" if weighted >= mu * uniform else "violated"
    detail = f"{len(wrong)} of {len(midpoints)} midpoints are wrong; their balls hold a wrong point each"
    report.verdicts += [
        balanced(distribution, mu),
        Verdict(
            "weighted_error", status, "exact", str(weighted), str(mu * uniform), "at least", "midpoints", detail=detail
        ),
    ]
    report.network = network
    return report


BALANCED = Theorem(
    id="balanced-distribution",
    paper="4.1",
    title="Definition: a distribution with at least mu times the uniform mass everywhere",
    corrected=False,
    claims=("balance", "weighted_error"),
    bounds={"balance": "mu"},
    run=check_balanced_distribution,
    options=("dim", "eps", "radius", "ratio", "mu", "network"),
)
