"""Networks before training: random weights whose kinks lie among the points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from verify.training.recipe import Recipe

if TYPE_CHECKING:
    import torch


@contextmanager
def reproducible() -> Iterator[None]:
    """Compute in one thread with deterministic algorithms, and restore what was set before."""
    import torch

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic)
        torch.set_num_threads(threads)


def seeded_generator(recipe: Recipe, purpose: str) -> torch.Generator:
    """Return the generator of random numbers for one purpose."""
    import torch

    generator = torch.Generator()
    generator.manual_seed(recipe.seed_for(purpose))
    return generator


def untrained_module(recipe: Recipe, points: torch.Tensor) -> torch.nn.Sequential:
    """Return the network training starts from, in float32.

    Weights are normal with variance 2 over the number of inputs, as is usual before a ReLU. Each
    first-layer unit is scaled by the spread of the points and bends at one of them, drawn at random, so that a
    network starts with kinks where there is something to learn; later biases are 0.

    Args:
        recipe: width, depth and seed.
        points: shape (n, d), float32.
    """
    import torch

    generator = seeded_generator(recipe, "first weights")
    widths = [points.shape[1], *[recipe.width] * (recipe.depth - 1), 1]
    layers: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths):
        linear = torch.nn.utils.skip_init(torch.nn.Linear, inputs, outputs)
        with torch.no_grad():
            linear.weight.copy_(torch.randn(outputs, inputs, generator=generator) * math.sqrt(2 / inputs))
            linear.bias.zero_()
        layers += [linear, torch.nn.ReLU()]
    first = layers[0]
    assert isinstance(first, torch.nn.Linear)
    with torch.no_grad():
        spread = float(points.double().std(dim=0, unbiased=False).mean()) or 1.0
        first.weight.div_(spread)
        bends = points[torch.randint(len(points), (recipe.width,), generator=generator)]
        first.bias.copy_(-(first.weight * bends).sum(dim=1))
    return torch.nn.Sequential(*layers[:-1])
