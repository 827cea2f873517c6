"""The rank of a first layer, and what a small one cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.exact.linear_program import minimum
from constructions.exact.linear_systems import exact_rank, independent_rows, null_vector, row_space_parts
from constructions.exact.norms import is_within, length
from constructions.exact.simplex import LinearProgram
from constructions.network.relu_network import ReluNetwork
from verify.verdict import Verdict

Point = tuple[Fraction, ...]
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two points of opposite balls that a network does not tell apart.

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

    def witness(self, same: str) -> dict[str, Any]:
        """Return the point the network is wrong at, and under the name ``same`` the other one."""
        return {
            "index": self.indices[self.wrong],
            "point": [str(x) for x in self.points[self.wrong]],
            same: [str(x) for x in self.points[1 - self.wrong]],
            "output": str(self.output),
        }


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
    index = found.indices[found.wrong]
    detail = (
        f"points of the balls of {found.indices[0]} and {found.indices[1]} have the same first layer and output "
        f"{found.output}: wrong for point {index} with label {data.labels[index]}"
    )
    return Verdict(name, "violated", "exact", detail=detail, witness=found.witness("same_first_layer"), **common)


def find_confusion(network: ReluNetwork, data: LabelledPoints, norm: str, radius: Fraction) -> Confusion | None:
    """Return two points of the balls of the first and another point with the same first layer, if found.

    For a difference v of the two and a part h of it such that the first layer sends v - h to 0,
    the halves of h move the two points to the same place. In l2 the shortest part is the one in the
    row space; in l-infinity a linear program has it, after that one and v less half a null
    vector. So in these two norms nothing is found only if there is nothing; in l1 only the first two are tried.

    Args:
        network: with one output.
        data: labelled points, the first of another label than the others.
        norm: of the balls.
        radius: of the balls.
    """
    rows = live_rows(network)
    basis = [rows[i] for i in independent_rows(rows)]
    origin = data.point(0)
    differences = [tuple(x - o for x, o in zip(data.point(i), origin, strict=True)) for i in range(1, len(data))]
    for place, part in _parts(basis, differences, norm):
        if is_within(part, norm, 2 * radius):
            near = tuple(o + h / 2 for o, h in zip(origin, part, strict=True))
            far = tuple(x - h / 2 for x, h in zip(data.point(place + 1), part, strict=True))
            (value,), (same,) = network(near), network(far)
            assert value == same, "points with the same first layer have the same output"
            return Confusion((0, place + 1), (near, far), value, 0 if data.labels[0] * value <= 0 else 1)
    return None


def _parts(basis: list[Point], differences: list[Point], norm: str) -> Iterator[tuple[int, Point]]:
    """Yield differences by number with parts that lead to the null space, cheap ones first."""
    projected = [tuple(part) for part in row_space_parts(basis, differences)]
    order = sorted(range(len(differences)), key=lambda i: length(projected[i], norm))
    yield from ((place, projected[place]) for place in order)
    yield from _less_half_a_null_vector(basis, differences)
    if norm == "linf":
        yield from ((place, _shortest_in_linf(basis, differences[place])) for place in order)


def _less_half_a_null_vector(basis: list[Point], differences: list[Point]) -> Iterator[tuple[int, Point]]:
    chosen = independent_rows(differences)
    vectors = [differences[i] for i in chosen]
    weights = null_vector([[_product(row, v) for v in vectors] for row in basis], len(vectors))
    if weights is not None:
        largest = max(range(len(weights)), key=lambda i: abs(weights[i]))
        step = [w / weights[largest] for w in weights]
        kernel = [_product(step, column) for column in zip(*vectors, strict=True)]
        yield chosen[largest], tuple(x - HALF * z for x, z in zip(vectors[largest], kernel, strict=True))


def _shortest_in_linf(basis: list[Point], vector: Point) -> Point:
    """Return the h of smallest largest entry with the same image as the vector under the rows."""
    dim, zero, one = len(vector), Fraction(0), Fraction(1)
    rows: list[tuple[Fraction, ...]] = []
    right: list[Fraction] = []
    for row in basis:
        image = _product(row, vector)
        rows += [(*row, zero), (*(-w for w in row), zero)]
        right += [image, -image]
    for axis in range(dim):
        for sign in (one, -one):
            rows.append((*(sign if j == axis else zero for j in range(dim)), one))
            right.append(zero)
    most = length(vector, "linf")
    program = LinearProgram((zero,) * dim + (one,), rows, right, (-most,) * dim + (zero,), (most,) * (dim + 1))
    best = minimum(program)
    assert best is not None, "the vector itself is a point of the program"
    return best.point[:dim]


def _product(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(left, right, strict=True)), Fraction(0))
