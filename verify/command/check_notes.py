"""``rproof notes``: notes, code and tests belong together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from constructions.errors import UsageError
from verify.command.options import Common, common_options
from verify.versions import versions

if TYPE_CHECKING:
    from verify.notes.links import NotesReport

EPILOG = """\b
Examples:
  rproof notes
  rproof notes proofs_notes --json
  rproof notes --graph -o graph/
"""


@click.command("notes", epilog=EPILOG)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--graph", is_flag=True, help="Draw what rests on what, into graph/ or -o DIR.")
@common_options
def command(common: Common, folder: Path | None, graph: bool) -> int:
    """Check the proof notes in FOLDER against the code, the registry and the tests.

    Exit code 1 when a link is broken. A claim that no test checks is listed as stated,
    not checked. With --graph the folder gets notes.svg, notes.html (one file that needs
    nothing else) and notes-graph.json: definitions, lemmas, theorems, their code and tests,
    and whether a printed statement fails, is corrected, and has a test for every claim.
    """
    from verify.notes.links import check_notes

    place = folder if folder is not None else Path(__file__).resolve().parents[2] / "proofs_notes"
    if not place.is_dir():
        raise UsageError(f"there is no folder of notes at {place}; name one, e.g. rproof notes proofs_notes")
    report = check_notes(place)
    code = 1 if report.problems else 0
    files = _draw(place, Path("graph") if common.output is None else common.output, report) if graph else {}
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
        "files": files,
        "seconds": 0.0,
        "versions": versions(),
    }

    def lines() -> None:
        click.echo(f"{len(report.notes)} notes, {len(report.problems)} problems")
        for problem in report.problems:
            click.echo(f"problem: {problem}")
        for claim in report.unchecked:
            click.secho(f"stated, not checked: {claim}", fg="red")
        for path in files.values():
            click.echo(path)

    common.show(envelope, lines)
    return code


def _draw(place: Path, folder: Path, report: NotesReport) -> dict[str, str]:
    from verify.notes.graph_page import write_graph

    _, written = write_graph(place, folder, checked=report)
    return {path.name: str(path) for path in written}
