"""What a finished row says about its line of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verify.failures import BUG, UNKNOWN
from verify.report.table1.lines import EXPECTED, Cell, Line, file_stem
from verify.sweep.job import Job
from verify.sweep.plan import Plan

_STRENGTH = ("sample", "enclosure", "exact")
_SHOWN = ("data", "sets", "manifold", "points", "dim", "d", "k", "norm", "eps", "radius", "ratio", "c", "error")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line, measured.

    Attributes:
        cell: where it stands.
        line: what was asked.
        job: that asked it.
        result: the envelope, ``None`` while the job is not done.
        enough: parameters that are proved to be enough for every instance of the family.
        too_few: parameters that are proved to be too few for some instance of it.
        family: what the two are about, in one line.
        files: what was kept: ``certificate``, ``size_certificate``, ``network`` to a path in the folder.
    """

    cell: Cell
    line: Line
    job: Job
    result: dict[str, Any] | None
    enough: int | None = None
    too_few: int | None = None
    family: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name of its files."""
        return file_stem(self.cell, self.line)

    @property
    def verdict(self) -> str:
        """What the check said: one of the statuses, ``error`` where it failed, ``open`` where it is not done."""
        return "open" if self.result is None else str(self.result.get("verdict", "error"))

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the one that the table says it is, for the claim that the table names."""
        if self.line.role == "failing" and (self.claim is None or self.claim["status"] != "violated"):
            return False
        return self.verdict == EXPECTED[self.line.role]

    @property
    def exit_code(self) -> int:
        """The exit code of this line alone: 0 where it agrees; 1 where what is said to fail holds."""
        if self.agrees:
            return 0
        if self.result is None:
            return UNKNOWN
        code = int(self.result.get("exit", BUG))
        return 1 if code == 0 else code

    @property
    def claim(self) -> dict[str, Any] | None:
        """The claim that compares what was measured with what is promised."""
        return self._claim(self.line.claim)

    @property
    def violated(self) -> dict[str, Any] | None:
        """The first claim that is violated."""
        return next((claim for claim in self._claims() if claim["status"] == "violated"), None)

    @property
    def evidence(self) -> str:
        """The weakest evidence of all its claims."""
        found = {claim["evidence"] for claim in self._claims()}
        return next((name for name in _STRENGTH if name in found), "")

    @property
    def instance(self) -> dict[str, str]:
        """What was checked, without what follows from it."""
        said = {} if self.result is None else self.result.get("instance", {})
        return {name: str(said[name]) for name in _SHOWN if name in said}

    @property
    def built(self) -> dict[str, Any] | None:
        """The network built here: name of the construction where there is one, and its size."""
        if self.result is None or self.result.get("network") is None:
            return None
        names = [entry["name"] for entry in self.result.get("constructions", []) if entry.get("built")]
        return {"construction": names[0] if names else None, **self.result["network"]}

    @property
    def detail(self) -> str:
        """Why the line does not simply hold."""
        if self.result is None:
            return "not run"
        if "error" in self.result:
            return str(self.result["error"])
        blamed = [claim for claim in self._claims() if claim["status"] == self.verdict != "holds"]
        return "; ".join(f"{claim['name']}: {claim.get('detail', claim['status'])}" for claim in blamed)

    def sides(self) -> tuple[int | None, int | None, str]:
        """Return parameters that are enough, and too few, as the row itself proves them, and for what."""
        claim = self._claim("sandwich")
        if claim is None or claim["status"] != "holds" or self.line.role == "failing":
            return None, None, ""
        return int(claim["measured"]), int(claim["promised"]), str(claim.get("detail", ""))

    def _claims(self) -> list[dict[str, Any]]:
        return [] if self.result is None else self.result.get("claims", [])

    def _claim(self, name: str) -> dict[str, Any] | None:
        return next((claim for claim in self._claims() if claim["name"] == name), None)


def entries_of(cells: Sequence[Cell], plan: Plan, results: Mapping[str, dict[str, Any]]) -> list[Entry]:
    """Return one entry a line, in the order of the table.

    Args:
        cells: of the table.
        plan: their jobs, one a line.
        results: key of a job to the envelope of its row.
    """
    places = [(cell, line) for cell in cells for line in cell.lines]
    bare = [
        Entry(cell, line, planned.job, results.get(planned.job.key))
        for (cell, line), planned in zip(places, plan.jobs, strict=True)
    ]
    by_place = {(entry.cell.name, entry.line.name): entry for entry in bare}
    return [_with_sides(entry, by_place) for entry in bare]


def _with_sides(entry: Entry, by_place: Mapping[tuple[str, str], Entry]) -> Entry:
    """Give an entry its two sides: its own, else those of the line beside it."""
    source = entry if entry.line.beside is None else by_place.get(entry.line.beside, entry)
    return Entry(entry.cell, entry.line, entry.job, entry.result, *source.sides())
