"""Where the nodes of the graph go: tests left, notes in layers from what they rest on, code right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx

NOTE_SIZE, FILE_SIZE = (206, 50), (232, 17)
_GAP, _BETWEEN, _MARGIN, _HEAD = 12, 92, 24, 96
_FILE_GAP = 5
_SWEEPS = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A box on the page, in pixels from the upper left corner.

    Attributes:
        left: its left side.
        top: its upper side.
        width: of the box.
        height: of the box.
    """

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Height of its middle."""
        return self.top + self.height / 2


@dataclass(frozen=True, slots=True)
class Layout:
    """All boxes, and the size of the page.

    Attributes:
        places: by name of the node.
        width: of the page.
        height: of the page.
    """

    places: dict[str, Place]
    width: float
    height: float


def layered_layout(graph: networkx.DiGraph) -> Layout:
    """Place every node: each note right of all notes it uses, its neighbours at about its height.

    Args:
        graph: as ``notes_graph`` returns it, without circles.
    """
    columns = _ordered(graph, _columns(graph))
    tallest = max(_height(graph, column) for column in columns)
    places, left = {}, float(_MARGIN)
    for column in columns:
        width = max(_size(graph, name)[0] for name in column)
        rest = (tallest - _height(graph, column)) / (len(column) + 1)
        top = _HEAD + rest
        for name in column:
            _, height = _size(graph, name)
            places[name] = Place(left, top, width, height)
            top += height + _gap(graph, name) + rest
        left += width + _BETWEEN
    return Layout(places, left - _BETWEEN + _MARGIN, _HEAD + tallest + _MARGIN)


def _columns(graph: networkx.DiGraph) -> list[list[str]]:
    notes = graph.edge_subgraph([(a, b) for a, b, kind in graph.edges(data="kind") if kind == "uses"])
    depth: dict[str, int] = {}
    for name in reversed(list(networkx.lexicographical_topological_sort(notes))):
        depth[name] = 1 + max((depth[used] for used in notes.successors(name)), default=-1)
    kinds = {name: data.kind for name, data in graph.nodes(data="data")}
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in sorted(kinds):
        if kinds[name] not in ("code", "tests"):
            layers[depth.get(name, 0)].append(name)
    files = [sorted(name for name in kinds if kinds[name] == kind) for kind in ("tests", "code")]
    return [column for column in (files[0], *layers, files[1]) if column]


def _ordered(graph: networkx.DiGraph, columns: list[list[str]]) -> list[list[str]]:
    """Sort each column by the mean height of its neighbours, to and fro, so that edges cross less."""
    around = graph.to_undirected(as_view=True)
    heights = {name: (row + 0.5) / len(column) for column in columns for row, name in enumerate(column)}
    for sweep in range(_SWEEPS):
        for place in range(len(columns)) if sweep % 2 else reversed(range(len(columns))):
            wanted = {name: _mean(heights[other] for other in around[name]) for name in columns[place]}
            columns[place] = [name for _, name in sorted((height, name) for name, height in wanted.items())]
            heights |= {name: (row + 0.5) / len(columns[place]) for row, name in enumerate(columns[place])}
    return columns


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return round(sum(found) / len(found), 9) if found else 0.5


def _size(graph: networkx.DiGraph, name: str) -> tuple[int, int]:
    return FILE_SIZE if graph.nodes[name]["data"].kind in ("code", "tests") else NOTE_SIZE


def _gap(graph: networkx.DiGraph, name: str) -> int:
    return _FILE_GAP if graph.nodes[name]["data"].kind in ("code", "tests") else _GAP


def _height(graph: networkx.DiGraph, column: list[str]) -> float:
    return sum(_size(graph, name)[1] + _gap(graph, name) for name in column)
