"""SCIP on the big-M form, an l2 ball as a quadratic row: is there a point of the ball with label * f(x) <= 0?"""

from __future__ import annotations

import argparse
import math
import time

from active_part import active_units
from adapter import Answer, Ball, Job, Prepared, each_margin, serve
from big_m import program_of
from onnx_layers import Layer


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    network = job.listed()
    return Prepared(lambda ball: each_margin(network, ball, options.seconds, decide))


def decide(layers: list[Layer], ball: Ball, seconds: float) -> Answer:
    """Let SCIP decide a feasibility program with its default tolerances."""
    from pyscipopt import Model, quicksum

    started = time.perf_counter()
    program = program_of(layers, active_units(layers, ball), ball)
    model = Model()
    model.hideOutput()
    binaries = set(program.binaries)
    variables = [
        model.addVar(lb=low, ub=high, vtype="B" if place in binaries else "C")
        for place, (low, high) in enumerate(zip(program.lower, program.upper, strict=True))
    ]
    for terms, lower, upper in program.rows:
        if not terms:
            if not lower <= 0 <= upper:
                return Answer("robust")
            continue
        form = quicksum(weight * variables[place] for place, weight in terms)
        if lower == upper:
            model.addCons(form == lower)
        elif math.isinf(lower):
            model.addCons(form <= upper)
        else:
            model.addCons(form >= lower)
    if ball.norm == "l2":
        steps = [value - middle for value, middle in zip(variables, ball.middle(), strict=False)]
        model.addCons(quicksum(step * step for step in steps) <= float(ball.radius * ball.radius))
    model.setParam("limits/time", max(0.0, seconds - (time.perf_counter() - started)))
    model.optimize()
    status = model.getStatus()
    if status == "optimal":
        return Answer("violated", [model.getVal(value) for value in variables[: len(ball.centre)]])
    return Answer({"infeasible": "robust", "timelimit": "timeout"}.get(status, "unknown"))


if __name__ == "__main__":
    serve("pyscipopt", "PySCIPOpt", prepare)
