"""nnenum with as many processes as threads are allowed, and its settings for small networks."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from adapter import Answer, Ball, Job, Prepared, serve
from lirpa_bounds import margin_rows


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the solver for one network."""
    from nnenum.nnenum import set_control_settings
    from nnenum.settings import Settings

    set_control_settings()
    Settings.NUM_PROCESSES = max(1, options.threads)
    Settings.PRINT_OUTPUT = False
    Settings.TIMEOUT = options.seconds
    return Prepared(lambda ball: decide(job, ball))


def decide(job: Job, ball: Ball) -> Answer:
    """Let the enumeration decide one ball; the network object is new, for it keeps state."""
    from nnenum.enumerate import enumerate_network
    from nnenum.specification import DisjunctiveSpec, Specification

    rows = margin_rows(ball, len(job.network[-1].bias))
    parts = [Specification(row[None], np.zeros(1)) for row in rows]
    wrong = parts[0] if len(parts) == 1 else DisjunctiveSpec(parts)
    found = enumerate_network(np.array(ball.sides()), _network(job), wrong)
    if found.result_str == "unsafe":
        return Answer("violated", None if found.cinput is None else [float(value) for value in found.cinput])
    return Answer({"safe": "robust", "timeout": "timeout"}.get(found.result_str, "unknown"))


def _network(job: Job) -> Any:
    from nnenum.network import FullyConnectedLayer, NeuralNetwork, ReluLayer

    steps: list[Any] = []
    for layer in job.network:
        if steps:
            steps.append(ReluLayer(len(steps), (layer.weight.shape[1],)))
        weight, bias = layer.weight.astype(np.float64), layer.bias.astype(np.float64)
        steps.append(FullyConnectedLayer(len(steps), weight, bias, (weight.shape[1],)))
    return NeuralNetwork(steps)


if __name__ == "__main__":
    serve("nnenum", "", prepare)
