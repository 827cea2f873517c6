"""HiGHS on the big-M form: is there a point of the ball with label * f(x) <= 0?"""

from __future__ import annotations

import argparse

import numpy as np
from active_part import active_units
from adapter import Job, Prepared, serve
from big_m import Program, program_of


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    network = job.listed()
    return Prepared(lambda ball: decide(program_of(network, active_units(network, ball), ball), options.seconds))


def decide(program: Program, seconds: float) -> str:
    """Let HiGHS decide a feasibility program with its default tolerances."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", float(seconds))
    low, high = (np.array(side, dtype=np.float64) for side in (program.lower, program.upper))
    solver.addVars(len(low), low, high)
    for place in program.binaries:
        solver.changeColIntegrality(place, highspy.HighsVarType.kInteger)
    for terms, lower, upper in program.rows:
        columns = np.array([column for column, _ in terms], dtype=np.int32)
        weights = np.array([weight for _, weight in terms], dtype=np.float64)
        solver.addRow(lower, upper, len(terms), columns, weights)
    solver.run()
    status = solver.getModelStatus()
    names = {highspy.HighsModelStatus.kOptimal: "violated", highspy.HighsModelStatus.kInfeasible: "robust"}
    if status == highspy.HighsModelStatus.kTimeLimit:
        return "timeout"
    return names.get(status, "unknown")


if __name__ == "__main__":
    serve("highspy", "highspy", prepare)
