"""Theorem 2.3 as printed: memorizers need about sqrt(N d) parameters, at any radius."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.hard_distributions.labellings import uniform_labels
from constructions.memorizers.cuts import memorize_with_cuts
from constructions.memorizers.instance import half_separation
from constructions.memorizers.literals import memorize_with_literals
from constructions.memorizers.two_points import memorize_two_points
from constructions.network.relu_network import ReluNetwork
from verify.capacity.memorization_bounds import memorization_size_bounds
from verify.capacity.memorization_upper import EnoughParameters, enough_for_every_set
from verify.claims.robustness_claims import zero_robust_error
from verify.claims.size_bound_claims import size_bound_found
from verify.claims.size_claims import parameters_at_most
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided
from verify.theorems.memorization_size import MOST_BUILT, OPTIONS, SizeInstance, printed_order
from verify.verdict import Status, Verdict

ERRATUM_DIM = 512
ERRATUM_RATIO = {"linf": Fraction(3, 7), "l2": Fraction(1, 32), "l1": Fraction(1, 1024)}


def check_printed_memorization_size_bound(request: Request) -> Report:
    """Check Theorem 2.3 as printed.

    If a class has for every 2 eps-separated set of N points a network that memorizes it
    robustly, in l2 or l-infinity, then it has networks of ``Omega(sqrt(N d))`` parameters. The
    constant is taken as 1. The order holds where that many parameters are proved to be too
    few, and is violated where fewer are enough for every data set; then one is built and
    decided.

    Theorem: thm:memorization-size-bound

    Args:
        request: norm and ratio, and of ``family`` the number of points and the dimension.

    Returns:
        The hypothesis ``norm``, then ``size_bound``, ``printed_order``, and where that is
        violated ``robust_error`` and ``parameters`` of a network.

    Raises:
        AssumptionViolated: the ratio is not in [0, 1).
        UsageError: a number is out of range.
    """
    return _checked(SizeInstance.of(request), request)


def find_erratum(request: Request) -> Report:
    """Show that the order is false: two points in dimension 512, and a network of two parameters.

    In l-infinity one coordinate tells every two points apart at every radius below eps, in l2
    at every ratio below ``1/sqrt(d)``.

    Theorem: thm:memorization-size-bound
    """
    asked = request if request.ratio is not None else replace(request, ratio=ERRATUM_RATIO[request.norm])
    return _checked(SizeInstance.of(asked, points=2, dim=ERRATUM_DIM), asked)


def _checked(instance: SizeInstance, request: Request) -> Report:
    report = Report("memorization-size-bound", instance.describe())
    report.verdicts.append(_printed_norm(instance.norm))
    if report.verdicts[0].status != "holds":
        return report
    bounds = memorization_size_bounds(instance.points, instance.dim, instance.norm, instance.ratio)
    certified = max((bound.certified for bound in bounds if bound.certified), key=lambda bound: bound.size)
    report.bounds.append(certified)
    report.verdicts.append(size_bound_found(certified))
    enough = enough_for_every_set(instance.points, instance.dim, instance.norm, instance.ratio)
    order = _order(instance, bounds[0].size, bounds[0].meaning, enough)
    report.verdicts.append(order)
    if order.status == "violated" and instance.points * instance.dim <= MOST_BUILT:
        _build(report, request, instance, enough)
    return report


def _printed_norm(norm: str) -> Verdict:
    status: Status = "holds" if norm in ("linf", "l2") else "inapplicable"
    detail = "" if status == "holds" else "the paper states l2 and linf"
    return Verdict("norm", status, "exact", norm, "l2 or linf", "equal", "comparison", detail=detail)


def _order(instance: SizeInstance, too_few: int, meaning: str, enough: EnoughParameters) -> Verdict:
    promised = printed_order(instance.points, instance.dim)
    if enough.size < promised:
        detail = (
            f"{enough.size} parameters are enough for every {instance.points} points in dimension {instance.dim} "
            f"({enough.construction}); sqrt(N d) is {promised}, rounded down"
        )
        witness = {"construction": enough.construction, "parameters": enough.size}
        return Verdict(
            "printed_order", "violated", "exact", str(enough.size), str(promised), "at least", "closed form",
            detail=detail, witness=witness,
        )  # fmt: skip
    status: Status = "holds" if too_few >= promised else "unknown"
    detail = f"{meaning}; promised: sqrt(N d), rounded down; {enough.size} are enough for every data set"
    return Verdict(
        "printed_order", status, "exact", str(too_few), str(promised), "at least", "best bound", detail=detail
    )


def _build(report: Report, request: Request, instance: SizeInstance, enough: EnoughParameters) -> None:
    """Build and decide the network on corners of a cube: two of them differ in every coordinate alike."""
    data = repeated_corners(instance.points, instance.dim, request.seed)
    closest = data.closest_opposite_pairs(instance.norm)
    eps = Fraction(1) if closest is None else half_separation(closest.distance, instance.norm)
    radius = instance.ratio * eps
    network = _network(data, radius, instance.norm)
    result = decided(network, data, request, radius)
    report.network, report.result = network, result
    report.instance |= {"eps": str(eps), "radius": str(radius)}
    report.verdicts += [
        zero_robust_error(result),
        parameters_at_most(network, enough.size, "closed form for every data set of so many points"),
    ]


def repeated_corners(points: int, dim: int, seed: int) -> LabelledPoints:
    """Return corners of the unit cube that repeat the bits of their number, labels of both kinds from N = 2 on.

    Args:
        points: N, at least 1.
        dim: d, at least as large as the number of bits of N - 1.
        seed: of the labels of all but the first two.
    """
    bits = max(1, (points - 1).bit_length())
    numbers = np.arange(points, dtype=np.int64)[:, None]
    table = numbers >> (np.arange(dim, dtype=np.int64) % bits)[None, :] & 1
    labels = uniform_labels(points, seed)
    labels[:2] = (1, -1)[:points]
    return LabelledPoints.of(table, labels)


def _network(data: LabelledPoints, radius: Fraction, norm: str) -> ReluNetwork:
    if len(data) == 2:
        return memorize_two_points(data, radius, norm)
    return memorize_with_literals(data, radius) if norm == "linf" else memorize_with_cuts(data, radius, norm=norm)


PRINTED = Theorem(
    id="memorization-size-bound",
    paper="2.3",
    title="Networks that memorize every separated set of N points robustly have at least about sqrt(N d) parameters",
    corrected=False,
    claims=("norm", "size_bound", "printed_order", "robust_error", "parameters"),
    bounds={"printed_order": "floor(sqrt(n*d))", "robust_error": "0"},
    run=check_printed_memorization_size_bound,
    erratum=find_erratum,
    options=OPTIONS,
)
