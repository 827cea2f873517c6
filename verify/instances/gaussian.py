"""Networks with random float32 weights, asked about close to their robust radius."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import numpy as np

from constructions.network.affine_map import AffineMap
from constructions.network.binary_floats import affine_map_from_floats
from constructions.network.relu_network import ReluNetwork
from verify.instances.edges import edge_pair
from verify.instances.instance import Instance

FAMILY = "gaussian"
_GRID = 16


def gaussian(stream: random.Random, margin: Fraction) -> Iterator[Instance]:
    """Yield edge pairs of random networks without end; weights are normal, of variance 2 / inputs.

    Args:
        stream: of all random choices.
        margin: the relative distance of the radii of a pair.
    """
    number = 0
    while True:
        widths = [stream.randint(2, 5), *(stream.randint(6, 10) for _ in range(stream.randint(1, 2))), 1]
        network = ReluNetwork([_normal_map(stream, *pair) for pair in pairwise(widths)])
        centre = tuple(Fraction(stream.randint(0, _GRID), _GRID) for _ in range(widths[0]))
        label = 1 if network(centre)[0] > 0 else -1
        yield from edge_pair(f"{FAMILY}-{number:03d}", FAMILY, network, centre, label, margin)
        number += 1


def _normal_map(stream: random.Random, inputs: int, outputs: int) -> AffineMap:
    scale = (2 / inputs) ** 0.5
    numbers = np.array([[stream.gauss(0, scale) for _ in range(inputs + 1)] for _ in range(outputs)])
    floats = numbers.astype(np.float32).astype(np.float64)
    return affine_map_from_floats(floats[:, :-1], floats[:, -1] / 4)
