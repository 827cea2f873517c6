"""The mixed-integer program of a ball: feasible exactly where the property fails."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from active_part import Unit
from adapter import Ball
from onnx_layers import Layer

Row = tuple[list[tuple[int, float]], float, float]


@dataclass
class Program:
    """Variables with bounds, some of them 0 or 1, and rows ``lower <= terms <= upper``."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    binaries: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def variable(self, low: float, high: float) -> int:
        """Add a variable and return its place."""
        self.lower.append(low)
        self.upper.append(high)
        return len(self.lower) - 1


def program_of(layers: Sequence[Layer], units: Sequence[Unit], ball: Ball) -> Program:
    """Return the big-M program: one variable an active unit, one binary an open ReLU.

    Args:
        layers: the network.
        units: what ``active_units`` returns.
        ball: the ball; ``label * f(x) <= 0`` is required on it.
    """
    program = Program()
    before = {axis: program.variable(low, high) for axis, (low, high) in enumerate(ball.sides())}
    for depth, layer in enumerate(layers[:-1]):
        after = {}
        for unit in units:
            if unit.layer == depth:
                after[unit.index] = _unit(program, layer, unit, before)
        before = after
    last = layers[-1]
    terms = [(before[column], ball.label * weight) for column, weight in last.row(0) if column in before]
    program.rows.append((terms, -math.inf, -ball.label * float(last.bias[0])))
    return program


def _unit(program: Program, layer: Layer, unit: Unit, before: dict[int, int]) -> int:
    """Add one unit: an equation where its phase is fixed, else the three rows of big-M."""
    low, high, bias = float(unit.lower), float(unit.upper), float(layer.bias[unit.index])
    terms = [(before[column], -weight) for column, weight in layer.row(unit.index) if column in before]
    value = program.variable(max(low, 0.0), high)
    if unit.is_fixed:
        program.rows.append(([(value, 1.0), *terms], bias, bias))
        return value
    on = program.variable(0.0, 1.0)
    program.binaries.append(on)
    program.rows.append(([(value, 1.0), *terms], bias, math.inf))
    program.rows.append(([(value, 1.0), *terms, (on, -low)], -math.inf, bias - low))
    program.rows.append(([(value, 1.0), (on, -high)], -math.inf, 0.0))
    return value
