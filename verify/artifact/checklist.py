"""The reproducibility checklist of an artifact, filled in from its results."""

from __future__ import annotations

from collections import Counter
from typing import Any

from verify.artifact.results import Results
from verify.artifact.sources import Sources

Point = tuple[bool, str]


def checklist(results: Results, typed: str | None, sources: Sources) -> str:
    """Return the checklist as Markdown; a point that these results do not meet stays open.

    Args:
        results: the results.
        typed: the command that was typed, where it was kept.
        sources: the data files that go along, and those that do not.
    """
    envelopes = [*results.envelopes.values(), *(row.result for row in results.rows)]
    repeatable = bool(typed or results.plan or any(row.job.kind == "check" for row in results.rows))
    points: dict[str, Point] = {
        "Claims": _claims(envelopes),
        "Assumptions": (True, "hypotheses are checked on each instance first; one that fails makes it `inapplicable`"),
        "Certificates": _certificates(results),
        "Data": _data(results, repeatable, sources),
        "Code": (True, "the checkers are included; README.md names the program and its version"),
        "Environment": _versions(envelopes),
        "Seeds": _seeds(results, repeatable),
        "Computing time": _time(results),
        "Error bars": (True, "exact results need none; a sampled claim carries its interval and says `unknown`"),
        "Licence": (True, "LICENSE"),
    }
    lines = [f"* [{'x' if met else ' '}] **{name}**: {text}.\n" for name, (met, text) in points.items()]
    return "# Reproducibility checklist\n\n" + "".join(lines)


def _claims(envelopes: list[dict[str, Any]]) -> Point:
    claims = [claim for envelope in envelopes for claim in envelope.get("claims", [])]
    if not claims:
        return False, "none were kept with these results"
    found = Counter(str(claim.get("evidence")) for claim in claims if claim.get("status") == "holds")
    counts = ", ".join(f"{count} {name}" for name, count in sorted(found.items())) or "none"
    return True, f"each has a status and its evidence; those that hold, by evidence: {counts}"


def _certificates(results: Results) -> Point:
    if not results.certificates:
        return False, "there are none"
    return True, "proved again by standard-library programs, which are included"


def _data(results: Results, repeatable: bool, sources: Sources) -> Point:
    if sources.missing:
        return False, f"not packed, as gone, changed, or elsewhere: {', '.join(sources.missing)}"
    said = []
    if "checker.py" in results.certificates.values():
        said.append("the points are in the certificates of robustness, exactly")
    if repeatable:
        said.append("the commands name their sources")
    if sources.packed:
        said.append(f"packed: {', '.join(sources.packed)}")
    return bool(said), "; ".join(said) or "neither certificates of robustness nor commands were kept"


def _versions(envelopes: list[dict[str, Any]]) -> Point:
    found = sorted({f"{name} {value}" for each in envelopes for name, value in each.get("versions", {}).items()})
    if not found:
        return False, "the versions used then were not kept; constraints.txt has those of this program"
    return True, f"constraints.txt; found with {', '.join(found)}"


def _seeds(results: Results, repeatable: bool) -> Point:
    if not repeatable:
        return False, "no command was kept"
    seeds = {str(row.job.parameters["seed"]) for row in results.rows if "seed" in row.job.parameters}
    return True, f"in the commands, 0 where none is named; different ones in the rows: {len(seeds)}"


def _time(results: Results) -> Point:
    """Say the seconds of the rows, or of the envelopes where there are none."""
    if not results.rows and not results.envelopes:
        return False, "not kept"
    seconds = sum(row.seconds for row in results.rows)
    if not results.rows:
        seconds = sum(float(envelope.get("seconds", 0)) for envelope in results.envelopes.values())
    return True, f"{seconds:,.1f} seconds altogether, as measured then"
