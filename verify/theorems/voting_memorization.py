"""Votes over shifted grids: robust memorization by readers of long weights, on one instance."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.data.norm_ball import NormBall
from constructions.errors import BudgetExceeded
from constructions.memorizers.instance import constant_network
from constructions.memorizers.voting.votes import build_votes, count_votes, plan_votes
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.size_claims import parameters_at_most
from verify.theorem import DATA_OPTIONS, Report, Request, Theorem
from verify.theorems.hard_sets import decided
from verify.theorems.memorization import radius_below, setting_of, shared_hypotheses

_MOST_CELLS = 20_000


def check_voting_memorization(request: Request) -> Report:
    """Check the memorizer by votes over shifted grids, on one instance.

    Each of ``2 d + 1`` shifted grids reads the label of its cell from long weights. A point
    is on a ramp of at most d grids, so the others outvote them: margin 1 on every ball. That
    about the square root of N parameters are enough for many points is not claimed.

    Theorem: thm:voting-memorization

    Args:
        request: the instance, in few dimensions; 12 points in the plane by default.

    Returns:
        Hypotheses, then the claims ``robust_error``, ``margin`` and ``parameters``.

    Raises:
        UsageError: an option does not fit.
        AssumptionViolated: a cell meets balls of both labels.
        BudgetExceeded: the balls meet too many cells to decide them one by one.
    """
    setting = setting_of(request)
    report = Report("voting-memorization", setting.describe(request.data_name))
    report.verdicts.extend([*shared_hypotheses(setting), radius_below(setting, setting.eps, "eps")])
    if any(verdict.status != "holds" for verdict in report.verdicts):
        return report
    started = time.monotonic()
    plan = plan_votes(setting.data, setting.radius, setting.eps, setting.norm)
    if plan is not None:
        _refuse_beyond(plan[0].most_cells(len(setting.data), NormBall(setting.norm, setting.radius)))
    network = constant_network(setting.data) if plan is None else build_votes(*plan)
    promised = 1 if plan is None else count_votes(*plan)
    report.seconds["build"] = time.monotonic() - started
    result = decided(network, setting.data, request, setting.radius)
    report.network, report.result = network, result
    report.seconds["decide"] = result.seconds
    report.verdicts += [
        zero_robust_error(result),
        margin_at_least(result, Fraction(1)),
        parameters_at_most(network, promised, "closed form of the votes"),
    ]
    return report


def _refuse_beyond(cells: int) -> None:
    if cells > _MOST_CELLS:
        raise BudgetExceeded(f"the balls may meet {cells:,} cells; {_MOST_CELLS:,} are decided at most")


VOTING = Theorem(
    id="voting-memorization",
    paper="",
    title="Experiment: shifted grids vote on the label, margin 1; no size is claimed for many points",
    corrected=True,
    claims=("labels", "separation", "radius", "robust_error", "margin", "parameters"),
    bounds={"robust_error": "0", "margin": "1"},
    run=check_voting_memorization,
    options=tuple(option for option in DATA_OPTIONS if option != "construction"),
    default_data="random:n=12,d=2,levels=8,seed=0",
)
