"""HiGHS on the big-M form: is there a point of the ball with label * f(x) <= 0?"""

from __future__ import annotations

import argparse
import time

import numpy as np
from active_part import active_units
from adapter import Answer, Ball, Job, Prepared, each_margin, serve
from big_m import program_of
from onnx_layers import Layer


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    network = job.listed()

    def decide_one(layers: list[Layer], ball: Ball, seconds: float) -> Answer:
        return decide(layers, ball, seconds, options.threads)

    return Prepared(lambda ball: each_margin(network, ball, options.seconds, decide_one))


def decide(layers: list[Layer], ball: Ball, seconds: float, threads: int) -> Answer:
    """Let HiGHS decide a feasibility program with its default tolerances."""
    import highspy

    started = time.perf_counter()
    program = program_of(layers, active_units(layers, ball), ball)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", threads)
    low, high = (np.array(side, dtype=np.float64) for side in (program.lower, program.upper))
    solver.addVars(len(low), low, high)
    for place in program.binaries:
        solver.changeColIntegrality(place, highspy.HighsVarType.kInteger)
    for terms, lower, upper in program.rows:
        columns = np.array([column for column, _ in terms], dtype=np.int32)
        weights = np.array([weight for _, weight in terms], dtype=np.float64)
        solver.addRow(lower, upper, len(terms), columns, weights)
    solver.setOptionValue("time_limit", max(0.0, seconds - (time.perf_counter() - started)))
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return Answer("violated", list(solver.getSolution().col_value)[: len(ball.centre)])
    names = {highspy.HighsModelStatus.kInfeasible: "robust", highspy.HighsModelStatus.kTimeLimit: "timeout"}
    return Answer(names.get(status, "unknown"))


if __name__ == "__main__":
    serve("highspy", "highspy", prepare)
