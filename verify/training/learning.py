"""Plain and adversarial training that gives the same bits whether or not it is interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from constructions.data.labelled_points import LabelledPoints
from constructions.errors import InexactInput, UsageError
from constructions.network.relu_network import ReluNetwork
from constructions.network.torch_bridge import from_torch
from verify.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from verify.training.perturbation import loss_of, perturbations
from verify.training.recipe import Recipe
from verify.training.untrained import reproducible, seeded_generator, untrained_module

if TYPE_CHECKING:
    import torch

_MOMENTUM = 0.9
Progress = Callable[[int, int], None]


def train(
    recipe: Recipe,
    data: LabelledPoints,
    checkpoint: Path | None = None,
    keep: Path | None = None,
    every: int = 200,
    progress: Progress | None = None,
) -> ReluNetwork:
    """Return the network that training on the points ends with, every float taken exactly.

    The same points, recipe and torch give the same network, bit for bit, also if training stops anywhere
    and starts again from its checkpoint: whatever is random in an epoch depends on the seed and
    the number of the epoch alone.

    Args:
        recipe: how to train.
        data: points labelled -1 and +1; floats near them are trained on.
        checkpoint: file to continue from, if it is there and of this training, and to write to.
        keep: safetensors file for the network that training ends with.
        every: epochs between two checkpoints.
        progress: called with (epochs done, epochs).

    Raises:
        UsageError: a label is neither -1 nor +1, or safetensors is not installed.
        MalformedInput: the checkpoint is damaged, or of another training.
        InexactInput: a coordinate is beyond float32, or training diverged to infinite weights.
    """

    if not set(data.classes) <= {-1, 1}:
        raise UsageError(f"labels must be -1 or +1 to be trained on, got {data.classes}")
    points, labels = as_tensors(data)
    with reproducible():
        module = untrained_module(recipe, points)
        optimizer = _optimizer(recipe, module)
        started = Checkpoint.start(recipe, data)
        first = 0 if checkpoint is None else read_checkpoint(checkpoint, started, module, optimizer)
        for epoch in range(first, recipe.epochs):
            _one_epoch(recipe, epoch, module, optimizer, points, labels)
            if progress is not None:
                progress(epoch + 1, recipe.epochs)
            if checkpoint is not None and (epoch + 1) % every == 0 and epoch + 1 < recipe.epochs:
                write_checkpoint(checkpoint, started.at(epoch + 1), module, optimizer)
        if keep is not None:
            write_checkpoint(keep, started.at(recipe.epochs), module)
        return from_torch(module)


def as_tensors(data: LabelledPoints) -> tuple[torch.Tensor, torch.Tensor]:
    """Return points and labels in float32, each coordinate the quotient of its integers.

    Raises:
        InexactInput: a coordinate is beyond the range of float32.
    """
    import torch

    with np.errstate(over="ignore"):
        points = _quotients(data).astype(np.float32)
    if not bool(np.isfinite(points).all()):
        raise InexactInput("a coordinate is too large for float32, in which networks are trained")
    return torch.from_numpy(points), torch.from_numpy(data.label_array.astype(np.float32))


def _quotients(data: LabelledPoints) -> np.ndarray:
    """Return the coordinates in float64, infinite where they are too large for it."""
    if data.numerators.dtype != object and data.scale < 2**63:
        return np.asarray(data.numerators, dtype=np.float64) / data.scale
    rounded = [_nearest(Fraction(int(value), data.scale)) for value in data.numerators.ravel()]
    return np.array(rounded, dtype=np.float64).reshape(data.numerators.shape)


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _optimizer(recipe: Recipe, module: torch.nn.Module) -> torch.optim.Optimizer:
    import torch

    if recipe.optimizer == "adam":
        return torch.optim.Adam(module.parameters(), lr=float(recipe.rate), foreach=False)
    return torch.optim.SGD(module.parameters(), lr=float(recipe.rate), momentum=_MOMENTUM, foreach=False)


def _one_epoch(
    recipe: Recipe,
    epoch: int,
    module: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    points: torch.Tensor,
    labels: torch.Tensor,
) -> None:
    import torch

    generator = seeded_generator(recipe, f"epoch {epoch}")
    for group in optimizer.param_groups:
        group["lr"] = float(recipe.rate) * (1 - epoch / recipe.epochs)
    for chosen in torch.randperm(len(points), generator=generator).split(recipe.batch):
        seen, wanted = points[chosen], labels[chosen]
        if recipe.radius:
            seen = seen + perturbations(
                module, seen, wanted, recipe.norm, recipe.radius, recipe.attack_steps, generator
            )
        optimizer.zero_grad()
        loss_of(module(seen)[:, 0], wanted).mean().backward()
        optimizer.step()
