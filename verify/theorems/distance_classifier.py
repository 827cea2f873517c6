"""Proposition 3.2: the distance classifier is robust on the neighbourhoods of two separated sets."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

from constructions.classifiers.distance import DistanceClassifier
from constructions.classifiers.distance_network import distance_difference_network
from constructions.errors import AssumptionViolated, UsageError
from constructions.exact.norms import check_norm
from constructions.sets.box_mixture import BoxMixture
from constructions.sets.finite_set import FiniteSet
from constructions.sets.labelled_sets import LabelledSets
from constructions.sets.point_set import BoxSet
from constructions.sets.sources import load_sets
from verify.claims.bracketed_distance_claims import (
    lipschitz_between,
    margin_between,
    neighbourhoods_apart_between,
    separated_between,
)
from verify.claims.distance_claims import lipschitz_at_most, neighbourhood_margin
from verify.claims.generalization_claims import zero_robust_test_error
from verify.claims.set_claims import neighbourhoods_apart, sets_separated_by
from verify.generalization.population_error import robust_test_error
from verify.theorem import DEFAULT_RATIO, Report, Request, Theorem

DEFAULT_SETS = "boxes:n=4,d=2,levels=8,seed=0"
_PRINTED_SHARE = Fraction(3, 4)
_MOST_FACES = 64


def check_distance_classifier(request: Request) -> Report:
    """Check the corrected Proposition 3.2: any radius below eps, with the margin it leaves.

    For sets A and B at distance at least 2 eps, ``f = (d_B - d_A) / (d_A + d_B)`` has
    ``label * f >= 1 - radius/eps`` on the closed radius-neighbourhoods, and changes by at
    most ``|x - y| / eps``.

    Theorem: thm:distance-classifier

    Args:
        request: two sets, the norm, and optionally eps, radius or ratio.

    Returns:
        The claims ``separation``, ``margin``, ``lipschitz``, ``robust_error`` and, for few
        boxes or points in l-infinity and l1, ``network_robust_error``.

    Raises:
        AssumptionViolated: eps or the radius is out of range.
    """
    sets, name = sets_of(request)
    norm = check_norm(request.norm)
    eps = sets.eps(norm) if request.eps is None else request.eps
    ratio = DEFAULT_RATIO if request.ratio is None else request.ratio
    radius = ratio * eps if request.radius is None else request.radius
    if not sets.is_exact:
        return _judge_brackets("distance-classifier", sets, name, norm, eps, radius)
    report = Report("distance-classifier", _describe(sets, name, norm, eps, radius))
    report.verdicts.append(sets_separated_by(sets, norm, 2 * eps, failing="inapplicable"))
    if report.verdict == "inapplicable":
        return report
    _require_radius(radius, eps)
    classifier = DistanceClassifier(sets, norm)
    report.verdicts += [
        neighbourhood_margin(classifier, sets, norm, radius, 1 - radius / eps),
        lipschitz_at_most(classifier, sets, norm, 1 / eps),
        neighbourhoods_apart(sets, norm, radius),
    ]
    if norm != "l2" and _faces(sets) <= _MOST_FACES:
        _judge_network(report, sets, norm, radius, request)
    return report


def _judge_network(report: Report, sets: LabelledSets, norm: str, radius: Fraction, request: Request) -> None:
    """Decide the robust error of ``d_B - d_A`` as a network, by methods that know nothing of distances."""
    report.network = distance_difference_network(sets, norm)
    population = sets if sets.is_finite else BoxMixture.equal(sets)
    seconds = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
    result = robust_test_error(report.network, population, norm, radius, seconds=seconds, seed=request.seed)
    report.verdicts.append(zero_robust_test_error(result, "network_robust_error"))
    report.seconds["decide"] = result.seconds


def _faces(sets: LabelledSets) -> int:
    """Return the number of faces of boxes and points; many where a set has other pieces."""
    sides = sets.exact_sides
    boxes = all(isinstance(side, BoxSet) for side in sides)
    return 2 * sets.dim * sum(len(side.pieces) for side in sides) if boxes else _MOST_FACES + 1


def check_printed_distance_classifier(request: Request) -> Report:
    """Check Proposition 3.2 as printed: robust test error 0 at radius eps itself.

    By default eps is three quarters of half the separation; then the print is true. It
    fails where the distance of the sets is exactly 2 eps.

    Theorem: thm:distance-classifier-as-printed

    Args:
        request: two sets, the norm, and optionally eps.

    Returns:
        The claims ``separation``, ``lipschitz`` and ``robust_error``.

    Raises:
        AssumptionViolated: eps is not positive.
    """
    sets, name = sets_of(request)
    norm = check_norm(request.norm)
    eps = _PRINTED_SHARE * sets.eps(norm) if request.eps is None else request.eps
    return _judge_printed(sets, name, norm, eps)


def find_erratum(request: Request) -> Report:
    """Show that no classifier is right at radius eps where 2 eps is attained: the points 0 and 1.

    With closed balls the middle of two closest points lies in both neighbourhoods.

    Theorem: thm:distance-classifier-as-printed
    """
    dim = 1 if request.family.dim is None else request.family.dim
    if dim < 1:
        raise AssumptionViolated(f"the dimension must be at least 1, got {dim}", "dim")
    rest = [0] * (dim - 1)
    sets = LabelledSets(FiniteSet.of([[0, *rest]]), FiniteSet.of([[1, *rest]]))
    return _judge_printed(sets, "A = {0}, B = {e_1}", check_norm(request.norm), Fraction(1, 2))


def sets_of(request: Request) -> tuple[LabelledSets, str]:
    """Return the sets asked for, or the default ones in the dimension asked for, and their name.

    Raises:
        UsageError: the sets lie in another dimension, or it is not positive.
    """
    dim = request.family.dim
    if request.sets is None:
        name = DEFAULT_SETS if dim is None else DEFAULT_SETS.replace("d=2", f"d={dim}")
        return load_sets(name), name
    if dim not in (None, request.sets.dim):
        raise UsageError(f"the sets lie in dimension {request.sets.dim}, not {dim}")
    return request.sets, request.sets_name


def _judge_printed(sets: LabelledSets, name: str, norm: str, eps: Fraction) -> Report:
    if not sets.is_exact:
        return _judge_brackets("distance-classifier-as-printed", sets, name, norm, eps, eps)
    report = Report("distance-classifier-as-printed", _describe(sets, name, norm, eps, eps))
    report.verdicts.append(sets_separated_by(sets, norm, 2 * eps, failing="inapplicable"))
    if report.verdict == "inapplicable":
        return report
    _require_radius(Fraction(0), eps)
    classifier = DistanceClassifier(sets, norm)
    report.verdicts += [lipschitz_at_most(classifier, sets, norm, 1 / eps), neighbourhoods_apart(sets, norm, eps)]
    return report


def _judge_brackets(theorem: str, sets: LabelledSets, name: str, norm: str, eps: Fraction, radius: Fraction) -> Report:
    """Judge a statement on sets known by a cover: every number is a bracket, no network is built.

    Raises:
        AssumptionViolated: the covers leave the sets without a positive distance.
    """
    apart = sets.separation_bounds(norm)
    if apart.lower <= 0:
        raise AssumptionViolated(
            f"the covered sets are not proved to be apart: their {norm} distance lies between 0 and {apart.upper}, and "
            "the cover radii reach as far as the clouds are apart; a finer cover is needed",
            "separation",
        )
    corrected = theorem == "distance-classifier"
    _require_radius(radius if corrected else Fraction(0), eps)
    report = Report(theorem, _describe(sets, name, norm, eps, radius))
    report.verdicts.append(separated_between(sets, norm, 2 * eps, failing="inapplicable"))
    if report.verdict != "holds":
        return report
    classifier = DistanceClassifier(sets, norm)
    if corrected:
        report.verdicts.append(margin_between(classifier, sets, norm, radius, 1 - radius / eps))
    report.verdicts += [
        lipschitz_between(sets, norm, 1 / eps),
        neighbourhoods_apart_between(sets, norm, radius),
    ]
    return report


def _require_radius(radius: Fraction, eps: Fraction) -> None:
    if eps <= 0:
        raise AssumptionViolated(f"eps must be positive, got {eps}", "eps")
    if not 0 <= radius < eps:
        raise AssumptionViolated(f"the radius must be at least 0 and below eps = {eps}, got {radius}", "radius")


def _describe(sets: LabelledSets, name: str, norm: str, eps: Fraction, radius: Fraction) -> dict[str, Any]:
    return {"sets": name, "dim": sets.dim, "norm": norm, "eps": str(eps), "radius": str(radius)}


PRINTED = Theorem(
    id="distance-classifier-as-printed",
    paper="3.2",
    title="The distance classifier has robust test error 0 at radius eps on 2 eps-separated sets",
    corrected=False,
    claims=("separation", "lipschitz", "robust_error"),
    bounds={"separation": "2*eps", "lipschitz": "1/eps", "robust_error": "0"},
    run=check_printed_distance_classifier,
    erratum=find_erratum,
    options=("sets", "norm", "eps", "dim"),
)
CORRECTED = Theorem(
    id="distance-classifier",
    paper="3.2",
    title="The distance classifier has margin 1 - radius/eps on both neighbourhoods, for every radius below eps",
    corrected=True,
    claims=("separation", "margin", "lipschitz", "robust_error", "network_robust_error"),
    bounds={
        "separation": "2*eps",
        "margin": "1 - delta/eps",
        "lipschitz": "1/eps",
        "robust_error": "0",
        "network_robust_error": "0",
    },
    run=check_distance_classifier,
    options=("sets", "norm", "eps", "radius", "ratio", "dim"),
)
