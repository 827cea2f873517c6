"""The graph of the notes as files: SVG, one page that works without a network, and plain data."""

from __future__ import annotations

import json
import os
from html import escape
from pathlib import Path
from typing import Any

import networkx

from verify.certificate.issue import write_whole
from verify.notes.dependency_graph import STATES, notes_graph
from verify.notes.graph_drawing import TITLE, graph_svg
from verify.notes.links import NotesReport

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ margin: 0; font-family: Helvetica, Arial, sans-serif; font-size: 14px; color: #1a1a1a; }}
header {{ position: sticky; top: 0; background: #fff; border-bottom: 1px solid #ccc; padding: 8px 24px; }}
header label {{ margin-right: 16px; }}
input[type=search] {{ width: 220px; }}
main {{ overflow: auto; }}
svg.chosen .node, svg.chosen .edge {{ opacity: 0.08; }}
svg.chosen .node.near {{ opacity: 1; }}
svg.chosen .edge.near {{ opacity: 1; stroke-opacity: 1; stroke-width: 1.8; }}
.no-builds .edge.builds, .no-checks .edge.checks {{ display: none; }}
</style>
</head>
<body>
<header>
<label><input type="search" id="word" placeholder="part of a name"></label>
<label><input type="checkbox" id="builds" checked> code</label>
<label><input type="checkbox" id="checks" checked> tests</label>
<span>Point at a box to see its neighbours; follow it to its file. {counts}</span>
</header>
<main>
{svg}</main>
<script>
{script}
</script>
</body>
</html>
"""
_SCRIPT = """
const svg = document.querySelector("svg");
const nodes = [...svg.querySelectorAll(".node")], edges = [...svg.querySelectorAll("path[data-from]")];
function show(names) {
  const near = new Set(names);
  for (const edge of edges) {
    const hit = names.has(edge.dataset.from) || names.has(edge.dataset.to);
    edge.classList.toggle("near", hit);
    if (hit) { near.add(edge.dataset.from); near.add(edge.dataset.to); }
  }
  for (const node of nodes) node.classList.toggle("near", near.has(node.dataset.name));
  svg.classList.toggle("chosen", names.size > 0);
}
const word = document.getElementById("word");
function search() {
  const part = word.value.trim().toLowerCase();
  const found = part ? nodes.filter(node => node.dataset.name.toLowerCase().includes(part)) : [];
  show(new Set(found.map(node => node.dataset.name)));
}
word.addEventListener("input", search);
for (const node of nodes) {
  for (const on of ["mouseenter", "focus"]) node.addEventListener(on, () => show(new Set([node.dataset.name])));
  for (const off of ["mouseleave", "blur"]) node.addEventListener(off, search);
}
for (const kind of ["builds", "checks"]) {
  const box = document.getElementById(kind);
  box.addEventListener("change", () => svg.classList.toggle("no-" + kind, !box.checked));
}
"""


def write_graph(
    notes: Path, folder: Path, root: Path | None = None, checked: NotesReport | None = None
) -> tuple[networkx.DiGraph, list[Path]]:
    """Write notes.svg, notes.html and notes-graph.json into a folder.

    Boxes link to the files of the notes, the code and the tests, relative to the folder.

    Args:
        notes: folder of the notes.
        folder: is made if it is not there.
        root: of the project; the parent of the notes by default.
        checked: the report on these notes, where there is one already.

    Returns:
        The graph, and the paths written.
    """
    place = notes.resolve().parent if root is None else root
    graph = notes_graph(notes, root, checked)
    target = folder.resolve()

    def link(path: str) -> str:
        return Path(os.path.relpath(place / path, target)).as_posix()

    svg = graph_svg(graph, link)
    count = sum(1 for _, data in graph.nodes(data="data") if data.state)
    counts = f"{count} notes, {graph.number_of_edges()} links."
    page = _PAGE.format(title=escape(TITLE), counts=counts, svg=svg, script=_SCRIPT.strip())
    texts = {
        "notes.svg": svg,
        "notes.html": page,
        "notes-graph.json": json.dumps(graph_document(graph), indent=1, ensure_ascii=False) + "\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_whole(folder / name, text.encode())
    return graph, [folder / name for name in texts]


def graph_document(graph: networkx.DiGraph) -> dict[str, Any]:
    """Return the graph as plain data: nodes with their state, and every edge with the names behind it."""
    nodes = [
        {
            "name": name,
            "kind": data.kind,
            "state": STATES.get(data.state, ""),
            "place": data.place,
            "claims": list(data.claims),
            "covered": list(data.covered),
            "path": data.path,
        }
        for name, data in sorted(graph.nodes(data="data"))
    ]
    edges = [
        {"from": source, "to": target, "kind": data["kind"], "names": list(data["names"])}
        for source, target, data in sorted(graph.edges(data=True), key=lambda edge: edge[:2])
    ]
    return {"schema": "robustproofs/notes-graph/1", "nodes": nodes, "edges": edges}
