"""Random tiny networks and balls on which a verifier is likely to be wrong.

Dense networks with dyadic and other rational weights, bumps, trees of maxima, cancelling
twins, plateaus at exactly 0, outputs scaled by 2^60, absorbed constants, weights at the
ends of 64-bit integers, kinks that all meet in one point, centres far from the origin,
distances to planes; radii that are exactly critical and 2^-10 to 2^-40 beside it, boxes
whose faces run through the centre or the point that decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from constructions.data.labelled_points import LabelledPoints
from constructions.data.norm_ball import Point
from constructions.errors import AssumptionViolated
from constructions.memorizers.box_bumps import memorize_with_box_bumps
from constructions.memorizers.l1_bumps import memorize_with_l1_bumps
from constructions.memorizers.literals import memorize_with_literals
from constructions.network.affine_map import AffineMap
from constructions.network.relu_network import ReluNetwork
from verify.testing.tiny_balls import HAIR, draw_ball

Rows = list[list[Fraction]]
Layer = tuple[Rows, list[Fraction]]
MOST_UNITS = 18
_EDGES = tuple(s * 2**e + o for s in (1, -1) for e, o in ((31, 0), (53, 1), (60, 0), (63, -1), (63, 0), (64, 0)))

# Integer vectors of integer length, by dimension.
_UNIT_STEPS: dict[int, list[tuple[tuple[int, ...], int]]] = {
    1: [((1,), 1)],
    2: [((3, 4), 5), ((5, 12), 13), ((0, 1), 1)],
    3: [((1, 2, 2), 3), ((2, 3, 6), 7), ((0, 3, 4), 5)],
    4: [((1, 1, 1, 1), 2), ((1, 1, 3, 5), 6), ((0, 0, 3, 4), 5)],
}


@dataclass(frozen=True, slots=True)
class TinyCase:
    """One network, labelled points and a ball; at most 4 inputs and 18 hidden units where tiny.

    Attributes:
        kind: what was drawn.
        network: the network.
        data: one or two labelled points.
        norm: of the ball.
        radius: of the ball.
        domain: corners of a box that restricts the attacker, or ``None``.
        wrong: a point of the first ball known to be wrong, ``None`` where none is.
    """

    kind: str
    network: ReluNetwork
    data: LabelledPoints
    norm: str
    radius: Fraction
    domain: tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None
    wrong: Point | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the case as exact text, to be stored and drawn up again by hand."""
        maps = [
            {"weight": [[str(v) for v in row] for row in affine.weight], "bias": [str(v) for v in affine.bias]}
            for affine in self.network.maps
        ]
        return {
            "kind": self.kind,
            "maps": maps,
            "points": [[str(v) for v in point] for point in self.data.points],
            "labels": list(self.data.labels),
            "norm": self.norm,
            "radius": str(self.radius),
            "domain": None if self.domain is None else [[str(v) for v in side] for side in self.domain],
        }


def draw_case(stream: random.Random, norms: Sequence[str] = ("linf", "l1")) -> TinyCase:
    """Return a random case; equal streams give equal cases."""
    norm = stream.choice(list(norms))
    kind = stream.choice(list(_KINDS))
    layers = _KINDS[kind](stream, stream.choice((1, 1, 2, 2, 3, 4)), norm)
    dim = len(layers[0][0][0])
    points = [[_number(stream, 4) for _ in range(dim)] for _ in range(stream.choice((1, 1, 2)))]
    if stream.random() < 0.1:
        layers, points = _moved_far(stream, layers, points)
    network = ReluNetwork(AffineMap(weight, bias) for weight, bias in layers)
    labels = [_label(stream, network, point) for point in points]
    radius, domain = draw_ball(stream, network, labels[0], points[0], norm)
    return TinyCase(kind, network, LabelledPoints.of(points, labels), norm, radius, domain)


def _number(stream: random.Random, size: int) -> Fraction:
    return Fraction(stream.randint(-size, size), stream.choice((1, 1, 2, 4, 8, 3, 5, 7)))


def _weights(stream: random.Random, outputs: int, inputs: int) -> Rows:
    dyadic = stream.random() < 0.5
    below = (1, 2, 4, 8) if dyadic else (1, 3, 5, 6, 7)
    return [
        [
            Fraction(0) if stream.random() < 0.25 else Fraction(stream.randint(-8, 8), stream.choice(below))
            for _ in range(inputs)
        ]
        for _ in range(outputs)
    ]


def _biases(stream: random.Random, count: int) -> list[Fraction]:
    return [_number(stream, 3) for _ in range(count)]


def _dense(stream: random.Random, dim: int, norm: str, outputs: int = 1, most: int = MOST_UNITS) -> list[Layer]:
    del norm
    widths = [dim]
    for _ in range(stream.choice((0, 1, 1, 2, 2, 3))):
        room = most - sum(widths[1:])
        if room:
            widths.append(stream.randint(1, min(room, 6)))
    widths.append(outputs)
    return [(_weights(stream, b, a), _biases(stream, b)) for a, b in pairwise(widths)]


def _several_outputs(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    return _dense(stream, dim, norm, stream.choice((2, 3, 4)))


def _bumps(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    dim = min(dim, 3)
    grid = stream.choice((2, 3, 4, 5))
    points = [[Fraction(stream.randint(-grid, grid), grid) for _ in range(dim)] for _ in range(stream.randint(2, 5))]
    data = LabelledPoints.of(points, [1, -1] + [stream.choice((-1, 1)) for _ in points[2:]])
    builders = [memorize_with_l1_bumps] if norm == "l1" else [memorize_with_box_bumps, memorize_with_literals]
    separation = data.separation("l1" if norm == "l1" else "linf")
    assert separation is not None, "both labels occur"
    try:
        network = stream.choice(builders)(data, separation * Fraction(stream.randint(0, 15), 32))
    except AssumptionViolated:
        return _dense(stream, dim, norm)
    if network.size.units > MOST_UNITS:
        return _dense(stream, dim, norm)
    return _layers(network)


def _maximum_tree(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Return ``height - max_j |x_j - a_j|``, the maxima by ``max(u, v) = u + relu(v - u)``."""
    del norm
    dim = min(dim, 3)
    one, zero = Fraction(1), Fraction(0)
    centre = [_number(stream, 2) for _ in range(dim)]
    faces = [[s * one if j == k else zero for k in range(dim)] for j in range(dim) for s in (1, -1)]
    layers: list[Layer] = [(faces, [-s * c for c in centre for s in (1, -1)])]
    node, width = [one, one] + [zero] * (2 * dim - 2), 2 * dim
    for axis in range(1, dim):
        # Units: the maximum so far, how far the next value exceeds it, the values to come.
        rest = [[one if k == 2 * j + s else zero for k in range(2 * dim)] for j in range(axis, dim) for s in (0, 1)]
        last = [row[-width:] for row in rest]
        value = [a + b for a, b in zip(last[0], last[1], strict=True)]
        more = [b - a for a, b in zip(node, value, strict=True)]
        layers.append(([node, more, *last[2:]], [zero] * (len(last[2:]) + 2)))
        width = len(last)
        node = [one, one] + [zero] * (width - 2)
    return [*layers, ([[-value for value in node]], [_number(stream, 4)])]


def _twins(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Add pairs of units that cancel exactly, with large weights."""
    layers = _dense(stream, dim, norm, most=8)
    if len(layers) == 1:
        return layers
    depth = stream.randrange(len(layers) - 1)
    (weight, bias), (after, shift) = layers[depth], layers[depth + 1]
    for _ in range(stream.randint(1, 3)):
        chosen, factor = stream.randrange(len(weight)), stream.choice((1, 2, Fraction(1, 3)))
        size = stream.choice((1, 2**20, 2**40, Fraction(1, 3)))
        weight, bias = (
            [*weight, weight[chosen], [factor * v for v in weight[chosen]]],
            [*bias, bias[chosen], factor * bias[chosen]],
        )
        signs = [stream.choice((-1, 1)) for _ in after]
        after = [[*row, Fraction(s * size), -s * Fraction(size) / factor] for row, s in zip(after, signs, strict=True)]
    return [*layers[:depth], (weight, bias), (after, shift), *layers[depth + 2 :]]


def _plateau(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Return a network that is exactly 0, or a hair off it, on whole regions."""
    layers = _dense(stream, dim, norm, most=MOST_UNITS - 1)
    offset = stream.choice((Fraction(0), Fraction(0), HAIR, -HAIR))
    return [*layers, ([[Fraction(stream.choice((-1, 1)))]], [offset])]


def _scaled(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Multiply every layer by 2^60, or divide it."""
    factor = stream.choice((Fraction(2**60), Fraction(1, 2**60)))
    layers = _bumps(stream, dim, norm) if stream.random() < 0.5 else _dense(stream, dim, norm)
    result, total = [], Fraction(1)
    for weight, bias in layers:
        total *= factor
        result.append(([[factor * v for v in row] for row in weight], [total * v for v in bias]))
    return result


def _absorbed(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Carry a value on top of a constant that floats cannot tell from the constant alone."""
    layers = _dense(stream, dim, norm, most=MOST_UNITS - 1)
    constant = Fraction(stream.choice((2**54, 2**60, 2**62, 2**63, 10**20)))
    weight, bias = layers[-1]
    return [*layers[:-1], (weight, [bias[0] + constant]), ([[Fraction(1)]], [-constant])]


def _edges(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Replace some numbers by the ends of the ranges in which integers are stored."""
    layers = _dense(stream, dim, norm, most=6)
    for weight, bias in layers:
        for row in weight:
            if stream.random() < 0.4:
                row[stream.randrange(len(row))] = Fraction(stream.choice(_EDGES))
        if stream.random() < 0.4:
            bias[stream.randrange(len(bias))] = Fraction(stream.choice(_EDGES))
    return layers


def _kinks(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Return a network all of whose units change phase at one point, with nearly its minimum there."""
    del norm
    meeting = [_number(stream, 3) for _ in range(dim)]
    weight = _weights(stream, stream.randint(2, 8), dim)
    layers: list[Layer] = [(weight, [-_product(row, meeting) for row in weight])]
    if stream.random() < 0.4:
        second = _weights(stream, stream.randint(1, 4), len(weight))
        layers.append((second, [Fraction(0)] * len(second)))
    offset = stream.choice((Fraction(0), HAIR, -HAIR, Fraction(1, 2**70), Fraction(1, 3)))
    return [*layers, ([[abs(value) for value in _weights(stream, 1, len(layers[-1][0]))[0]]], [offset])]


def _planes(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Return ``height - max(u . x, v . x)`` for unit vectors: in l2 rational radii are critical."""
    del norm
    steps = stream.choice(_UNIT_STEPS[dim])
    first, second = ([Fraction(stream.choice((-1, 1)) * v, steps[1]) for v in steps[0]] for _ in range(2))
    stream.shuffle(second)
    rise = [b - a for a, b in zip(first, second, strict=True)]
    centre = [_number(stream, 2) for _ in range(dim)]
    rows = [first, [-value for value in first], rise]
    ends = [Fraction(-1), Fraction(1), Fraction(-1)]
    return [(rows, [-_product(row, centre) for row in rows]), ([ends], [abs(_number(stream, 4))])]


def _idle(stream: random.Random, dim: int, norm: str) -> list[Layer]:
    """Add dead units, units that never switch off, doubled units and zero weights."""
    layers = _dense(stream, dim, norm, most=10)
    if len(layers) == 1:
        return layers
    depth = stream.randrange(len(layers) - 1)
    (weight, bias), (after, shift) = layers[depth], layers[depth + 1]
    inputs = len(weight[0])
    extra: list[tuple[list[Fraction], Fraction]] = [
        ([Fraction(0)] * inputs, Fraction(stream.choice((-1, 0, 1)))),
        (_weights(stream, 1, inputs)[0], Fraction(stream.choice((-(2**10), 2**10)))),
        (list(weight[0]), bias[0]),
    ]
    weight, bias = [*weight, *(row for row, _ in extra)], [*bias, *(value for _, value in extra)]
    after = [[*row, *_weights(stream, 1, len(extra))[0]] for row in after]
    return [*layers[:depth], (weight, bias), (after, shift), *layers[depth + 2 :]]


def _moved_far(stream: random.Random, layers: list[Layer], points: Rows) -> tuple[list[Layer], Rows]:
    """Move network and points together, far from the origin or by a number that is not dyadic."""
    far = [Fraction(stream.choice((2**20, 2**40, 2**60, 10**9)), stream.choice((1, 3))) for _ in points[0]]
    weight, bias = layers[0]
    bias = [value - _product(row, far) for row, value in zip(weight, bias, strict=True)]
    moved = [[a + b for a, b in zip(point, far, strict=True)] for point in points]
    return [(weight, bias), *layers[1:]], moved


def _product(left: list[Fraction], right: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


_KINDS: dict[str, Callable[[random.Random, int, str], list[Layer]]] = {
    "dense": _dense,
    "several outputs": _several_outputs,
    "bumps": _bumps,
    "maximum tree": _maximum_tree,
    "twins": _twins,
    "plateau": _plateau,
    "scaled": _scaled,
    "absorbed": _absorbed,
    "edges": _edges,
    "kinks": _kinks,
    "planes": _planes,
    "idle": _idle,
}


def _layers(network: ReluNetwork) -> list[Layer]:
    return [([list(row) for row in affine.weight], list(affine.bias)) for affine in network.maps]


def _label(stream: random.Random, network: ReluNetwork, point: list[Fraction]) -> int:
    values = network(point)
    if stream.random() < 0.15:
        return stream.choice((-1, 1)) if len(values) == 1 else stream.randrange(len(values))
    if len(values) == 1:
        return 1 if values[0] > 0 else -1
    return max(range(len(values)), key=lambda k: values[k])
