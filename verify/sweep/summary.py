"""What the rows of a sweep say together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from verify.failures import BUG, UNKNOWN, first_to_tell, verdict_of_code
from verify.sweep.job import Job
from verify.sweep.plan import Plan
from verify.sweep.store import RunStore

VERDICTS = ("holds", "violated", "unknown", "inapplicable", "error")
_STRENGTH = ("sample", "enclosure", "exact")


@dataclass(frozen=True, slots=True)
class Summary:
    """The rows of a plan, counted.

    Attributes:
        claims: one entry a row, in the order of the plan, as in a result envelope.
        counts: statement to verdict to number of rows.
        exit: the exit code of all rows together; unknown while jobs are left.
        left: how many jobs have no row.
    """

    claims: list[dict[str, Any]]
    counts: dict[str, Counter[str]]
    exit: int
    left: int

    @property
    def verdict(self) -> str:
        """The verdict of all rows together."""
        return verdict_of_code(self.exit)


def summarise(plan: Plan, store: RunStore) -> Summary:
    """Return what the rows of a plan say together, those of other plans left aside."""
    found = {row.job.key: row for row in store.rows("check")}
    rows = [found[planned.job.key] for planned in plan.jobs if planned.job.key in found]
    claims = [_claim(row.job, row.result, row.seconds) for row in rows]
    counts: dict[str, Counter[str]] = {}
    for row, claim in zip(rows, claims, strict=True):
        counts.setdefault(row.job.parameters["theorem"], Counter())[claim["status"]] += 1
    left = len(plan.jobs) - len(rows)
    codes = [int(row.result.get("exit", BUG)) for row in rows] + [UNKNOWN] * bool(left)
    return Summary(claims, counts, first_to_tell(codes), left)


def job_text(job: Job) -> str:
    """Return a job as one line for a reader.

    Example:
        >>> job_text(Job("check", {"theorem": "separation", "seed": 0, "radius": "1/8"}))
        'separation radius=1/8 seed=0'
    """
    rest = {name: value for name, value in job.parameters.items() if name not in ("theorem", "files")}
    return " ".join([str(job.parameters.get("theorem", job.kind)), *(f"{name}={rest[name]}" for name in sorted(rest))])


def _claim(job: Job, result: dict[str, Any], seconds: float) -> dict[str, Any]:
    evidence = {claim.get("evidence") for claim in result.get("claims", [])}
    return {
        "name": job_text(job),
        "status": result.get("verdict", "error"),
        "evidence": next((name for name in _STRENGTH if name in evidence), "exact"),
        "measured": None,
        "promised": None,
        "direction": None,
        "method": "check",
        "seconds": seconds,
        "key": job.key,
        "exit": result.get("exit", BUG),
        "detail": _reason(result),
    }


def _reason(result: dict[str, Any]) -> str:
    """Return why a row does not hold, empty where it does."""
    if "error" in result:
        return str(result["error"])
    status = result.get("verdict")
    blamed = [claim for claim in result.get("claims", []) if claim.get("status") == status != "holds"]
    return "; ".join(f"{claim['name']}: {claim.get('detail', claim['status'])}" for claim in blamed)
