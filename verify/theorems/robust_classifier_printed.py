"""Theorem 3.3 as printed: about ((1-c) eps)^(-d) parameters in l-infinity and in l2."""

from __future__ import annotations

import math
from fractions import Fraction

from constructions.errors import UsageError
from constructions.hard_distributions.binary_code import gilbert_varshamov
from verify.capacity.size_bound import certified_size_bound
from verify.theorem import Report, Request, Theorem
from verify.theorems.robust_classifier import OPTIONS, build_and_judge, instance_of, set_beside_bound
from verify.verdict import Status, Verdict

_LENGTH, _DISTANCE = 256, 64


def check_printed_robust_classifier(request: Request) -> Report:
    """Check Theorem 3.3 with the bound of the paper.

    For two sets in the unit cube, ``2 eps`` apart in l-infinity or l2, and ``0 < c < 1``,
    some ReLU network with ``O(((1-c) eps)^(-d))`` parameters, up to logarithms, has
    robust test error 0 at radius ``c eps``. The constant is that of the paper's route: the distance
    classifier interpolated by hats on ``N + 1`` nodes an axis, N the least integer above
    ``1/((1-c) eps)``.

    Theorem: thm:robust-classifier-as-printed

    Args:
        request: as for the corrected statement; the norm is l-infinity or l2.

    Returns:
        The hypotheses, ``robust_error``, ``margin``, ``parameters``, and the size that Theorem 3.4 certifies
        to be too small for some two sets like these, beside what is enough for any (``size_bound``, ``sandwich``).

    Raises:
        AssumptionViolated: a hypothesis fails; the message has the values.
        UsageError: an option does not fit.
    """
    sets, report = instance_of(request, "robust-classifier-as-printed")
    report.verdicts.insert(0, _printed_norm(request.norm))
    if sets is None or report.verdict == "inapplicable":
        return report
    promised = printed_size(sets.dim, sets.eps - sets.radius)
    meaning = "the paper's route, reconstructed, with the printed base 1/((1-c) eps)"
    build_and_judge(report, sets, request, lambda plan: (promised, meaning))
    set_beside_bound(report, request, sets)
    return report


def printed_size(dim: int, rest: Fraction) -> int:
    """Return the printed number of parameters for ``rest = (1-c) eps``, with explicit constants.

    ``(N+1)^d (10 d + 2) + 4 d N`` with N the least integer above ``1/rest``. Where ``rest`` is 1 or more
    no grid is left, and the printed power is taken with the factor of a node: ``(10 d + 2) rest^(-d)``.
    """
    if rest >= 1:
        return math.floor((10 * dim + 2) / rest**dim)
    steps = math.floor(1 / rest) + 1
    return (steps + 1) ** dim * (10 * dim + 2) + 4 * dim * steps


def find_erratum(request: Request) -> Report:
    """Show that the printed order is false in l2: its base must grow with the square root of d.

    Binary words of length d that differ in a quarter of their places are ``sqrt(d)/2``
    apart, so eps is ``sqrt(d)/4`` and ``(1-c) eps`` exceeds 1 for large d: the printed
    order tends to 0. But there are ``2^(d/6)`` such words, with any labels.

    Theorem: thm:robust-classifier-as-printed

    Raises:
        UsageError: the norm is not l2.
    """
    if request.norm not in ("l2", "linf"):
        raise UsageError("the failing instance is one in l2")
    eps = Fraction(math.isqrt(_DISTANCE), 2)
    words = gilbert_varshamov(_LENGTH, _DISTANCE)
    bound = certified_size_bound(words, _LENGTH, Fraction(0))
    promised = printed_size(_LENGTH, eps / 2)
    instance = {"d": _LENGTH, "norm": "l2", "eps": str(eps), "radius": str(eps / 2), "words": str(words)}
    report = Report("robust-classifier-as-printed", instance)
    report.bounds.append(bound)
    detail = (
        f"{words} binary words of length {_LENGTH} differ pairwise in {_DISTANCE} places or more, so any labelling "
        f"makes sets {2 * eps} apart in l2; for some labelling {bound.size} parameters are too few, at every radius; "
        f"the printed order ((1-c) eps)^(-d), with the factor {10 * _LENGTH + 2} of one node of the paper's route, is "
        f"{10 * _LENGTH + 2} / {eps / 2}^{_LENGTH} < 1, which allows {promised} parameters"
    )
    report.verdicts.append(
        Verdict(
            "parameters",
            "violated" if bound.size >= promised else "unknown",
            bound.evidence,
            f"more than {bound.size}",
            str(promised),
            "at most",
            bound.method,
            detail=detail,
            witness={"length": _LENGTH, "distance": _DISTANCE, "words": str(words)},
        )
    )
    return report


def _printed_norm(norm: str) -> Verdict:
    fits = norm in ("linf", "l2")
    detail = "" if fits else "the paper states l2 and linf; robust-classifier covers l1"
    status: Status = "holds" if fits else "inapplicable"
    return Verdict("norm", status, "exact", norm, "l2 or linf", "equal", "comparison", detail=detail)


PRINTED = Theorem(
    id="robust-classifier-as-printed",
    paper="3.3",
    title="Any two separated sets have robust classifiers of about ((1-c) eps)^(-d) parameters",
    corrected=False,
    claims=(
        "norm",
        "separation",
        "unit_cube",
        "radius",
        "robust_error",
        "margin",
        "parameters",
        "size_bound",
        "sandwich",
    ),
    bounds={
        "separation": "2*eps",
        "robust_error": "0",
        "parameters": "(q + 1)**d*(10*d + 2) + 4*d*q",
    },
    run=check_printed_robust_classifier,
    erratum=find_erratum,
    options=OPTIONS,
)
