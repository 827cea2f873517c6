"""Definition 5.1: an atlas, checked by identities of polynomials."""

from __future__ import annotations

from constructions.errors import AssumptionViolated
from constructions.manifolds.covers import cover_with_pieces
from constructions.manifolds.cube_boundary import CubeBoundary
from constructions.manifolds.swiss_roll import SwissRoll
from verify.claims.chart_claims import charts_invert, charts_reach_manifold, transitions_invert
from verify.claims.cover_claims import cover_is_complete
from verify.theorem import Report, Request, Theorem
from verify.theorems.manifold_instances import manifold_of

_PIECES = 4


def check_atlas(request: Request) -> Report:
    """Check Definition 5.1 on a test manifold with rational charts.

    Charts, their inverses and the changes between them are rational functions. That they
    undo each other, and reach the manifold only, are identities of polynomials, proved at as
    many points as their degree asks for; that they reach all of it is the cover.

    Theorem: def:atlas

    Args:
        request: ``manifold``.

    Returns:
        The claims ``on_manifold``, ``inverse``, ``transition`` and ``cover``.

    Raises:
        AssumptionViolated: the manifold has no smooth rational charts.
        BudgetExceeded: the identities take too many points.
    """
    manifold = manifold_of(request)
    if isinstance(manifold, CubeBoundary | SwissRoll):
        raise AssumptionViolated(f"{manifold.spec} has no smooth charts that are rational", "atlas")
    instance = {"manifold": manifold.spec, "k": manifold.dimension, "d": manifold.dim, "charts": len(manifold.domains)}
    report = Report("atlas", instance)
    report.verdicts += [
        charts_reach_manifold(manifold),
        charts_invert(manifold),
        transitions_invert(manifold),
        cover_is_complete(manifold, cover_with_pieces(manifold, _PIECES)),
    ]
    return report


ATLAS = Theorem(
    id="atlas",
    paper="5.1",
    title="Definition: charts that cover a manifold and fit together",
    corrected=False,
    claims=("on_manifold", "inverse", "transition", "cover"),
    bounds={},
    run=check_atlas,
    options=("manifold",),
)
