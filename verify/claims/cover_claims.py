"""Claims about covers of manifolds: nothing is missing, nothing sticks out, centres are where they should be."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from constructions.data.labelled_cover import LabelledCover
from constructions.data.manifold import Cell, Cover, Manifold, Patch
from constructions.sets.box_arrays import closest_boxes
from verify.verdict import Status, Verdict


def cover_is_complete(manifold: Manifold, cover: Cover, name: str = "cover") -> Verdict:
    """Judge "the patches cover the manifold".

    The cells must fill the box of parameters of every chart, without those the manifold
    itself calls redundant, and the box of each patch must contain the image of its cell.
    """
    total = f"{len(cover.patches)} patches of {len(manifold.domains)} charts"
    for patch in cover.patches:
        lower, upper = manifold.enclose(patch.cell)
        inside = zip(patch.lower, lower, upper, patch.upper, strict=True)
        if not all(low <= x and y <= high for low, x, y, high in inside):
            detail = "the image of a cell is not inside the box of its patch"
            return _broken(name, detail, _seen(manifold, patch.cell), total)
    for domain in manifold.domains:
        cells = {(p.cell.lower, p.cell.upper) for p in cover.patches if p.cell.chart == domain.chart}
        missing = next((cell for cell in _elementary(domain, cells) if _is_missing(manifold, cell, cells)), None)
        if missing is not None:
            return _broken(name, "a cell of parameters has no patch", _seen(manifold, missing), total)
    return Verdict(name, "holds", "exact", total, None, None, "cells and boxes")


def _elementary(domain: Cell, cells: set[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]]) -> list[Cell]:
    """Return the cells into which the ends of all cells cut a domain."""
    axes = []
    for axis, (low, high) in enumerate(zip(domain.lower, domain.upper, strict=True)):
        ends = {low, high} | {corner[axis] for pair in cells for corner in pair if low <= corner[axis] <= high}
        axes.append(list(pairwise(sorted(ends))))
    sides = product(*axes)
    return [Cell(domain.chart, tuple(a for a, _ in each), tuple(b for _, b in each)) for each in sides]


def _is_missing(manifold: Manifold, cell: Cell, cells: set[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]]) -> bool:
    return (cell.lower, cell.upper) not in cells and not manifold.is_redundant(cell)


def _seen(manifold: Manifold, cell: Cell) -> dict[str, Any]:
    point = manifold.point(cell.chart, cell.middle)
    shown = {"chart": cell.chart, "lower": [str(x) for x in cell.lower], "upper": [str(x) for x in cell.upper]}
    return shown if point is None else {**shown, "point": [str(x) for x in point]}


def _broken(name: str, detail: str, witness: dict[str, Any], measured: str | None = None) -> Verdict:
    return Verdict(name, "violated", "exact", measured, None, None, "cells and boxes", detail=detail, witness=witness)


def patches_within(patches: tuple[Patch, ...], promised: Fraction, name: str = "cover_radius") -> Verdict:
    """Judge "every patch lies within ``promised`` of its centre"."""
    worst = max(patches, key=lambda patch: patch.radius)
    status: Status = "holds" if worst.radius <= promised else "violated"
    witness = None if status == "holds" else {"centre": [str(x) for x in worst.centre], "radius": str(worst.radius)}
    return Verdict(name, status, "exact", str(worst.radius), str(promised), "at most", "all patches", witness=witness)


def centres_near(manifold: Manifold, patches: tuple[Patch, ...], promised: Fraction, name: str = "offset") -> Verdict:
    """Judge "every centre is within ``promised`` of a point of its patch".

    Where a patch names a point it must lie on the manifold and in the image of the cell;
    where it names none, all of the patch is near.
    """
    for patch in patches:
        if patch.anchor is None:
            continue
        found = manifold.parameters(patch.cell.chart, patch.anchor)
        sides = None if found is None else zip(patch.cell.lower, found, patch.cell.upper, strict=True)
        if sides is None or not all(low <= u <= high for low, u, high in sides):
            shown = {"anchor": [str(x) for x in patch.anchor]}
            return _broken(name, "the point named is not in the patch", shown)
    worst = max(patches, key=lambda patch: patch.offset)
    status: Status = "holds" if worst.offset <= promised else "violated"
    witness = None if status == "holds" else {"centre": [str(x) for x in worst.centre], "offset": str(worst.offset)}
    return Verdict(name, status, "exact", str(worst.offset), str(promised), "at most", "all patches", witness=witness)


def classes_apart(cover: LabelledCover, promised: Fraction, name: str = "separation") -> Verdict:
    """Judge "the classes are at least ``promised`` apart", by the boxes of their patches (l-infinity)."""
    if len({*cover.labels}) < 2:
        return Verdict(name, "inapplicable", "exact", "one class only", str(promised), "at least", "no opposite pair")
    plus, minus = cover.boxes(1), cover.boxes(-1)
    distance, i, j = closest_boxes(plus, minus, "linf")
    measured = Fraction(distance, plus.scale)
    status: Status = "holds" if measured >= promised else "violated"
    corners = [[str(Fraction(int(x), plus.scale)) for x in row] for row in (plus.lower[i], minus.lower[j])]
    witness = None if status == "holds" else {"lower_corners": corners, "distance": str(measured)}
    return Verdict(
        name, status, "exact", str(measured), str(promised), "at least", "all pairs of boxes", witness=witness
    )
