"""What must be true of every row, whatever training does: compared exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from verify.claims.training_claims import ReportedError, errors_at_least_optimum
from verify.experiments import expressivity, generalization, optimum_gap, sign_vectors
from verify.sweep.store import Row
from verify.verdict import Verdict


def judge_rows(rows: Sequence[Row]) -> list[Verdict]:
    """Return a verdict for each statement that some of the rows speak of.

    ``at_least_optimum``: no trained network has a robust error below the optimum. ``explicit_networks``: those
    of a hard set have robust error 0. ``overfitting``: the explicit network that overfits has clean error 0,
    robust training error 0 and robust error ``1 - n/m``. ``sign_vectors``: no more were found than counting
    allows.
    """
    kinds = {row.job.kind for row in rows}
    found = []
    trained = [row for row in rows if row.job.kind in (expressivity.TRAIN, generalization.TRAIN, optimum_gap.TRAIN)]
    if trained:
        found.append(errors_at_least_optimum([_reported(row) for row in trained]))
    for kind, name, wrong in _EXPLICIT:
        if kind in kinds:
            found.append(_none_wrong([row for row in rows if row.job.kind == kind], name, wrong))
    return found


def _reported(row: Row) -> ReportedError:
    errors: dict[str, Any] = row.result.get("test", row.result)
    lower, upper, optimum = (Fraction(text) for text in (errors["lower"], errors["upper"], row.result["optimum"]))
    return ReportedError(f"{row.job.kind} job {row.job.key[:12]}", lower, upper, optimum)


def _none_wrong(rows: Sequence[Row], name: str, wrong: Callable[[Row], bool]) -> Verdict:
    bad = [row for row in rows if wrong(row)]
    detail = f"{len(rows)} networks" if not bad else f"job {bad[0].job.key[:12]}: {bad[0].result}"
    status = "violated" if bad else "holds"
    return Verdict(name, status, "exact", str(len(bad)), "0", "equal", "comparison", detail=detail)  # type: ignore[arg-type]


def _not_robust(row: Row) -> bool:
    return any(Fraction(row.result[key]) != 0 for key in ("bit_extraction_error", "literals_error"))


def _overfits_otherwise(row: Row) -> bool:
    result, unseen = row.result, 1 - Fraction(row.job.parameters["samples"], row.result["points"])
    train, test = ({Fraction(result[name][end]) for end in ("lower", "upper")} for name in ("train", "test"))
    return (Fraction(result["clean_error"]), train, test) != (0, {Fraction(0)}, {unseen})


def _too_many(row: Row) -> bool:
    return row.result["realised"] > min(int(row.result["bound"]), int(row.result["labellings"]))


_EXPLICIT: tuple[tuple[str, str, Callable[[Row], bool]], ...] = (
    (expressivity.EXPLICIT, "explicit_networks", _not_robust),
    (generalization.EXPLICIT, "overfitting", _overfits_otherwise),
    (sign_vectors.DRAWN, "sign_vectors", _too_many),
)
