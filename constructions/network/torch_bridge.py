"""To and from torch, exactly: floats are binary fractions, and rounding is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from constructions.errors import InexactInput, UsageError
from constructions.network.affine_products import multiplied
from constructions.network.binary_floats import dense_floats, holds_exactly
from constructions.network.layer_chain import LayerChain, point_shape
from constructions.network.relu_network import ReluNetwork
from constructions.network.torch_layers import (
    read_adaptive_pool,
    read_average_pool,
    read_convolution,
    read_flatten,
    read_linear,
    read_normalization,
    read_relu,
    read_unflatten,
    read_without_effect,
)

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


def from_torch(module: torch.nn.Module, input_shape: Sequence[int] | None = None) -> ReluNetwork:
    """Return the network of a torch module in inference mode, every float taken exactly.

    Affine layers in a row become one map; a convolution becomes a sparse one. The network
    takes one point, flattened row by row.

    Args:
        module: (nested) ``Sequential`` of ``Linear``, ``ReLU``, ``Conv1d`` to ``Conv3d``,
            ``AvgPool1d`` to ``AvgPool3d``, ``AdaptiveAvgPool1d`` to ``AdaptiveAvgPool3d``
            where the windows are alike, ``BatchNorm1d`` to ``BatchNorm3d`` where their
            square roots are rational, ``Flatten``, ``Unflatten``, ``Identity`` and
            ``Dropout``. The identity follows a ReLU at the end.
        input_shape: the shape of one point, such as (1, 28, 28); may be left out where the
            first layer is ``Linear``.

    Raises:
        InexactInput: a weight is NaN or infinite.
        UsageError: the input shape is needed or no shape, or ``module.scale`` is there and
            no positive exact number.
        ValueError: a layer is of another kind, or does not fit the one before it.
        BudgetExceeded: affine layers in a row multiply to a map too large to hold.
    """
    shape = point_shape(input_shape)
    chain = None if shape is None else LayerChain(shape)
    readers = _readers()
    for layer in _flattened(module):
        read = next((read for kind, read in readers if _is(layer, kind)), None)
        if read is None:
            raise ValueError(
                f"cannot read a {type(layer).__name__} layer; Linear, ReLU, Conv2d and others are supported"
            )
        if chain is None:
            chain = _first_chain(layer)
        if chain is not None:
            read(layer, chain)
    if chain is None:
        raise ValueError("a network needs at least one affine layer or ReLU")
    scale = getattr(module, "scale", 1)
    if not isinstance(scale, (int, Fraction)) or scale <= 0:
        raise UsageError(f"the scale of a module must be a positive integer or Fraction, got {scale!r}")
    network = chain.network()
    if scale == 1:
        return network
    *before, last = network.maps
    return ReluNetwork([*before, multiplied(last, 1 / Fraction(scale))])


def _flattened(module: torch.nn.Module) -> list[torch.nn.Module]:
    import torch

    if isinstance(module, torch.nn.Sequential) and _is(module, torch.nn.Sequential):
        return [layer for child in module for layer in _flattened(child)]
    return [module]


def _is(layer: torch.nn.Module, kind: type) -> bool:
    """Return whether a layer computes what its class in torch does.

    Raises:
        ValueError: a hook may change what it computes.
    """
    if layer._forward_hooks or layer._forward_pre_hooks:
        raise ValueError(f"cannot read a {type(layer).__name__} layer with forward hooks: they may change its values")
    return isinstance(layer, kind) and type(layer).forward is kind.forward  # type: ignore[attr-defined]


def _readers() -> list[tuple[type, Callable[[Any, LayerChain], None]]]:
    from torch import nn

    pools = [(nn.AvgPool1d, nn.AdaptiveAvgPool1d), (nn.AvgPool2d, nn.AdaptiveAvgPool2d)]
    pools.append((nn.AvgPool3d, nn.AdaptiveAvgPool3d))
    return [
        (nn.Linear, read_linear),
        (nn.ReLU, read_relu),
        *((kind, read_convolution) for kind in (nn.Conv1d, nn.Conv2d, nn.Conv3d)),
        *((kind, partial(read_average_pool, rank=rank)) for rank, (kind, _) in enumerate(pools, start=1)),
        *((kind, partial(read_adaptive_pool, rank=rank)) for rank, (_, kind) in enumerate(pools, start=1)),
        (nn.BatchNorm1d, lambda layer, chain: read_normalization(layer, chain, 0, 1)),
        (nn.BatchNorm2d, lambda layer, chain: read_normalization(layer, chain, 2)),
        (nn.BatchNorm3d, lambda layer, chain: read_normalization(layer, chain, 3)),
        (nn.Flatten, read_flatten),
        (nn.Unflatten, read_unflatten),
        *((kind, read_without_effect) for kind in (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)),
    ]


def _first_chain(layer: Any) -> LayerChain | None:
    """Return the chain that a first layer starts by itself, None where it starts none."""
    import torch

    if isinstance(layer, torch.nn.Linear):
        return LayerChain((layer.in_features,))
    plain = isinstance(layer, torch.nn.Flatten) and (layer.start_dim, layer.end_dim) == (1, -1)
    if plain or any(read is read_without_effect and _is(layer, kind) for kind, read in _readers()):
        return None
    if isinstance(layer, torch.nn.ReLU):
        raise UsageError("a ReLU must follow a Linear layer, or input_shape be given")
    raise UsageError(f"a {type(layer).__name__} layer needs input_shape, the shape of one point")
