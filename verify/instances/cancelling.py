"""Cancelling ramps: networks that are constant on a ball, which floats get wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.instances.instance import Answer, Instance

FAMILY = "cancelling"
_GRID = 32
_STEEPNESS = (8, 20, 24, 27, 40, 53, 56)


def cancelling(stream: random.Random, margin: Fraction) -> Iterator[Instance]:
    """Yield cancelling ramps without end: two questions for each random network.

    Where ``a_j . x > 0`` the difference ``relu(K a_j . x + 1) - relu(K a_j . x)`` is 1. The
    network adds such differences with signs and takes their sum off again, so on a ball in
    the positive orthant it is the constant ``margin``, or ``-margin`` for a question whose
    answer is ``violated``. Floats lose the 1 once K reaches the length of their mantissa.

    Args:
        stream: of all random choices.
        margin: positive, a power of two for weights that floats hold.
    """
    number = 0
    while True:
        dim, pairs = stream.randint(1, 6), stream.randint(1, 5)
        rows = [[stream.randint(0, 2) for _ in range(dim)] for _ in range(pairs)]
        for row in rows:
            row[stream.randrange(dim)] = 1
        signs = [stream.choice((-1, 1)) for _ in rows]
        steep = 2 ** stream.choice(_STEEPNESS)
        centre = tuple(Fraction(stream.randint(_GRID // 2, _GRID), _GRID) for _ in range(dim))
        label = stream.choice((-1, 1))
        for word, value in (("above", margin), ("below", -margin)):
            answer: Answer = "holds" if value > 0 else "violated"
            network = _differences(rows, signs, steep, label * value)
            name = f"cancelling-{number:03d}-{word}"
            wrong = centre if answer == "violated" else None
            yield Instance(name, FAMILY, network, centre, Fraction(8, _GRID), label, answer, value, wrong)
        number += 1


def _differences(rows: list[list[int]], signs: list[int], steep: int, constant: Fraction) -> ReluNetwork:
    ramps = [[steep * value for value in row] for row in rows for _ in (0, 1)]
    ends = AffineMap(ramps, [1, 0] * len(rows))
    total = [value for sign in signs for value in (sign, -sign)]
    return ReluNetwork([ends, AffineMap([total], [constant - sum(signs)])])
