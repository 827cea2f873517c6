"""SCIP on the big-M form: is there a point of the ball with label * f(x) <= 0?"""

from __future__ import annotations

import argparse
import math

from active_part import active_units
from adapter import Job, Prepared, serve
from big_m import Program, program_of


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    network = job.listed()
    return Prepared(lambda ball: decide(program_of(network, active_units(network, ball), ball), options.seconds))


def decide(program: Program, seconds: float) -> str:
    """Let SCIP decide a feasibility program with its default tolerances."""
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    model.setParam("limits/time", float(seconds))
    binaries = set(program.binaries)
    variables = [
        model.addVar(lb=low, ub=high, vtype="B" if place in binaries else "C")
        for place, (low, high) in enumerate(zip(program.lower, program.upper, strict=True))
    ]
    for terms, lower, upper in program.rows:
        if not terms:
            if not lower <= 0 <= upper:
                return "robust"
            continue
        form = quicksum(weight * variables[place] for place, weight in terms)
        if lower == upper:
            model.addCons(form == lower)
        elif math.isinf(lower):
            model.addCons(form <= upper)
        else:
            model.addCons(form >= lower)
    model.optimize()
    names = {"optimal": "violated", "infeasible": "robust", "timelimit": "timeout"}
    return names.get(model.getStatus(), "unknown")


if __name__ == "__main__":
    serve("pyscipopt", "PySCIPOpt", prepare)
