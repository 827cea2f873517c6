"""Write the certificate of a network that is right on whole neighbourhoods."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from constructions.errors import UsageError
from constructions.sets.box import Box
from constructions.sets.neighbourhoods import Neighbourhood, PieceNeighbourhood
from constructions.sets.polytope import Polytope
from constructions.sets.separators import Separator, separator_with
from verify.certificate.cover_checker import SCHEMA
from verify.certificate.issue import write_whole

if TYPE_CHECKING:
    from verify.neighbourhoods.error import NeighbourhoodError


def issue_cover(result: NeighbourhoodError, path: Path) -> Path:
    """Write a certificate of a result, and one file beside it for each level of cubes.

    Args:
        result: with every cube proved right.
        path: where to write.

    Raises:
        UsageError: not all of both neighbourhoods is proved.
    """
    if result.status != "robust":
        raise UsageError(f"{result.left} cubes are not proved right: there is nothing to certify")
    levels = []
    for level, found in result.levels:
        where = found.certificate(path.with_name(f"{path.stem}.level-{level}.json"))
        digest = hashlib.sha256(where.read_bytes()).hexdigest()
        levels.append({"level": level, "file": where.name, "sha256": digest})
    document = {
        "schema": SCHEMA,
        "statement": {
            "norm": result.ball.norm,
            "radius": str(result.ball.radius),
            "dim": result.network.dim,
            "network": result.network.digest(),
            "nonzero": result.network.size.nonzero,
            "margin": str(result.smallest_margin),
        },
        "sets": {"positive": _set_document(result, 1), "negative": _set_document(result, -1)},
        "grid": {"first": str(result.grid.first), "side": str(result.grid.side)},
        "levels": levels,
    }
    write_whole(path, json.dumps(document, separators=(",", ":")).encode())
    return path


def _set_document(result: NeighbourhoodError, label: int) -> list[dict[str, Any]]:
    """Return the pieces of a set, polytopes with the functionals that a walk over the cubes needs."""
    given = result.sets.exact_sides[0 if label == 1 else 1]
    near = Neighbourhood.of(given, result.ball.norm, result.ball.radius)
    if not all(isinstance(part.piece, Box) for part in near.parts):
        _collect(result, label, near)
    return [_piece_document(part) for part in near.parts]


def _collect(result: NeighbourhoodError, label: int, near: Neighbourhood) -> None:
    """Walk over the cubes as the checker does, so that every part knows a functional for each cube left out."""
    listed = {
        level: {
            tuple(int((x - result.grid.first) / (2 * found.ball.radius) - Fraction(1, 2)) for x in point)
            for point, name in zip(found.data.points, found.data.labels, strict=True)
            if name == label
        }
        for level, found in result.levels
    }
    waiting = [(0, cube) for cube in {cube for box in near.ranges() for cube in result.grid.near(*box)}]
    while waiting:
        level, cube = waiting.pop()
        if cube in listed.get(level, ()):
            continue
        corners = result.grid.corners(cube, level)
        if near.meets(*corners):
            waiting += [(level + 1, part) for part in result.grid.halves(cube)]
            continue
        for part in near.parts:
            part.separator(*corners)


def _piece_document(part: PieceNeighbourhood) -> dict[str, Any]:
    piece = part.piece
    if isinstance(piece, Box):
        return {"kind": "box", "lower": _texts(piece.lower), "upper": _texts(piece.upper)}
    assert isinstance(piece, Polytope)
    if piece.vertices:
        points = [_texts(vertex) for vertex in piece.vertices]
        return {"kind": "vertices", "points": points, "separators": [_separator(s) for s in part.separators]}
    rows = [_texts(entry) for entry in piece.rows]
    found = [*_extents(piece), *part.separators]
    return {
        "kind": "halfspaces",
        "rows": rows,
        "right": _texts(piece.right),
        "separators": [_separator(entry) for entry in found],
    }


def _extents(piece: Polytope) -> list[Separator]:
    """Return the functionals that bound every coordinate from both sides."""
    units = [
        [Fraction(sign if place == axis else 0) for place in range(piece.dim)]
        for axis in range(piece.dim)
        for sign in (1, -1)
    ]
    return [separator_with(piece, unit) for unit in units]


def _separator(given: Separator) -> dict[str, list[str]]:
    return {"slope": _texts(given.slope), "multipliers": _texts(given.multipliers)}


def _texts(values: Sequence[Fraction]) -> list[str]:
    return [str(value) for value in values]
