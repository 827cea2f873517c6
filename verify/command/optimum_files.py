"""The files of ``rproof optimal``: certificate, the network that attains the value, the curve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.optimal_risk.error_curve import OptimalErrorCurve
    from verify.theorem import Report

Progress = Callable[[str, int, int], None]


def radius_files(
    report: Report, folder: Path, construction: str | None, seconds: float | None, seed: int, progress: Progress | None
) -> None:
    """Write and re-check the certificate of the value; build the network that attains it, decide it and certify it.

    With open balls two kept balls may touch in a point that is in neither; then no network of
    ours answers rightly on both closed balls, and the report says that none was built.

    Raises:
        AssumptionViolated: the construction asked for does not apply.
        UsageError: no construction has that name.
    """
    from constructions.classifiers.optimal import classify_optimally
    from verify.certificate.issue import recheck
    from verify.claims.optimal_error_claims import robust_error_attains
    from verify.robustness import robust_error
    from verify.verdict import Verdict

    found = report.optimal
    assert found is not None
    report.certificate = found.certificate(folder / "certificate.json")
    sentence = recheck(report.certificate)
    report.verdicts.append(Verdict("certificate", "holds", "exact", method="recheck", detail=sentence))
    closest = found.points.subset(found.kept).closest_opposite_pairs(found.norm)
    reach = 4 * found.radius**2 if found.norm == "l2" else 2 * found.radius
    if closest is not None and closest.distance <= reach:
        report.files["network.json"] = "skipped: kept open balls touch, and closed ones would meet"
        return
    network = classify_optimally(found.points, found.kept, found.norm, found.radius, construction)
    result = robust_error(
        network, found.points, found.norm, found.radius, seconds=seconds, seed=seed, progress=progress
    )
    report.network, report.seconds["decide"] = network, result.seconds
    report.verdicts.append(robust_error_attains(result, found))
    path = result.certificate(folder / "network_certificate.json")
    report.files[path.name] = str(path)


def curve_files(report: Report, curve: OptimalErrorCurve, name: str, folder: Path) -> None:
    """Write curve.csv, and curve.pdf and curve.png where matplotlib is installed."""
    from verify.report.optimal_curve import draw_curve, write_curve_table

    table = write_curve_table(curve, folder)
    report.files[table.name] = str(table)
    figures = draw_curve(curve, f"Optimal robust error on {name}", folder)
    for path in figures:
        report.files[path.name] = str(path)
    if not figures:
        report.files["curve.pdf"] = "skipped: figures need the package matplotlib"
