"""Needles: sums of capped absolute values, whose minimum on a ball is one known point."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction

from constructions.data.norm_ball import Point
from constructions.exact.linear_systems import exact_rank
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.instances.instance import Answer, Instance, shifted

FAMILY = "needle"
_GRID = 64
_CAP = Fraction(1, 4)
_STEEPEST = 3


def needles(stream: random.Random, margin: Fraction) -> Iterator[Instance]:
    """Yield needles without end: three questions for each of a sequence of random networks.

    The network ``g(x) = sum_i min(|a_i . (x - x*)|, 1/4)`` has integer rows ``a_i`` of full
    rank, so that it is 0 at ``x*`` and positive elsewhere. ``g + margin`` keeps the label +1
    with exactly that margin, ``g`` fails at ``x*`` only, ``g - margin`` fails near ``x*``.
    Half of the questions are asked of the negative network, with label -1.

    Args:
        stream: of all random choices.
        margin: positive, a power of two for weights that floats hold.
    """
    number = 0
    while True:
        dim = stream.randint(2, 4)
        rows = _full_rank_rows(stream, dim, dim + stream.randint(1, 3))
        centre = tuple(Fraction(stream.randint(0, _GRID), _GRID) for _ in range(dim))
        reach = stream.randint(4, 16)
        tip = tuple(value + Fraction(stream.randint(1 - reach, reach - 1), _GRID) for value in centre)
        base, label = _capped_distance(rows, tip), stream.choice((-1, 1))
        for word, offset in (("above", margin), ("touching", Fraction(0)), ("below", -margin)):
            answer: Answer = "holds" if offset > 0 else "violated"
            network = shifted(base, offset, label)
            name = f"needle-{number:03d}-{word}"
            wrong = tip if answer == "violated" else None
            yield Instance(name, FAMILY, network, centre, Fraction(reach, _GRID), label, answer, offset, wrong)
        number += 1


def _full_rank_rows(stream: random.Random, dim: int, count: int) -> list[list[int]]:
    while True:
        rows = [[stream.randint(-_STEEPEST, _STEEPEST) for _ in range(dim)] for _ in range(count)]
        if all(any(row) for row in rows) and exact_rank([[Fraction(value) for value in row] for row in rows]) == dim:
            return rows


def _capped_distance(rows: Sequence[Sequence[int]], tip: Point) -> ReluNetwork:
    """Return ``sum_i min(|a_i . (x - tip)|, cap)``: 0 at the tip alone."""
    faces = [[sign * value for value in row] for row in rows for sign in (1, -1)]
    starts = [-sum((value * at for value, at in zip(row, tip, strict=True)), Fraction(0)) for row in faces]
    terms = range(len(rows))
    places = [(unit, 2 * term + side) for term in terms for unit in (2 * term, 2 * term + 1) for side in (0, 1)]
    size = 2 * len(rows)
    lengths = AffineMap.from_coo(
        [row for row, _ in places],
        [column for _, column in places],
        [1] * len(places),
        (size, size),
        [-_CAP if unit % 2 else Fraction(0) for unit in range(size)],
    )
    total = AffineMap([[-1 if unit % 2 else 1 for unit in range(size)]], [0])
    return ReluNetwork([AffineMap(faces, starts), lengths, total])
