"""Points of one label only: nothing has to be told apart, and a constant network is right everywhere."""

from __future__ import annotations

from fractions import Fraction

from constructions.errors import UsageError
from constructions.exact.norms import check_norm
from constructions.memorizers.instance import constant_network
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.separation_claims import separated_by
from verify.claims.size_claims import parameters_at_most
from verify.theorem import DEFAULT_RATIO, Report, Request
from verify.theorems.hard_sets import decided
from verify.verdict import Verdict


def has_one_class(request: Request) -> bool:
    """Return whether a request names points that all have the label -1, or all +1."""
    return request.sets is None and request.data is not None and request.data.classes in ((-1,), (1,))


def check_one_class(request: Request, theorem: str) -> Report:
    """Build the network of one parameter and decide it, at any eps and radius.

    Args:
        request: points of one label; the norm, and a radius, or a ratio of eps, which is 1 if not given.
        theorem: id of the statement.

    Raises:
        UsageError: both a radius and a ratio are given, or there are no points.
    """
    data = request.data
    if data is None:
        raise UsageError("one class needs labelled points")
    if request.radius is not None and request.ratio is not None:
        raise UsageError("give a radius or a ratio, not both")
    norm = check_norm(request.norm)
    eps = Fraction(1) if request.eps is None else request.eps
    ratio = DEFAULT_RATIO if request.ratio is None else request.ratio
    radius = ratio * eps if request.radius is None else request.radius
    report = Report(theorem, {"sets": request.data_name, "dim": data.dim, "norm": norm, "radius": str(radius)})
    network = constant_network(data)
    result = decided(network, data, request, radius)
    report.network, report.result = network, result
    report.sizes.append(
        {"name": "constant", "title": "one class only", "parameters": 1, "worst_case": 1, "built": True}
    )
    report.verdicts += [
        separated_by(data, norm, 2 * eps, failing="inapplicable"),
        Verdict("radius", "holds", "exact", str(radius), "any", "less than", "one class only"),
        zero_robust_error(result),
        margin_at_least(result, Fraction(1)),
        parameters_at_most(network, 1, "one class only: a constant network"),
    ]
    return report
