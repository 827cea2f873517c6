"""What a check can say: a status, the evidence behind it, and both numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["holds", "violated", "unknown", "inapplicable"]
Evidence = Literal["exact", "enclosure", "sample"]
Direction = Literal["at most", "at least", "equal", "less than", "more than"]

EXIT_CODES = {"holds": 0, "violated": 1, "unknown": 3, "inapplicable": 4}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim, decided or not.

    Attributes:
        name: the claim's registered name.
        status: ``holds``, ``violated``, ``unknown`` or ``inapplicable``.
        evidence: ``exact``, ``enclosure`` (rigorous rounding) or ``sample``.
        measured: what was found, as text that loses nothing ("3/32"), or ``None``.
        promised: what the statement says, likewise.
        direction: how ``measured`` should stand to ``promised``.
        method: what decided it.
        seconds: time taken.
        detail: one line for a reader: the failing values, the pair, the point.
        witness: exact coordinates as text, where a claim is violated at a point.

    Raises:
        ValueError: a sample claims to hold.
    """

    name: str
    status: Status
    evidence: Evidence
    measured: str | None = None
    promised: str | None = None
    direction: Direction | None = None
    method: str = ""
    seconds: float = 0.0
    detail: str = ""
    witness: dict[str, Any] | None = field(default=None)

    def __post_init__(self) -> None:
        if self.evidence == "sample" and self.status == "holds":
            raise ValueError(f"claim {self.name}: a sample cannot say holds")

    def to_json(self) -> dict[str, Any]:
        """Return the claim as it stands in the result envelope."""
        entry: dict[str, Any] = {
            "name": self.name,
            "status": self.status,
            "evidence": self.evidence,
            "measured": self.measured,
            "promised": self.promised,
            "direction": self.direction,
            "method": self.method,
            "seconds": round(self.seconds, 6),
        }
        if self.detail:
            entry["detail"] = self.detail
        if self.witness is not None:
            entry["witness"] = self.witness
        return entry


def overall(statuses: list[Status]) -> Status:
    """Return the verdict of several claims: inapplicable, violated, unknown, then holds."""
    for status in ("inapplicable", "violated", "unknown"):
        if status in statuses:
            return status
    return "holds"
