"""The rank of a first layer, and what a small one cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.linear_systems import exact_rank, independent_rows, null_vector, row_space_parts
from constructions.exact.norms import is_within, length
from constructions.network.relu_network import ReluNetwork
from verify.verdict import Verdict

Point = tuple[Fraction, ...]
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two points of opposite balls with the same first layer, so with the same output.

    Attributes:
        indices: of the two data points.
        points: one in the ball of each.
        output: of the network at both.
        wrong: 0 or 1, which of the two it is wrong at.
    """

    indices: tuple[int, int]
    points: tuple[Point, Point]
    output: Fraction
    wrong: int


def live_rows(network: ReluNetwork) -> list[tuple[Fraction, ...]]:
    """Return the rows of the first map that are not zero and that a later unit reads."""
    first = network.maps[0]
    read = [True] * first.shape[0]
    if len(network.maps) > 1:
        read = [False] * first.shape[0]
        for row in network.maps[1].weight:
            read = [was or value != 0 for was, value in zip(read, row, strict=True)]
    return [row for row, is_read in zip(first.weight, read, strict=True) if is_read and any(row)]


def first_layer_at_least(
    network: ReluNetwork,
    data: LabelledPoints,
    norm: str,
    radius: Fraction,
    width: int,
    name: str = "first_layer",
) -> Verdict:
    """Judge "the first layer has the rank that being right on these balls takes".

    Below it the verdict is ``violated`` once two points with the same first layer are found
    in opposite balls, with the one the network is wrong at as the witness.

    Args:
        network: layered, with one output.
        data: labelled points, the first of another label than the others.
        norm: of the balls.
        radius: of the balls.
        width: the rank promised.
        name: of the claim.
    """
    rank = exact_rank(live_rows(network))
    common: dict[str, Any] = {"measured": str(rank), "promised": str(width), "direction": "at least", "method": "rank"}
    detail = "linearly independent rows of the first map, of units that are read"
    if rank >= width:
        return Verdict(name, "holds", "exact", detail=detail, **common)
    found = find_confusion(network, data, norm, radius)
    if found is None:
        return Verdict(name, "unknown", "exact", detail=f"{detail}; no wrong point found", **common)
    index, point = found.indices[found.wrong], found.points[found.wrong]
    detail = (
        f"points of the balls of {found.indices[0]} and {found.indices[1]} have the same first layer and output "
        f"{found.output}: wrong for point {index} with label {data.labels[index]}"
    )
    witness = {
        "index": index,
        "point": [str(x) for x in point],
        "same_first_layer": [str(x) for x in found.points[1 - found.wrong]],
        "output": str(found.output),
    }
    return Verdict(name, "violated", "exact", detail=detail, witness=witness, **common)


def find_confusion(network: ReluNetwork, data: LabelledPoints, norm: str, radius: Fraction) -> Confusion | None:
    """Return two points of opposite balls with the same first layer, checked exactly, if found.

    For a difference v of the first point and another one, and a part r of it such that the
    first layer sends v - r to 0, the halves of r move the two points to the same place. Tried
    are the parts of v in the row space, and v less half a null vector. For the origin against
    unit vectors one of these is short enough whenever the rank is too small.

    Args:
        network: with one output.
        data: labelled points, the first of another label than the others.
        norm: of the balls.
        radius: of the balls.
    """
    rows = live_rows(network)
    origin = data.point(0)
    differences = [tuple(x - o for x, o in zip(data.point(i), origin, strict=True)) for i in range(1, len(data))]
    for place, part in sorted(_parts(rows, differences), key=lambda entry: length(entry[1], norm)):
        if not is_within(part, norm, 2 * radius):
            return None
        near = tuple(o + r / 2 for o, r in zip(origin, part, strict=True))
        far = tuple(x - r / 2 for x, r in zip(data.point(place + 1), part, strict=True))
        outputs = network(near), network(far)
        if outputs[0] == outputs[1]:
            value = outputs[0][0]
            wrong = 0 if data.labels[0] * value <= 0 else 1
            return Confusion((0, place + 1), (near, far), value, wrong)
    return None


def _parts(
    rows: list[tuple[Fraction, ...]], differences: list[tuple[Fraction, ...]]
) -> Iterator[tuple[int, tuple[Fraction, ...]]]:
    basis = [rows[i] for i in independent_rows(rows)]
    chosen = independent_rows(differences)
    vectors = [differences[i] for i in chosen]
    for place, part in zip(chosen, row_space_parts(basis, vectors), strict=True):
        yield place, tuple(part)
    images = [[sum((w * x for w, x in zip(row, v, strict=True)), Fraction(0)) for v in vectors] for row in basis]
    weights = null_vector(images, len(vectors))
    if weights is None:
        return
    largest = max(range(len(weights)), key=lambda i: abs(weights[i]))
    step = [w / weights[largest] for w in weights]
    columns = np.array(vectors, dtype=object)
    kernel = [sum((s * x for s, x in zip(step, column, strict=True)), Fraction(0)) for column in columns.T.tolist()]
    yield chosen[largest], tuple(x - HALF * z for x, z in zip(vectors[largest], kernel, strict=True))
