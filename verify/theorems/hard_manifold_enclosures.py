"""Theorem 5.8 where no point of the manifold is rational: boxes that hold one point each."""

from __future__ import annotations

from fractions import Fraction

from constructions.classifiers.manifold_cover import classify_manifold_cover
from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Manifold
from constructions.errors import AssumptionViolated
from constructions.hard_distributions.labellings import uniform_labels
from constructions.manifolds.separated_classes import spread_patches
from verify.capacity.size_bound import certified_size_bound
from verify.claims.packing_claims import boxes_apart, boxes_hold_points
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.size_bound_claims import built_above_bound, size_bound_found
from verify.claims.size_claims import parameters_at_most
from verify.theorem import Report, Request
from verify.theorems.manifold_instances import decided_by_intervals, fine_cover


def judge_enclosures(report: Report, request: Request, manifold: Manifold, eps: Fraction, radius: Fraction) -> None:
    """Judge a packing of enclosures: whichever point of the manifold each box holds, they keep 2 eps.

    The network is decided on boxes that contain all within ``radius`` of every point of every patch, so
    it is right around the points that are not known, too.

    Theorem: thm:hard-manifold-sets

    Args:
        report: receives the claims, the network and the bound.
        request: seed and error of the size bound.
        manifold: enclosed, without known points.
        eps: half of the distance.
        radius: of the perturbations.

    Raises:
        AssumptionViolated: there are no two such boxes.
    """
    patches = spread_patches(fine_cover(manifold, eps, radius).patches, 2 * eps)
    size = len(patches)
    if size < 2:
        raise AssumptionViolated(f"no two boxes around parts of {manifold.spec} are {2 * eps} apart", "packing")
    report.instance["points"] = size
    error = Fraction(0) if request.family.error is None else request.family.error
    bound = certified_size_bound(size, manifold.dim, error)
    report.bounds.append(bound)
    classes = LabelledCover(patches, tuple(int(label) for label in uniform_labels(size, request.seed)))
    network = classify_manifold_cover(classes, eps, radius)
    result = decided_by_intervals(network, classes.points, request, radius + classes.radius)
    report.network, report.result = network, result
    promised = size // 2 * (6 * manifold.dim + 2) + 1
    report.verdicts += [
        boxes_hold_points(manifold, patches),
        boxes_apart([(patch.lower, patch.upper) for patch in patches], 2 * eps),
        size_bound_found(bound),
        zero_robust_error(result),
        margin_at_least(result, Fraction(1)),
        parameters_at_most(network, promised, "one bump per box of the smaller class"),
        built_above_bound(promised, bound),
    ]
