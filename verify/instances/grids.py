"""Bit extraction on grids: deep robust classifiers whose labels are the digits of one weight."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from constructions.classifiers.bit_extraction import classify_grid_by_bit_extraction
from constructions.classifiers.grid_index import GridBalls
from verify.instances.instance import Instance, shifted

FAMILY = "bit-extraction"


def grids(stream: random.Random, margin: Fraction) -> Iterator[Instance]:
    """Yield questions about grid classifiers without end, three about the ball of one grid point.

    There the network is constantly the label. The second question is about the network
    less ``(1 - margin)`` times the label, right by exactly ``margin``; the third about the
    network less ``(1 + margin)`` times it, wrong by as much.

    Args:
        stream: of all random choices.
        margin: at most 1, a power of two.
    """
    number = 0
    while True:
        dim, steps = stream.choice(((2, 4), (2, 8), (3, 2), (3, 4)))
        balls = GridBalls.of(dim, dim, steps, Fraction(stream.choice((2, 3)), 8 * steps))
        labels = [stream.choice((-1, 1)) for _ in range(balls.count)]
        network = classify_grid_by_bit_extraction(labels, balls)
        index = stream.randrange(balls.count)
        label = labels[index]
        centre = tuple(Fraction(index // (steps + 1) ** axis % (steps + 1), steps) for axis in range(dim))
        name = f"{FAMILY}-{number:03d}"
        yield Instance(f"{name}-right", FAMILY, network, centre, balls.radius, label, "holds", Fraction(1))
        above, below = (shifted(network, label * (value - 1), 1) for value in (margin, -margin))
        yield Instance(f"{name}-above", FAMILY, above, centre, balls.radius, label, "holds", margin)
        yield Instance(f"{name}-below", FAMILY, below, centre, balls.radius, label, "violated", -margin, centre)
        number += 1
