"""The table as JSON, HTML and LaTeX."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify.certificate.issue import write_whole
from verify.report.latex import grouped_digits, latex_number, latex_text
from verify.report.statements import note_text, statement_of
from verify.report.table1.entries import Entry
from verify.report.table1.lines import EXPECTED
from verify.report.templating import render_html, render_latex
from verify.versions import versions

SCHEMA = "robustproofs/table1/1"
CAVEATS = (
    "What is called printed is the statement as it is known to us, for some theorems in paraphrase; an order O(...) "
    "or Ω(...) is taken with constant 1, or as the count of the paper's own route.",
    "A network built here serves one instance. Only what is enough for every instance of a family stands against "
    "what is too few for some; the size of one network says nothing about a lower bound.",
    "holds and violated are theorems about the instance: no tolerance, no sample. A printed statement that is "
    "violated has its witness beside it.",
)


def write_documents(entries: Sequence[Entry], folder: Path) -> dict[str, Path]:
    """Write table1.json, table1.html and table1.tex; the same entries give the same bytes.

    Args:
        entries: of the table, with their files.
        folder: for the three files.

    Raises:
        UsageError: jinja2 is not installed.
    """
    document = table_document(entries, folder)
    bodies = {
        "table1.json": json.dumps(document, indent=1, ensure_ascii=False) + "\n",
        "table1.html": html_page(document),
        "table1.tex": latex_table(document),
    }
    for name, body in bodies.items():
        write_whole(folder / name, body.encode())
    return {name: folder / name for name in bodies}


def table_document(entries: Sequence[Entry], folder: Path) -> dict[str, Any]:
    """Return everything the table shows, without times; sizes that may exceed 2^53 are text."""
    return {
        "schema": SCHEMA,
        "title": "Table 1, as measured",
        "caveats": list(CAVEATS),
        "lines": [_line(entry, folder) for entry in entries],
        "versions": versions(),
    }


def _line(entry: Entry, folder: Path) -> dict[str, Any]:
    claim, broken = entry.claim, entry.violated
    return {
        "name": entry.stem,
        "setting": entry.cell.setting,
        "side": entry.cell.side,
        "paper": entry.cell.paper,
        "entry": {"text": entry.cell.entry.text, "latex": entry.cell.entry.latex},
        "role": entry.line.role,
        "theorem": entry.line.theorem,
        "statement": {"text": entry.line.statement.text, "latex": entry.line.statement.latex},
        "explained": statement_of(entry.line.theorem),
        "options": dict(entry.line.options),
        "job": entry.job.key,
        "instance": entry.instance,
        "built": entry.built,
        "enough": _text(entry.enough),
        "too_few": _text(entry.too_few),
        "family": entry.family,
        "claim": None if claim is None else {key: claim.get(key) for key in _CLAIM},
        "verdict": entry.verdict,
        "expected": EXPECTED[entry.line.role],
        "agrees": entry.agrees,
        "evidence": entry.evidence,
        "detail": entry.detail,
        "witness": None if broken is None else {"claim": broken["name"], **(broken.get("witness") or {})},
        "files": {kind: {"path": path, "sha256": _sha256(folder / path)} for kind, path in entry.files.items()},
    }


_CLAIM = ("name", "status", "evidence", "measured", "promised", "direction", "method", "detail")


def _text(size: int | None) -> str | None:
    return None if size is None else str(size)


def _sha256(path: Path) -> str:
    with open(path, "rb") as body:
        return hashlib.file_digest(body, "sha256").hexdigest()


def html_page(document: dict[str, Any]) -> str:
    """Return the table as one HTML page that needs nothing else."""
    used = {line["explained"]["note"] for line in document["lines"]}
    return render_html("table1.html", {**document, "notes": {name: note_text(name) for name in used}})


def latex_table(document: dict[str, Any]) -> str:
    """Return the table for LaTeX, with booktabs; every fraction exact, digits of sizes in groups."""
    return render_latex("table1.tex", {**document, "rows": [_latex_row(line) for line in document["lines"]]})


def _latex_row(line: dict[str, Any]) -> dict[str, str]:
    instance = {name: value for name, value in line["instance"].items() if name in _LATEX_NAMES}
    if "radius" in instance:
        instance.pop("ratio", None)
    return {
        "setting": latex_text(line["setting"]),
        "side": f"{line['side']}, Thm.~{line['paper']}: {line['entry']['latex']}",
        "statement": line["statement"]["latex"],
        "instance": ", ".join(_latex_setting(name, value) for name, value in instance.items()),
        "built": "--" if line["built"] is None else grouped_digits(line["built"]["nonzero"]),
        "enough": "--" if line["enough"] is None else grouped_digits(line["enough"]),
        "too_few": "--" if line["too_few"] is None else grouped_digits(line["too_few"]),
        "verdict": line["verdict"] if line["agrees"] else rf"\textbf{{{latex_text(line['verdict'])}}}",
        "role": {"printed": "printed", "failing": "printed, fails", "ours": "ours"}[line["role"]],
    }


_LATEX_NAMES = {
    "manifold": "",
    "points": "$N = {}$",
    "dim": "$d = {}$",
    "d": "$d = {}$",
    "k": "$k = {}$",
    "norm": "",
    "eps": r"$\varepsilon = {}$",
    "radius": r"$\delta = {}$",
    "ratio": r"$\rho = {}$",
    "error": r"$\alpha = {}$",
}
_NORMS = {"linf": r"$\ell_\infty$", "l2": r"$\ell_2$", "l1": r"$\ell_1$"}


def _latex_setting(name: str, value: str) -> str:
    if name == "norm":
        return _NORMS[value]
    return rf"\texttt{{{latex_text(value)}}}" if name == "manifold" else _LATEX_NAMES[name].format(latex_number(value))
