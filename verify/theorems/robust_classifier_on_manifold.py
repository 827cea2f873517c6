"""Theorem 5.5, corrected: as many parameters as patches in a cover, attacks in all of space."""

from __future__ import annotations

import time
from fractions import Fraction

from constructions.classifiers.manifold_cover import classify_manifold_cover, count_manifold_cover
from constructions.data.labelled_cover import LabelledCover
from constructions.data.labelled_points import LabelledPoints
from constructions.network.relu_network import ReluNetwork
from verify.capacity.size_bound import certified_size_bound
from verify.claims.cover_claims import centres_near, classes_apart, cover_is_complete, patches_within
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.size_bound_claims import built_above_bound, size_bound_found
from verify.claims.size_claims import parameters_at_most, parameters_equal
from verify.robustness import RobustError
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided
from verify.theorems.manifold_instances import (
    OPTIONS,
    classes_of,
    decided_by_intervals,
    describe,
    fine_cover,
    manifold_of,
    numbers_of,
    points_in_packing,
)
from verify.verdict import Verdict


def check_robust_classifier_on_manifold(request: Request) -> Report:
    """Check the corrected Theorem 5.5 on two classes of a test manifold.

    The classes are unions of patches of a certified cover. The network is decided on finitely
    many closed boxes, of radius ``radius + eta`` around the centres, which contain everything
    within ``radius`` of the classes, in all directions of R^d. They hold more than that: a network
    of one's own that is wrong in a box is refuted only within ``radius`` of a point of a class.

    Theorem: thm:robust-classifier-on-manifold

    Args:
        request: ``manifold``, ``eps``, ``radius`` or ``ratio``, seed, and optionally a network
            to judge instead of building one.

    Returns:
        The claims on the cover and the classes, then ``robust_error``, ``margin``, ``count``,
        ``parameters``, ``size_bound`` and ``sandwich``; those on size only without a network.

    Raises:
        AssumptionViolated: eps or the radius is out of range, or the manifold too small.
    """
    manifold, (eps, radius) = manifold_of(request), numbers_of(request)
    started = time.monotonic()
    cover = fine_cover(manifold, eps, radius)
    classes = classes_of(cover, eps, request)
    report = Report("robust-classifier-on-manifold", describe(manifold, eps, radius, request))
    report.instance |= {"patches": len(cover.patches), "labelled": len(classes.patches)}
    report.seconds["cover"] = time.monotonic() - started
    room = eps - radius
    report.verdicts += [
        cover_is_complete(manifold, cover),
        patches_within(cover.patches, room - cover.offset),
        centres_near(manifold, cover.patches, room - cover.radius),
        classes_apart(classes, 2 * eps),
    ]
    network = request.network or classify_manifold_cover(classes, eps, radius)
    result = decided_by_intervals(network, classes.points, request, radius + classes.radius)
    if request.network is not None and result.upper:
        result, found = _judged_near(network, classes, request, radius, result)
    else:
        found = zero_robust_error(result)
    report.network, report.result = network, result
    report.seconds["decide"] = result.seconds
    report.verdicts.append(found)
    if request.network is not None:
        return report
    promised = len(cover.patches) * (6 * manifold.dim + 2) + 1
    bound = certified_size_bound(points_in_packing(manifold, cover, 2 * eps), manifold.dim)
    report.bounds.append(bound)
    report.verdicts += [
        margin_at_least(result, Fraction(1)),
        parameters_equal(network, count_manifold_cover(classes, radius)),
        parameters_at_most(network, promised, f"{len(cover.patches)} patches, {6 * manifold.dim + 2} for each, and 1"),
        size_bound_found(bound),
        built_above_bound(promised, bound),
    ]
    return report


def _judged_near(
    network: ReluNetwork, classes: LabelledCover, request: Request, radius: Fraction, boxes: RobustError
) -> tuple[RobustError, Verdict]:
    """Judge a network that is not right on all boxes, by the points of the classes that patches name.

    The boxes hold more than what lies within ``radius`` of the classes, so a wrong point of a box
    refutes nothing; a wrong point within ``radius`` of a point of a class does.
    """
    named = [(p.anchor, label) for p, label in zip(classes.patches, classes.labels, strict=True) if p.anchor]
    if named:
        points = LabelledPoints.of([anchor for anchor, _ in named], [label for _, label in named])
        near = decided(network, points, request, radius)
        if near.lower > 0:
            return near, zero_robust_error(near)
    open_boxes = len(boxes.status) - boxes.count("robust")
    detail = (
        f"{open_boxes} of {len(boxes.status)} boxes are not proved right, and no wrong point within {radius} "
        f"of {len(named)} points of the classes was found"
    )
    return boxes, Verdict("robust_error", "unknown", "exact", None, "0", "at most", "boxes", boxes.seconds, detail)


CORRECTED = Theorem(
    id="robust-classifier-on-manifold",
    paper="5.5",
    title="A bump per patch of a cover within (1 - c) eps, against attacks that leave the manifold",
    corrected=True,
    claims=(
        "cover",
        "cover_radius",
        "offset",
        "separation",
        "robust_error",
        "margin",
        "count",
        "parameters",
        "size_bound",
        "sandwich",
    ),
    bounds={
        "separation": "2*eps",
        "robust_error": "0",
        "margin": "1",
        "parameters": "m*(6*d + 2) + 1",
    },
    run=check_robust_classifier_on_manifold,
    options=(*OPTIONS, "network"),
)
