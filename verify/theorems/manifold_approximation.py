"""Lemma 5.6: a Lipschitz function on a manifold approximated by a network, printed and corrected."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from constructions.classifiers.lipschitz_envelope import approximate_by_cones, count_cones
from constructions.data.labelled_points import LabelledPoints
from constructions.data.manifold import Cover, Manifold
from constructions.errors import AssumptionViolated
from constructions.manifolds.covers import cover_manifold, cover_with_pieces
from constructions.manifolds.flat_torus import FlatTorus
from constructions.network.affine_map import AffineMap
from constructions.network.affine_products import composed
from constructions.network.relu_network import ReluNetwork
from constructions.network.side_by_side import side_by_side
from verify.capacity.size_bound import certified_size_bound
from verify.claims.cone_claims import cones_of, largest_error
from verify.claims.cover_claims import cover_is_complete, patches_within
from verify.claims.size_bound_claims import built_above_bound, size_bound_found
from verify.claims.size_claims import parameters_at_most
from verify.robustness import RobustError
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_sets import decided
from verify.theorems.manifold_instances import manifold_of, points_in_packing
from verify.verdict import Status, Verdict

_HALF, _LIPSCHITZ = Fraction(1, 2), Fraction(1)
_DEFAULT_ACCURACY = Fraction(1, 8)
_SHARE, _BEYOND = Fraction(5, 8), Fraction(65, 64)
OPTIONS = ("manifold", "accuracy")


def check_manifold_approximation(request: Request) -> Report:
    """Check the corrected Lemma 5.6: accuracy delta by one cone per patch of a cover.

    The function is ``g(x) = |x_1 - 1/2|``, with Lipschitz constant 1 in l-infinity; the size of
    the network does not depend on g. Networks that approximate all such functions better
    than h realise all signs on a packing at distance 2 h.

    Theorem: lem:manifold-approximation

    Args:
        request: ``manifold`` (a circle by default) and ``accuracy``, delta.

    Returns:
        The claims ``cover``, ``cover_radius``, ``accuracy``, ``parameters``, ``size_bound`` and
        ``sandwich``.

    Raises:
        AssumptionViolated: the accuracy is not positive.
    """
    manifold, accuracy = manifold_of(request, FlatTorus.of(1)), _accuracy(request)
    widest = 2 * accuracy / (_LIPSCHITZ * (manifold.dim + 1))
    cover = cover_manifold(manifold, _SHARE * widest)
    values = [_LIPSCHITZ * abs(patch.centre[0] - _HALF) for patch in cover.patches]
    network = approximate_by_cones(cover, values, _LIPSCHITZ)
    report = Report("manifold-approximation", _describe(manifold, accuracy, request))
    report.instance["patches"] = len(cover.patches)
    report.network = network
    promised = count_cones(len(cover.patches), manifold.dim)
    bound = certified_size_bound(points_in_packing(manifold, cover, 2 * _BEYOND * accuracy / _LIPSCHITZ), manifold.dim)
    report.bounds.append(bound)
    report.verdicts += [
        cover_is_complete(manifold, cover),
        patches_within(cover.patches, widest),
        _accuracy_claim(network, cover, accuracy, request),
        parameters_at_most(network, promised, f"{len(cover.patches)} cones and their largest"),
        size_bound_found(bound),
        built_above_bound(promised, bound),
    ]
    return report


def check_printed_manifold_approximation(request: Request) -> Report:
    """Check Lemma 5.6 as printed, where ``(sqrt(d) L / delta)^(-k~)`` is at least 1.

    The printed exponent has the wrong sign. With accuracies above ``sqrt(d) L``, by default
    d, the order is above 1 and a constant is enough.

    Theorem: lem:manifold-approximation-as-printed

    Args:
        request: ``manifold`` and ``accuracy``.

    Returns:
        The claims ``accuracy`` and ``parameters``.

    Raises:
        AssumptionViolated: the accuracy is not positive.
    """
    manifold = manifold_of(request, FlatTorus.of(1))
    accuracy = Fraction(manifold.dim) if request.family.accuracy is None else _accuracy(request)
    return _judge_constant(manifold, accuracy, request)


def find_erratum(request: Request) -> Report:
    """Show that the printed size tends to 0 with the accuracy asked for.

    At accuracy 2^-10 it is below 1, so no parameter is left, and the zero function remains,
    which is 1/2 away from ``|x_1 - 1/2|`` at a point of the circle. A factor in front of the
    order is overtaken by a smaller accuracy.

    Theorem: lem:manifold-approximation-as-printed
    """
    return _judge_constant(FlatTorus.of(1), Fraction(1, 2**10), request)


def printed_approximation_size(dimension: int, dim: int, accuracy: Fraction) -> tuple[int, int]:
    """Return ``(sqrt(d) L / delta)^(-k~)`` rounded down and ``k~ = k ceil(log2 d)``, at least k; L is 1.

    The square of the power is rational, and rounding down commutes with the square root.
    """
    exponent = dimension * max(1, (dim - 1).bit_length())
    return math.isqrt(math.floor((accuracy * accuracy / dim) ** exponent)), exponent


def _judge_constant(manifold: Manifold, accuracy: Fraction, request: Request) -> Report:
    """Judge the largest constant network that the printed size allows: one parameter or none."""
    promised, exponent = printed_approximation_size(manifold.dimension, manifold.dim, accuracy)
    cover = cover_with_pieces(manifold, 8)
    level = Fraction(1, 4) if promised else Fraction(0)
    network = ReluNetwork([AffineMap.from_coo([], [], [], (1, manifold.dim), [level])])
    report = Report("manifold-approximation-as-printed", _describe(manifold, accuracy, request))
    report.instance["exponent"] = exponent
    report.network = network
    report.verdicts += [
        _accuracy_claim(network, cover, accuracy, request),
        parameters_at_most(network, promised, "(sqrt(d) L / delta)^(-k~), rounded down"),
    ]
    return report


def _accuracy_claim(network: ReluNetwork, cover: Cover, accuracy: Fraction, request: Request) -> Verdict:
    """Judge "the network is within ``accuracy`` of g on the cover".

    The largest of cones is bounded on the box of every patch, exactly; of another network it is
    asked whether two others are positive, on boxes around the centres.
    """
    cones = cones_of(network)
    error = None if cones is None else largest_error(cones, cover.patches, _HALF)
    if cones is not None and error is not None and error <= accuracy:
        detail = f"{len(cones.heights)} cones on the boxes of {len(cover.patches)} patches"
        return Verdict("accuracy", "holds", "exact", str(error), str(accuracy), "at most", "cones", detail=detail)
    centres = LabelledPoints.of([patch.centre for patch in cover.patches], [1] * len(cover.patches))
    results = []
    for sign in (1, -1):
        gap = _gap(network, accuracy, sign)
        results.append(decided(gap, centres, request, cover.radius))
    wrong = _wrong(network, cover, accuracy)
    status: Status = "unknown"
    if all(result.upper == 0 for result in results):
        status = "holds"
    elif wrong is not None:
        status = "violated"
    measured = None if wrong is None else wrong["error"]
    seconds = sum(result.seconds for result in results)
    detail = f"{len(centres)} boxes of radius {cover.radius} decided on both sides: {_methods(results)}"
    shown = measured if status == "violated" else "below" if status == "holds" else None
    return Verdict("accuracy", status, "exact", shown, str(accuracy), "at most", "boxes", seconds, detail, wrong)


def _gap(network: ReluNetwork, accuracy: Fraction, sign: int) -> ReluNetwork:
    """Return ``accuracy + sign * (f - g)``, which must be positive."""
    depth = max(2, len(network.maps))
    ours = list(network.maps)
    if len(ours) == 1:
        # An affine map as a network with a hidden layer: both parts of its output.
        ours = [composed(AffineMap([[1], [-1]], [0, 0]), ours[0]), AffineMap([[1, -1]], [0])]
    rest = [AffineMap([[1]], [0])] * (depth - 2)
    tent = [
        AffineMap.from_coo([0, 1], [0, 0], [1, -1], (2, network.dim), [-_HALF, _HALF]),
        AffineMap([[_LIPSCHITZ, _LIPSCHITZ]], [0]),
        *rest,
    ]
    maps = side_by_side([ours, tent])
    return ReluNetwork([*maps[:-1], composed(AffineMap([[sign, -sign]], [accuracy]), maps[-1])])


def _wrong(network: ReluNetwork, cover: Cover, accuracy: Fraction) -> dict[str, Any] | None:
    """Return the point named by a patch with the largest error, where that exceeds the accuracy."""
    found: dict[str, Any] | None = None
    worst = accuracy
    for patch in cover.patches:
        if patch.anchor is None:
            continue
        error = abs(network(patch.anchor)[0] - _LIPSCHITZ * abs(patch.anchor[0] - _HALF))
        if error > worst:
            worst, found = error, {"point": [str(x) for x in patch.anchor], "error": str(error)}
    return found


def _methods(results: list[RobustError]) -> str:
    return ", ".join(sorted({result.method(i) for result in results for i in range(len(result.data))} - {""}))


def _accuracy(request: Request) -> Fraction:
    value = _DEFAULT_ACCURACY if request.family.accuracy is None else request.family.accuracy
    if value <= 0:
        raise AssumptionViolated(f"the accuracy must be above 0, got {value}", "accuracy")
    return value


def _describe(manifold: Manifold, accuracy: Fraction, request: Request) -> dict[str, Any]:
    return {
        "manifold": manifold.spec,
        "k": manifold.dimension,
        "d": manifold.dim,
        "accuracy": str(accuracy),
        "lipschitz": str(_LIPSCHITZ),
        "seed": request.seed,
    }


PRINTED = Theorem(
    id="manifold-approximation-as-printed",
    paper="5.6",
    title="A Lipschitz function on a manifold by (sqrt(d) L / delta)^(-k~) parameters",
    corrected=False,
    claims=("accuracy", "parameters"),
    bounds={},
    run=check_printed_manifold_approximation,
    erratum=find_erratum,
    options=OPTIONS,
)
CORRECTED = Theorem(
    id="manifold-approximation",
    paper="5.6",
    title="A Lipschitz function on a manifold by one cone per patch of a cover, and how many are needed",
    corrected=True,
    claims=("cover", "cover_radius", "accuracy", "parameters", "size_bound", "sandwich"),
    bounds={"cover_radius": "2*beta/(d + 1)", "accuracy": "beta"},
    run=check_manifold_approximation,
    options=OPTIONS,
)
