"""``rproof notes``: notes, code and tests belong together."""

from __future__ import annotations

from pathlib import Path

import click

from constructions.errors import UsageError
from verify.command.options import Common, common_options
from verify.versions import versions


@click.command("notes", epilog="\b\nExamples:\n  rproof notes\n  rproof notes proofs_notes --json")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@common_options
def command(common: Common, folder: Path | None) -> int:
    """Check the proof notes in FOLDER against the code, the registry and the tests.

    Exit code 1 when a link is broken. A claim that no test checks is listed as stated,
    not checked.
    """
    from verify.notes.links import check_notes

    place = folder if folder is not None else Path(__file__).resolve().parents[2] / "proofs_notes"
    if not place.is_dir():
        raise UsageError(f"there is no folder of notes at {place}; name one, e.g. rproof notes proofs_notes")
    report = check_notes(place)
    code = 1 if report.problems else 0
    envelope = {
        "schema": "robustproofs/result/1",
        "verb": "notes",
        "verdict": "violated" if code else "holds",
        "exit": code,
        "theorem": None,
        "instance": {"folder": str(place), "notes": len(report.notes)},
        "claims": [],
        "problems": list(map(str, report.problems)),
        "unchecked": list(map(str, report.unchecked)),
        "network": None,
        "certificate": None,
        "seconds": 0.0,
        "versions": versions(),
    }

    def lines() -> None:
        click.echo(f"{len(report.notes)} notes, {len(report.problems)} problems")
        for problem in report.problems:
            click.echo(f"problem: {problem}")
        for claim in report.unchecked:
            click.secho(f"stated, not checked: {claim}", fg="red")

    common.show(envelope, lines)
    return code
