"""Theorem 4.4: a half-space learned from samples is right on nearly all of a separable set."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.linear_program import minimum
from constructions.exact.simplex import LinearProgram
from constructions.hard_distributions.linear_separable import LinearlySeparableGrid
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.capacity.samples import consistent_halfspace_samples
from verify.claims.hard_set_claims import clean_error_at_most
from verify.theorem import Report, Request, Theorem
from verify.theorems.hard_linearly_separable_sets import grid_of
from verify.verdict import Status, Verdict

_ACCURACY = Fraction(1, 10)
_CONFIDENCE = Fraction(1, 100)


def check_clean_learning(request: Request) -> Report:
    """Check the corrected Theorem 4.4 on the linearly separable grid.

    With ``N >= max((4/beta) log2(2/delta), (8 (d+1)/beta) log2(13/beta))`` uniform samples,
    every half-space that is right on the sample is wrong with probability at most beta,
    except with probability delta over the sample. Such a half-space is found by a linear
    program, exactly, and its error on all points is counted.

    Theorem: thm:clean-learning

    Args:
        request: the hard set as in Theorem 4.3; of ``family`` ``accuracy`` (beta),
            ``confidence`` (delta) and ``samples``, the number of samples drawn.

    Returns:
        The claims ``samples``, ``consistent`` and ``clean_error``.

    Raises:
        AssumptionViolated: a number is out of range.
        BudgetExceeded: the hard set has too many points to list.
    """
    grid = grid_of(request)
    beta, delta = _accuracy(request), _confidence(request)
    needed = consistent_halfspace_samples(grid.dim, beta, delta)
    drawn = needed if request.family.samples is None else request.family.samples
    report = Report("clean-learning", _describe(grid, request, beta, delta, drawn))
    status: Status = "holds" if drawn >= needed else "inapplicable"
    detail = f"max((4/beta) log2(2/delta), (8 (d+1)/beta) log2(13/beta)) is {needed}, rounded up"
    report.verdicts.append(
        Verdict("samples", status, "enclosure", str(drawn), str(needed), "at least", "formula", detail=detail)
    )
    _learn_and_judge(report, grid, request, drawn, beta)
    return report


def check_printed_clean_learning(request: Request) -> Report:
    """Check Theorem 4.4 as printed: N of the order d / beta^2, its constant taken as 1.

    Theorem: thm:clean-learning-as-printed

    Args:
        request: as for the corrected statement.

    Returns:
        The claims ``samples``, ``consistent`` and ``clean_error``.

    Raises:
        AssumptionViolated: a number is out of range.
        BudgetExceeded: the hard set has too many points to list.
    """
    grid = grid_of(request)
    beta, delta = _accuracy(request), _confidence(request)
    needed = math.ceil(grid.dim / beta**2)
    drawn = needed if request.family.samples is None else request.family.samples
    report = Report("clean-learning-as-printed", _describe(grid, request, beta, delta, drawn))
    status: Status = "holds" if drawn >= needed else "inapplicable"
    report.verdicts.append(
        Verdict("samples", status, "exact", str(drawn), str(needed), "at least", "formula", detail="d / beta^2")
    )
    _learn_and_judge(report, grid, request, drawn, beta)
    return report


def find_erratum(request: Request) -> Report:
    """Show that a number of samples without the confidence in it cannot suffice for all confidences.

    Two points in the plane, the second with probability slightly above beta. With
    probability ``(1 - p)^N`` it is never drawn; then a constant is consistent and errs with
    probability p above beta. For ``N = d / beta^2`` that exceeds a small enough delta.

    Theorem: thm:clean-learning-as-printed
    """
    dim, beta = 2, Fraction(1, 10)
    p, samples = Fraction(1, 9), math.ceil(dim / beta**2)
    missed = (1 - p) ** samples
    delta = Fraction(1, 10**12)
    report = Report(
        "clean-learning-as-printed",
        {"d": dim, "accuracy": str(beta), "confidence": str(delta), "samples": samples, "rare_point": str(p)},
    )
    status: Status = "holds" if missed <= delta else "violated"
    detail = (
        f"with probability {float(missed):.3g} > {float(delta):.3g} the rare point is not among {samples} samples; "
        f"the constant half-space is consistent then and errs with probability {p} > {beta}"
    )
    witness = {"points": [["0", "0"], ["1", "0"]], "labels": [1, -1], "probabilities": [str(1 - p), str(p)]}
    measured = f"{missed.numerator}/{missed.denominator}"
    report.verdicts.append(
        Verdict(
            "failure_probability", status, "exact", measured, str(delta), "at most", "closed form", 0.0, detail, witness
        )
    )
    return report


def _accuracy(request: Request) -> Fraction:
    return _open_unit(_ACCURACY if request.family.accuracy is None else request.family.accuracy, "accuracy")


def _confidence(request: Request) -> Fraction:
    return _open_unit(_CONFIDENCE if request.family.confidence is None else request.family.confidence, "confidence")


def _open_unit(value: Fraction, name: str) -> Fraction:
    from constructions.errors import AssumptionViolated

    if not 0 < value < 1:
        raise AssumptionViolated(f"the {name} must lie in (0, 1), got {value}", name)
    return value


def _describe(
    grid: LinearlySeparableGrid, request: Request, beta: Fraction, delta: Fraction, drawn: int
) -> dict[str, object]:
    return {
        "d": grid.dim,
        "eps": str(grid.eps),
        "points": grid.size,
        "offset": str(grid.offset),
        "accuracy": str(beta),
        "confidence": str(delta),
        "samples": drawn,
        "seed": request.seed,
    }


def _learn_and_judge(
    report: Report, grid: LinearlySeparableGrid, request: Request, samples: int, beta: Fraction
) -> None:
    data = grid.listed()
    indices, _ = grid.sample(samples, request.seed)
    seen = data.subset(np.unique(np.array(indices, dtype=np.int64)))
    halfspace = consistent_halfspace(seen)
    report.network = halfspace
    report.verdicts += [
        clean_error_at_most(halfspace, seen, Fraction(0), "consistent"),
        clean_error_at_most(halfspace, data, beta, failing="unknown"),
    ]


def consistent_halfspace(data: LabelledPoints) -> ReluNetwork:
    """Return an affine function with ``label * f >= 1`` at every point, by an exact linear program.

    Among these it has the smallest sum of weights in size, so it is a corner of the
    feasible set. Variables are the positive and negative parts of weights and bias.

    Args:
        data: n linearly separable points in dimension d.

    Raises:
        AssumptionViolated: no half-space is right on all points.
    """
    from constructions.errors import AssumptionViolated

    rows = []
    for point, label in zip(data.points, data.labels, strict=True):
        signed = [label * value for value in (*point, Fraction(1))]
        rows.append((*signed, *(-value for value in signed)))
    width = 2 * (data.dim + 1)
    program = LinearProgram(
        (Fraction(1),) * width, rows, (Fraction(1),) * len(rows), (Fraction(0),) * width, (None,) * width
    )
    found = minimum(program)
    if found is None:
        raise AssumptionViolated(f"no half-space is right on all {len(data)} points", "linearly_separable")
    half = data.dim + 1
    values = [found.point[i] - found.point[half + i] for i in range(half)]
    return ReluNetwork([AffineMap([values[:-1]], [values[-1]])])


_OPTIONS = ("dim", "eps", "radius", "ratio", "accuracy", "confidence", "samples")

PRINTED = Theorem(
    id="clean-learning-as-printed",
    paper="4.4",
    title="A half-space learned from about d / beta^2 samples has clean error at most beta",
    corrected=False,
    claims=("samples", "consistent", "clean_error"),
    bounds={"samples": "ceiling(d/beta**2)", "consistent": "0", "clean_error": "beta"},
    run=check_printed_clean_learning,
    erratum=find_erratum,
    options=_OPTIONS,
)
CORRECTED = Theorem(
    id="clean-learning",
    paper="4.4",
    title="A consistent half-space has clean error at most beta, with every constant and the confidence",
    corrected=True,
    claims=("samples", "consistent", "clean_error"),
    bounds={
        "samples": "ceiling(Max(4/beta*log(2/delta, 2), 8*(d + 1)/beta*log(13/beta, 2)))",
        "consistent": "0",
        "clean_error": "beta",
    },
    run=check_clean_learning,
    options=_OPTIONS,
)
