"""Definitions 5.2 and 5.3: partitions of unity, exact and as small networks of polynomials."""

from __future__ import annotations

from constructions.data.manifold import Manifold
from constructions.data.partition import Partition
from constructions.manifolds.partitions import count_partition, partition_of_unity, polynomial_partition
from verify.claims.partition_claims import (
    is_nonnegative,
    partition_values,
    sums_to_one,
    vanishes_outside_charts,
)
from verify.claims.size_claims import parameters_equal
from verify.theorem import Report, Request, Theorem
from verify.theorems.manifold_instances import manifold_of

_CLAIMS = ("sum", "nonnegative", "support")


def check_partition_of_unity(request: Request) -> Report:
    """Check Definition 5.2 for piecewise linear functions, on the whole manifold at once.

    Theorem: def:partition-of-unity

    Args:
        request: ``manifold``: a plane, a sphere or a flat torus.

    Returns:
        The claims ``sum``, ``nonnegative`` and ``support``.

    Raises:
        AssumptionViolated: the manifold has no smooth charts here.
    """
    manifold = manifold_of(request)
    return _judged("partition-of-unity", manifold, partition_of_unity(manifold))


def check_poly_partitionable(request: Request) -> Report:
    """Check Definition 5.3 as far as it says anything: degree and size are reported, not bounded.

    Theorem: def:poly-partitionable

    Args:
        request: ``manifold``: a plane, a circle or a flat torus.

    Returns:
        The claims ``sum``, ``nonnegative``, ``support`` and ``count``.

    Raises:
        AssumptionViolated: no such partition is known here.
    """
    manifold = manifold_of(request)
    partition = polynomial_partition(manifold)
    report = _judged("poly-partitionable", manifold, partition)
    report.instance["degree"] = partition.degree
    report.verdicts.append(parameters_equal(partition.network, count_partition(partition)))
    return report


def _judged(theorem: str, manifold: Manifold, partition: Partition) -> Report:
    values = partition_values(partition)
    instance = {
        "manifold": manifold.spec,
        "functions": partition.network.outputs,
        "readings": partition.readings,
    }
    report = Report(theorem, instance)
    report.network = partition.network
    report.verdicts += [
        sums_to_one(values),
        is_nonnegative(values),
        vanishes_outside_charts(partition, values),
    ]
    return report


PARTITION = Theorem(
    id="partition-of-unity",
    paper="5.2",
    title="Definition: nonnegative functions, each inside a chart, that sum to 1",
    corrected=False,
    claims=_CLAIMS,
    bounds={"sum": "1", "nonnegative": "0", "support": "0"},
    run=check_partition_of_unity,
    options=("manifold",),
)
POLYNOMIAL = Theorem(
    id="poly-partitionable",
    paper="5.3",
    title="Definition: a partition of unity by small networks of polynomials of tangent coordinates",
    corrected=False,
    claims=(*_CLAIMS, "count"),
    bounds={"sum": "1", "nonnegative": "0", "support": "0"},
    run=check_poly_partitionable,
    options=("manifold",),
)
