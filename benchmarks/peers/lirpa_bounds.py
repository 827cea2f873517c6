"""auto_LiRPA: lower bounds of label * f on the ball, by IBP, CROWN or alpha-CROWN.

Bounds are taken in the float kind of the ONNX file. A positive bound says robust, anything
else unknown: this tool does not look for counterexamples.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from adapter import Answer, Answers, Ball, Job, Prepared, serve

_BATCH_BYTES = 2**31


def prepare(job: Job, options: argparse.Namespace) -> Prepared:
    """Return the bounding module for one network."""
    import torch
    from auto_LiRPA import BoundedModule

    kind = job.network[0].weight.dtype
    bounded = BoundedModule(torch_module(job), torch.from_numpy(np.zeros((1, len(job.balls[0].lower)), dtype=kind)))

    def solve(balls: list[Ball]) -> list[str]:
        return _bounds(bounded, balls, kind, len(job.network[-1].bias), options.variant)

    def batch(balls: list[Ball]) -> Answers:
        size = _batch_size(job, options.variant)
        parts = [solve(balls[start : start + size]) for start in range(0, len(balls), size)]
        return Answers([verdict for part in parts for verdict in part])

    return Prepared(lambda ball: Answer(solve([ball])[0]), None if options.variant == "alpha-CROWN" else batch)


def torch_module(job: Job) -> Any:
    """Return the network as a torch module, in the float kind of the file."""
    import torch

    steps: list[Any] = []
    for layer in job.network:
        affine = torch.nn.Linear(layer.weight.shape[1], layer.weight.shape[0], dtype=_torch_kind(layer.weight))
        affine.weight = torch.nn.Parameter(torch.from_numpy(np.ascontiguousarray(layer.weight)), requires_grad=False)
        affine.bias = torch.nn.Parameter(torch.from_numpy(layer.bias.copy()), requires_grad=False)
        steps += [affine, torch.nn.ReLU()]
    return torch.nn.Sequential(*steps[:-1])


def _torch_kind(array: np.ndarray) -> Any:
    import torch

    return torch.float32 if array.dtype == np.float32 else torch.float64


def _bounds(bounded: Any, balls: list[Ball], kind: np.dtype, outputs: int, variant: str) -> list[str]:
    import torch
    from auto_LiRPA import BoundedTensor, PerturbationLpNorm

    sides = np.array([ball.sides() for ball in balls])
    low, high = (torch.from_numpy(np.ascontiguousarray(sides[..., k], dtype=kind)) for k in (0, 1))
    if balls[0].norm == "l2":
        centre = torch.from_numpy(np.array([ball.middle() for ball in balls], dtype=kind))
        bounds = PerturbationLpNorm(norm=2, eps=float(balls[0].radius))
    else:
        centre, bounds = (low + high) / 2, PerturbationLpNorm(norm=np.inf, x_L=low, x_U=high)
    rows = torch.tensor(np.stack([margin_rows(ball, outputs) for ball in balls]), dtype=low.dtype)
    lower, _ = bounded.compute_bounds(
        x=(BoundedTensor(centre, bounds),), C=rows, method=variant, bound_lower=True, bound_upper=False
    )
    return ["robust" if value > 0 else "unknown" for value in lower.min(dim=1).values.tolist()]


def margin_rows(ball: Ball, outputs: int) -> np.ndarray:
    """Return one row for every margin that must stay positive."""
    if outputs == 1:
        return np.array([[float(ball.label)]])
    rows = -np.eye(outputs)
    rows[:, ball.label] += 1
    return np.delete(rows, ball.label, axis=0)


def _batch_size(job: Job, variant: str) -> int:
    widths = [len(layer.bias) for layer in job.network]
    numbers = max(widths) if variant == "IBP" else max(a * b for a, b in zip(widths, [*widths[1:], 1], strict=True))
    return int(max(1, min(512, _BATCH_BYTES // (64 * numbers))))


if __name__ == "__main__":
    serve("auto_LiRPA", "auto-LiRPA", prepare)
