"""Projected gradient ascent on the loss inside a ball: the attacker that training plays against."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

_STEP = 2.5  # over the number of steps, times the radius: the ball can be crossed
_SHRINK = 1 - 2**-20  # more than the rounding of a norm in float64 and of coordinates to float32


def float_radius(radius: Fraction) -> float:
    """Return the largest float32 number that is at most the radius."""
    value = np.float32(float(radius))
    if Fraction(float(value)) > radius:
        value = np.nextafter(value, np.float32(0))
    return float(value)


def loss_of(values: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the logistic loss ``log(1 + exp(-label * value))`` of each point."""
    import torch

    return torch.nn.functional.softplus(-labels * values)


def perturbations(
    module: torch.nn.Module,
    points: torch.Tensor,
    labels: torch.Tensor,
    norm: str,
    radius: Fraction,
    steps: int,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return shifts that raise the loss, each in the closed ball of the radius around 0.

    Ascent starts at a random shift; every step moves along the sign of the gradient (l-infinity) or
    along the gradient at unit length (l2) and is projected back. The shifts are in the ball exactly,
    as fractions; adding them to points in float32 may round.

    Args:
        module: with one output.
        points: shape (n, d), float32.
        labels: -1 or +1, shape (n,), float32.
        norm: ``linf`` or ``l2``.
        radius: of the ball.
        steps: of the ascent.
        generator: of the random start.

    Returns:
        Shape (n, d), float32.
    """
    import torch

    reach = float_radius(radius)
    start = torch.rand(points.shape, generator=generator) * 2 - 1
    shifts = project(start * reach, norm, reach)
    for _ in range(steps):
        shifts.requires_grad_(True)
        loss = loss_of(module(points + shifts)[:, 0], labels).sum()
        (gradient,) = torch.autograd.grad(loss, shifts)
        direction = gradient.sign() if norm == "linf" else torch.nn.functional.normalize(gradient, dim=1)
        shifts = project((shifts + reach * _STEP / steps * direction).detach(), norm, reach)
    return shifts.detach()


def project(shifts: torch.Tensor, norm: str, reach: float) -> torch.Tensor:
    """Return the shifts moved into the ball where they lie outside it; in l2 a little further in."""
    if norm == "linf":
        return shifts.clamp(-reach, reach)
    lengths = shifts.double().norm(dim=1, keepdim=True)
    scale = (reach * _SHRINK / lengths.clamp_min(1e-300)).clamp_max(1)
    return (shifts.double() * scale).to(shifts.dtype)
