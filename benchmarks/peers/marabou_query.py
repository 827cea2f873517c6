"""Marabou on the whole network: is there a point of the ball with label * f(x) <= 0?

The query holds the nonzero weights of the ONNX file only; Marabou's own reader makes a
Python object of every zero as well, which no large sparse network survives.
"""

from __future__ import annotations

import argparse

from adapter import Answer, Ball, Job, Prepared, each_margin, serve
from onnx_layers import Layer


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    network = job.listed()
    return Prepared(lambda ball: each_margin(network, ball, options.seconds, decide))


def decide(layers: list[Layer], ball: Ball, seconds: float) -> Answer:
    """Let Marabou decide with its default options and a time limit."""
    from maraboupy import Marabou, MarabouCore, MarabouUtils
    from maraboupy.MarabouNetwork import MarabouNetwork

    network = MarabouNetwork()
    inputs = before = [network.getNewVariable() for _ in ball.lower]
    for variable, (low, high) in zip(before, ball.sides(), strict=True):
        network.setLowerBound(variable, low)
        network.setUpperBound(variable, high)
    for depth, layer in enumerate(layers):
        values = [network.getNewVariable() for _ in layer.bias]
        for index, value in enumerate(values):
            equation = MarabouUtils.Equation(MarabouCore.Equation.EQ)
            equation.addAddend(-1.0, value)
            for column, weight in layer.row(index):
                equation.addAddend(weight, before[column])
            equation.setScalar(-float(layer.bias[index]))
            network.addEquation(equation)
        before = values
        if depth < len(layers) - 1:
            before = [network.getNewVariable() for _ in values]
            for value, after in zip(values, before, strict=True):
                network.addRelu(value, after)
    if ball.label > 0:
        network.setUpperBound(before[0], 0.0)
    else:
        network.setLowerBound(before[0], 0.0)
    network.inputVars, network.outputVars = [], []
    settings = Marabou.createOptions(verbosity=0, timeoutInSeconds=max(1, int(seconds)))
    status, values, _ = network.solve(verbose=False, options=settings)
    if status == "sat":
        return Answer("violated", [values[variable] for variable in inputs])
    return Answer({"unsat": "robust", "TIMEOUT": "timeout"}.get(status, "unknown"))


if __name__ == "__main__":
    serve("maraboupy", "maraboupy", prepare)
