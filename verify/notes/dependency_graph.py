"""The notes as a graph: what rests on what, the code of each, the tests of each, and how things stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import networkx

from verify.notes.links import NotesReport, check_notes
from verify.notes.note_file import Note
from verify.notes.prose import code_named, tests_named
from verify.theorems.registry import theorems

PAPER = "li2022robust"
STATES = {
    "corrected": "corrected statement",
    "printed": "as printed",
    "printed-false": "as printed, fails somewhere",
    "definition": "definition",
    "own": "ours, argued in the note",
    "cited": "cited, not checked",
}
_NUMBER = re.compile(r"(?:Theorem|Lemma|Proposition|Definition) \d+\.\d+")


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One node of the graph.

    Attributes:
        name: id of the note, dotted module, or path of the test file.
        kind: ``definition``, ``theorem``, ``lemma``, ``fact``, ``code`` or ``tests``.
        state: of a note, a key of ``STATES``; ``""`` for code and tests.
        place: where the paper has it, or ``"not in the paper"``; ``""`` for code and tests.
        claims: claims of the note.
        covered: those that a test of the note checks.
        path: file, relative to the root of the project.
    """

    name: str
    kind: str
    state: str = ""
    place: str = ""
    claims: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    path: str = ""

    @property
    def coverage(self) -> str:
        """How much of a note tests check, in words."""
        if not self.claims:
            return "no registered claim"
        return f"{len(self.covered)} of {len(self.claims)} claims tested"


def notes_graph(folder: Path, root: Path | None = None, checked: NotesReport | None = None) -> networkx.DiGraph:
    """Return the graph of all notes of a folder.

    Nodes carry a ``GraphNode`` as ``data``. An edge from a note says in ``kind`` what its
    end is to it: ``uses`` (a note it rests on), ``builds`` (a module, with the names in
    ``names``) or ``checks`` (a test file, likewise). Code and tests that a lemma names in its
    text count like those of a header.

    Args:
        folder: of the notes.
        root: of the project; the parent of the folder by default.
        checked: the report on these notes, where there is one already.
    """
    place = folder.resolve().parent if root is None else root
    report = check_notes(folder, root) if checked is None else checked
    graph = networkx.DiGraph()
    for note in report.notes:
        graph.add_node(note.id, data=_note_node(note, report, folder))
    for note in report.notes:
        graph.add_edges_from((note.id, used, {"kind": "uses", "names": ()}) for used in note.uses)
        text = "\n".join(note.sections.values())
        for reference in dict.fromkeys((*note.builds, *code_named(text))):
            module, _, name = reference.partition(":")
            if "." in module:
                _connect(graph, note.id, GraphNode(module, "code", path=_file_of(module, place)), "builds", name)
        for reference in dict.fromkeys((*note.checks, *tests_named(text))):
            path, _, name = reference.partition("::")
            _connect(graph, note.id, GraphNode(path, "tests", path=path), "checks", name)
    return graph


def _connect(graph: networkx.DiGraph, note: str, node: GraphNode, kind: str, name: str) -> None:
    if node.name not in graph:
        graph.add_node(node.name, data=node)
    names = graph.edges[note, node.name]["names"] if graph.has_edge(note, node.name) else ()
    graph.add_edge(note, node.name, kind=kind, names=(*names, *([name] if name else [])))


def _file_of(module: str, root: Path) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if (root / path).is_dir() else f"{path}.py"


def _note_node(note: Note, report: NotesReport, folder: Path) -> GraphNode:
    open_claims = set(report.unchecked)
    covered = tuple(claim for claim in note.claims if f"{note.id}: {claim}" not in open_claims)
    number = _NUMBER.match(note.where) if note.key == PAPER else None
    place = number.group() if number is not None else "not in the paper"
    path = f"{folder.name}/{note.path.name}"
    return GraphNode(note.id, note.kind, _state(note), place, note.claims, covered, path)


def _state(note: Note) -> str:
    theorem = next((entry for entry in theorems() if entry.id == note.word_id), None)
    if note.kind == "definition":
        return "definition"
    if note.kind == "fact":
        return "cited"
    if theorem is None:
        return "own"
    if theorem.corrected:
        return "corrected" if note.key == PAPER else "own"
    return "printed" if theorem.erratum is None else "printed-false"
