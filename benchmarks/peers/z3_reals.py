"""z3 over exact rationals: is there a point of the ball with label * f(x) <= 0?"""

from __future__ import annotations

import argparse
import time
from fractions import Fraction
from typing import Any

from active_part import active_units
from adapter import Answer, Ball, Job, Prepared, each_margin, serve
from onnx_layers import Layer


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    network = job.listed()
    return Prepared(lambda ball: each_margin(network, ball, options.seconds, decide))


def decide(layers: list[Layer], ball: Ball, seconds: float) -> Answer:
    """Let z3 decide the formula of the units that the ball leaves open."""
    import z3

    started = time.perf_counter()
    solver = z3.SolverFor("QF_LRA") if ball.norm == "linf" else z3.Solver()
    before: dict[int, Any] = {}
    for axis, (low, high) in enumerate(zip(ball.lower, ball.upper, strict=True)):
        before[axis] = z3.Real(f"x{axis}")
        solver.add(before[axis] >= z3.Q(low, ball.unit), before[axis] <= z3.Q(high, ball.unit))
    if ball.norm == "l2":
        steps = [before[axis] - z3.Q(value, ball.scale) for axis, value in enumerate(ball.centre)]
        square = ball.radius * ball.radius
        solver.add(z3.Sum([step * step for step in steps]) <= z3.Q(square.numerator, square.denominator))
    inputs, units = list(before.values()), active_units(layers, ball)
    for depth, layer in enumerate(layers):
        after: dict[int, Any] = {}
        chosen = [(unit.index, unit.is_fixed) for unit in units if unit.layer == depth]
        for index, fixed in chosen if depth < len(layers) - 1 else [(0, True)]:
            terms = [_exact(weight) * before[column] for column, weight in layer.row(index) if column in before]
            form = z3.Sum([*terms, _exact(layer.bias[index])])
            value = z3.Real(f"h{depth}_{index}")
            solver.add(value == (form if fixed else z3.If(form > 0, form, z3.RealVal(0))))
            after[index] = value
        before = after
    solver.add(ball.label * before[0] <= 0)
    solver.set("timeout", max(1, int(1000 * (seconds - (time.perf_counter() - started)))))
    found = solver.check()
    if found == z3.unknown:
        return Answer("timeout" if solver.reason_unknown() in ("timeout", "canceled") else "unknown")
    if found == z3.unsat:
        return Answer("robust")
    model = solver.model()
    values = [model.eval(value, model_completion=True) for value in inputs]
    # In l2 a coordinate may be an algebraic number, which is no fraction.
    return Answer("violated", [v.as_fraction() for v in values] if all(map(z3.is_rational_value, values)) else None)


def _exact(value: Any) -> Any:
    import z3

    exact = Fraction(float(value))
    return z3.Q(exact.numerator, exact.denominator)


if __name__ == "__main__":
    serve("z3", "z3-solver", prepare)
