"""The graph of the notes as one SVG that needs nothing else: shapes by kind, colours by state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

import networkx

from verify.notes.dependency_graph import STATES, GraphNode
from verify.notes.layered_layout import Layout, Place, layered_layout

# Tints that stay apart in grey; the state is written out in every box as well.
_FILLS = {
    "corrected": "#BFE3D5",
    "printed": "#E9F2FA",
    "printed-false": "#F7C9A3",
    "definition": "#FFFFFF",
    "own": "#DCD3EA",
    "cited": "#E4E4E4",
}
_EDGES = {"uses": "#30506B", "builds": "#9A86B8", "checks": "#5E9C86"}
_EDGE_TEXTS = {"uses": "rests on", "builds": "is built by", "checks": "is checked by"}
_FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_STYLE = f"""
text {{ font-family: {_FONT}; font-size: 10.5px; fill: #1a1a1a; }}
.head {{ font-weight: bold; }}
.small {{ font-size: 9px; fill: #404040; }}
.narrow {{ font-size: 8.6px; }}
.file {{ font-size: 9px; }}
.edge {{ fill: none; stroke-width: 1; }}
.uses {{ stroke: {_EDGES["uses"]}; stroke-opacity: 0.75; }}
.builds {{ stroke: {_EDGES["builds"]}; stroke-opacity: 0.28; }}
.checks {{ stroke: {_EDGES["checks"]}; stroke-opacity: 0.28; }}
.box {{ stroke: #3a3a3a; stroke-width: 1; }}
.false {{ stroke: #b03a00; stroke-width: 2.2; }}
.open {{ stroke: #c00000; stroke-width: 2.2; stroke-dasharray: 4 2; }}
"""
TITLE = "What the notes rest on, what builds and what checks them"


def graph_svg(graph: networkx.DiGraph, link: Callable[[str], str]) -> str:
    """Return the graph as SVG text, the same on every run.

    Args:
        graph: as ``notes_graph`` returns it.
        link: from the path of a file in the project to the address of its box.
    """
    layout = layered_layout(graph)
    size = f"{layout.width:.0f} {layout.height:.0f}"
    width, height = size.split()
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="graph-title">',
        f'<title id="graph-title">{TITLE}</title>',
        f"<style>{_STYLE}</style>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0.8 8 4 0 7.2z" fill="{_EDGES["uses"]}"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_legend(),
        *_edges(graph, layout),
        *(
            line
            for name in sorted(layout.places)
            for line in _box(graph.nodes[name]["data"], layout.places[name], link)
        ),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _edges(graph: networkx.DiGraph, layout: Layout) -> Iterator[str]:
    order = ("checks", "builds", "uses")
    for source, target, kind in sorted(graph.edges(data="kind"), key=lambda edge: (order.index(edge[2]), *edge[:2])):
        start, end = layout.places[source], layout.places[target]
        if start.left <= end.left:
            x, y = start.left + start.width, end.left
        else:
            x, y = start.left, end.left + end.width
        arrow = ' marker-end="url(#arrow)"' if kind == "uses" else ""
        bend = max(40.0, abs(y - x) / 2) * (1 if x <= y else -1)
        yield (
            f'<path class="edge {kind}" data-from="{escape(source)}" data-to="{escape(target)}" '
            f'd="M{x:.1f} {start.middle:.1f} C{x + bend:.1f} {start.middle:.1f} {y - bend:.1f} {end.middle:.1f} '
            f'{y:.1f} {end.middle:.1f}"{arrow}/>'
        )


def _box(node: GraphNode, place: Place, link: Callable[[str], str]) -> Iterator[str]:
    yield f'<a href="{escape(link(node.path))}" class="node" data-name="{escape(node.name)}">'
    yield f"<title>{escape(_hint(node))}</title>"
    if node.kind in ("code", "tests"):
        fill = "#F3EFFA" if node.kind == "code" else "#EAF5F1"
        yield _shape(node.kind, place, f'class="box" fill="{fill}"')
        shown = node.name.removeprefix("tests/").removeprefix("constructions.").removeprefix("verify.")
        yield _text(place, 0.5, shown if len(shown) <= 43 else f"…{shown[-42:]}", "file", 12.2)
    else:
        extra = " false" if node.state == "printed-false" else ""
        extra += " open" if len(node.covered) < len(node.claims) else ""
        yield _shape(node.kind, place, f'class="box{extra}" fill="{_FILLS[node.state]}"')
        yield _text(place, 0.5, _heading(node), "small", 13)
        words = node.name.partition(":")[2]
        yield _text(place, 0.5, words, "head" if len(words) <= 30 else "head narrow", 27)
        yield _text(place, 0.5, f"{_SHORT[node.state]} · {node.coverage}", "small", 41)
    yield "</a>"


_SHORT = {
    "corrected": "corrected",
    "printed": "as printed",
    "printed-false": "print fails",
    "definition": "definition",
    "own": "ours",
    "cited": "cited",
}


def _heading(node: GraphNode) -> str:
    return node.place if node.place[-1].isdigit() else f"{node.kind.capitalize()}, {node.place}"


def _hint(node: GraphNode) -> str:
    if node.kind in ("code", "tests"):
        return node.path
    claims = ", ".join(claim if claim in node.covered else f"{claim} (not checked)" for claim in node.claims)
    return f"{node.name}\n{STATES[node.state]}; {node.coverage}" + (f"\n{claims}" if claims else "")


def _text(place: Place, share: float, text: str, look: str, down: float) -> str:
    x = place.left + place.width * share
    return f'<text class="{look}" x="{x:.1f}" y="{place.top + down:.1f}" text-anchor="middle">{escape(text)}</text>'


def _shape(kind: str, place: Place, look: str) -> str:
    """Return the outline: theorems square, definitions round, lemmas six-sided, facts slanted, tests cut."""
    left, top, right, bottom = place.left, place.top, place.left + place.width, place.top + place.height
    if kind in ("theorem", "code", "definition"):
        round_ = {"theorem": 0, "code": 3, "definition": 18}[kind]
        return (
            f'<rect {look} x="{left:.1f}" y="{top:.1f}" width="{place.width:.1f}" height="{place.height:.1f}" '
            f'rx="{round_}"/>'
        )
    cut = {"lemma": 12, "fact": 12, "tests": 6}[kind]
    corners = {
        "lemma": ((left + cut, top), (right - cut, top), (right, place.middle), (right - cut, bottom),
                  (left + cut, bottom), (left, place.middle)),
        "fact": ((left + cut, top), (right, top), (right - cut, bottom), (left, bottom)),
        "tests": ((left, top), (right - cut, top), (right, top + cut), (right, bottom), (left, bottom)),
    }[kind]  # fmt: skip
    return f'<polygon {look} points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'


def _legend() -> Iterator[str]:
    yield f'<text x="24" y="26" class="head" style="font-size:15px">{TITLE}</text>'
    left = 24.0
    for kind in ("definition", "theorem", "lemma", "fact", "code", "tests"):
        yield _shape(kind, Place(left, 38, 30, 15), 'class="box" fill="#ffffff"')
        yield f'<text x="{left + 36:.0f}" y="50">{kind}</text>'
        left += 112
    for kind, text in _EDGE_TEXTS.items():
        yield f'<path class="edge" stroke="{_EDGES[kind]}" style="stroke-width:2" d="M{left:.0f} 46h30"/>'
        yield f'<text x="{left + 36:.0f}" y="50">{text}</text>'
        left += 124
    left = 24.0
    for state, text in STATES.items():
        extra = " false" if state == "printed-false" else ""
        yield f'<rect class="box{extra}" x="{left:.0f}" y="62" width="30" height="15" fill="{_FILLS[state]}"/>'
        yield f'<text x="{left + 36:.0f}" y="74">{text}</text>'
        left += 188
    yield f'<rect class="box open" x="{left:.0f}" y="62" width="30" height="15" fill="#ffffff"/>'
    yield f'<text x="{left + 36:.0f}" y="74">some claim has no test</text>'
