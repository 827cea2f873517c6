"""The graph of the notes: every note and every link of a header is in it, and it is drawn alike each time."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import networkx
import pytest

from verify.cli import main
from verify.notes.dependency_graph import STATES, notes_graph
from verify.notes.graph_drawing import graph_svg
from verify.notes.graph_page import graph_document, write_graph
from verify.notes.layered_layout import layered_layout
from verify.notes.links import NotesReport, check_notes
from verify.theorems.registry import theorems

ROOT = Path(__file__).resolve().parents[2]
NOTES = ROOT / "proofs_notes"


@pytest.fixture(scope="module")
def report() -> NotesReport:
    """The notes, checked once."""
    return check_notes(NOTES)


@pytest.fixture(scope="module")
def graph(report: NotesReport) -> networkx.DiGraph:
    """Their graph."""
    return notes_graph(NOTES, checked=report)


def test_every_note_and_every_link_of_a_header_is_there(report: NotesReport, graph: networkx.DiGraph) -> None:
    for note in report.notes:
        node = graph.nodes[note.id]["data"]
        assert node.kind == note.kind and (ROOT / node.path).samefile(note.path) and node.claims == note.claims
        for used in note.uses:
            assert graph.edges[note.id, used]["kind"] == "uses"
        for reference in note.builds:
            module, _, name = reference.partition(":")
            edge = graph.edges[note.id, module]
            assert edge["kind"] == "builds" and (not name or name in edge["names"])
        for reference in note.checks:
            path, _, name = reference.partition("::")
            edge = graph.edges[note.id, path]
            assert edge["kind"] == "checks" and name in edge["names"]


def test_nothing_hangs_alone_and_every_file_exists(graph: networkx.DiGraph) -> None:
    assert [name for name, degree in graph.degree if degree == 0] == []
    for _, node in graph.nodes(data="data"):
        assert (ROOT / node.path).is_file(), node
        assert (node.state in STATES) == (node.kind not in ("code", "tests"))


def test_states_say_what_the_registry_says(graph: networkx.DiGraph) -> None:
    nodes = {name.partition(":")[2]: node for name, node in graph.nodes(data="data") if node.state}
    for theorem in theorems():
        state = nodes[theorem.id].state
        if theorem.erratum is not None:
            assert state == "printed-false", theorem.id
        elif theorem.corrected:
            assert state in ("corrected", "own"), theorem.id
        else:
            assert state in ("printed", "definition"), theorem.id
    assert nodes["warren"].state == "cited" and nodes["split-trees"].state == "own"
    assert nodes["robust-memorization-linf"].coverage == "7 of 7 claims tested"


def test_an_unchecked_claim_is_seen(report: NotesReport) -> None:
    missing = NotesReport(report.folder, report.notes, (), ("thm:robust-memorization-linf: margin",))
    graph = notes_graph(NOTES, checked=missing)
    node = graph.nodes["thm:robust-memorization-linf"]["data"]
    assert "margin" not in node.covered and node.coverage == "6 of 7 claims tested"
    svg = graph_svg(graph, lambda path: path)
    assert svg.count('class="box open"') == 2, "the note and the legend"
    assert "margin (not checked)" in svg


def test_boxes_do_not_overlap_and_notes_come_after_what_they_use(graph: networkx.DiGraph) -> None:
    layout = layered_layout(graph)
    assert set(layout.places) == set(graph.nodes)
    places = list(layout.places.values())
    for index, one in enumerate(places):
        assert one.left >= 0 and one.left + one.width <= layout.width and one.top + one.height <= layout.height
        for other in places[index + 1 :]:
            beside = one.left + one.width < other.left or other.left + other.width < one.left
            assert beside or one.top + one.height < other.top or other.top + other.height < one.top
    for source, target, kind in graph.edges(data="kind"):
        if kind == "uses":
            assert layout.places[source].left > layout.places[target].left


def test_the_svg_is_well_formed_links_to_files_and_is_the_same_again(graph: networkx.DiGraph) -> None:
    svg = graph_svg(graph, lambda path: f"../{path}")
    assert svg == graph_svg(networkx.DiGraph(graph), lambda path: f"../{path}")
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    links = [link.attrib["href"] for link in root.iter(f"{space}a")]
    assert len(links) == graph.number_of_nodes()
    assert all((NOTES / link).resolve().is_file() for link in links)
    drawn = [path for path in root.iter(f"{space}path") if "data-from" in path.attrib]
    assert len(drawn) == graph.number_of_edges()


def test_files_work_without_a_network(graph: networkx.DiGraph, report: NotesReport, tmp_path: Path) -> None:
    _, written = write_graph(NOTES, tmp_path / "graph", checked=report)
    svg, page, data = (path.read_text(encoding="utf-8") for path in written)
    assert svg in page and "src=" not in page and "@import" not in page
    assert set(re.findall(r'https?://[^"\s]+', page)) <= {"http://www.w3.org/2000/svg"}
    document = json.loads(data)
    assert document == graph_document(graph)
    assert len(document["nodes"]) == graph.number_of_nodes() and len(document["edges"]) == graph.number_of_edges()


def test_the_command_writes_the_graph(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["notes", "--graph", "-o", str(tmp_path), "--json"])
    envelope = json.loads(capsys.readouterr().out)
    assert stopped.value.code == 0 and set(envelope["files"]) == {"notes.svg", "notes.html", "notes-graph.json"}
    assert all(Path(path).is_file() for path in envelope["files"].values())
