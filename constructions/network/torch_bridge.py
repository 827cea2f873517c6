"""To and from torch, exactly: floats are binary fractions, and rounding is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from constructions.errors import InexactInput, UsageError
from constructions.network.affine_products import multiplied
from constructions.network.binary_floats import affine_map_from_floats, dense_floats, holds_exactly
from constructions.network.relu_network import ReluNetwork

if TYPE_CHECKING:
    import torch


def to_torch(network: ReluNetwork, dtype: torch.dtype | None = None) -> torch.nn.Sequential:
    """Return a ``torch.nn.Sequential`` of ``Linear`` and ``ReLU`` with the same sign.

    Weights that ``dtype`` holds exactly are copied, and ``module.scale`` is 1. Otherwise
    the integer network is written, and the module equals the network times
    ``module.scale``. No weight is ever rounded; arithmetic inside torch still rounds.

    Args:
        network: any exact network.
        dtype: ``torch.float64`` (the default) or ``torch.float32``.

    Raises:
        InexactInput: ``dtype`` holds neither the weights nor the integer weights exactly.
        UsageError: ``dtype`` is another type.
    """
    import torch

    dtype = torch.float64 if dtype is None else dtype
    if dtype not in (torch.float64, torch.float32):
        raise UsageError(f"a network is written in torch.float64 or torch.float32, not {dtype}")
    kind = np.dtype(str(dtype).removeprefix("torch."))
    written, scale = network, 1
    if not holds_exactly(network, kind):
        written, scale = network.integer_network()
    if not holds_exactly(written, kind):
        raise InexactInput(f"{kind} cannot hold the weights of this network exactly")
    layers: list[torch.nn.Module] = []
    for index, affine in enumerate(written.maps):
        if index:
            layers.append(torch.nn.ReLU())
        weight, bias = dense_floats(affine, kind)
        linear = torch.nn.Linear(1, 1, device="meta")
        linear.out_features, linear.in_features = affine.shape
        linear.weight = torch.nn.Parameter(torch.from_numpy(weight))
        linear.bias = torch.nn.Parameter(torch.from_numpy(bias))
        layers.append(linear)
    module = torch.nn.Sequential(*layers)
    module.scale = Fraction(scale)  # type: ignore[assignment]
    return module


def from_torch(module: torch.nn.Module) -> ReluNetwork:
    """Return the network of a torch module, every float taken exactly.

    Args:
        module: ``Linear``, ``ReLU``, ``Flatten``, ``Identity`` and ``Dropout`` layers, in
            (nested) ``Sequential`` order; ReLU may not end the module.

    Raises:
        InexactInput: a weight is NaN or infinite.
        UsageError: ``module.scale`` is there and no positive exact number.
        ValueError: a layer is of another kind, or ReLU does not stand between maps.
    """
    import torch

    maps, pending = [], True
    for layer in _flattened(module):
        if isinstance(layer, torch.nn.Linear):
            if not pending:
                raise ValueError("two Linear layers in a row: put a ReLU between them")
            weight = layer.weight.detach().cpu().double().numpy()
            bias = np.zeros(layer.out_features) if layer.bias is None else layer.bias.detach().cpu().double().numpy()
            maps.append(affine_map_from_floats(weight, bias))
            pending = False
        elif isinstance(layer, torch.nn.ReLU):
            if pending:
                raise ValueError("a ReLU must follow a Linear layer")
            pending = True
        elif isinstance(layer, torch.nn.Flatten) and (layer.start_dim, layer.end_dim) != (1, -1):
            raise ValueError(f"cannot read {layer}: it does not keep the points of a batch apart")
        elif not isinstance(layer, (torch.nn.Flatten, torch.nn.Identity, torch.nn.Dropout)):
            raise ValueError(f"cannot read a {type(layer).__name__} layer; Linear and ReLU are supported")
    if pending:
        raise ValueError("the module must end with a Linear layer")
    scale = getattr(module, "scale", 1)
    if not isinstance(scale, (int, Fraction)) or scale <= 0:
        raise UsageError(f"the scale of a module must be a positive integer or Fraction, got {scale!r}")
    if scale != 1:
        maps[-1] = multiplied(maps[-1], 1 / Fraction(scale))
    return ReluNetwork(maps)


def _flattened(module: torch.nn.Module) -> list[torch.nn.Module]:
    import torch

    if isinstance(module, torch.nn.Sequential):
        return [layer for child in module for layer in _flattened(child)]
    return [module]
