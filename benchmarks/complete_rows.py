"""What one tool answered on one case, and which of it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.complete_cases import Case
from benchmarks.exact_points import exact_layers, is_wrong_at
from benchmarks.peer_process import OURS, Limits, PeerRun

ROBUST, VIOLATED, UNKNOWN = "robust", "violated", "unknown"
# A clock inside a tool may stop a little after its limit.
_LATE_SECONDS = 0.25


@dataclass
class Row:
    """The answers of one tool on the sampled balls of one case.

    Attributes:
        family: of the case.
        case: its name.
        tool: its name.
        digest: hash of the files and balls that the answers belong to.
        limits: what the tool was given.
        version: of the tool.
        missing: why it was not run, ``""`` where it was.
        verdicts: ``robust``, ``violated`` or ``unknown``; what came too late is unknown.
        seconds: inside the tool; the whole budget where it did not decide.
        exact: for every verdict ``violated``, whether the tool's own point breaks the property exactly.
        proofs: of every verdict, what is known of its certificate (ours only).
        together: verdicts, seconds and certificate of all balls in one call (ours only).
        errors: how many balls ended with an exception or with the death of the process.
        reasons: messages, the first few.
    """

    family: str
    case: str
    tool: str
    digest: str
    limits: dict[str, Any]
    version: str = ""
    missing: str = ""
    verdicts: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    exact: list[bool | None] = field(default_factory=list)
    proofs: list[dict[str, Any] | None] = field(default_factory=list)
    together: dict[str, Any] | None = None
    errors: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def is_ours(self) -> bool:
        """True for this project's row."""
        return self.tool == OURS.name

    def count(self, verdict: str) -> int:
        """Return how many balls have this verdict."""
        return self.verdicts.count(verdict)

    @property
    def decided(self) -> int:
        """How many balls were decided within the budget."""
        return self.count(ROBUST) + self.count(VIOLATED)


def row_of(case: Case, run: PeerRun, limits: Limits) -> Row:
    """Return the row of one run, with the points of its counterexamples judged exactly."""
    budget, given = limits.ball, asdict(limits)
    row = Row(case.family, case.name, run.peer.name, case.digest, given, run.version, run.missing)
    if run.missing:
        return row
    for job, answers in zip(case.jobs, run.jobs, strict=True):
        layers = exact_layers(job["onnx"]) if any(answers.points) else []
        for place, index in enumerate(job["sample"]):
            answered = place < len(answers.verdicts)
            in_time = answered and answers.seconds[place] <= budget + _LATE_SECONDS
            verdict = answers.verdicts[place] if in_time else UNKNOWN
            verdict = verdict if verdict in (ROBUST, VIOLATED) else UNKNOWN
            point = answers.points[place] if verdict == VIOLATED else None
            row.verdicts.append(verdict)
            row.seconds.append(budget if verdict == UNKNOWN else min(answers.seconds[place], budget))
            judged = point is not None and is_wrong_at(layers, job, index, point)
            row.exact.append(judged if verdict == VIOLATED else None)
            row.proofs.append(answers.proofs[place] if answered else None)
        row.errors += answers.verdicts.count("error") + (answers.read_seconds is None)
        row.reasons += answers.reasons
        if answers.batch_seconds is not None:
            row.together = _together(answers.batch_verdicts or [], answers.batch_seconds, answers.batch_proof)
    row.reasons = row.reasons[:5]
    return row


def _together(verdicts: Sequence[str], seconds: float, proof: dict[str, Any] | None) -> dict[str, Any]:
    counts = {verdict: verdicts.count(verdict) for verdict in (ROBUST, VIOLATED, UNKNOWN)}
    return {"seconds": seconds, **counts, "proof": proof}


def truths(on_paper: Sequence[str | None], rows: Sequence[Row]) -> list[str | None]:
    """Return the true answer of every ball of a case, where it is known.

    An exact counterexample of any tool settles a ball; else what follows on paper; else a
    certificate of ours that was accepted on re-check.
    """
    found = list(on_paper)
    for row in rows:
        for place, verdict in enumerate(row.verdicts):
            if found[place] is None and verdict == ROBUST and row.is_ours and is_accepted(row.proofs[place]):
                found[place] = ROBUST
    for row in rows:
        for place, judged in enumerate(row.exact):
            found[place] = VIOLATED if judged else found[place]
    return found


def is_accepted(proof: dict[str, Any] | None) -> bool:
    """True when a certificate was re-checked and no checker that ran rejected it."""
    return proof is not None and proof.get("accepted") is True and proof.get("plain_accepted") is not False


def wrong(row: Row, answers: Sequence[str | None]) -> tuple[int, int]:
    """Return how many balls are falsely robust and falsely violated."""
    pairs = list(zip(row.verdicts, answers, strict=True))
    return pairs.count((ROBUST, VIOLATED)), pairs.count((VIOLATED, ROBUST))


def fails(row: Row, answers: Sequence[str | None]) -> bool:
    """True when our row has an error, a wrong answer, or one without an accepted certificate or an exact point."""
    accepted = [
        is_accepted(proof) for verdict, proof in zip(row.verdicts, row.proofs, strict=True) if verdict == ROBUST
    ]
    return row.errors > 0 or any(wrong(row, answers)) or not all(accepted) or False in row.exact
