"""The reproducibility checklist of an artifact, filled in from its results."""

from __future__ import annotations

from collections import Counter
from typing import Any

from verify.artifact.results import Results


def checklist(results: Results) -> str:
    """Return the checklist as Markdown; a point that these results do not meet stays open."""
    envelopes = [*results.envelopes.values(), *(row.result for row in results.rows)]
    points = {
        "Claims": f"each has a status and its evidence; those that hold, by evidence: {_evidence(envelopes)}",
        "Assumptions": "hypotheses are checked on each instance first; one that fails makes it `inapplicable`",
        "Certificates": "proved again by standard-library programs, which are included",
        "Data": "the points are in the certificates of robustness, exactly; the commands name their sources",
        "Code": "the checkers are included; README.md names the program and its version",
        "Environment": f"constraints.txt; found with {_versions(envelopes)}",
        "Seeds": f"in the commands, 0 where none is named; different ones in the rows: {_seeds(results)}",
        "Computing time": f"{_seconds(results):,.1f} seconds altogether, as measured then",
        "Error bars": "exact results need none; a sampled claim carries its interval and says `unknown`",
        "Licence": "LICENSE",
    }
    unmet = set() if results.certificates else {"Certificates"}
    lines = [f"* [{' ' if name in unmet else 'x'}] **{name}**: {text}.\n" for name, text in points.items()]
    return "# Reproducibility checklist\n\n" + "".join(lines)


def _evidence(envelopes: list[dict[str, Any]]) -> str:
    claims = [claim for envelope in envelopes for claim in envelope.get("claims", [])]
    found = Counter(str(claim.get("evidence")) for claim in claims if claim.get("status") == "holds")
    return ", ".join(f"{count} {name}" for name, count in sorted(found.items())) or "none"


def _versions(envelopes: list[dict[str, Any]]) -> str:
    found = sorted({f"{name} {value}" for each in envelopes for name, value in each.get("versions", {}).items()})
    return ", ".join(found) or "versions that were not kept"


def _seeds(results: Results) -> int:
    return len({str(row.job.parameters["seed"]) for row in results.rows if "seed" in row.job.parameters})


def _seconds(results: Results) -> float:
    """Return the seconds of the rows, or of the envelopes where there are none."""
    if results.rows:
        return sum(row.seconds for row in results.rows)
    return sum(float(envelope.get("seconds", 0)) for envelope in results.envelopes.values())
