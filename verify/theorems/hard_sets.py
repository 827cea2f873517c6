"""What the statements on hard sets share: the bound below, the network above, and both certified."""

from __future__ import annotations

import math
import time
from fractions import Fraction

import numpy as np

from constructions.classifiers.bit_extraction import BlockTable, classify_grid_by_bit_extraction, count_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from constructions.data.labelled_points import LabelledPoints
from constructions.network.relu_network import ReluNetwork
from verify.capacity.size_bound import SizeBound, certified_size_bound
from verify.claims.robustness_claims import margin_at_least, zero_robust_error
from verify.claims.size_bound_claims import built_above_bound, size_bound_found
from verify.claims.size_claims import parameters_at_most
from verify.pointwise import wrong_points_in_floats
from verify.robustness import RobustError, robust_error
from verify.theorem import Report, Request
from verify.verdict import Status, Verdict

MOST_LISTED = 2**20
_MOST_IN_FLOATS = 2**12
DEFAULT_EPS = Fraction(1, 8)
DEFAULT_C = Fraction(1, 2)
DEFAULT_ERROR = Fraction(1, 10)


def eps_and_radius(request: Request) -> tuple[Fraction, Fraction]:
    """Return eps and the radius of a request: 1/8 and half of eps by default.

    Raises:
        UsageError: both a radius and a ratio are given.
    """
    from constructions.errors import UsageError

    eps = DEFAULT_EPS if request.eps is None else request.eps
    if request.radius is not None and request.ratio is not None:
        raise UsageError("give a radius or a ratio, not both")
    if request.radius is not None:
        return eps, request.radius
    return eps, (DEFAULT_C if request.ratio is None else request.ratio) * eps


def bound_below(report: Report, request: Request, points: int, dim: int, error: Fraction) -> SizeBound:
    """Add the certified size for all networks, and return it; and those for narrower classes asked for."""
    asked = request.family
    started = time.monotonic()
    bound = certified_size_bound(points, dim, error, failure_probability=asked.failure)
    report.bounds.append(bound)
    report.verdicts.append(size_bound_found(bound))
    for depth, bits in ((asked.depth, None), (None, asked.weight_bits)):
        if depth is not None or bits is not None:
            found = certified_size_bound(points, dim, error, depth, bits, asked.failure)
            report.bounds.append(found)
            report.verdicts.append(size_bound_found(found, f"size_bound ({found.networks})"))
    report.seconds["bound"] = time.monotonic() - started
    return bound


def network_above(
    report: Report, request: Request, balls: GridBalls, data: LabelledPoints | None, bound: SizeBound
) -> None:
    """Build the bit-extraction network, decide it on every ball, and set it beside the bound."""
    length = request.family.block_length
    table = BlockTable.smallest(balls.count) if length is None else BlockTable.with_length(balls.count, length)
    counted = count_bit_extraction(balls, table)
    report.sizes.append(
        {"name": "bit-extraction", "title": f"{table.blocks} blocks", "parameters": counted, "built": data is not None}
    )
    if data is None:
        detail = f"the network is counted, not built: at most {MOST_LISTED} points are listed and decided"
        report.verdicts.append(Verdict("robust_error", "unknown", "exact", None, "0", "at most", detail=detail))
        report.verdicts.append(_parameters(counted, balls, length, counted))
        report.verdicts.append(built_above_bound(counted, bound))
        return
    started = time.monotonic()
    network = classify_grid_by_bit_extraction(data.label_array, balls, table)
    report.seconds["build"] = time.monotonic() - started
    few = data.subset(range(min(len(data), _MOST_IN_FLOATS)))
    for name in ("float32", "float64"):
        wrong = len(wrong_points_in_floats(network, few, np.dtype(name).type))
        report.instance[f"wrong_in_{name}"] = f"{wrong} of {len(few)} centres"
    result = decided(network, data, request, balls.radius)
    report.network, report.result = network, result
    report.seconds["decide"] = result.seconds
    report.verdicts += [
        zero_robust_error(result),
        margin_at_least(result, Fraction(1)),
        parameters_at_most(network, counted, "6 q D + 8 blocks + 22 length - 20", "count"),
        _parameters(network.size.nonzero, balls, length, counted),
        built_above_bound(counted, bound),
    ]


def decided(
    network: ReluNetwork, data: LabelledPoints, request: Request, radius: Fraction, method: str = "auto"
) -> RobustError:
    """Return the robust error of a network within the time that is left."""
    seconds = None if request.deadline is None else max(0.0, request.deadline - time.monotonic())
    return robust_error(
        network, data, request.norm, radius, method, seconds, seed=request.seed, progress=request.progress
    )


def _parameters(measured: int, balls: GridBalls, length: int | None, counted: int) -> Verdict:
    """Judge the closed bound for the smallest table, or the count for a table chosen by hand."""
    index = 6 * balls.steps * balls.axes
    promised = counted if length is not None else index + math.isqrt(704 * balls.count)
    status: Status = "holds" if measured <= promised else "violated"
    detail = f"{index} of them find the index"
    return Verdict("parameters", status, "exact", str(measured), str(promised), "at most", "count", detail=detail)
