"""Memorizers of random points, asked about just inside and just outside of their robust radius."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from constructions.data.generators import random_points
from constructions.data.labelled_points import LabelledPoints
from constructions.memorizers.catalog import constructions_for
from constructions.network.relu_network import ReluNetwork
from verify.instances.edges import edge_pair
from verify.instances.instance import Instance

FAMILY = "memorizer"
_KINDS = ("box", "literals", "cuts", "hash-line", "paper")
_LEVELS = 17


def memorizers(stream: random.Random, margin: Fraction) -> Iterator[Instance]:
    """Yield questions about robust memorizers without end: the ball it was built for, and an edge pair.

    On the ball of half the separation's half the answer is ``holds``; the pair lies around
    the largest radius at which the point is robust.

    Args:
        stream: of all random choices.
        margin: the relative distance of the radii of a pair.
    """
    number = 0
    while True:
        kind = _KINDS[number % len(_KINDS)]
        data = random_points(stream.randint(6, 16), stream.randint(2, 4), _LEVELS, stream.randrange(2**32))
        built = _memorizer(data, kind)
        if built is None:
            continue
        network, radius = built
        index = stream.randrange(len(data))
        centre, label = data.points[index], int(data.label_array[index])
        name = f"{FAMILY}-{kind}-{number:03d}"
        yield Instance(f"{name}-built", FAMILY, network, centre, radius, label, "holds")
        yield from edge_pair(name, FAMILY, network, centre, label, margin)
        number += 1


def _memorizer(data: LabelledPoints, kind: str) -> tuple[ReluNetwork, Fraction] | None:
    """Return a memorizer and its radius; ``None`` where the points are too close or the kind does not apply."""
    separation = data.separation("linf")
    if separation is None or separation == 0:
        return None
    radius = separation / 4
    found = constructions_for("linf", kind)
    plan = found[0].plan(data, radius, None, "linf", None) if found else None
    return None if plan is None else (plan.build(), radius)
