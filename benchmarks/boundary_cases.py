"""Small networks on the boundary of the property, each with the answer that follows on paper.

Weights are float64 numbers, so every tool reads exactly the same network from the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

TINY = Fraction(1, 2**40)
Layers = Sequence[tuple[Sequence[Sequence[float]], Sequence[float]]]


@dataclass(frozen=True)
class BoundaryCase:
    """One ball of one small network.

    Attributes:
        name: what is on the boundary.
        layers: weight rows and bias of each affine map.
        point: centre of the ball.
        label: -1 or +1; the property is ``label * f > 0`` on the closed ball.
        radius: of the ball, l-infinity.
        robust: the true answer.
    """

    name: str
    layers: Layers
    point: tuple[Fraction, ...]
    label: int
    radius: Fraction
    robust: bool

    @property
    def is_float64(self) -> bool:
        """True when every side of the ball is a float64 number, so that any tool can state it."""
        sides = [value + sign * self.radius for value in self.point for sign in (-1, 1)]
        return all(Fraction(float(side)) == side for side in sides)

    def job(self, path: Path) -> dict[str, Any]:
        """Write the network to ``path`` and return the job of the peers."""
        write_onnx(self.layers, path)
        scale = math.lcm(*(value.denominator for value in self.point))
        return {
            "onnx": str(path),
            "scale": scale,
            "radius": str(self.radius),
            "points": [[int(value * scale) for value in self.point]],
            "labels": [self.label],
            "sample": [0],
            "batch": False,
        }


def boundary_cases() -> Iterator[BoundaryCase]:
    """Yield every case, by kind."""
    yield from _critical_radius()
    yield from _plateaus()
    yield from _scaled()
    yield from _twins_and_constants()
    yield from _steep_and_rounded()


def _around(
    name: str, layers: Layers, point: tuple[Fraction, ...], critical: Fraction, step: Fraction = TINY
) -> Iterator[BoundaryCase]:
    """Just inside, at and just over the radius at which f first reaches 0."""
    yield BoundaryCase(f"{name}, just inside", layers, point, 1, critical - step, True)
    yield BoundaryCase(f"{name}, exactly critical", layers, point, 1, critical, False)
    yield BoundaryCase(f"{name}, just over", layers, point, 1, critical + step, False)


def _critical_radius() -> Iterator[BoundaryCase]:
    one, zero = Fraction(1), Fraction(0)
    # f = 2x - 1 from 1: zero at distance 1/2.
    yield from _around("line", (([[2]], [-1]),), (one,), Fraction(1, 2))
    # f = 2 relu(1 - 4 dist(x, box of radius 1/4)) - 1 in the plane: both coordinates 1/16 outside give 0.
    faces = ([[1, 0], [-1, 0], [0, 1], [0, -1]], [-0.25] * 4)
    bump = (faces, ([[-4] * 4], [1]), ([[2]], [-1]))
    yield from _around("box bump", bump, (zero, zero), Fraction(5, 16))
    # f = max(x, y) - 1/2 from (1, 1/4): x reaches 1/2 at distance 1/2, y is below it there.
    largest = (([[1, -1], [0, 1], [0, -1]], [0, 0, 0]), ([[1, 1, -1]], [-0.5]))
    yield from _around("maximum", largest, (one, Fraction(1, 4)), Fraction(1, 2))


def _plateaus() -> Iterator[BoundaryCase]:
    point, radius = (Fraction(1, 2),), Fraction(1, 4)
    # f = relu(x - 1) + c is the constant c on the ball.
    for name, constant, label, robust in (
        ("plateau at 0, label +1", 0.0, 1, False),
        ("plateau at 0, label -1", 0.0, -1, False),
        ("plateau at 2^-30", 2.0**-30, 1, True),
        ("plateau at -2^-30", -(2.0**-30), 1, False),
    ):
        yield BoundaryCase(name, (([[1]], [-1]), ([[1]], [constant])), point, label, radius, robust)


def _scaled() -> Iterator[BoundaryCase]:
    one = (Fraction(1),)
    for name, scale in (("2^-40", 2.0**-40), ("2^40", 2.0**40)):
        line = (([[2]], [-1]), ([[scale]], [0]))
        # f = scale * relu(2x - 1): positive on [3/4, 5/4], zero at 1/2.
        yield BoundaryCase(f"output times {name}, inside", line, one, 1, Fraction(1, 4), True)
        yield BoundaryCase(f"output times {name}, critical", line, one, 1, Fraction(1, 2), False)
    # f = 2^-40 (1/2 - x) with label +1: negative on the right half of the ball around 1/4.
    down = (([[-(2.0**-40)]], [2.0**-41]),)
    yield BoundaryCase("output times 2^-40, over", down, (Fraction(1, 4),), 1, Fraction(1, 2), False)


def _twins_and_constants() -> Iterator[BoundaryCase]:
    # relu(Kx + 1) - relu(Kx) is 1 wherever x > 0; float32 loses the 1 at K = 2^26, float64 at 2^54.
    for power, kind in ((26, "cancelling twins"), (54, "absorbed constant")):
        steep = 2.0**power
        for constant, label, robust in ((-0.5, 1, True), (-0.5, -1, False), (-1.0, 1, False), (-1.5, -1, True)):
            layers: Layers = (([[steep], [steep]], [1, 0]), ([[1, -1]], [constant]))
            name = f"{kind} 2^{power}, f = {1 + constant:g}, label {label:+d}"
            yield BoundaryCase(name, layers, (Fraction(1, 2),), label, Fraction(1, 4), robust)
    # f = x + 2^-60 - 1 for x in [1, 3]: positive by 2^-60 only.
    layers = (([[1], [0]], [0, 2.0**-60]), ([[1, 1]], [-1]))
    yield BoundaryCase("absorbed 2^-60", layers, (Fraction(2),), 1, Fraction(1), True)


def _steep_and_rounded() -> Iterator[BoundaryCase]:
    # f = 1 - 2^60 relu(x - 1/4) from 0: zero at 1/4 + 2^-60.
    steep = (([[1]], [-0.25]), ([[-(2.0**60)]], [1]))
    yield from _around("slope 2^60", steep, (Fraction(0),), Fraction(1, 4) + Fraction(1, 2**60), Fraction(1, 2**61))
    # u = 2^-53 is half the spacing of float64 at 1, so that 1 + 1.5u rounds up to 1 + 2u.
    u = 2.0**-53
    # f = relu(x + 1.5u) - relu(x) - 1.9u is -0.4u wherever x >= 0.
    pair: Layers = (([[1], [1]], [1.5 * u, 0]), ([[1, -1]], [-1.9 * u]))
    yield BoundaryCase("rounded constant, radius 0", pair, (Fraction(1),), 1, Fraction(0), False)
    # f = x + 1.5u y - 1 - 1.9u from (5/4, 5/4): -0.4u at the corner (1, 1).
    total: Layers = (([[1, 1.5 * u], [0, 0]], [0, 1]), ([[1, -1]], [-1.9 * u]))
    yield BoundaryCase("rounded sum", total, (Fraction(5, 4), Fraction(5, 4)), 1, Fraction(1, 4), False)
    # f = x - fl(3/5) at least 3/5 - fl(3/5) > 0; f = x - fl(2/5) down to 2/5 - fl(2/5) < 0.
    yield BoundaryCase("rounded 3/5", (([[1]], [-0.6]),), (Fraction(7, 10),), 1, Fraction(1, 10), True)
    yield BoundaryCase("rounded 2/5", (([[1]], [-0.4]),), (Fraction(11, 10),), 1, Fraction(7, 10), False)


def write_onnx(layers: Any, path: Path, kind: str = "float64") -> None:
    """Write Gemm nodes with Relu between.

    Args:
        layers: weight rows and bias of each affine map; ``kind`` has to hold them exactly.
        path: the file.
        kind: ``"float64"`` or ``"float32"``.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    element = {"float64": TensorProto.DOUBLE, "float32": TensorProto.FLOAT}[kind]
    nodes, tensors, value = [], [], "input"
    for index, (weight, bias) in enumerate(layers):
        if index:
            nodes.append(helper.make_node("Relu", [value], [f"hidden{index}"]))
            value = f"hidden{index}"
        result = "output" if index == len(layers) - 1 else f"affine{index}"
        for name, array in (("weight", weight), ("bias", bias)):
            tensors.append(numpy_helper.from_array(np.array(array, dtype=kind), f"{name}{index}"))
        nodes.append(helper.make_node("Gemm", [value, f"weight{index}", f"bias{index}"], [result], transB=1))
        value = result
    sides = [
        helper.make_tensor_value_info(name, element, ["batch", width])
        for name, width in (("input", len(layers[0][0][0])), ("output", len(layers[-1][0])))
    ]
    graph = helper.make_graph(nodes, "chain", sides[:1], sides[1:], tensors)
    opsets = [helper.make_opsetid("", 17)]
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
