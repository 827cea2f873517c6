"""Theorem 5.8: sets on a manifold on which only large networks are robust, printed and corrected."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.data.manifold import Manifold
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.hard_distributions.labellings import uniform_labels
from constructions.manifolds.covers import grid_unit
from constructions.manifolds.flat_torus import FlatTorus
from constructions.manifolds.packings import MOST_LISTED, circle_packing, pack, packing_size
from constructions.manifolds.separated_classes import labelled_packing
from constructions.manifolds.swiss_roll import SwissRoll
from constructions.memorizers.instance import constant_network
from verify.capacity.packing_bound import is_short_for, packing_bound
from verify.capacity.printed import printed_manifold_size
from verify.capacity.size_bound import SizeBound, certified_size_bound
from verify.claims.packing_claims import points_apart, points_on_manifold
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.size_bound_claims import built_above_bound, size_bound_at_least, size_bound_found
from verify.claims.size_claims import parameters_at_most
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_manifold_enclosures import judge_enclosures
from verify.theorems.hard_sets import decided
from verify.theorems.manifold_instances import OPTIONS as SHARED
from verify.theorems.manifold_instances import decided_by_intervals, describe, manifold_of
from verify.verdict import Status, Verdict

MOST_DECIDED = 2**14
_DEFAULT_EPS = Fraction(1, 16)
OPTIONS = (*SHARED, "error")


def check_hard_manifold_sets(request: Request) -> Report:
    """Check the corrected Theorem 5.8 on an explicit packing of a manifold.

    Any points of any set that keep the distance 2 eps in l-infinity will do: whatever
    their labels, the classes are 2 eps-separated, so robust classifiers of all such sets
    realise all labellings. How many points there are follows from volume and reach, where
    these allow; smoothness and curvature play no other part.

    Theorem: thm:hard-manifold-sets

    Args:
        request: ``manifold``, ``eps`` (1/16 by default), ``radius`` or ``ratio``, seed, and the
            error of the size bound (0 by default).

    Returns:
        The claims ``on_manifold``, ``packing``, ``packing_number`` where volume and reach give
        one, ``size_bound``, ``robust_error``, ``margin``, ``parameters`` and ``sandwich``; on the swiss
        roll, where no point is rational, for boxes that hold a point each.

    Raises:
        AssumptionViolated: a number is out of range, or there are no two such points.
    """
    manifold, eps, radius = _numbers(request)
    report = Report("hard-manifold-sets", describe(manifold, eps, radius, request))
    if isinstance(manifold, SwissRoll):
        judge_enclosures(report, request, manifold, eps, radius)
        return report
    size = packing_size(manifold, 2 * eps)
    if size < 2:
        raise AssumptionViolated(f"no two points of the packing of {manifold.spec} are {2 * eps} apart", "packing")
    report.instance["points"] = size
    report.verdicts += _packing_claims(manifold, eps, size)
    bound = _bound(report, request, size, manifold)
    report.verdicts.append(size_bound_found(bound))
    promised = size // 2 * (6 * manifold.dim + 2) + 1
    if size <= MOST_DECIDED:
        _decide_labelled(report, request, pack(manifold, 2 * eps), eps, radius, promised)
    else:
        detail = f"the network for {size} points is counted, not built: at most {MOST_DECIDED} are decided"
        report.verdicts.append(Verdict("robust_error", "unknown", "exact", None, "0", "at most", detail=detail))
    report.verdicts.append(built_above_bound(promised, bound))
    return report


def check_printed_hard_manifold_sets(request: Request) -> Report:
    """Check Theorem 5.8 as printed, where its missing hypothesis on volume and reach is met.

    The printed order ``(2 eps sqrt(d/k))^(-k/2)`` is taken with constant 1, rounded down.

    Theorem: thm:hard-manifold-sets-as-printed

    Args:
        request: as for the corrected statement.

    Returns:
        The claims ``reach``, ``packing_number``, ``on_manifold``, ``packing`` and ``size_bound``.

    Raises:
        AssumptionViolated: a number is out of range, or there are no two such points.
    """
    manifold, eps, radius = _numbers(request)
    report = Report("hard-manifold-sets-as-printed", describe(manifold, eps, radius, request))
    short = is_short_for(manifold.reach, manifold.dim, 2 * eps)
    status: Status = "holds" if short else "inapplicable"
    meaning = "2 eps sqrt(d) at most half the reach, compared by squares"
    squared = str(16 * eps * eps * manifold.dim)
    promised = str(manifold.reach**2) if isinstance(manifold.reach, Fraction) else manifold.reach
    report.verdicts.append(
        Verdict("reach", status, "exact", squared, promised, "at most", "formula", detail=f"{meaning}: (4 eps)^2 d")
    )
    if not short:
        return report
    size = packing_size(manifold, 2 * eps)
    report.instance["points"] = size
    report.verdicts += _packing_claims(manifold, eps, size)
    bound = _bound(report, request, size, manifold)
    order = printed_manifold_size(manifold.dimension, manifold.dim, eps)
    report.verdicts.append(size_bound_at_least(bound, order, "(2 eps sqrt(d/k))^(-k/2), rounded down"))
    return report


def find_erratum(request: Request) -> Report:
    """Show that curvature alone is not enough: a torus too small for two points 2 eps apart.

    It is flat, compact and without boundary. But its diameter in l-infinity is below 2 eps,
    so no 2 eps-separated pair of nonempty classes lies on it, and a constant, one parameter,
    is right on every admissible labelling. The printed order grows without bound as eps and
    the torus shrink together, so no constant in the Omega saves it.

    Theorem: thm:hard-manifold-sets-as-printed
    """
    eps = _DEFAULT_EPS
    manifold = FlatTorus.of(2, eps / 2)
    radius = eps / 2
    promised = printed_manifold_size(manifold.dimension, manifold.dim, eps)
    boxes = [manifold.enclose(domain) for domain in manifold.domains]
    lower, upper = (
        [pick(box[end][axis] for box in boxes) for axis in range(manifold.dim)] for end, pick in ((0, min), (1, max))
    )
    diameter = max(high - low for low, high in zip(lower, upper, strict=True))
    single = labelled_packing(pack(manifold, 2 * eps)[:1], uniform_labels(1, 0), grid_unit(eps))
    network = constant_network(single.points)
    result = decided(network, single.points, request, diameter + radius)
    report = Report("hard-manifold-sets-as-printed", describe(manifold, eps, radius, request))
    report.network, report.result = network, result
    status: Status = "holds" if diameter >= 2 * eps else "violated"
    box = {"lower": [str(x) for x in lower], "upper": [str(x) for x in upper]}
    size = network.size.nonzero
    report.verdicts += [
        zero_robust_error(result),
        Verdict(
            "packing",
            status,
            "exact",
            str(diameter),
            str(2 * eps),
            "at least",
            "enclosing box",
            detail=f"the whole manifold lies in a box of side {diameter}: no two points are {2 * eps} apart",
            witness=box,
        ),
        Verdict(
            "size_bound",
            "violated" if size < promised and diameter < 2 * eps else "holds",
            "exact",
            str(size),
            str(promised),
            "at least",
            "construction",
            detail="a constant is right on every 2 eps-separated pair of sets, as one of them is empty",
            witness={"network": "constant", "parameters": size},
        ),
    ]
    return report


def _numbers(request: Request) -> tuple[Manifold, Fraction, Fraction]:
    from dataclasses import replace

    from verify.theorems.manifold_instances import numbers_of

    asked = request if request.eps is not None else replace(request, eps=_DEFAULT_EPS)
    return manifold_of(request), *numbers_of(asked)


def _packing_claims(manifold: Manifold, eps: Fraction, size: int) -> list[Verdict]:
    """Judge the points, on one circle where a torus has too many to list, and their number."""
    found = []
    if isinstance(manifold, FlatTorus) and size > MOST_LISTED:
        points, where = circle_packing(manifold.circle, 2 * eps), manifold.circle
        found += [points_on_manifold(where, points), points_apart(points, 2 * eps)]
    else:
        points = pack(manifold, 2 * eps)
        found += [points_on_manifold(manifold, points), points_apart(points, 2 * eps)]
    least = packing_bound(manifold.dimension, manifold.dim, manifold.volume()[0], manifold.reach, 2 * eps)
    if least is not None:
        status: Status = "holds" if size >= least.points else "unknown"
        detail = (
            f"volume over omega_k rho^k, rho = {float(least.geodesic):.4f} the geodesic length of the chord "
            f"{float(least.chord):.4f}"
        )
        found.append(
            Verdict(
                "packing_number", status, "enclosure", str(size), str(least.points), "at least", "volume", detail=detail
            )
        )
    return found


def _bound(report: Report, request: Request, size: int, manifold: Manifold) -> SizeBound:
    error = Fraction(0) if request.family.error is None else request.family.error
    bound = certified_size_bound(size, manifold.dim, error)
    report.bounds.append(bound)
    return bound


def _decide_labelled(
    report: Report,
    request: Request,
    points: tuple[Point, ...],
    eps: Fraction,
    radius: Fraction,
    promised: int,
) -> None:
    """Build a network for seeded labels of the packing, and decide it around every point."""
    labels = uniform_labels(len(points), request.seed)
    cover = labelled_packing(points, labels, grid_unit(eps - radius))
    network = classify_manifold_cover(cover, eps, radius)
    result = decided_by_intervals(network, cover.points, request, radius + cover.radius)
    report.network, report.result = network, result
    report.verdicts += [
        zero_robust_error(result),
        margin_at_least(result, Fraction(1)),
        parameters_at_most(network, promised, "one bump per point of the smaller class"),
    ]


PRINTED = Theorem(
    id="hard-manifold-sets-as-printed",
    paper="5.8",
    title="On a manifold of nonnegative Ricci curvature robust classifiers need (2 eps sqrt(d/k))^(-k/2) parameters",
    corrected=False,
    claims=("reach", "on_manifold", "packing", "packing_number", "size_bound"),
    bounds={"packing": "2*eps", "size_bound": "floor((2*eps*sqrt(d/k))**(-k/2))"},
    run=check_printed_hard_manifold_sets,
    erratum=find_erratum,
    options=OPTIONS,
)
CORRECTED = Theorem(
    id="hard-manifold-sets",
    paper="5.8",
    title="Any m points 2 eps apart on any set make 2 sqrt(m) parameters too few; volume and reach give m",
    corrected=True,
    claims=(
        "on_manifold",
        "packing",
        "packing_number",
        "size_bound",
        "robust_error",
        "margin",
        "parameters",
        "sandwich",
    ),
    bounds={"packing": "2*eps", "robust_error": "0", "margin": "1", "parameters": "floor(m/2)*(6*d + 2) + 1"},
    run=check_hard_manifold_sets,
    options=OPTIONS,
)
