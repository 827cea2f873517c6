"""The files of a report: certificates, proved again before they count, network and result."""

from __future__ import annotations

import time
from pathlib import Path

from verify.theorem import Report
from verify.verdict import Verdict


def write_report(report: Report, folder: Path) -> None:
    """Write certificate, network and result of a report into a folder.

    The certificate is proved again before it counts; failing that is our bug.

    Raises:
        RuntimeError: our own certificate was rejected.
    """
    folder.mkdir(parents=True, exist_ok=True)
    proof = report.result or report.neighbourhoods or report.test_error
    if proof is not None:
        started = time.monotonic()
        report.certificate = proof.certificate(folder / "certificate.json")
        issued = time.monotonic()
        sentence = _proved(report.certificate)
        report.seconds["certify"], report.seconds["recheck"] = issued - started, time.monotonic() - issued
        report.verdicts.append(Verdict("certificate", "holds", "exact", method="recheck", detail=sentence))
    for place, bound in enumerate(report.bounds, start=1):
        name = "size_certificate" if place == 1 else f"size_certificate_{place}"
        path = bound.certificate(folder / f"{name}.json")
        report.files[path.name] = str(path)
        report.verdicts.append(Verdict(name, "holds", bound.evidence, method="recheck", detail=_proved(path)))
    if report.optimal is not None:
        path = report.optimal.certificate(folder / "optimal_certificate.json")
        report.files[path.name] = str(path)
        report.verdicts.append(Verdict("optimal_certificate", "holds", "exact", method="recheck", detail=_proved(path)))
    report.save(folder)


def _proved(path: Path) -> str:
    from constructions.errors import MalformedInput
    from verify.certificate.issue import recheck

    try:
        return recheck(path)
    except MalformedInput as error:
        raise RuntimeError(f"our own certificate was rejected: {error}") from error
